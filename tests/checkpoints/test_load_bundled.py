"""Loading bundled weights: missing, damaged and wrong files, with a one-sentence message each."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from d2m.checkpoints import baseline_path, codec_path, load_codec
from d2m.checkpoints.resolve import resolve_weights
from d2m.core.common_settings import COMPACT
from d2m.core.errors import CheckpointError
from d2m.core.levels import HIGH, HOP_LEVELS, LOW, HopLevel
from d2m.models.weight_files import read_weights

both_levels = pytest.mark.parametrize("level", HOP_LEVELS.values(), ids=HOP_LEVELS)


def refusal_message(level: HopLevel, path: Path) -> str:
    """Return the error message of a load that fails, after checks that apply to all of them."""
    with pytest.raises(CheckpointError) as refusal:
        load_codec(level, path)
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
    codec = load_codec(level)
    assert codec.config.level == level.name
    assert not codec.training
    assert all(torch.isfinite(tensor).all() for tensor in codec.state_dict().values())
    assert not any(parameter.requires_grad for parameter in codec.parameters())


def test_missing(tmp_path):
    message = refusal_message(HIGH, tmp_path / "lost.safetensors")
    assert "lost.safetensors are missing" in message
    assert "train" in message


@pytest.mark.parametrize("kept", [0, 5, 1000, 200_000])
def test_truncated(kept, tmp_path):
    path = tmp_path / "half.safetensors"
    path.write_bytes(codec_path(HIGH).read_bytes()[:kept])
    message = refusal_message(HIGH, path)
    assert message == (
        "half.safetensors is damaged or is not a safetensors file: download or train it again."
    )


def test_a_renamed_pickle_is_not_opened(tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    path = tmp_path / "pickle.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    assert "not a safetensors file" in refusal_message(HIGH, path)
    torch.save({"weights": torch.zeros(3)}, path)
    assert "not a safetensors file" in refusal_message(HIGH, path)
    assert not (tmp_path / "sprung").exists()


@both_levels
def test_the_other_level(level, tmp_path):
    other = LOW if level is HIGH else HIGH
    path = tmp_path / "mine.safetensors"
    shutil.copy(codec_path(other), path)
    assert refusal_message(level, path) == (
        f"mine.safetensors is for level {other.name}, not {level.name}: choose a file of level "
        f"{level.name}."
    )


def test_another_network(tmp_path):
    path = tmp_path / "other.safetensors"
    shutil.copy(baseline_path("cmt"), path)
    assert "holds no spectral codec" in refusal_message(HIGH, path)


@pytest.mark.parametrize(
    "change",
    [
        lambda weights, _: weights.pop("encoder.first.bias"),
        lambda weights, _: weights.update({"encoder.first.bias": torch.zeros(3)}),
        lambda weights, _: weights.update({"surplus": torch.zeros(3)}),
        lambda _, header: header.pop("width"),
        lambda _, header: header.update(width="__import__('os').getpid()"),
        lambda _, header: header.update(level="middle"),
    ],
    ids=["missing", "shape", "surplus", "no width", "code", "level"],
)
def test_a_manipulated_codec_is_refused(change, tmp_path):
    weights, header = read_weights(codec_path(HIGH))
    change(weights, header)
    path = tmp_path / "changed.safetensors"
    save_file(weights, path, metadata=header)
    assert "holds no spectral codec" in refusal_message(HIGH, path)


def test_half_precision_weights_load(tmp_path):
    weights, header = read_weights(codec_path(HIGH))
    path = tmp_path / "half.safetensors"
    save_file({name: values.half() for name, values in weights.items()}, path, metadata=header)
    state = load_codec(HIGH, path).state_dict()
    assert all(torch.allclose(state[n], weights[n], atol=1e-2, rtol=1e-2) for n in weights)
    assert state["encoder.first.weight"].dtype == torch.float32


def test_missing_weights_are_reported_before_generation(tmp_path):
    with pytest.raises(CheckpointError, match="weights of level high are missing"):
        resolve_weights(COMPACT, (HIGH,), tmp_path)
