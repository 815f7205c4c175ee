from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from d2m.checkpoints import codec_path, generator_path, load_codec, load_generator
from d2m.core.errors import CheckpointError
from d2m.core.levels import HIGH, LOW
from d2m.training.export import bundle


@pytest.fixture
def run_weights(tmp_path):
    """Return a run's weights with a running variance that float16 can't hold."""
    generator = load_generator(LOW)
    state = generator.state_dict()
    state["head.0.running_var"] = torch.full_like(state["head.0.running_var"], 6e5)
    path = tmp_path / "weights.safetensors"
    save_file(state, path, metadata=generator.config.to_metadata())
    return path


def test_bundled_generator_is_small_and_the_same(run_weights, tmp_path):
    target = bundle(run_weights, LOW, "generator", temperature=1.5, folder=tmp_path / "out")
    assert target == generator_path(LOW, tmp_path / "out")
    assert target.stat().st_size < 0.6 * run_weights.stat().st_size
    before, after = load_generator(LOW, run_weights), load_generator(LOW, target)
    assert after.config == replace(before.config, temperature=1.5)
    for name, tensor in before.state_dict().items():
        assert torch.allclose(after.state_dict()[name], tensor, rtol=1e-3, atol=1e-6), name


def test_bundled_codec_keeps_every_bit(tmp_path):
    target = bundle(codec_path(HIGH), HIGH, "codec", folder=tmp_path)
    before, after = load_codec(HIGH).state_dict(), load_codec(HIGH, target).state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def test_other_weights_leave_what_was_bundled(run_weights, tmp_path):
    folder = tmp_path / "out"
    kept = bundle(generator_path(HIGH), HIGH, "generator", folder=folder).read_bytes()
    with pytest.raises(CheckpointError, match="of level low, not high"):
        bundle(run_weights, HIGH, "generator", folder=folder)
    assert generator_path(HIGH, folder).read_bytes() == kept
    assert [path.name for path in generator_path(HIGH, folder).parent.iterdir()] == [
        "generator_high.safetensors"
    ]
