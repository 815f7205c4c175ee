"""VGGish: parameter names, log-mel examples, and outputs."""

import numpy as np
import pytest
import torch

from d2m.models.vggish import VGGish, log_mel_examples, mean_embeddings, mel_filterbank
from tests.models.oracle import filled

RATE = 16_000
CONVOLUTIONS = {0: (64, 1), 3: (128, 64), 6: (256, 128), 8: (256, 256), 11: (512, 256)}
CONVOLUTIONS[13] = (512, 512)
LINEARS = {0: (4096, 12_288), 2: (4096, 4096), 4: (128, 4096)}


def published_shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for index, channels in CONVOLUTIONS.items():
        shapes[f"features.{index}.weight"] = (*channels, 3, 3)
        shapes[f"features.{index}.bias"] = channels[:1]
    for index, sizes in LINEARS.items():
        shapes[f"embeddings.{index}.weight"] = sizes
        shapes[f"embeddings.{index}.bias"] = sizes[:1]
    return shapes


def tone(hertz: float, seconds: float = 2.0, rate: int = RATE) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


@pytest.fixture(scope="module")
def network() -> VGGish:
    state = {name: filled(name, shape) for name, shape in published_shapes().items()}
    with torch.device("meta"):
        empty = VGGish()
    empty.load_state_dict(state, assign=True)
    return empty.eval()


def test_names_and_shapes_are_the_published_ones():
    with torch.device("meta"):
        plain, whitened = VGGish(), VGGish(pca=True)
    assert {n: tuple(t.shape) for n, t in plain.state_dict().items()} == published_shapes()
    added = {n: tuple(t.shape) for n, t in whitened.state_dict().items()}
    assert {n: s for n, s in added.items() if n not in published_shapes()} == {
        "pproc.pca_eigen_vectors": (128, 128),
        "pproc.pca_means": (128, 1),
    }


def test_a_frame_is_the_log_of_its_mel_bands():
    rng = np.random.default_rng(0)
    audio = 0.1 * rng.standard_normal(RATE)
    examples = log_mel_examples(audio, RATE)
    assert examples.shape == (1, 1, 96, 64)
    frame = audio[7 * 160 : 7 * 160 + 400]
    window = [0.5 - 0.5 * np.cos(2 * np.pi * i / 400) for i in range(400)]
    spectrum = [
        abs(sum(frame * window * np.exp(-2j * np.pi * k * np.arange(400) / 512)))
        for k in range(257)
    ]

    def mel(hertz):
        return 1127 * np.log(1 + hertz / 700)

    edges = [mel(125) + i * (mel(7500) - mel(125)) / 65 for i in range(66)]
    bands = []
    for low, centre, high in zip(edges, edges[1:], edges[2:], strict=False):
        band = 0.0
        for k in range(1, 257):
            at = mel(k * 31.25)
            if low < at <= centre:
                band += spectrum[k] * (at - low) / (centre - low)
            elif centre < at < high:
                band += spectrum[k] * (high - at) / (high - centre)
        bands.append(np.log(band + 0.01))
    assert np.allclose(examples[0, 0, 7], bands, atol=1e-5)


def test_bands_are_near_those_of_librosa():
    librosa = pytest.importorskip("librosa")
    theirs = librosa.filters.mel(
        sr=RATE, n_fft=512, n_mels=64, fmin=125.0, fmax=7500.0, htk=True, norm=None
    )
    ours = mel_filterbank().T
    # The triangles are linear in mel here, in Hz in librosa: centres agree, slopes nearly.
    assert np.abs(ours - theirs).max() < 0.03
    assert np.abs(ours.sum(axis=1) / theirs.sum(axis=1) - 1).max() < 0.02


@pytest.mark.parametrize(
    ("seconds", "count"), [(0.3, 1), (0.975, 1), (1.93, 1), (2.0, 2), (10, 10)]
)
def test_only_whole_examples_are_returned(seconds, count):
    assert len(log_mel_examples(tone(440.0, seconds), RATE)) == count


def test_short_audio_is_padded_with_silence():
    examples = log_mel_examples(tone(440.0, 0.3), RATE)[0, 0]
    assert np.allclose(examples[31:], np.log(0.01))
    assert examples[:28].max() > 0


def test_other_sample_rates_give_the_same_examples():
    ours = log_mel_examples(tone(1000.0), RATE)
    theirs = log_mel_examples(tone(1000.0, rate=22_050), 22_050)
    assert theirs.shape == ours.shape
    assert ours[0, 0, 50].argmax() == theirs[0, 0, 50].argmax()
    loud = ours > 0
    assert np.abs(ours - theirs)[loud].max() < 0.05


def test_the_network_computes_its_layers(network):
    examples = torch.from_numpy(log_mel_examples(tone(330.0) + tone(1234.0), RATE))
    state = network.state_dict()
    hidden = examples
    for index in CONVOLUTIONS:
        weight, bias = (state[f"features.{index}.{part}"] for part in ("weight", "bias"))
        hidden = torch.nn.functional.conv2d(hidden, weight, bias, padding=1).relu()
        if index not in (6, 11):
            hidden = torch.nn.functional.max_pool2d(hidden, 2)
    assert hidden.shape == (2, 512, 6, 4)
    # Channels last, as in the release: time, band, channel.
    flat = torch.stack([hidden[:, :, t, f] for t in range(6) for f in range(4)], dim=1).flatten(1)
    for index in LINEARS:
        weight, bias = (state[f"embeddings.{index}.{part}"] for part in ("weight", "bias"))
        flat = (flat @ weight.T + bias).relu()
    with torch.inference_mode():
        found = network(examples)
    assert found.shape == (2, 128)
    assert found.std() > 0
    assert torch.allclose(found, flat, rtol=1e-4, atol=1e-6)


def test_an_embedding_is_the_mean_over_examples(network):
    audio = np.concatenate([tone(330.0, 0.96), tone(1234.0, 1.5)])
    with torch.inference_mode():
        both = network(torch.from_numpy(log_mel_examples(audio, RATE)))
    assert not torch.allclose(both[0], both[1])
    assert np.allclose(mean_embeddings(network, [audio], RATE)[0], both.mean(dim=0), atol=1e-6)


def test_post_processing_whitens_and_clips():
    pca = VGGish(pca=True).pproc
    assert pca is not None
    with torch.no_grad():
        pca.pca_eigen_vectors.copy_(2 * torch.eye(128).roll(1, dims=1))
        pca.pca_means.copy_(torch.arange(128.0)[:, None])
        embeddings = torch.arange(128.0).repeat(2, 1)
        embeddings[0, 5] += 0.5
        embeddings[1, 0] -= 7.0
        found = pca(embeddings)
    # Row i of the eigenvectors selects dimension i + 1.
    assert found[0].nonzero().flatten().tolist() == [4]
    assert found[0, 4] == 1.0
    assert found[1].nonzero().flatten().tolist() == [127]
    assert found[1, 127] == -2.0
