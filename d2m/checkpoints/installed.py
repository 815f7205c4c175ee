"""The folder of installed weights: write, read, list and verify them.

Each file of the catalog is installed as ``published/KEY.safetensors`` in a checkpoints folder, in
float32. The header holds its key, its licence and the hash of the original file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2m.checkpoints.catalog import WEIGHT_FILES
from d2m.checkpoints.load_bundled import CHECKPOINTS, read_tensors, user_folder
from d2m.core.errors import CheckpointError
from d2m.media.atomic_write import atomic_write

if TYPE_CHECKING:
    from torch import Tensor

PUBLISHED_FOLDER = "published"
"""Name of the folder of installed weights in the checkpoints folder."""
_INDEX = "index.json"


@dataclass(frozen=True, kw_only=True)
class InstalledFile:
    """The result of installing one weight file.

    Parameters
    ----------
    key
        A key of `d2m.checkpoints.catalog.WEIGHT_FILES`.
    path
        The installed file.
    source
        Name of the original file.
    note
        A remark for the user; may be empty.
    """

    key: str
    path: Path
    source: str
    note: str = ""


def published_folder(folder: Path = CHECKPOINTS) -> Path:
    """Return the folder of the installed weights of a checkpoints folder, which may not exist."""
    return user_folder(folder) / PUBLISHED_FOLDER


def installed_path(key: str, folder: Path = CHECKPOINTS) -> Path:
    """Return the path of the installed file of a key, which may not exist."""
    return published_folder(folder) / f"{key}.safetensors"


def installed_keys(folder: Path = CHECKPOINTS) -> tuple[str, ...]:
    """Return the keys of all installed files."""
    return tuple(key for key in WEIGHT_FILES if installed_path(key, folder).is_file())


def read_installed(
    key: str, folder: Path = CHECKPOINTS
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read the tensors and the header of the installed file of a key.

    Raises
    ------
    CheckpointError
        If the file is missing or damaged.
    """
    path = installed_path(key, folder)
    if not path.is_file():
        how = "import" if WEIGHT_FILES[key].source is None else "fetch"
        what = WEIGHT_FILES[key].filename if how == "import" else key
        raise CheckpointError(
            f"The weights {key} are not installed: run `python -m d2m weights {how} {what}`."
        )
    return read_tensors(path)


def write_installed(
    key: str,
    state: Mapping[str, Tensor],
    *,
    source_hash: str,
    source: str,
    folder: Path = CHECKPOINTS,
) -> Path:
    """Write tensors atomically as the installed file of a key and record their source.

    Parameters
    ----------
    key
        A key of `d2m.checkpoints.catalog.WEIGHT_FILES`.
    state
        Tensors in float32, checked with `d2m.checkpoints.identify.match_parameters`.
    source_hash, source
        SHA-256 and name of the original file.
    folder
        Checkpoints folder.

    Returns
    -------
    pathlib.Path
        The installed file.

    Raises
    ------
    CheckpointError
        If the file can't be written.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    path = installed_path(key, folder)
    header = {
        "key": key,
        "source": source,
        "source_sha256": source_hash,
        "content_sha256": content_hash(state),
        "licence": WEIGHT_FILES[key].licence,
        "imported_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    try:
        with atomic_write(path) as part:
            save_file(dict(state), part, metadata=header)
            part.chmod(0o644)  # safetensors lets only the owner read its files
        index = read_index(folder)
        index["first_accepted"].setdefault(key, source_hash)
        index["imported"][source_hash] = key
        write_index(index, folder)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"The weights {key} can't be written to the folder of weights: "
            "check its permissions and the free disk space."
        ) from error
    return path


def content_hash(state: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of the names, shapes and values of tensors, in hexadecimal."""
    digest = hashlib.sha256()
    for name in sorted(state):
        tensor = state[name]
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
        digest.update(tensor.contiguous().numpy().data)
    return digest.hexdigest()


def read_index(folder: Path = CHECKPOINTS) -> dict[str, dict[str, Any]]:
    """Read the index of the folder of installed weights.

    Returns
    -------
    dict
        ``"first_accepted"``: the SHA-256 of the first original file, by key;
        ``"imported"``: keys by the SHA-256 of each imported file; ``"looked_at"``: size,
        modification time (ns) and SHA-256 of each file found in the checkpoints folder, by
        its relative path. All empty if the index is missing or damaged.
    """
    index: dict[str, dict[str, Any]] = {"first_accepted": {}, "imported": {}, "looked_at": {}}
    try:
        stored = json.loads((published_folder(folder) / _INDEX).read_text())
    except (OSError, ValueError):
        return index
    if isinstance(stored, dict):
        index.update({k: v for k, v in stored.items() if k in index and isinstance(v, dict)})
    return index


def write_index(index: Mapping[str, Mapping[str, Any]], folder: Path = CHECKPOINTS) -> None:
    """Write the index of the folder of installed weights, see `read_index`."""
    with atomic_write(published_folder(folder) / _INDEX) as part:
        part.write_text(json.dumps(index, indent=1, sort_keys=True))
        part.chmod(0o644)


def verify_installed(key: str, folder: Path = CHECKPOINTS) -> None:
    """Check the parameters, the values and the hash of the installed file of a key.

    Raises
    ------
    CheckpointError
        If the file is missing or damaged, holds another network or values that are not
        finite, or has changed since it was installed.
    """
    from d2m.checkpoints.identify import match_parameters, to_finite_float32

    tensors, header = read_installed(key, folder)
    name = installed_path(key, folder).name
    state = match_parameters(tensors, WEIGHT_FILES[key].network, name)
    to_finite_float32(state, name)
    advice = "delete it and install it again"
    if header.get("key") != key:
        raise CheckpointError(f"{name} was not installed under this name: {advice}.")
    if header.get("content_sha256") != content_hash(tensors):
        raise CheckpointError(f"{name} has changed since it was installed: {advice}.")
