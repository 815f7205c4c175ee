"""Read a checkpoint that somebody else made, without running anything that is in it.

Everything that can be told from the first bytes, the size and a zip's directory is told
before torch opens the file; torch then reads tensors and plain containers only
(``weights_only=True``).
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
"""The largest published file has about 0.4 GB."""
STATE_DICT_KEYS = ("model", "state_dict", "model_state", "netG")
"""Names under which training scripts put the state dict."""
_HEAD = 64 * 1024
_BLOCK = 2**20
_GLOBAL = re.compile(
    r"GLOBAL (\S+) was not|function <?(?:built-in function )?([\w.]+)|module (\S+) is blocked"
)
_RESAVE = (
    "get a file with nothing but a state dict, or save one where the network was made, "
    "with `torch.save(network.state_dict(), path)`"
)
_NUMPY_NAMES = (
    *(f"numpy.{core}.multiarray.scalar" for core in ("core", "_core")),
    *(f"numpy.{core}.multiarray._reconstruct" for core in ("core", "_core")),
    *(f"numpy.dtypes.{n}DType" for n in ("Float64", "Float32", "Int64", "Int32", "Bool")),
    "numpy.dtype",
    "numpy.ndarray",
)


class _Ignored:
    """Stands where a checkpoint has a number of NumPy beside the weights: a loss, a step."""

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, _: object) -> None:
        pass


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return _hashed(path, hashlib.sha256())


def git_blob_id(path: Path) -> str:
    """Return the id that git gives the content of a file, in hexadecimal.

    It is the SHA-1 of ``blob SIZE``, a zero byte, and the content.
    """
    start = f"blob {path.stat().st_size}\0".encode()
    return _hashed(path, hashlib.sha1(start, usedforsecurity=False))


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Read the state dict in a file: torch's formats or safetensors.

    Parameters
    ----------
    path
        The file. The state dict may be bare, under one of ``STATE_DICT_KEYS``, or named
        ``module.*``.

    Returns
    -------
    dict
        Tensors by name, on the CPU. Their values are not looked at.

    Raises
    ------
    CheckpointError
        If the file is missing, empty, too large, cut off, not a checkpoint, or holds
        anything that would run code.
    """
    from torch import Tensor

    state = _unwrapped(_opened(path, look(path)))
    tensors = {str(name): value for name, value in state.items() if isinstance(value, Tensor)}
    if not tensors:
        raise CheckpointError(
            f"{path.name} holds no weights: expected a state dict, bare or under "
            f"{', '.join(STATE_DICT_KEYS)}."
        )
    if len(tensors) < len(state):
        other = next(str(n) for n, value in state.items() if not isinstance(value, Tensor))
        raise CheckpointError(
            f"{path.name} mixes weights with other things (`{_short(other)}`): {_RESAVE}."
        )
    if all(name.startswith("module.") for name in tensors):
        tensors = {name.removeprefix("module."): tensor for name, tensor in tensors.items()}
    return tensors


def look(path: Path) -> str:
    """Tell a file's format from its size and first bytes: zip, pickle or safetensors.

    Raises
    ------
    CheckpointError
        If it is none of these, with what it is instead.
    """
    if path.is_dir():
        raise CheckpointError(f"{path.name} is a folder: name the files in it.")
    if not path.is_file():
        raise CheckpointError(f"There is no file {path.name}: check the name and the folder.")
    size = path.stat().st_size
    if size == 0:
        raise CheckpointError(f"{path.name} is empty: get it again.")
    if size > MAX_CHECKPOINT_BYTES:
        raise CheckpointError(
            f"{path.name} has {size / 1e9:.1f} GB, but no published file has more than "
            f"{MAX_CHECKPOINT_BYTES / 1e9:.1f} GB: it is another file."
        )
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
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
        f"{path.name} is not a checkpoint: expected a file that torch.save wrote, or safetensors."
    )


def describe_placeholder(head: bytes) -> str | None:
    """Name what servers send in place of a file, from its first bytes; None for anything else."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(b"version https://git-lfs"):
        return (
            "is a Git LFS pointer, not the weights themselves: run `git lfs pull` where it "
            "comes from, or download the file from the web page"
        )
    if text.startswith((b"<!doctype", b"<html", b"<head", b"<?xml", b"<body", b"<title")):
        if b"quota" in text or b"too many users" in text:
            return (
                "is Google Drive's page that says that the file was downloaded too often "
                "lately: try again tomorrow, or from a browser where you are signed in"
            )
        if b"virus" in text:
            return (
                "is Google Drive's page that asks whether to download a file without a virus "
                "scan: open the link in a browser and choose to download anyway"
            )
        return "is a web page, not weights: open the link in a browser and save the file itself"
    return None


def _check_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise CheckpointError(f"{path.name} is cut off or damaged: get it again.") from error
    if sum(entry.file_size for entry in entries) > MAX_CHECKPOINT_BYTES:
        raise CheckpointError(
            f"{path.name} would unpack to more than {MAX_CHECKPOINT_BYTES / 1e9:.1f} GB, which no published "
            "file does: it was not opened."
        )
    names = {entry.filename.partition("/")[2] for entry in entries}
    if "constants.pkl" in names:
        raise CheckpointError(
            f"{path.name} is a TorchScript program, which can run code: {_RESAVE}."
        )
    if "data.pkl" not in names:
        raise CheckpointError(
            f"{path.name} is a zip archive but not a checkpoint: unpack it and import the files "
            "in it."
        )


def _opened(path: Path, kind: str) -> Mapping[str, object]:
    import torch

    if kind == "safetensors":
        from d2m.checkpoints.load_bundled import read_tensors

        return dict(read_tensors(path)[0])
    ignored: list[Callable[..., Any] | tuple[Callable[..., Any], str]]
    ignored = [(_Ignored, name) for name in _NUMPY_NAMES]
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(ignored):
            warnings.simplefilter("ignore")
            # TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD has no say where the argument is given.
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(_refusal(path.name, str(error))) from None
    except Exception as error:
        if "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD" in str(error):
            raise CheckpointError(
                f"{path.name} was not opened, because torch is told by the environment both to "
                "trust and not to trust files: unset TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD."
            ) from error
        # Bytes that somebody made, or that a bad disk left, raise whatever they like here.
        raise CheckpointError(f"{path.name} is cut off or damaged: get it again.") from error
    if not isinstance(content, Mapping):
        raise CheckpointError(
            f"{path.name} holds a {type(content).__name__}, not weights: expected a state dict."
        )
    return content


def _refusal(name: str, told: str) -> str:
    found = _GLOBAL.search(told)
    wanted = next((group for group in found.groups() if group), "") if found else ""
    if not wanted:
        return f"{name} is cut off or damaged: get it again."
    return (
        f"{name} holds Python objects besides weights (`{_short(wanted)}`), which could run code, "
        f"so it was not opened: {_RESAVE}."
    )


def _unwrapped(content: Mapping[str, object]) -> Mapping[str, object]:
    for _ in range(2):
        inner = next((content[name] for name in STATE_DICT_KEYS if name in content), None)
        if not isinstance(inner, Mapping):
            return content
        content = inner
    return content


def _short(name: str) -> str:
    kept = "".join(c for c in name if c.isprintable() and c != "`")
    return kept if len(kept) <= 60 else f"{kept[:57]}..."


def _hashed(path: Path, digest: hashlib._Hash) -> str:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
