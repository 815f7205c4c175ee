"""Installation of trained weights as the bundled ones, in 8 bits."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from d2m.checkpoints import codec_path, generator_path, load_codec, load_generator
from d2m.core.errors import CheckpointError, SettingsError
from d2m.core.levels import HIGH, LOW
from d2m.models.score_generator import ScoreGenerator, ScoreGeneratorConfig
from d2m.training.install_weights import install_weights
from tests.training.small import small_codec

GENERATOR = ScoreGeneratorConfig(embedding=8, note_width=64, width=64, blocks=2)


@pytest.fixture
def codec_weights(tmp_path):
    codec = small_codec()
    path = tmp_path / "run" / "weights.safetensors"
    path.parent.mkdir()
    metadata = codec.config.metadata() | {"trained_steps": "12"}
    save_file(codec.state_dict(), path, metadata=metadata)
    return path


def test_an_installed_codec_has_the_same_codebook_and_is_smaller(codec_weights, tmp_path):
    target = install_weights(codec_weights, HIGH, "codec", folder=tmp_path / "out")
    assert target == codec_path(HIGH, tmp_path / "out")
    assert target.stat().st_size < 0.8 * codec_weights.stat().st_size
    before, after = load_codec(HIGH, codec_weights), load_codec(HIGH, target)
    assert after.config == before.config
    assert torch.equal(after.codebook.k, before.codebook.k)
    for name, tensor in before.state_dict().items():
        limit = float(tensor.abs().max()) / 250
        assert torch.allclose(after.state_dict()[name], tensor, atol=limit), name
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_an_installed_generator_generates_nearly_the_same(tmp_path):
    torch.manual_seed(0)
    generator = ScoreGenerator(GENERATOR).eval()
    path = tmp_path / "weights.safetensors"
    save_file(generator.state_dict(), path, metadata=GENERATOR.metadata())
    target = install_weights(path, HIGH, "generator", folder=tmp_path / "out")
    assert target == generator_path(HIGH, tmp_path / "out")
    assert target.stat().st_size < 0.4 * path.stat().st_size
    after = load_generator(HIGH, target)
    assert after.config == GENERATOR
    for name, tensor in generator.state_dict().items():
        limit = float(tensor.abs().max()) / 250
        assert torch.allclose(after.state_dict()[name], tensor, atol=limit), name


def test_weights_of_another_level_or_kind_are_refused_and_change_nothing(codec_weights, tmp_path):
    folder = tmp_path / "out"
    target = install_weights(codec_weights, HIGH, "codec", folder=folder)
    kept = target.read_bytes()
    with pytest.raises(CheckpointError, match="for level high, not low"):
        install_weights(codec_weights, LOW, "codec", folder=folder)
    with pytest.raises(CheckpointError, match="no score generator"):
        install_weights(codec_weights, HIGH, "generator", folder=folder)
    with pytest.raises(SettingsError, match="choose codec or generator"):
        install_weights(codec_weights, HIGH, "drummer", folder=folder)
    assert target.read_bytes() == kept
    assert [path.name for path in target.parent.iterdir()] == [target.name]
