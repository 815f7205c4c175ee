"""The temporary files of a running server, in one folder that is removed with it.

A server that is killed can't clean up. So it holds a lock on its folder, which the system
releases when the process ends in any way; the next server removes folders without a lock.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

KEEP_S = 3600.0
"""Time for which clips and results stay on the server (s); an hour, as the page says."""
PREFIX = "d2m-server-"
STALLED_S = 90.0
"""Time without new data after which an upload is abandoned (s): three times the longest pause
that `d2m.web.rate_limits.RequestQuotas` allows."""

EMPTY_S = 2.0
"""Time for which a folder may be empty (s); chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """The content of a folder: bytes, and number of files and folders."""

    bytes: int
    files: int


class ServerFolder:
    """The locked folder of this server; leaving the context removes it.

    Parameters
    ----------
    keep_s
        Time for which clips and results stay (s).
    parent
        Where it is created; by default the system's folder for temporary files.

    Attributes
    ----------
    path : pathlib.Path
        The folder.
    uploads : pathlib.Path
        Uploads and results.
    """

    def __init__(self, *, keep_s: float, parent: Path | None = None) -> None:
        self._parent = parent or Path(tempfile.gettempdir())
        self._keep_s = keep_s
        remove_dead_folders(self._parent)
        self.path, self._lock = _locked_folder(self._parent)
        self.uploads = self.path / "uploads"
        self.uploads.mkdir()
        self._settled: set[Path] = set()
        self._over = threading.Event()
        self._count, self._receiving = threading.Lock(), 0

    def __enter__(self) -> ServerFolder:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the folder."""
        self._over.set()
        _remove(self.path)
        os.close(self._lock)

    def settle(self) -> None:
        """Keep all files that exist now, such as examples, whatever their age."""
        self._settled = {*self._found()}

    def keep_tidy(self, every_s: float | None = None) -> None:
        """Call `tidy` at an interval (s), in a thread, until the folder is removed."""
        pause = every_s or max(0.5, min(30.0, self._keep_s / 12))

        def work() -> None:
            while not self._over.wait(pause):
                with contextlib.suppress(OSError):
                    self.tidy()

        threading.Thread(target=work, name="tidy", daemon=True).start()

    @contextlib.contextmanager
    def receiving(self) -> Iterator[None]:
        """Remove no empty folders meanwhile, because an upload is about to use one."""
        with self._count:
            self._receiving += 1
        try:
            yield
        finally:
            with self._count:
                self._receiving -= 1

    def tidy(self) -> None:
        """Remove old files, abandoned uploads, and empty folders."""
        now = time.time()
        for path in self._found():
            if path in self._settled:
                continue
            with contextlib.suppress(OSError):
                if path.is_dir() and not path.is_symlink():
                    with self._count:
                        # A result may be about to use a new folder, too.
                        if not self._receiving and now - path.lstat().st_mtime > EMPTY_S:
                            path.rmdir()
                    continue
                # Complete uploads are in folders named after their content.
                keep_s = self._keep_s if path.parent != self.uploads else STALLED_S
                if now - path.lstat().st_ctime > min(keep_s, self._keep_s):
                    path.unlink()

    def usage(self) -> Usage:
        """Count uploads and results, folders too."""
        sizes = []
        for path in self._found():
            with contextlib.suppress(OSError):
                sizes.append(path.lstat().st_size)
        return Usage(bytes=sum(sizes), files=len(sizes))

    def _found(self) -> Iterator[Path]:
        """Yield files and folders, contents first; some may disappear meanwhile."""
        for folder, folders, files in os.walk(self.uploads, topdown=False):
            yield from (Path(folder, name) for name in (*files, *folders))

    def free_bytes(self) -> int:
        """Return the free space of the disk (bytes)."""
        return shutil.disk_usage(self.uploads).free


def remove_dead_folders(parent: Path) -> list[Path]:
    """Remove the folders of servers that have ended, and return them."""
    return [folder for folder in parent.glob(f"{PREFIX}*") if _removed_if_dead(folder)]


def _removed_if_dead(folder: Path) -> bool:
    with contextlib.suppress(OSError), _opened(folder) as handle:
        if os.fstat(handle).st_uid == os.getuid() and _lock(handle):
            _remove(folder)
            return True
    return False


def _locked_folder(parent: Path) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        with contextlib.suppress(FileNotFoundError):
            handle = os.open(folder, os.O_RDONLY)
            if _lock(handle) and folder.exists():
                return folder, handle
            os.close(handle)  # another server considered it dead and removed it


def _lock(handle: int) -> bool:
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield handle
    finally:
        os.close(handle)


def _remove(folder: Path) -> None:
    """Remove a folder, although a process may still write its last file into it."""
    for _ in range(5):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)
