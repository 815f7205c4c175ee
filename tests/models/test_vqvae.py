"""The JukeBox VQ-VAE, against the original outputs."""

import numpy as np
import pytest
import torch

from d2m.core.errors import CheckpointError
from d2m.core.levels import HIGH, HOP_LEVELS, LOW
from d2m.models.vqvae import JukeboxVQVAE
from tests.models.oracle import OUTPUTS, filled_state_dict, relative_error, stored_input


@pytest.fixture(scope="module")
def codec() -> JukeboxVQVAE:
    codec = JukeboxVQVAE()
    codec.load_published_state(filled_state_dict("vqvae"))
    return codec.eval()


@pytest.fixture(scope="module")
def oracle():
    with np.load(OUTPUTS) as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def audio() -> torch.Tensor:
    return 0.3 * stored_input("audio", (2, 44032, 1)).squeeze(2)


@torch.inference_mode()
@pytest.mark.parametrize("level", [0, 1, 2])
def test_encoder_and_codes_agree_with_the_original(codec, oracle, audio, level):
    latents = codec.latents(audio, level)
    assert relative_error(latents[:, :, :256], oracle[f"vq_enc_{level}"]) < 1e-4
    expected = oracle[f"vq_code_{level}"]
    codes = codec.encode(audio, level)[:, : expected.shape[1]]
    assert (codes.numpy() == expected).all()


@torch.inference_mode()
def test_decoded_audio_agrees_with_the_original(codec, oracle, audio):
    decoded = codec.decode(codec.encode(audio, HIGH), HIGH)
    assert decoded.shape == audio.shape
    assert relative_error(decoded[:, ::16, None], oracle["vq_dec_2"]) < 1e-4


@pytest.mark.parametrize("level", HOP_LEVELS.values(), ids=HOP_LEVELS)
def test_hop_length_of_each_level(codec, level):
    codes = codec.encode(torch.zeros(1, level.hop_length * 100), level)
    assert codes.shape == (1, 100)
    assert codec.decode(codes, level).shape == (1, level.hop_length * 100)


def test_names_and_shapes_are_the_published_ones():
    published = {name: t.shape for name, t in filled_state_dict("vqvae").items()}
    assert {name: t.shape for name, t in JukeboxVQVAE().state_dict().items()} == published


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"model": s, "step": 3}])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_published_state_dicts_load(wrap, prefix):
    state = filled_state_dict("vqvae")
    codec = JukeboxVQVAE([LOW])
    codec.load_published_state(wrap({prefix + name: tensor for name, tensor in state.items()}))
    assert torch.equal(codec.codebook(LOW).k, state["bottleneck.level_blocks.1.k"])


@pytest.mark.parametrize(
    "damage",
    [
        lambda s: s.pop("decoders.2.out.bias"),
        lambda s: s.update({"decoders.2.out.bias": torch.zeros(7)}),
        lambda s: s.update({"decoders.2.surplus": torch.zeros(1)}),
        lambda s: s.clear(),
    ],
    ids=["missing", "wrong shape", "surplus", "empty"],
)
def test_other_weights_are_refused(damage):
    state = filled_state_dict("vqvae")
    damage(state)
    with pytest.raises(CheckpointError, match="not those of a JukeBox VQ-VAE"):
        JukeboxVQVAE([HIGH]).load_published_state(state)
