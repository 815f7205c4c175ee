"""Take up the files that a person has put into the checkpoints folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from d2m.checkpoints.catalog import WEIGHT_FILES
from d2m.checkpoints.importing import IdentifiedFile, choose_key, identify_file, install_file
from d2m.checkpoints.installed import (
    PUBLISHED_FOLDER,
    InstalledFile,
    installed_path,
    read_index,
    write_index,
)
from d2m.checkpoints.load_bundled import CHECKPOINTS
from d2m.checkpoints.safe_load import file_sha256
from d2m.core.errors import CheckpointError
from d2m.core.levels import LEVELS
from d2m.core.settings import COMPACT

WEIGHT_SUFFIXES = (".pt", ".pth", ".tar", ".pyth")


@dataclass(frozen=True, kw_only=True)
class AutoImportResult:
    """What became of a file in the checkpoints folder.

    Parameters
    ----------
    name
        The file's name.
    installed
        The weights that were installed from it; None if it was refused.
    message
        One sentence: what was installed, or why nothing was.
    """

    name: str
    installed: InstalledFile | None
    message: str


def import_dropped_files(folder: Path = CHECKPOINTS) -> list[AutoImportResult]:
    """Import published files that were dropped anywhere under the checkpoints folder.

    The files stay where they are; what was imported once is not imported again while its
    installed form is there. Weights that are installed are not replaced.

    Parameters
    ----------
    folder
        Checkpoints folder.

    Returns
    -------
    list of AutoImportResult
        One for each new file, also the refused ones; empty when there is nothing new.
    """
    try:
        fresh, known = _sorted_out(folder)
    except OSError:
        message = (
            "The checkpoints folder can't be read or written, so weights in it were not "
            "installed: check its permissions."
        )
        return [AutoImportResult(name=folder.name, installed=None, message=message)]
    found, results = [], []
    for path, digest in fresh:
        try:
            found.append((identify_file(path), digest))
        except CheckpointError as error:  # noqa: PERF203 (a bad file must not stop the others)
            results.append(AutoImportResult(name=path.name, installed=None, message=str(error)))
    beside = [*known, *(file for file, _ in found)]
    return results + [_adopt(file, beside, digest, folder) for file, digest in found]


def _adopt(
    file: IdentifiedFile, beside: list[IdentifiedFile], digest: str, folder: Path
) -> AutoImportResult:
    name = file.path.name
    try:
        key = choose_key(file, beside, level=None, dataset=None)
        if installed_path(key, folder).is_file():
            index = read_index(folder)
            index["imported"][digest] = key
            write_index(index, folder)
            message = (
                f"{name} was left alone, because {key} is installed from another file: to "
                "replace it, run `python -m d2m weights import` on it."
            )
            return AutoImportResult(name=name, installed=None, message=message)
        installed = install_file(file.path, key, folder)
    except CheckpointError as error:
        return AutoImportResult(name=name, installed=None, message=str(error))
    return AutoImportResult(name=name, installed=installed, message=f"Installed {key} from {name}.")


def _sorted_out(folder: Path) -> tuple[list[tuple[Path, str]], list[IdentifiedFile]]:
    """Return the dropped files that are new, with their SHA-256, and those that are installed."""
    index = read_index(folder)
    looked_at = {}
    fresh: list[tuple[Path, str]] = []
    known: list[IdentifiedFile] = []
    for path in _dropped(folder):
        stat = path.stat()
        place = str(path.relative_to(folder))
        seen = index["looked_at"].get(place)
        # Hashing takes a second for each file, and this runs whenever the app starts.
        if isinstance(seen, list) and seen[:2] == [stat.st_size, stat.st_mtime_ns]:
            digest = str(seen[2])
        else:
            digest = file_sha256(path)
        looked_at[place] = [stat.st_size, stat.st_mtime_ns, digest]
        key = index["imported"].get(digest)
        if key not in WEIGHT_FILES or not installed_path(key, folder).is_file():
            fresh.append((path, digest))
        else:
            levels = tuple(level for level in LEVELS.values() if level.name in key.split("-"))
            known.append(
                IdentifiedFile(path=path, network=WEIGHT_FILES[key].network, levels=levels, key=key)
            )
    if looked_at != index["looked_at"]:
        write_index({**index, "looked_at": looked_at}, folder)
    return fresh, known


def _dropped(folder: Path) -> list[Path]:
    ours = {folder / PUBLISHED_FOLDER, folder / COMPACT}
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in WEIGHT_SUFFIXES
        and path.is_file()
        and not any(parent in ours for parent in path.parents)
    )
