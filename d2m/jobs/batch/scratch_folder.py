"""A folder for temporary files that is removed even after its process was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "d2m-batch-"


class ScratchFolder:
    """A locked folder for temporary files.

    The system releases the lock when the process ends, however it ends. So folders without a lock
    are left-overs: they are removed when the next one is created.

    Parameters
    ----------
    parent
        Where it is created; by default the system's folder for temporary files.

    Attributes
    ----------
    path : pathlib.Path
        The folder.

    Raises
    ------
    OSError
        If it can't be created.
    """

    def __init__(self, parent: Path | None = None) -> None:
        parent = parent or Path(tempfile.gettempdir())
        _remove_unlocked(parent)
        lock = None
        while lock is None:  # another process may take the new folder for a left-over
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
            lock = _locked(self.path)
        self._lock = lock

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _remove_unlocked(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        lock = _locked(folder)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _locked(folder: Path) -> int | None:
    """Lock a folder and return the file descriptor; None if it is missing or in use."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    if not folder.exists():  # removed in the meantime
        os.close(handle)
        return None
    return handle
