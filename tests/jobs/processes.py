"""Reading a worker pool's processes and events in tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

from d2m.jobs import WorkerPool
from d2m.jobs.messages import Message, Stage
from d2m.jobs.worker_process import WorkerProcess


def process_of(pool: WorkerPool) -> WorkerProcess:
    """Return the only process of a pool."""
    (slot,) = pool.slots
    assert slot.process is not None
    return slot.process


def group_lives(pid: int) -> bool:
    """Return whether a process, or a member of the process group that it leads, is alive."""
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(events: Iterator[Message], stage: str) -> None:
    """Take the events of a job until a stage begins."""
    for event in events:
        if isinstance(event, Stage) and event.name == stage:
            return
    raise AssertionError(f"the job ended before {stage!r}")
