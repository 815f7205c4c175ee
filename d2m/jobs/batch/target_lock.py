"""Keeps a second batch from writing into the same folder at the same time."""

from __future__ import annotations

import contextlib
import errno
import fcntl
from collections.abc import Iterator

from d2m.core.errors import OutputError
from d2m.jobs.batch.file_systems import is_remote, local_path
from d2m.jobs.batch.shard import Shard

_LOCK_NAME = ".batch.lock"
_WHOLE_FILE = 0, 0
_COMBINING = 1 << 40, 1
"""Byte that is locked while the rows of all shards are combined: beyond the number of shards."""
_TAKEN = (errno.EACCES, errno.EAGAIN)


@contextlib.contextmanager
def only_batch(target: str, shard: Shard) -> Iterator[None]:
    """Hold a lock on a target; the system releases it when the process ends, however it ends.

    A batch without shards excludes all others, a shard only itself. Buckets have no locks: there
    nothing is checked.

    Parameters
    ----------
    target
        An existing folder, or a URL.
    shard
        Which part of the clips is done.

    Raises
    ------
    OutputError
        If another process holds it.
    """
    start, length = _WHOLE_FILE if shard.count == 1 else (shard.index, 1)
    with _locked(target, start, length, wait=False):
        yield


@contextlib.contextmanager
def combining_rows(target: str, shard: Shard) -> Iterator[None]:
    """Wait until no other shard combines the rows of all shards."""
    start, length = _COMBINING
    with contextlib.nullcontext() if shard.count == 1 else _locked(target, start, length):
        yield


@contextlib.contextmanager
def _locked(target: str, start: int, length: int, *, wait: bool = True) -> Iterator[None]:
    if is_remote(target):
        yield
        return
    path = local_path(target) / _LOCK_NAME
    with path.open("ab") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB), length, start)
        except OSError as error:
            # Some network file systems have no locks.
            if error.errno in _TAKEN:
                raise OutputError(
                    f"Another batch is writing into {target}: wait for its end, or choose another "
                    "folder."
                ) from error
        yield
