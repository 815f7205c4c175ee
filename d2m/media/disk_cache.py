"""A disk cache of folders by key: bounded in size and age, and safe to share by processes."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_PART = ".part-"
"""Prefix of the names of entries that are not complete yet."""


class CacheEntry:
    """A cached folder, at ``path``. It can't be removed while this object lives."""

    def __init__(self, path: Path, lock: int, cache: DiskCache) -> None:
        self.path = path
        self._cache = cache
        weakref.finalize(self, os.close, lock)


class DiskCache:
    """Keeps folders by key.

    An entry appears complete or not at all, because it is written under another name. Entries
    in use are locked, so no process removes an entry that another one reads.

    Parameters
    ----------
    folder
        Where the entries are kept; created if it is missing.
    max_bytes
        Total size (bytes) above which the least recently used entries are removed; 2 GiB is
        chosen by hand.
    max_age_s
        Time after the last use at which an entry is removed (s); an hour is chosen by hand.
    """

    def __init__(
        self, folder: Path, *, max_bytes: int = 2 * 2**30, max_age_s: float = 3600.0
    ) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._max_age_s = max_age_s
        self._temporary: object = None
        folder.mkdir(parents=True, exist_ok=True)

    @classmethod
    def temporary(cls) -> DiskCache:
        """Return a cache in a new temporary folder, removed with the cache and its entries."""
        folder = tempfile.TemporaryDirectory(prefix="d2m-")
        cache = cls(Path(folder.name))
        cache._temporary = folder
        return cache

    def get(self, key: str) -> CacheEntry | None:
        """Return the entry of a key, locked against removal; None if there is none."""
        target = self._folder / key
        lock = _lock(target)
        if lock is None:
            return None
        os.utime(target)
        return CacheEntry(target, lock, self)

    def get_or_create(self, key: str, create: Callable[[Path], T]) -> tuple[CacheEntry, T | None]:
        """Return the entry of a key, and what ``create`` returned if it had to be created.

        Parameters
        ----------
        key
            A plain file name.
        create
            Writes the entry into an empty folder and returns an object that describes it. Its
            exceptions propagate and leave no entry. The folder is renamed afterwards, so the
            object must not depend on its path.

        Returns
        -------
        entry : CacheEntry
            The entry, locked against removal.
        created : object or None
            The object from ``create``; None if the entry existed.

        Raises
        ------
        OSError
            If the entry can't be stored.
        """
        self.tidy()
        created, entry = None, self.get(key)
        if entry is None:
            created = self._create(self._folder / key, create)
            entry = self.get(key)
        if entry is None:
            raise OSError(f"{key} could not be stored")
        return entry, created

    def tidy(self) -> None:
        """Remove entries that are too old, and the oldest ones while the cache is too large."""
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

    def _create(self, target: Path, create: Callable[[Path], T]) -> T:
        part = Path(tempfile.mkdtemp(prefix=_PART, dir=self._folder))
        held = _lock(part)
        try:
            created = create(part)
            with contextlib.suppress(OSError):  # another process was first
                part.rename(target)
            return created
        finally:
            if held is not None:
                os.close(held)
            shutil.rmtree(part, ignore_errors=True)


def remove_abandoned(folder: Path) -> None:
    """Remove incomplete entries that dead processes left in the folder of a cache."""
    for part in folder.glob(f"{_PART}*"):
        _remove(part)


def _lock(folder: Path, *, exclusive: bool = False) -> int | None:
    """Lock an entry and return the file descriptor; None if it is missing or in use."""
    import fcntl

    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB if exclusive else fcntl.LOCK_SH)
    except OSError:
        os.close(handle)
        return None
    if os.fstat(handle).st_nlink == 0 or not folder.exists():  # removed while waiting
        os.close(handle)
        return None
    return handle


def _remove(folder: Path) -> None:
    lock = _lock(folder, exclusive=True)
    if lock is not None:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)
