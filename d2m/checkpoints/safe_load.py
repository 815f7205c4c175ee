"""Read checkpoints from untrusted sources without executing code in them.

The size, the first bytes and the directory of a zip archive are checked before torch opens
the file. torch then reads only tensors and plain containers (``weights_only=True``).
"""

from __future__ import annotations

import hashlib
import pickle
import re
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2m.core.errors import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor

MAX_CHECKPOINT_BYTES = 2 * 2**30
"""Largest accepted file, and largest unpacked size of a zip archive: 2 GiB.

Chosen by hand: the largest published network, the AIST++ generator of level low, has 0.43 GB
of parameters.
"""
STATE_DICT_KEYS = ("model", "state_dict", "model_state", "netG")
"""Keys under which training scripts store the state dict in a checkpoint."""
# Bytes that are searched for the texts of web pages, and bytes per read when hashing: both
# chosen by hand.
_HEAD_BYTES = 64 * 1024
_BLOCK_BYTES = 2**20
# Longest name of a parameter or class in a message (characters), chosen by hand.
_MAX_NAME_LENGTH = 60
# The name of the refused class or function in the error messages of torch's unpickler.
_REFUSED_NAME = re.compile(
    r"GLOBAL (\S+) was not|function <?(?:built-in function )?([\w.]+)|module (\S+) is blocked"
)
_STATE_DICT_ADVICE = (
    "use a file with only a state dict, saved in the original program with "
    "`torch.save(network.state_dict(), path)`"
)
_NUMPY_NAMES = (
    *(f"numpy.{core}.multiarray.scalar" for core in ("core", "_core")),
    *(f"numpy.{core}.multiarray._reconstruct" for core in ("core", "_core")),
    *(f"numpy.dtypes.{n}DType" for n in ("Float64", "Float32", "Int64", "Int32", "Bool")),
    "numpy.dtype",
    "numpy.ndarray",
)


class _Ignored:
    """A placeholder for NumPy values stored next to the weights, such as a loss or a step."""

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, _: object) -> None:
        pass


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return _hex_digest(path, hashlib.sha256())


def git_blob_id(path: Path) -> str:
    """Return the git blob id of a file, in hexadecimal.

    It is the SHA-1 of ``blob SIZE``, a zero byte, and the content.
    """
    start = f"blob {path.stat().st_size}\0".encode()
    return _hex_digest(path, hashlib.sha1(start, usedforsecurity=False))


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Read the state dict in a file written by ``torch.save`` or safetensors.

    Parameters
    ----------
    path
        The file. The state dict may be the whole content or stored under one of
        `STATE_DICT_KEYS`. The prefix ``module.`` of parameter names is removed.

    Returns
    -------
    dict
        Tensors by name, on the CPU. Their values are not checked.

    Raises
    ------
    CheckpointError
        If the file is missing, empty, too large, truncated, not a checkpoint, or contains
        objects that could run code.
    """
    from torch import Tensor

    state = _find_state_dict(_load(path, detect_format(path)))
    tensors = {str(name): value for name, value in state.items() if isinstance(value, Tensor)}
    if not tensors:
        raise CheckpointError(
            f"{path.name} holds no weights: expected a state dict, alone or under one of the keys "
            f"{', '.join(STATE_DICT_KEYS)}."
        )
    if len(tensors) < len(state):
        other = next(str(n) for n, value in state.items() if not isinstance(value, Tensor))
        raise CheckpointError(
            f"{path.name} mixes weights with other values (`{_short(other)}`): "
            f"{_STATE_DICT_ADVICE}."
        )
    if all(name.startswith("module.") for name in tensors):
        tensors = {name.removeprefix("module."): tensor for name, tensor in tensors.items()}
    return tensors


def detect_format(path: Path) -> str:
    """Detect the format of a checkpoint from its size and first bytes.

    Returns
    -------
    str
        ``"zip"``, ``"pickle"`` or ``"safetensors"``.

    Raises
    ------
    CheckpointError
        If it is no checkpoint; the message names what it is, if that is known.
    """
    if path.is_dir():
        raise CheckpointError(f"{path.name} is a folder: give the files in it instead.")
    if not path.is_file():
        raise CheckpointError(f"There is no file {path.name}: check the name and the folder.")
    size = path.stat().st_size
    if size == 0:
        raise CheckpointError(f"{path.name} is empty: download it again.")
    if size > MAX_CHECKPOINT_BYTES:
        raise CheckpointError(
            f"{path.name} has {size / 1e9:.1f} GB, but no published file has more than "
            f"{MAX_CHECKPOINT_BYTES / 1e9:.1f} GB: use the original file."
        )
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise CheckpointError(f"{path.name} can't be read: check its permissions.") from error
    if problem := describe_placeholder(head):
        raise CheckpointError(f"{path.name} {problem}.")
    if head.startswith(b"PK\x03\x04"):
        _check_zip(path)
        return "zip"
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        return "pickle"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < size:
        return "safetensors"
    raise CheckpointError(
        f"{path.name} is not a checkpoint: expected a file written by torch.save or safetensors."
    )


def describe_placeholder(head: bytes) -> str | None:
    """Describe a web page or Git LFS pointer that was saved instead of the requested file.

    Parameters
    ----------
    head
        First bytes of the file.

    Returns
    -------
    str or None
        The end of a sentence that starts with the file name; None for other content.
    """
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(b"version https://git-lfs"):
        return (
            "is a Git LFS pointer, not the weights themselves: run `git lfs pull` in its "
            "repository, or download the file from the web page"
        )
    if text.startswith((b"<!doctype", b"<html", b"<head", b"<?xml", b"<body", b"<title")):
        if b"quota" in text or b"too many users" in text:
            return (
                "is a Google Drive page that reports too many downloads: try again tomorrow, or "
                "download the file in a browser where you are signed in"
            )
        if b"virus" in text:
            return (
                "is a Google Drive page that asks to confirm a download without a virus scan: "
                "open the link in a browser and confirm the download"
            )
        return "is a web page, not weights: open the link in a browser and save the file itself"
    return None


def _check_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise CheckpointError(f"{path.name} is truncated or damaged: download it again.") from error
    if sum(entry.file_size for entry in entries) > MAX_CHECKPOINT_BYTES:
        raise CheckpointError(
            f"{path.name} would unpack to more than {MAX_CHECKPOINT_BYTES / 1e9:.1f} GB, far more "
            "than any published file, so it was not opened: use the original file."
        )
    names = {entry.filename.partition("/")[2] for entry in entries}
    if "constants.pkl" in names:
        raise CheckpointError(
            f"{path.name} is a TorchScript program, which can run code: {_STATE_DICT_ADVICE}."
        )
    if "data.pkl" not in names:
        raise CheckpointError(
            f"{path.name} is a zip archive but not a checkpoint: unpack it and import the files "
            "inside."
        )


def _load(path: Path, file_format: str) -> Mapping[str, object]:
    import torch

    if file_format == "safetensors":
        from d2m.checkpoints.load_bundled import read_tensors

        return dict(read_tensors(path)[0])
    ignored: list[Callable[..., Any] | tuple[Callable[..., Any], str]]
    ignored = [(_Ignored, name) for name in _NUMPY_NAMES]
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(ignored):
            warnings.simplefilter("ignore")
            # The explicit argument takes precedence over TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD.
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(_refusal_message(path.name, str(error))) from None
    except Exception as error:
        if "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD" in str(error):
            raise CheckpointError(
                f"{path.name} was not opened, because two environment variables give torch "
                "opposite settings for untrusted files: unset TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD."
            ) from error
        # Damaged or malicious bytes can raise any exception here.
        raise CheckpointError(f"{path.name} is truncated or damaged: download it again.") from error
    if not isinstance(content, Mapping):
        raise CheckpointError(
            f"{path.name} holds a {type(content).__name__}, not weights: expected a state dict."
        )
    return content


def _refusal_message(name: str, error: str) -> str:
    found = _REFUSED_NAME.search(error)
    refused = next((group for group in found.groups() if group), "") if found else ""
    if not refused:
        return f"{name} is truncated or damaged: download it again."
    return (
        f"{name} holds Python objects besides weights (`{_short(refused)}`), which could run code, "
        f"so it was not opened: {_STATE_DICT_ADVICE}."
    )


def _find_state_dict(content: Mapping[str, object]) -> Mapping[str, object]:
    for _ in range(2):
        inner = next((content[name] for name in STATE_DICT_KEYS if name in content), None)
        if not isinstance(inner, Mapping):
            return content
        content = inner
    return content


def _short(name: str) -> str:
    text = "".join(c for c in name if c.isprintable() and c != "`")
    return text if len(text) <= _MAX_NAME_LENGTH else f"{text[: _MAX_NAME_LENGTH - 3]}..."


def _hex_digest(path: Path, digest: hashlib._Hash) -> str:
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
