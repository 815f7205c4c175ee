"""The folder of installed weights: write, read, list and check them.

Each file of the registry becomes ``checkpoints/published/KEY.safetensors``, in float32,
with its key, licence and the hash of the file that it came from in the header.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2m.checkpoints.catalog import WEIGHT_FILES
from d2m.checkpoints.load_bundled import CHECKPOINTS, codec_path, generator_path, read_tensors
from d2m.checkpoints.registry import WEIGHT_SETS, family_named
from d2m.core.errors import CheckpointError
from d2m.core.levels import LEVELS, Level
from d2m.core.settings import COMPACT
from d2m.media.atomic_write import replacing

if TYPE_CHECKING:
    from torch import Tensor


PUBLISHED_FOLDER = "published"
_INDEX = "index.json"


@dataclass(frozen=True, kw_only=True)
class InstalledFile:
    """Weights that have just been installed.

    Parameters
    ----------
    key
        Which, a key of `d2m.checkpoints.catalog.WEIGHT_FILES`.
    path
        The installed file.
    source
        Name of the file that they came from.
    note
        What a person should know about them; empty if nothing.
    """

    key: str
    path: Path
    source: str
    note: str = ""


def installed_path(key: str, folder: Path = CHECKPOINTS) -> Path:
    """Return the installed file of a key, whether it is there or not."""
    return folder / PUBLISHED_FOLDER / f"{key}.safetensors"


def missing_keys(family: str, level: Level, folder: Path = CHECKPOINTS) -> tuple[str, ...]:
    """Return the keys of the files that a family at a level still needs.

    Raises
    ------
    SettingsError
        If the family is unknown.
    CheckpointError
        If the family has no such level.
    """
    if level not in family_named(family).levels:
        raise CheckpointError(no_level_message(family, level))
    if family == COMPACT:
        return _missing_bundled((level,), folder)
    return missing_keys_of_set(f"{family}-{level.name}", folder)


def missing_keys_of_set(name: str, folder: Path = CHECKPOINTS) -> tuple[str, ...]:
    """Return the keys of the files that a set, by its name, still needs."""
    if name == COMPACT:
        return _missing_bundled(LEVELS.values(), folder)
    weights = WEIGHT_SETS[name]
    lost = [key for key in weights.files if not installed_path(key, folder).is_file()]
    lost += [
        choices[0]
        for choices in weights.needs
        if not any(installed_path(key, folder).is_file() for key in choices)
    ]
    return tuple(lost)


def missing_line(family: str, level: Level, folder: Path = CHECKPOINTS) -> str:
    """Say in one line what a family at a level still needs, and the command that gets it.

    Returns
    -------
    str
        Empty if nothing is missing.
    """
    if level not in family_named(family).levels:
        return no_level_message(family, level)
    lost = missing_keys(family, level, folder)
    if not lost:
        return ""
    if family == COMPACT:
        return (
            f"The bundled weights of level {level.name} are missing: get the project's folder "
            "checkpoints/compact again."
        )
    name = f"{family}-{level.name}"
    private = [WEIGHT_FILES[key] for key in lost if WEIGHT_FILES[key].source is None]
    if private:
        command = (
            "no public file is known, so import the authors' with `python -m d2m weights import "
            f"{' '.join(file.filename for file in private)}`"
        )
        if len(private) < len(lost):
            command += f" and get the rest with `python -m d2m weights fetch {name}`"
    else:
        command = f"get them with `python -m d2m weights fetch {name}`"
    return f"{WEIGHT_SETS[name].title}: {', '.join(lost)} missing; {command}."


def is_installed(family: str, level: Level, folder: Path = CHECKPOINTS) -> bool:
    """Tell whether a family at a level can play."""
    return level in family_named(family).levels and not missing_keys(family, level, folder)


def read_installed(
    key: str, folder: Path = CHECKPOINTS
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read an installed file: its tensors and its header.

    Raises
    ------
    CheckpointError
        If it is missing or damaged.
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
    """Install checked tensors under a key, whole or not at all.

    Parameters
    ----------
    key
        A key of `d2m.checkpoints.catalog.WEIGHT_FILES`.
    state
        Tensors that `d2m.checkpoints.identify` found to fit.
    source_hash, source
        SHA-256 and name of the file that they came from.
    folder
        Checkpoints folder.

    Returns
    -------
    pathlib.Path
        The installed file.
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
        with replacing(path) as part:
            save_file(dict(state), part, metadata=header)
            part.chmod(0o644)  # safetensors makes files that only their owner may read
        index = read_index(folder)
        index["first_accepted"].setdefault(key, source_hash)
        index["imported"][source_hash] = key
        write_index(index, folder)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"The weights {key} can't be written to the folder checkpoints/{PUBLISHED_FOLDER}: "
            "check its permissions and the free space."
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
    """Return what is remembered about files: hashes first accepted, imported and looked at."""
    index: dict[str, dict[str, Any]] = {"first_accepted": {}, "imported": {}, "looked_at": {}}
    try:
        stored = json.loads((folder / PUBLISHED_FOLDER / _INDEX).read_text())
    except (OSError, ValueError):
        return index
    if isinstance(stored, dict):
        index.update({k: v for k, v in stored.items() if k in index and isinstance(v, dict)})
    return index


def write_index(index: Mapping[str, Mapping[str, Any]], folder: Path = CHECKPOINTS) -> None:
    """Remember what is known about files."""
    with replacing(folder / PUBLISHED_FOLDER / _INDEX) as part:
        part.write_text(json.dumps(index, indent=1, sort_keys=True))
        part.chmod(0o644)


def _missing_bundled(levels: Iterable[Level], folder: Path) -> tuple[str, ...]:
    paths = [path(level, folder) for level in levels for path in (codec_path, generator_path)]
    return () if all(path.is_file() for path in paths) else (COMPACT,)


def no_level_message(family: str, level: Level) -> str:
    """Return the sentence for a family that has no such level."""
    if family == "tiktok":
        return (
            "The published TikTok generator of level low can't run, because its input layer is "
            "missing: choose level high, or AIST++."
        )
    return f"The weights {family} have no published networks of level {level.name}."


def verify_installed(key: str, folder: Path = CHECKPOINTS) -> None:
    """Check the installed file of a key.

    Raises
    ------
    CheckpointError
        If it is missing, damaged, of another network, not finite, or changed since.
    """
    from d2m.checkpoints.identify import match_parameters, to_finite_float32

    tensors, header = read_installed(key, folder)
    name = installed_path(key, folder).name
    state = match_parameters(tensors, WEIGHT_FILES[key].network, name)
    to_finite_float32(state, name)
    again = "delete it and get it again"
    if header.get("key") != key:
        raise CheckpointError(f"{name} was not installed under this name: {again}.")
    if header.get("content_sha256") != content_hash(tensors):
        raise CheckpointError(f"{name} has changed since it was installed: {again}.")


def installed_keys(folder: Path = CHECKPOINTS) -> tuple[str, ...]:
    """Return the keys of all installed files."""
    return tuple(key for key in WEIGHT_FILES if installed_path(key, folder).is_file())
