"""Check a folder for results before the work begins, so that nothing is computed in vain."""

from __future__ import annotations

import errno
import shutil
import stat
import tempfile
from pathlib import Path

from d2m.core.errors import OutputError

LEAST_FREE_BYTES = 16 << 20
"""Disk space (bytes) under which no work is begun. Chosen by hand: the least that the files of a
short clip take."""
_CHECK_NAME = ".d2m-check-" + "x" * 120
"""Beginning of the name of a file that is written as a trial: as long as the longest results."""
_REASONS = {
    errno.EACCES: "you may not write there: choose another folder, or change its permissions",
    errno.EPERM: "you may not write there: choose another folder, or change its permissions",
    errno.EROFS: "its disk is read-only: choose a folder on another disk",
    errno.ENOSPC: "there is no disk space left: free some, or choose a folder on another disk",
    errno.EDQUOT: "there is no disk space left for you: free some, or choose another folder",
    errno.ENAMETOOLONG: "its name is too long: choose a shorter one",
    errno.EEXIST: "a file has that name: choose another folder",
    errno.ENOTDIR: "a part of its path is a file: choose another folder",
    errno.ENOENT: "no folder can be created there: choose another one",
    errno.ELOOP: "its links lead in a circle: choose another folder",
}


def usable_output(folder: Path) -> Path:
    """Make sure that results can be written into a folder, and leave everything as it was.

    Parameters
    ----------
    folder
        The folder, which need not exist yet. It and its missing parents are created for a trial,
        a small file is written into it, and all is removed again.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If no files can be written there.
    """
    created: list[Path] = []
    try:
        _create(folder, created)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=_CHECK_NAME) as trial:
            trial.write(bytes(1))
            trial.flush()
        free = shutil.disk_usage(folder).free
    except (OSError, ValueError) as error:
        raise OutputError(_sentence(folder, error)) from error
    finally:
        for parent in reversed(created):
            parent.rmdir()
    if free < LEAST_FREE_BYTES:
        full = OSError(errno.ENOSPC, "")
        raise OutputError(_sentence(folder, full)) from full
    return folder


def _create(folder: Path, created: list[Path]) -> None:
    """Create a folder and its missing parents; add those that were created to a list."""
    missing: list[Path] = []
    existing = folder
    while True:
        try:
            mode = existing.stat().st_mode
            break
        except FileNotFoundError:
            missing.append(existing)
            existing = existing.parent
    if not stat.S_ISDIR(mode):
        raise OSError(errno.ENOTDIR if missing else errno.EEXIST, "")
    for one in reversed(missing):
        one.mkdir()
        created.append(one)


def _sentence(folder: Path, error: OSError | ValueError) -> str:
    """Return why a folder can't be used, and what to do."""
    name = "".join(one if one.isprintable() else "?" for one in folder.name)
    name = f" {name}" if 0 < len(name) <= 60 else ""
    if isinstance(error, OSError):
        default = "the system says " + (error.strerror or "no").lower() + ": choose another one"
        reason = _REASONS.get(error.errno or 0, default)
    else:
        reason = "its name contains a null character: choose another one"
    return f"The output folder{name} can't be used, because {reason}."
