"""Import librosa safely while other processes may do the same."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LOCK_NAME = "d2m-librosa-import.lock"
CACHE_FOLDER = "NUMBA_CACHE_DIR"
"""Environment variable with numba's folder for compiled functions; numba reads it at its import."""
_COMPILED = ("librosa.util", "librosa.onset", "librosa.beat", "librosa.feature")


def load_librosa() -> Any:
    """Import librosa, one process at a time.

    The first import on a machine compiles librosa's numba functions (about 20 s) and caches
    them beside the package, or in a folder of this user where the package can't be written. Two
    processes that do so at once can leave an inconsistent cache: then every import, or the first
    call, ends in a segmentation fault until the cache is deleted.

    Returns
    -------
    module
        ``librosa``, with all modules loaded that compile functions.
    """
    if any(name not in sys.modules for name in _COMPILED):
        _choose_cache()
        with _one_process():
            for name in _COMPILED:
                importlib.import_module(name)
    return importlib.import_module("librosa")


def _choose_cache() -> None:
    """Name a folder for compiled functions where none can be written beside librosa.

    Without any, numba refuses to work, as where packages and home are read-only.
    """
    if CACHE_FOLDER in os.environ:
        return
    spec = importlib.util.find_spec("librosa")
    package = Path(spec.origin).parent if spec is not None and spec.origin else Path()
    if os.access(package, os.W_OK):
        return
    from platformdirs import user_cache_path

    temporary = Path(tempfile.gettempdir()) / f"{os.getuid()}-d2m-numba"
    folders = (user_cache_path("d2m") / "numba", temporary)
    chosen = next((folder for folder in folders if _is_own(folder)), None)
    os.environ[CACHE_FOLDER] = str(chosen or tempfile.mkdtemp(prefix="d2m-numba-"))


def _is_own(folder: Path) -> bool:
    """Create a folder if it is missing, and return whether only this user can write into it.

    Another user could put code of theirs into it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = folder.stat()
    except OSError:
        return False
    return facts.st_uid == os.getuid() and not facts.st_mode & 0o022 and os.access(folder, os.W_OK)


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
