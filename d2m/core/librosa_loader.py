"""Import librosa safely while other processes may do the same."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LOCK_NAME = "d2m-librosa-import.lock"
_COMPILED = ("librosa.util", "librosa.onset", "librosa.beat", "librosa.feature")


def load_librosa() -> Any:
    """Import librosa, one process at a time.

    The first import on a machine compiles librosa's numba functions (about 20 s) and caches
    them beside the package. Two processes that do so at once can leave an inconsistent cache:
    then every import, or the first call, ends in a segmentation fault until the cache is
    deleted.

    Returns
    -------
    module
        ``librosa``, with all modules loaded that compile functions.
    """
    if any(name not in sys.modules for name in _COMPILED):
        with _one_process():
            for name in _COMPILED:
                importlib.import_module(name)
    return importlib.import_module("librosa")


@contextmanager
def _one_process() -> Iterator[None]:
    """Hold a lock between processes, where the system supports it; it ends with its process."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    path = Path(tempfile.gettempdir()) / f"{os.getuid()}-{LOCK_NAME}"
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
