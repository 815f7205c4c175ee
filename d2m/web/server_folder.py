"""All files of a running server, in one folder that is gone when the server is.

A server that is killed can't clean up. So it holds a lock on its folder, which the system lifts
when the process ends in whatever way; the next server removes folders without one.
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
"""How long (s) clips and results stay on the server."""
PREFIX = "d2m-server-"
HALF_DONE_S = 90.0
"""An upload that got nothing for so long (s) is not under way any more."""

EMPTY_S = 2.0
"""How long (s) a folder may be empty."""


@dataclass(frozen=True, kw_only=True)
class Used:
    """What lies in a folder."""

    bytes: int
    files: int


class ServerFolder:
    """The folder of this server, locked; leaving the context removes it.

    Parameters
    ----------
    keep_s
        How long clips and results stay (s).
    parent
        Where it is made; the system's folder for temporary files by default.

    Attributes
    ----------
    path : pathlib.Path
        The folder.
    uploads : pathlib.Path
        What visitors sent and got.
    """

    def __init__(self, *, keep_s: float, parent: Path | None = None) -> None:
        self._parent = parent or Path(tempfile.gettempdir())
        self._keep_s = keep_s
        sweep(self._parent)
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
        """Keep what visitors did not send, such as examples: all that is there by now."""
        self._settled = {*self._found()}

    def keep_tidy(self, every_s: float | None = None) -> None:
        """Call `tidy` from time to time (s), in a thread, until the folder goes."""
        pause = every_s or max(0.5, min(30.0, self._keep_s / 12))

        def work() -> None:
            while not self._over.wait(pause):
                with contextlib.suppress(OSError):
                    self.tidy()

        threading.Thread(target=work, name="tidy", daemon=True).start()

    @contextlib.contextmanager
    def receiving(self) -> Iterator[None]:
        """Let no folder go for being empty: an upload is on its way into it."""
        with self._count:
            self._receiving += 1
        try:
            yield
        finally:
            with self._count:
                self._receiving -= 1

    def tidy(self) -> None:
        """Remove what is too old, uploads that broke off, and folders left empty."""
        now = time.time()
        for path in self._found():
            if path in self._settled:
                continue
            with contextlib.suppress(OSError):
                if path.is_dir() and not path.is_symlink():
                    with self._count:
                        # A result, too, may be on its way into a new folder.
                        if not self._receiving and now - path.lstat().st_mtime > EMPTY_S:
                            path.rmdir()
                    continue
                # Finished uploads lie in folders named after their content.
                keep_s = self._keep_s if path.parent != self.uploads else HALF_DONE_S
                if now - path.lstat().st_ctime > min(keep_s, self._keep_s):
                    path.unlink()

    def used(self) -> Used:
        """Count what visitors sent and got, folders too."""
        sizes = []
        for path in self._found():
            with contextlib.suppress(OSError):
                sizes.append(path.lstat().st_size)
        return Used(bytes=sum(sizes), files=len(sizes))

    def _found(self) -> Iterator[Path]:
        """Yield files and folders, what is inside first; some may be gone by then."""
        for folder, folders, files in os.walk(self.uploads, topdown=False):
            yield from (Path(folder, name) for name in (*files, *folders))

    def free_bytes(self) -> int:
        """Return how much room the disk has."""
        return shutil.disk_usage(self.uploads).free


def sweep(parent: Path) -> list[Path]:
    """Remove the folders of servers that live no more; return them."""
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
            os.close(handle)  # another server took it for a dead one's and removed it


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
    """Remove a folder in which a process may still write its last file."""
    for _ in range(5):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)
