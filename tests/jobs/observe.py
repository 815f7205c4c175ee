"""What a worker does, seen from outside: its processes and the files in its folder."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from d2m.jobs.messages import Message, Stage
from tests.conftest import children


def scratch_folders(folder: Path) -> set[Path]:
    """Return the folders for temporary files of the processes of the worker in a folder."""
    return {*folder.glob("d2m-worker-*")}


def cache_of(folder: Path) -> Path:
    """Return the cache of the worker in a folder."""
    (cache,) = folder.glob("d2m-cache-*")
    return cache


def pids_of(folder: Path) -> set[int]:
    """Return the processes of the worker in a folder: they have its name in their command."""
    found = set()
    for pid in children(os.getpid()):
        with contextlib.suppress(FileNotFoundError):  # it has ended meanwhile
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
            if f"{folder}/d2m-worker-" in command:
                found.add(pid)
    return found


def pid_of(folder: Path) -> int:
    """Return the only process of the worker in a folder.

    For a moment after its start, a process has no command yet.
    """
    deadline = time.monotonic() + 5
    while not (pids := pids_of(folder)) and time.monotonic() < deadline:
        time.sleep(0.01)
    (pid,) = pids
    return pid


def until(news: Iterator[Message], stage: str) -> None:
    """Take messages until a stage begins."""
    for message in news:
        if isinstance(message, Stage) and message.name == stage:
            return
    raise AssertionError(f"the job ended before {stage!r}")


def group_lives(pid: int) -> bool:
    """Return whether a process, or any of those in the group that it leads, lives."""
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True
