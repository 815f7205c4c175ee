"""Weight files: large matrices in 8 bits, the rest exactly, and damaged files."""

from __future__ import annotations

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from d2m.core.errors import CheckpointError
from d2m.models.weight_files import read_weights, write_weights


@pytest.fixture
def weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    matrix = torch.randn(64, 80) * torch.logspace(-3, 3, 64)[:, None]
    return {
        "matrix": matrix,
        "kernel": torch.randn(80, 8, 16),
        "bias": torch.randn(5000),
        "small": torch.randn(10, 10),
        "codebook.k": torch.randn(64, 80),
        "zeros": torch.zeros(64, 80),
    }


def test_each_row_is_rounded_relative_to_its_largest_value(weights, tmp_path):
    path = tmp_path / "weights.safetensors"
    write_weights(path, weights, {"level": "high"}, exact="codebook.k")
    read, metadata = read_weights(path)
    assert metadata == {"level": "high"}
    assert set(read) == set(weights)
    for name in ("bias", "small", "codebook.k", "zeros"):
        assert torch.equal(read[name], weights[name]), name
    for name in ("matrix", "kernel"):
        assert read[name].dtype == torch.float32
        largest = weights[name].flatten(1).abs().amax(1)
        error = (read[name] - weights[name]).flatten(1).abs().amax(1)
        assert (error <= largest / 127 * 0.501).all(), name
        assert error.max() > 0


def test_matrices_take_a_byte_a_value(weights, tmp_path):
    path = tmp_path / "weights.safetensors"
    write_weights(path, {"matrix": weights["matrix"]}, {})
    with safe_open(path, framework="pt") as file:
        assert file.get_tensor("matrix").dtype == torch.int8
        assert file.get_tensor("matrix.scale").shape == (64,)
    assert path.stat().st_size < weights["matrix"].numel() + 1000
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o444 == 0o444


def test_writing_what_was_read_changes_nothing(weights, tmp_path):
    one, other = tmp_path / "one.safetensors", tmp_path / "other.safetensors"
    write_weights(one, weights, {})
    read = read_weights(one)[0]
    write_weights(other, read, {})
    again = read_weights(other)[0]
    assert all(torch.allclose(again[name], read[name], rtol=1e-6) for name in read)


def test_files_of_a_training_are_read_as_they_are(weights, tmp_path):
    path = tmp_path / "weights.safetensors"
    save_file(weights | {"half": torch.ones(3).half()}, path)
    read, metadata = read_weights(path)
    assert metadata == {}
    assert all(torch.equal(read[name], weights[name]) for name in weights)
    assert read["half"].dtype == torch.float32


def test_damaged_and_missing_files_are_refused(tmp_path):
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"not weights")
    for path in (damaged, tmp_path / "missing.safetensors"):
        with pytest.raises(CheckpointError, match=path.name):
            read_weights(path)
