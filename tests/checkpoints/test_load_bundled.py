"""Loading bundled weights: missing, damaged and wrong files, with a one-sentence message each."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from d2m.checkpoints import (
    codec_path,
    generator_path,
    load_codec,
    load_generator,
)
from d2m.checkpoints.resolve import resolve_weights
from d2m.core.common_settings import COMPACT
from d2m.core.errors import CheckpointError
from d2m.core.levels import HIGH, HOP_LEVELS, LOW, HopLevel
from d2m.models.weight_files import read_weights

both_levels = pytest.mark.parametrize("level", HOP_LEVELS.values(), ids=HOP_LEVELS)


def refusal_message(load, level: HopLevel, path: Path) -> str:
    """Return the error message of a load that fails, after checks that apply to all of them."""
    with pytest.raises(CheckpointError) as refusal:
        load(level, path)
    message = str(refusal.value)
    assert message[0].isupper() or message.startswith(path.name)
    assert message.endswith(".")
    assert "\n" not in message
    assert ". " not in message
    assert str(path.parent) not in message
    assert path.parent.name not in message
    return message


@both_levels
def test_bundled_weights_load(level):
    codec, generator = load_codec(level), load_generator(level)
    assert codec.config.level == generator.config.level == level.name
    assert codec.codes_per_frame == generator.codes_per_frame
    for network in (codec, generator):
        assert not network.training
        assert all(torch.isfinite(tensor).all() for tensor in network.state_dict().values())
        assert not any(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize("load", [load_codec, load_generator])
def test_missing(load, tmp_path):
    message = refusal_message(load, HIGH, tmp_path / "lost.safetensors")
    assert "lost.safetensors are missing" in message
    assert "train" in message


@pytest.mark.parametrize("load", [load_codec, load_generator])
@pytest.mark.parametrize("kept", [0, 5, 1000, 200_000])
def test_truncated(load, kept, tmp_path):
    source = (codec_path if load is load_codec else generator_path)(HIGH)
    path = tmp_path / "half.safetensors"
    path.write_bytes(source.read_bytes()[:kept])
    message = refusal_message(load, HIGH, path)
    assert message == (
        "half.safetensors is damaged or is not a safetensors file: download or train it again."
    )


@pytest.mark.parametrize("load", [load_codec, load_generator])
def test_a_renamed_pickle_is_not_opened(load, tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    path = tmp_path / "pickle.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    assert "not a safetensors file" in refusal_message(load, HIGH, path)
    torch.save({"weights": torch.zeros(3)}, path)
    assert "not a safetensors file" in refusal_message(load, HIGH, path)
    assert not (tmp_path / "sprung").exists()


@both_levels
@pytest.mark.parametrize("load", [load_codec, load_generator])
def test_the_other_level(load, level, tmp_path):
    other = LOW if level is HIGH else HIGH
    path = tmp_path / "mine.safetensors"
    shutil.copy((codec_path if load is load_codec else generator_path)(other), path)
    assert refusal_message(load, level, path) == (
        f"mine.safetensors is for level {other.name}, not {level.name}: choose a file of level "
        f"{level.name}."
    )


def test_another_network(tmp_path):
    path = tmp_path / "other.safetensors"
    shutil.copy(codec_path(HIGH), path)
    assert "holds no score generator" in refusal_message(load_generator, HIGH, path)
    shutil.copy(generator_path(HIGH), path)
    assert "holds no spectral codec" in refusal_message(load_codec, HIGH, path)


@pytest.mark.parametrize(
    "change",
    [
        lambda weights, _: weights.pop("first.bias"),
        lambda weights, _: weights.update({"first.bias": torch.zeros(3)}),
        lambda weights, _: weights.update({"surplus": torch.zeros(3)}),
        lambda _, header: header.pop("width"),
        lambda _, header: header.update(width="__import__('os').getpid()"),
        lambda _, header: header.update(level="middle"),
    ],
    ids=["missing", "shape", "surplus", "no width", "code", "level"],
)
def test_a_manipulated_generator_is_refused(change, tmp_path):
    weights, header = read_weights(generator_path(HIGH))
    change(weights, header)
    path = tmp_path / "changed.safetensors"
    save_file(weights, path, metadata=header)
    assert "holds no score generator" in refusal_message(load_generator, HIGH, path)


def test_half_precision_weights_load(tmp_path):
    weights, header = read_weights(generator_path(HIGH))
    path = tmp_path / "half.safetensors"
    save_file({name: values.half() for name, values in weights.items()}, path, metadata=header)
    state = load_generator(HIGH, path).state_dict()
    assert all(torch.allclose(state[n], weights[n], atol=1e-2, rtol=1e-2) for n in weights)
    assert state["first.weight"].dtype == torch.float32


def test_missing_weights_are_reported_before_generation(tmp_path):
    with pytest.raises(CheckpointError, match="weights of level high are missing"):
        resolve_weights(COMPACT, (HIGH,), tmp_path)
