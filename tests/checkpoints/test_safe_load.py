"""Reading untrusted files: a one-sentence message for each bad file, and no code is executed."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from d2m.checkpoints.safe_load import (
    MAX_CHECKPOINT_BYTES,
    file_sha256,
    git_blob_id,
    read_state_dict,
)
from d2m.core.errors import CheckpointError
from tests.checkpoints.faulty_server import DRIVE_QUOTA_PAGE, DRIVE_VIRUS_PAGE, LFS_POINTER

WEIGHTS = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2)}


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as error:
        read_state_dict(path)
    message = str(error.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert ". " not in message
    assert str(path.parent) not in message
    assert path.name in message
    return message


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: s,
        lambda s: OrderedDict(s),
        lambda s: {"model": s, "step": 3},
        lambda s: {"state_dict": s, "epoch": 1, "loss": 0.5},
        lambda s: {"model_state": s, "cfg": "text"},
        lambda s: {"netG": s},
        lambda s: {"model": {f"module.{n}": t for n, t in s.items()}},
        lambda s: {n: torch.nn.Parameter(t) for n, t in s.items()},
        lambda s: {"model": s, "loss": np.float64(0.5), "step": np.int64(3)},
        lambda s: {"model": s, "history": np.zeros(3, dtype=np.float32)},
    ],
    ids=[
        "bare",
        "ordered",
        "model",
        "state_dict",
        "model_state",
        "netG",
        "module",
        "parameters",
        "numpy scalars",
        "numpy array",
    ],
)
@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_formats_of_published_files(wrap, zipped, tmp_path):
    path = tmp_path / "net.pt"
    torch.save(wrap(WEIGHTS), path, _use_new_zipfile_serialization=zipped)
    state = read_state_dict(path)
    assert list(state) == list(WEIGHTS)
    assert all(torch.equal(state[name], tensor) for name, tensor in WEIGHTS.items())


def test_safetensors_under_any_name(tmp_path):
    save_file(WEIGHTS, tmp_path / "net.pt")
    assert torch.equal(read_state_dict(tmp_path / "net.pt")["a.bias"], WEIGHTS["a.bias"])


def test_git_blob_id_and_sha256(tmp_path):
    # From `printf 'hello\n' | git hash-object --stdin`
    path = write(tmp_path / "hello", b"hello\n")
    assert git_blob_id(path) == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert file_sha256(path).startswith("5891b5b522d5df086d0ff0b110fbd9d2")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "net.pt is empty: download it again."),
        (DRIVE_VIRUS_PAGE, "without a virus scan"),
        (DRIVE_QUOTA_PAGE, "too many downloads"),
        (b"\xef\xbb\xbf \n<HTML><body>Sign in</body></HTML>", "net.pt is a web page, not weights"),
        (LFS_POINTER, "net.pt is a Git LFS pointer"),
        (b"This is a text file, not weights.", "net.pt is not a checkpoint: expected"),
        (b"\x1f\x8b\x08" + bytes(100), "net.pt is not a checkpoint: expected"),
        (b"\x80\x02}q\x00", "net.pt is truncated or damaged"),
        (b"\x80\x02" + bytes(range(256)), "net.pt is truncated or damaged"),
        (b"\x40\0\0\0\0\0\0\0{" + bytes(100), "net.pt is damaged or is not a safetensors file"),
        (b"PK\x03\x04" + bytes(500), "net.pt is truncated or damaged"),
    ],
    ids=[
        "empty",
        "virus page",
        "quota page",
        "html",
        "lfs",
        "text",
        "gzip",
        "pickle",
        "noise",
        "safetensors",
        "zip",
    ],
)
def test_files_that_are_no_checkpoints(content, expected, tmp_path):
    assert expected in refusal(write(tmp_path / "net.pt", content))


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("kept", [0.05, 0.5, 0.95])
def test_truncated(zipped, kept, tmp_path):
    path = tmp_path / "net.pt"
    weights = {"a.weight": torch.ones(50, 50), "b.weight": torch.ones(50, 50)}
    torch.save(weights, path, _use_new_zipfile_serialization=zipped)
    whole = path.read_bytes()
    write(path, whole[: int(len(whole) * kept)])
    assert refusal(path) == "net.pt is truncated or damaged: download it again."


def test_missing_and_folder(tmp_path):
    assert "There is no file lost.pt" in refusal(tmp_path / "lost.pt")
    (tmp_path / "nets").mkdir()
    assert "nets is a folder" in refusal(tmp_path / "nets")


def test_a_file_that_is_too_large_is_not_opened(tmp_path):
    path = tmp_path / "huge.pt"
    with path.open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(MAX_CHECKPOINT_BYTES + 1)
    assert "huge.pt has 2.1 GB, but no published file has more" in refusal(path)


def test_a_zip_bomb_is_not_opened(tmp_path):
    path = tmp_path / "bomb.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net/data.pkl", pickle.dumps({}, protocol=2))
        for i in range(3):
            archive.writestr(f"net/data/{i}", b"x")
    content = path.read_bytes()
    # Change the uncompressed sizes in the directory at the end of the archive.
    offset = content.find(b"PK\x01\x02")
    while offset >= 0:
        content = (
            content[: offset + 24] + (0x3FFFFFFF).to_bytes(4, "little") + content[offset + 28 :]
        )
        offset = content.find(b"PK\x01\x02", offset + 4)
    assert "would unpack to more than 2.1 GB" in refusal(write(path, content))


def test_other_archives(tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mencoder.pt", b"x")
    assert "is a zip archive but not a checkpoint: unpack it" in refusal(path)
    torch.jit.script(torch.nn.Linear(2, 2)).save(str(tmp_path / "net.pt"))
    assert "is a TorchScript program" in refusal(tmp_path / "net.pt")


class Trap:
    """Create a file when unpickled, or call another function."""

    def __init__(self, canary: Path, call: object) -> None:
        self._canary, self._call = str(canary), call

    def __reduce__(self):
        if self._call is os.system:
            return os.system, (f"touch {self._canary}",)
        return self._call, (self._canary, "w")


@pytest.mark.parametrize("form", ["zip", "legacy", "pickle"])
@pytest.mark.parametrize("call", [os.system, open, eval], ids=["system", "open", "eval"])
@pytest.mark.parametrize("forced", ["", "1"], ids=["", "no weights only"])
def test_code_is_not_executed(form, call, forced, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", forced)
    path, canary = tmp_path / "net.pt", tmp_path / "canary"
    content = {"model": WEIGHTS, "extra": Trap(canary, call)}
    if form == "pickle":
        path.write_bytes(pickle.dumps(content["extra"], protocol=2))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=form == "zip")
    message = refusal(path)
    assert not canary.exists()
    if form != "pickle":  # torch refuses a plain pickle by its missing magic number
        assert "holds Python objects besides weights (`" in message
        assert "so it was not opened" in message


def test_the_trap_works(tmp_path):
    canary = tmp_path / "canary"
    torch.save({"extra": Trap(canary, os.system)}, tmp_path / "net.pt")
    torch.load(tmp_path / "net.pt", weights_only=False)
    assert canary.exists()


def test_contradictory_torch_settings_are_reported(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    monkeypatch.setenv("TORCH_FORCE_WEIGHTS_ONLY_LOAD", "1")
    torch.save(WEIGHTS, tmp_path / "net.pt")
    assert "TORCH_FORCE" in refusal(tmp_path / "net.pt")


def test_a_whole_pickled_network_is_refused(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "net.pt")
    message = refusal(tmp_path / "net.pt")
    assert "`torch.nn.modules.linear.Linear`" in message
    assert "state_dict" in message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([torch.ones(3)], "holds a list, not weights"),
        (torch.ones(3), "holds a Tensor, not weights"),
        ({"model": {"step": 3}}, "holds no weights"),
        ({}, "holds no weights"),
        ({**WEIGHTS, "step": 3}, "mixes weights with other values (`step`)"),
        ({**WEIGHTS, "a.scale": np.float64(1.0)}, "mixes weights with other values (`a.scale`)"),
    ],
    ids=["list", "tensor", "no tensors", "nothing", "mixed", "numpy weight"],
)
def test_other_contents(content, expected, tmp_path):
    torch.save(content, tmp_path / "net.pt")
    assert expected in refusal(tmp_path / "net.pt")
