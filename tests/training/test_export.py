"""Installation of trained weights as the bundled ones."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from d2m.checkpoints import codec_path, generator_path, load_codec, load_generator
from d2m.core.errors import CheckpointError
from d2m.core.levels import HIGH, LOW
from d2m.training.export import export_bundled


@pytest.fixture
def run_weights(tmp_path):
    """Return a run's weights with a running variance beyond the range of float16."""
    generator = load_generator(LOW)
    state = generator.state_dict()
    state["head.0.running_var"] = torch.full_like(state["head.0.running_var"], 6e5)
    path = tmp_path / "weights.safetensors"
    save_file(state, path, metadata=generator.config.to_metadata())
    return path


def test_exported_generator_is_half_as_large_and_nearly_equal(run_weights, tmp_path):
    target = export_bundled(run_weights, LOW, "generator", temperature=1.5, folder=tmp_path / "out")
    assert target == generator_path(LOW, tmp_path / "out")
    assert target.stat().st_size < 0.6 * run_weights.stat().st_size
    before, after = load_generator(LOW, run_weights), load_generator(LOW, target)
    assert after.config == replace(before.config, temperature=1.5)
    for name, tensor in before.state_dict().items():
        assert torch.allclose(after.state_dict()[name], tensor, rtol=1e-3, atol=1e-6), name


def test_exported_codec_is_identical(tmp_path):
    target = export_bundled(codec_path(HIGH), HIGH, "codec", folder=tmp_path)
    before, after = load_codec(HIGH).state_dict(), load_codec(HIGH, target).state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def test_weights_of_another_level_are_refused_and_change_nothing(run_weights, tmp_path):
    folder = tmp_path / "out"
    kept = export_bundled(generator_path(HIGH), HIGH, "generator", folder=folder).read_bytes()
    with pytest.raises(CheckpointError, match="of level low, not high"):
        export_bundled(run_weights, HIGH, "generator", folder=folder)
    assert generator_path(HIGH, folder).read_bytes() == kept
    assert [path.name for path in generator_path(HIGH, folder).parent.iterdir()] == [
        "generator_high.safetensors"
    ]
