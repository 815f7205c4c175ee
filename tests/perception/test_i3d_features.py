"""I3D features: sampling and cropping of frames, and the network against pytorchvideo's."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from d2m.models.i3d import build_i3d
from d2m.perception.i3d_features import (
    centre_crop,
    extract_i3d_features,
    normalise_pixels,
    sample_segments,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = build_i3d()
    # Initial statistics are 0 and 1; others show whether the running statistics are used.
    for name, values in network.named_buffers():
        if name.endswith("running_mean"):
            values.normal_(0, 0.1)
    return network


@pytest.fixture(scope="module")
def segments():
    return np.random.default_rng(0).integers(0, 256, (2, 8, 224, 224, 3), np.uint8)


@pytest.fixture(scope="module")
def vectors(network, segments):
    return extract_i3d_features(network, segments)


def published(network):
    """Build pytorchvideo's own network with the same weights."""
    from pytorchvideo.models.hub.resnet import i3d_r50

    original = i3d_r50(pretrained=False).eval()
    original.load_state_dict(network.state_dict(), strict=True)
    return original


def test_names_and_shapes_are_those_of_the_published_file(network):
    state = network.state_dict()
    assert len(state) == 320
    assert state["blocks.0.conv.weight"].shape == (64, 3, 5, 7, 7)
    assert state["blocks.1.res_blocks.0.branch1_conv.weight"].shape == (256, 64, 1, 1, 1)
    assert state["blocks.5.res_blocks.2.branch2.conv_c.weight"].shape == (2048, 512, 1, 1, 1)
    assert state["blocks.6.proj.weight"].shape == (400, 2048)
    assert sum(weights.numel() for weights in network.parameters()) == 28_043_472
    own = published(network).state_dict()
    assert {name: v.shape for name, v in own.items()} == {n: v.shape for n, v in state.items()}


def test_vectors_are_what_the_published_head_projects(network, segments, vectors):
    assert vectors.shape == (2, 2048)
    assert vectors.dtype == np.float32
    original = published(network)
    with torch.inference_mode():
        pictures = normalise_pixels(segments)
        actions = original(pictures)
        projected = original.blocks[6].proj(torch.from_numpy(vectors))
        for block in original.blocks[:6]:
            pictures = block(pictures)
    assert torch.allclose(projected, actions, rtol=1e-4, atol=1e-5)
    assert np.allclose(pictures.mean((2, 3, 4)).numpy(), vectors, rtol=1e-4, atol=1e-5)
    assert np.abs(vectors[0] - vectors[1]).max() > 1e-3


def test_batch_size_does_not_matter_and_progress_is_reported(network, segments, vectors):
    shares = []
    again = extract_i3d_features(
        network, segments, batch=2, progress=lambda _, share: shares.append(share)
    )
    assert np.allclose(again, vectors, rtol=1e-4, atol=1e-5)
    assert shares == [0.0, 1.0]
    assert np.array_equal(extract_i3d_features(network, segments[:1]), vectors[:1])


def test_pixels_are_normalised(segments):
    pictures = normalise_pixels(segments)
    assert pictures.shape == (2, 3, 8, 224, 224)
    expected = (segments[1, 3, 20, 30, 2] / 255 - 0.45) / 0.225
    assert pictures[1, 2, 3, 20, 30].item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("installed", ["working", "broken"])
def test_torchvision_is_not_changed(installed):
    # In a new process, because only the first import of pytorchvideo imports torchvision.
    code = f"""
import sys
from types import ModuleType
class Broken:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torchvision":
            raise RuntimeError("operator torchvision::nms does not exist")
before = {{}}
if {installed!r} == "working":
    before = {{name: ModuleType(name) for name in ("torchvision", "torchvision.ops")}}
    sys.modules.update(before)
else:
    sys.meta_path.insert(0, Broken())
from d2m.models.i3d import build_i3d
assert "pytorchvideo" not in sys.modules and "torch" not in sys.modules
build_i3d()
assert {{n: m for n, m in sys.modules.items() if n.startswith("torchvision")}} == before
assert "pytorchvideo.transforms" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_failed_import_removes_the_stand_in(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "pytorchvideo"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fvcore", ModuleType("fvcore"))
    for name in [name for name in sys.modules if name.startswith("fvcore.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ImportError):
        build_i3d()
    assert "torchvision.ops" not in sys.modules


def clip(seconds, fps=30.0, size=(48, 64)):
    """Yield frames whose grey level is their number."""
    for number in range(round(seconds * fps)):
        yield number / fps, np.full((*size, 3), number, np.uint8)


def numbers(segments):
    assert segments.dtype == np.uint8
    assert segments.shape[1:] == (8, 224, 224, 3)
    return segments[:, :, 112, 112, 0].astype(int)


def test_eight_evenly_spaced_frames_of_each_segment_are_taken():
    found = numbers(sample_segments(clip(5.0), np.array([0.0, 1.6, 3.0]), 2.0))
    even = np.linspace(0, 59, 8)
    for row, first in zip(found, (0, 48, 90), strict=True):
        assert np.all(np.abs(row - first - even) <= 1)
        assert row[0] == first
        assert row[-1] == first + 59


def test_order_of_segments_and_rate_of_frames_do_not_matter():
    found = numbers(sample_segments(clip(4.0), np.array([2.0, 0.0]), 2.0))
    assert np.array_equal(found[0], found[1] + 60)
    slow = numbers(sample_segments(clip(4.0, fps=3.0), np.array([0.0, 2.0]), 2.0))
    assert slow.tolist() == [[0, 0, 1, 2, 3, 4, 5, 5], [6, 6, 7, 8, 9, 10, 11, 11]]


def test_the_last_frame_is_repeated_if_the_clip_ends_early():
    found = numbers(sample_segments(clip(1.0), np.array([0.0]), 2.0))[0]
    assert found[:4].tolist() == [0, 8, 17, 25]
    assert np.all(found[4:] == 29)
    assert np.all(numbers(sample_segments(clip(0.03), np.array([0.0]), 2.0)) == 0)


def test_nothing_to_sample_is_refused():
    with pytest.raises(ValueError, match="no frames"):
        sample_segments(iter(()), np.array([0.0]), 2.0)
    with pytest.raises(ValueError, match="shape"):
        sample_segments(clip(1.0), np.zeros(0), 2.0)


@pytest.mark.parametrize("size", [(360, 640), (640, 360), (224, 224), (90, 400), (7, 5)])
def test_crop_keeps_the_aspect_ratio_and_the_centre(size):
    height, width = size
    y, x = np.mgrid[:height, :width] + 0.5
    across, down = (x - width / 2) / min(size), (y - height / 2) / min(size)
    frame = np.stack([np.clip(128 + 200 * across, 0, 255), np.clip(128 + 200 * down, 0, 255)], 2)
    frame = np.dstack([frame, np.zeros(size)]).round().astype(np.uint8)
    crop = centre_crop(frame)
    assert crop.shape == (224, 224, 3)
    # The shorter side is 256 px after scaling, so the slope per side must be kept.
    for channel, axis in ((0, 1), (1, 0)):
        line = crop[..., channel].mean(axis=1 - axis).astype(float)
        slope = (line[180] - line[44]) / (136 / 256)
        assert slope == pytest.approx(200, rel=0.08)
        assert line[111:113].mean() == pytest.approx(128, abs=3)
