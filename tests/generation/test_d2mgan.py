"""The published networks on a clip: installed from files in the published form, then run."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from d2m.checkpoints import FAMILIES
from d2m.checkpoints.resolve import resolve_weights
from d2m.core.errors import CheckpointError, SettingsError
from d2m.core.levels import HIGH, HOP_LEVELS, LOW
from d2m.core.settings import Settings
from d2m.generation.d2mgan import D2MGANModel
from d2m.generation.model_cache import ModelCache
from d2m.models.i3d import build_i3d
from d2m.pipeline import DanceToMusic
from d2m.web import html
from tests.models.oracle import filled_state_dict

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
NETWORKS = (("aist", HIGH), ("aist", LOW), ("tiktok", HIGH))


def d2m(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "d2m", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory) -> Iterator[Path]:
    """Yield a folder with all published sets of weights, whose values are made up."""
    folder = tmp_path_factory.mktemp("checkpoints")
    published = tmp_path_factory.mktemp("published")
    torch.manual_seed(0)
    codec = filled_state_dict("vqvae")
    torch.save({"model": codec, "step": 7}, published / "vqvae.pth.tar")
    torch.save(codec, published / "vqvae_high.pt")
    torch.save({"model_state": build_i3d().state_dict()}, published / "I3D_8x8_R50.pyth")
    common = [published / name for name in ("vqvae.pth.tar", "vqvae_high.pt", "I3D_8x8_R50.pyth")]
    for dataset, level in NETWORKS:
        torch.save(filled_state_dict(f"{dataset}/mencoder"), published / "mencoder.pt")
        torch.save(filled_state_dict(f"{dataset}/netG_{level.name}"), published / "netG.pt")
        files = [published / "mencoder.pt", published / "netG.pt", *common]
        done = d2m("weights", "import", *files, "--folder", folder)
        assert done.returncode == 0, done.stderr
        common = []
    shutil.rmtree(published)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.slow
def test_sets_are_listed_as_installed(checkpoints):
    lines = d2m("weights", "list", "--folder", checkpoints).stdout.splitlines()
    for name in ("aist-high", "aist-low", "tiktok-high", "jukebox", "i3d"):
        assert any(line.split()[:2] == [name, "installed"] for line in lines)
    assert sum("Noncommercial" in line for line in lines) >= 4


@pytest.mark.slow
def test_aist_generates_both_levels_from_the_command_line(checkpoints, short_clip, tmp_path):
    done = d2m(
        *("generate", short_clip, "--weights", "aist", "--checkpoints", checkpoints),
        *("--level", "both", "--style", "house", "--out", tmp_path),
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "groove.house.aist.report.json").read_text())
    music = []
    for name in HOP_LEVELS:
        facts = report["levels"][name]
        assert facts["weights"] == "aist"
        assert "Noncommercial" in facts["licence"]
        audio, rate = soundfile.read(tmp_path / facts["files"]["wav"])
        assert rate == 22050
        assert len(audio) == pytest.approx(report["clip"]["duration_s"] * rate, abs=2)
        # No 50 ms are silent, except in the fade at the end.
        frames = audio[: len(audio) // 1102 * 1102].reshape(-1, 1102)
        assert np.sqrt((frames[:-10] ** 2).mean(axis=1)).min() > 1e-3
        music.append(audio)
        assert (tmp_path / facts["files"]["mp4"]).stat().st_size > 10_000
    assert np.abs(np.corrcoef(*music)[0, 1]) < 0.9


@pytest.mark.slow
def test_tiktok_generates_high(checkpoints, short_clip):
    pipeline = DanceToMusic(checkpoints=checkpoints)
    track = pipeline.generate(short_clip, HIGH, weights="tiktok")
    assert track.codes.shape == (2, HIGH.segment_codes)
    assert len(np.unique(track.codes)) > 1
    assert track.song is None
    other = pipeline.generate(short_clip, HIGH, weights="aist", style="krump")
    assert (other.codes != track.codes).mean() > 0.1
    again = pipeline.generate(short_clip, HIGH, weights="aist", style="krump", seed=5)
    np.testing.assert_array_equal(again.audio, other.audio)


@pytest.mark.slow
def test_zerogpu_runs_only_the_networks(checkpoints, short_clip, tmp_path, monkeypatch):
    calls = []

    def gpu(duration):
        def decorate(function):
            return lambda *inputs: calls.append(duration) or function(*inputs)

        return decorate

    (tmp_path / "spaces.py").write_text("GPU = None\n")
    monkeypatch.syspath_prepend(tmp_path)
    spaces = importlib.import_module("spaces")
    spaces.GPU = gpu
    pipeline = DanceToMusic(checkpoints=checkpoints)
    dance = pipeline.perceive(short_clip)
    own = pipeline.generate(dance, HIGH, weights="aist", style="krump")
    assert not calls
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    remote = DanceToMusic(checkpoints=checkpoints).generate(
        dance, HIGH, weights="aist", style="krump"
    )
    assert len(calls) == 1
    np.testing.assert_array_equal(remote.codes, own.codes)
    sys.modules.pop("spaces")


@pytest.mark.slow
@pytest.mark.parametrize("weights", ["aist", "tiktok"])
def test_the_crossfade_sounds_like_the_rest(checkpoints, short_clip, weights):
    track = DanceToMusic(checkpoints=checkpoints).generate(short_clip, HIGH, weights=weights)
    frames = np.lib.stride_tricks.sliding_window_view(track.audio, 512)[::128]
    spectra = np.log10(np.abs(np.fft.rfft(frames * np.hanning(512))) + 0.01)
    flux = (np.maximum(np.diff(spectra, axis=0), 0) ** 2).sum(axis=1)
    times_s = np.arange(len(flux)) * 128 / track.sample_rate
    # There are two segments of two seconds; the second begins two seconds before the end.
    end_s = len(track.audio) / track.sample_rate
    crossfade = (times_s > end_s - 2) & (times_s < 2)
    assert crossfade.sum() > 100
    rest = flux[~crossfade & (times_s < end_s - 0.5)]  # the end fades out
    assert np.median(flux[crossfade]) <= np.percentile(rest, 95)
    assert flux[crossfade].max() <= 1.2 * rest.max()


def test_missing_weights_are_reported_before_the_clip_is_read(tmp_path):
    done = d2m(
        *("generate", tmp_path / "no.mp4", "--weights", "aist", "--level", "low"),
        *("--checkpoints", tmp_path),
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "d2m: D2M-GAN as published, AIST++, level low: missing aist-low-motion, "
        "aist-low-generator, vqvae-low, i3d; get them with `python -m d2m weights fetch aist-low`."
    ]
    with pytest.raises(CheckpointError, match="input layer is missing"):
        resolve_weights("tiktok", (HIGH, LOW), tmp_path)
    with pytest.raises(SettingsError, match="choose compact, aist, tiktok"):
        resolve_weights("music", (HIGH,), tmp_path)


def test_a_job_imports_files_from_the_folder_but_a_check_does_not(tmp_path):
    dropped = tmp_path / "tiktok"
    dropped.mkdir()
    torch.save(filled_state_dict("tiktok/mencoder"), dropped / "mencoder.pt")
    with pytest.raises(CheckpointError, match="tiktok-high-motion"):
        resolve_weights("tiktok", (HIGH,), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"tiktok"}
    with pytest.raises(CheckpointError) as refusal:
        DanceToMusic(checkpoints=tmp_path).generate("no.mp4", HIGH, weights="tiktok")
    assert "tiktok-high-generator" in str(refusal.value)
    assert "tiktok-high-motion" not in str(refusal.value)


@pytest.mark.slow
def test_a_model_is_loaded_once(checkpoints):
    models, weights = ModelCache(), resolve_weights("aist", (HIGH,), checkpoints)
    model = models.get(weights, HIGH, Settings())
    assert isinstance(model, D2MGANModel)
    assert models.get(weights, HIGH, Settings()) is model
    bundled = resolve_weights("compact", (HIGH, LOW))
    low, again, high = (models.get(bundled, level, Settings()) for level in (LOW, LOW, HIGH))
    assert low.generator is again.generator
    assert low.generator is not high.generator


@pytest.mark.slow
def test_the_page_offers_installed_weights_and_lists_missing_ones(checkpoints, tmp_path):
    assert [name for _, name in html.installed_weights(checkpoints)] == ["aist", "tiktok"]
    # Only the two bundled sets are missing from this folder.
    assert html.missing_weights(checkpoints).count("<li>") == 2
    assert next(name for _, name in html.installed_weights()) == "compact"
    missing = html.missing_weights(tmp_path)
    for name in ("aist-high", "aist-low", "tiktok-high"):
        assert name in missing
    for name, family in FAMILIES.items():
        assert ("Noncommercial" in html.weights_note(name)) == family.segments
