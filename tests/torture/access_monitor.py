"""Detect which files are opened, and calls to a port of this machine."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_IN_OPEN, _IN_NONBLOCK = 0x20, 0o4000
_EVENT = struct.Struct("iIII")


class Listener:
    """A port of this machine that must not be called."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]

    def calls(self) -> int:
        """Return the number of calls since the last time."""
        count = 0
        while True:
            try:
                caller, _ = self._socket.accept()
            except BlockingIOError:
                return count
            caller.close()
            count += 1

    def close(self) -> None:
        """Free the port."""
        self._socket.close()


@contextmanager
def files_opened_beside(path: Path) -> Iterator[set[str]]:
    """Collect the names of other files in a file's folder that the block opens.

    On systems without inotify, which only Linux has, the set stays empty.
    """
    names: set[str] = set()
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "inotify_init1"):
        yield names
        return
    handle = libc.inotify_init1(_IN_NONBLOCK)
    try:
        if libc.inotify_add_watch(handle, os.fsencode(path.parent), _IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), "the folder can't be watched")
        yield names
        names |= {name for name in _names(handle) if name not in ("", path.name)}
    finally:
        os.close(handle)


def _names(handle: int) -> Iterator[str]:
    while True:
        try:
            data = os.read(handle, 1 << 16)
        except BlockingIOError:
            return
        at = 0
        while at < len(data):
            *_, length = _EVENT.unpack_from(data, at)
            at += _EVENT.size
            yield os.fsdecode(data[at : at + length].rstrip(b"\0"))
            at += length
