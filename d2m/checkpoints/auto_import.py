"""Import published weight files that the user has copied into the checkpoints folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from d2m.checkpoints.catalog import WEIGHT_FILES
from d2m.checkpoints.importing import IdentifiedFile, choose_key, identify_file, install_file
from d2m.checkpoints.installed import (
    InstalledFile,
    installed_path,
    published_folder,
    read_index,
    write_index,
)
from d2m.checkpoints.load_bundled import CHECKPOINTS, user_folder
from d2m.checkpoints.safe_load import file_sha256
from d2m.core.common_settings import COMPACT
from d2m.core.errors import CheckpointError
from d2m.core.levels import HOP_LEVELS

CHECKPOINT_SUFFIXES = (".pt", ".pth", ".tar", ".pyth")
"""Suffixes of the published files, in lower case; other files are ignored."""


@dataclass(frozen=True, kw_only=True)
class AutoImportResult:
    """The result of importing one file from the checkpoints folder.

    Parameters
    ----------
    name
        The file's name.
    installed
        The installed file; None if the file was refused.
    message
        One sentence for the user: what was installed, or why nothing was.
    """

    name: str
    installed: InstalledFile | None
    message: str


def import_dropped_files(folder: Path = CHECKPOINTS) -> list[AutoImportResult]:
    """Import the published files that lie anywhere under the checkpoints folder.

    The original files stay in place. A file is not imported again while its installed form
    exists, and installed weights are not replaced.

    Parameters
    ----------
    folder
        Checkpoints folder.

    Returns
    -------
    list of AutoImportResult
        One for each new file, including refused files; empty if there are no new files.
    """
    try:
        new, imported = _scan(folder)
    except OSError:
        message = (
            "The checkpoints folder can't be read or written, so weights in it were not "
            "installed: check its permissions."
        )
        return [AutoImportResult(name=folder.name, installed=None, message=message)]
    identified, results = [], []
    for path, digest in new:
        try:
            identified.append((identify_file(path), digest))
        except CheckpointError as error:  # noqa: PERF203 (a bad file must not stop the others)
            results.append(AutoImportResult(name=path.name, installed=None, message=str(error)))
    others = [*imported, *(file for file, _ in identified)]
    return results + [_import(file, others, digest, folder) for file, digest in identified]


def _import(
    file: IdentifiedFile, others: list[IdentifiedFile], digest: str, folder: Path
) -> AutoImportResult:
    name = file.path.name
    try:
        key = choose_key(file, others, level=None, dataset=None)
        if installed_path(key, folder).is_file():
            index = read_index(folder)
            index["imported"][digest] = key
            write_index(index, folder)
            message = (
                f"{name} was not installed, because {key} is already installed from another file: "
                "to replace it, run `python -m d2m weights import` on this file."
            )
            return AutoImportResult(name=name, installed=None, message=message)
        installed = install_file(file.path, key, folder)
    except CheckpointError as error:
        return AutoImportResult(name=name, installed=None, message=str(error))
    return AutoImportResult(name=name, installed=installed, message=f"Installed {key} from {name}.")


def _scan(folder: Path) -> tuple[list[tuple[Path, str]], list[IdentifiedFile]]:
    """Return the new files with their SHA-256, and the files that are imported already."""
    index = read_index(folder)
    scanned = {}
    new: list[tuple[Path, str]] = []
    imported: list[IdentifiedFile] = []
    for path in _checkpoint_files(folder):
        stat = path.stat()
        relative = str(path.relative_to(user_folder(folder)))
        known = index["looked_at"].get(relative)
        # Hashing a file takes about a second, and this runs at every start of the app.
        if isinstance(known, list) and known[:2] == [stat.st_size, stat.st_mtime_ns]:
            digest = str(known[2])
        else:
            digest = file_sha256(path)
        scanned[relative] = [stat.st_size, stat.st_mtime_ns, digest]
        key = index["imported"].get(digest)
        if key not in WEIGHT_FILES or not installed_path(key, folder).is_file():
            new.append((path, digest))
        else:
            levels = tuple(level for level in HOP_LEVELS.values() if level.name in key.split("-"))
            network = WEIGHT_FILES[key].network
            imported.append(IdentifiedFile(path=path, network=network, levels=levels, key=key))
    if scanned != index["looked_at"]:
        write_index({**index, "looked_at": scanned}, folder)
    return new, imported


def _checkpoint_files(folder: Path) -> list[Path]:
    excluded = {published_folder(folder), user_folder(folder) / COMPACT}
    return sorted(
        path
        for path in user_folder(folder).rglob("*")
        if path.suffix.lower() in CHECKPOINT_SUFFIXES
        and path.is_file()
        and not any(parent in excluded for parent in path.parents)
    )
