"""Installation of trained weights as the bundled ones, in 8 bits."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from d2m.checkpoints import baseline_path, codec_path, load_codec
from d2m.core.errors import CheckpointError
from d2m.core.levels import HIGH, LOW
from d2m.training.install_weights import install_weights
from tests.training.small import small_codec


@pytest.fixture
def codec_weights(tmp_path):
    codec = small_codec()
    path = tmp_path / "run" / "weights.safetensors"
    path.parent.mkdir()
    metadata = codec.config.metadata() | {"trained_steps": "12"}
    save_file(codec.state_dict(), path, metadata=metadata)
    return path


def test_an_installed_codec_has_the_same_codebook_and_is_smaller(codec_weights, tmp_path):
    target = install_weights(codec_weights, HIGH, folder=tmp_path / "out")
    assert target == codec_path(HIGH, tmp_path / "out")
    assert target.stat().st_size < 0.8 * codec_weights.stat().st_size
    before, after = load_codec(HIGH, codec_weights), load_codec(HIGH, target)
    assert after.config == before.config
    assert torch.equal(after.codebook.k, before.codebook.k)
    for name, tensor in before.state_dict().items():
        limit = float(tensor.abs().max()) / 250
        assert torch.allclose(after.state_dict()[name], tensor, atol=limit), name
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_weights_of_another_level_or_kind_are_refused_and_change_nothing(codec_weights, tmp_path):
    folder = tmp_path / "out"
    target = install_weights(codec_weights, HIGH, folder=folder)
    kept = target.read_bytes()
    with pytest.raises(CheckpointError, match="for level high, not low"):
        install_weights(codec_weights, LOW, folder=folder)
    with pytest.raises(CheckpointError, match="no spectral codec"):
        install_weights(baseline_path("cmt"), HIGH, folder=folder)
    assert target.read_bytes() == kept
    assert [path.name for path in target.parent.iterdir()] == [target.name]
