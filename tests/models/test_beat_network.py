"""The beat network: its weights, what it hears, and damaged files."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from d2m.audio.log_filterbank import (
    FILTERBANK_FPS,
    FILTERBANK_RATE,
    band_magnitudes,
    log_bands_and_rise,
)
from d2m.core.errors import CheckpointError
from d2m.models.beat_network import BEAT_NETWORKS, BEAT_WEIGHTS, BeatEnsemble, BeatNetwork
from d2m.models.weight_files import SCALE


@pytest.fixture(scope="module")
def networks() -> BeatEnsemble:
    return BeatEnsemble.from_pretrained()


def kicks_and_hats(beats_s: np.ndarray, duration_s: float) -> np.ndarray:
    """Return a kick on each beat and a hi-hat between beats, in noise."""
    rng = np.random.default_rng(1)
    audio = 1e-3 * rng.standard_normal(round(duration_s * FILTERBANK_RATE))
    time = np.arange(4000) / FILTERBANK_RATE
    kick = np.sin(2 * np.pi * (55 * time + 3 * (1 - np.exp(-40 * time)))) * np.exp(-14 * time)
    hat = 0.2 * rng.standard_normal(4000) * np.exp(-80 * time)
    for at_s, sound in [(t, kick) for t in beats_s] + [(t + 0.25, hat) for t in beats_s]:
        part = audio[round(at_s * FILTERBANK_RATE) :][: len(sound)]
        part += sound[: len(part)]
    return (0.3 * audio).astype(np.float32)


def test_names_and_shapes_are_the_published_ones():
    shapes = {name: tuple(values.shape) for name, values in BeatNetwork().state_dict().items()}
    assert shapes == {
        "conv1.weight": (2, 1, 10),
        "conv1.bias": (2,),
        "linear0.weight": (150, 262),
        "linear0.bias": (150,),
        **{f"lstm.weight_ih_l{layer}": (600, 150) for layer in (0, 1)},
        **{f"lstm.weight_hh_l{layer}": (600, 150) for layer in (0, 1)},
        **{f"lstm.bias_ih_l{layer}": (600,) for layer in (0, 1)},
        **{f"lstm.bias_hh_l{layer}": (600,) for layer in (0, 1)},
        "linear.weight": (3, 150),
        "linear.bias": (3,),
    }


def test_the_bundled_weights_are_small_and_complete(networks):
    assert BEAT_WEIGHTS.stat().st_size < 2_000_000
    assert len(networks.members) == BEAT_NETWORKS
    parameters = list(networks.parameters())
    assert all(values.dtype == torch.float32 for values in parameters)
    assert not any(values.requires_grad for values in parameters)


def test_a_network_hears_the_beats(networks):
    beats_s = np.arange(0.4, 11.6, 0.5)
    features = log_bands_and_rise(band_magnitudes(kicks_and_hats(beats_s, 12.0)))
    activations = networks.activations(features)
    assert activations.shape == (len(features), 2)
    assert activations.min() >= 0
    assert activations.sum(axis=1).max() <= 1 + 1e-6
    heard = activations.sum(axis=1)
    late = beats_s[beats_s > 4]  # the networks first need to find the beat
    near = [
        heard[round(t * FILTERBANK_FPS) - 2 : round(t * FILTERBANK_FPS) + 4].max() for t in late
    ]
    assert np.median(near) > 0.4
    assert np.median(near) > 3 * heard.mean()


def test_only_the_past_is_heard(networks):
    rng = np.random.default_rng(2)
    features = rng.uniform(0, 1, (60, 272)).astype(np.float32)
    changed = features.copy()
    changed[40:] = 0
    before, after = networks.activations(features), networks.activations(changed)
    assert np.allclose(before[:40], after[:40], atol=1e-6)
    assert np.abs(before[40:] - after[40:]).max() > 1e-3


def test_the_probabilities_of_the_networks_are_averaged(networks):
    features = torch.rand((1, 30, 272), generator=torch.Generator().manual_seed(3))
    each = [member(features).softmax(dim=-1) for member in networks.members]
    assert torch.allclose(networks(features), sum(each) / len(each), atol=1e-6)
    assert not torch.allclose(each[0], each[1], atol=0.01)


def test_integers_are_multiplied_by_their_scale(networks):
    stored = load_file(BEAT_WEIGHTS)
    name = "members.1.lstm.weight_hh_l1"
    assert stored[name].dtype == torch.int8
    expected = stored[name].float() * stored[name + SCALE].float()
    assert torch.equal(networks.state_dict()[name], expected)


def damaged(tmp_path, how):
    path = tmp_path / "network.safetensors"
    if how == "no file":
        return path
    if how == "other content":
        path.write_bytes(b"no weights")
        return path
    stored = load_file(BEAT_WEIGHTS)
    if how == "missing parameter":
        del stored["members.0.conv1.bias"]
    else:
        stored["members.0.conv1.bias"] = torch.zeros(3)
    save_file(stored, path)
    return path


@pytest.mark.parametrize("how", ["no file", "other content", "missing parameter", "other shape"])
def test_damaged_weights_are_refused_with_a_sentence(tmp_path, how):
    with pytest.raises(CheckpointError, match="install D2M again"):
        BeatEnsemble.from_pretrained(damaged(tmp_path, how))
