"""A folder of results that cost time, by content: bounded, and safe to share by processes."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable
from pathlib import Path

_PART = ".part-"
"""What the names of entries begin with that are not whole yet."""


class Entry:
    """A stored folder, at ``path``; it can't be removed while this lives."""

    def __init__(self, path: Path, lock: int, store: DiskCache) -> None:
        self.path = path
        self._store = store
        weakref.finalize(self, os.close, lock)


class DiskCache:
    """Keeps folders by key.

    An entry appears whole or not at all, because it is filled under another name. Entries in
    use are locked, so that no process takes them from another.

    Parameters
    ----------
    folder
        Where they are kept; made if it is missing.
    max_bytes
        Those used longest ago go when all together are larger.
    max_age_s
        An entry goes this long after its last use (s).
    """

    def __init__(
        self, folder: Path, *, max_bytes: int = 2 * 2**30, max_age_s: float = 3600.0
    ) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._max_age_s = max_age_s
        self._kept_by: object = None
        folder.mkdir(parents=True, exist_ok=True)

    @classmethod
    def temporary(cls) -> DiskCache:
        """Return a store in a folder of its own, which goes with the store and its entries."""
        folder = tempfile.TemporaryDirectory(prefix="d2m-")
        store = cls(Path(folder.name))
        store._kept_by = folder
        return store

    def entry(self, key: str, fill: Callable[[Path], object]) -> Entry:
        """Return the folder of a key; fill it first where there is none.

        Parameters
        ----------
        key
            A plain file name.
        fill
            Writes into an empty folder; what it raises goes on, and leaves nothing.
        """
        self.tidy()
        target = self._folder / key
        lock = _lock(target)
        if lock is None:
            self._make(target, fill)
            lock = _lock(target)
        if lock is None:
            raise OSError(f"{target.name} could not be stored")
        os.utime(target)
        return Entry(target, lock, self)

    def tidy(self) -> None:
        """Remove what is too old, or too much."""
        found = []
        for path in self._folder.iterdir():
            with contextlib.suppress(OSError):
                size = sum(file.stat().st_size for file in path.rglob("*"))
                found.append((path.stat().st_mtime, size, path))
        total = sum(size for _, size, _ in found)
        for used, size, path in sorted(found):
            if total > self._max_bytes or time.time() - used > self._max_age_s:
                _remove(path)
                total -= size

    def _make(self, target: Path, fill: Callable[[Path], object]) -> None:
        part = Path(tempfile.mkdtemp(prefix=_PART, dir=self._folder))
        held = _lock(part)
        try:
            fill(part)
            with contextlib.suppress(OSError):  # another process was first
                part.rename(target)
        finally:
            if held is not None:
                os.close(held)
            shutil.rmtree(part, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what processes that are no more left half done in a store's folder."""
    for part in folder.glob(f"{_PART}*"):
        _remove(part)


def _lock(folder: Path, *, alone: bool = False) -> int | None:
    """Lock an entry against removal, or for it; None if it is not there, or in use."""
    import fcntl

    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
    except OSError:
        os.close(handle)
        return None
    if os.fstat(handle).st_nlink == 0 or not folder.exists():  # removed while we waited
        os.close(handle)
        return None
    return handle


def _remove(folder: Path) -> None:
    lock = _lock(folder, alone=True)
    if lock is not None:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)
