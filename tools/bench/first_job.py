"""Measure how much slower the first job of a worker process is than its third.

A visitor who comes right after the start waits for the start too; one who comes later does not.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from d2m.core.events import SoundtrackSummary
from d2m.jobs import WorkerPool
from d2m.jobs.messages import Job
from d2m.web.serve import REHEARSAL
from tools.bench.clips import FULL_HD, distinct_copies, make_clip
from tools.bench.measured_job import cpu_of_tree_s, works

IDLE_S = 1.5
"""Time without work (s) after which a process counts as ready; chosen by hand."""
MOST_READY_S = 600.0
"""Longest time to wait until a process is ready (s); chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class FirstJob:
    """Times until the first video of a job is playable (s).

    Parameters
    ----------
    ready_s
        Time from the start of the process until it had nothing more to do; 0 if not waited for.
    first_s, third_s
        Wall-clock times of the first and the third job.
    first_cpu_s, third_cpu_s
        CPU times of the worker process and its children.
    """

    ready_s: float
    first_s: float
    third_s: float
    first_cpu_s: float
    third_cpu_s: float

    @property
    def ratio(self) -> float:
        """The wall-clock time of the first as a multiple of that of the third."""
        return self.first_s / self.third_s


def measure_first_job(levels: str = "both", *, waits: bool = True) -> FirstJob:
    """Start a worker process, and measure its first job and its third.

    Parameters
    ----------
    levels
        See `d2m.core.levels.levels_named`.
    waits
        Whether the first job comes when the process has nothing more to do, as after a while;
        otherwise it comes at once.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.closing(WorkerPool(folder=Path(folder), rehearsal=REHEARSAL)) as pool,
    ):
        clips = distinct_copies(make_clip(FULL_HD), Path(folder))
        pool.warm_up()
        process = pool.slots[0].process
        assert process is not None
        ready_s = wait_until_idle(process.pid) if waits else 0.0
        times: list[tuple[float, float]] = []
        for number, clip in zip(range(3), clips, strict=False):
            out = Path(folder) / f"out{number}"
            out.mkdir()
            start, start_cpu = time.perf_counter(), cpu_of_tree_s(process.pid)
            messages = pool.run(Job(clip=clip, levels=levels, out=out))
            first = next(m for m in messages if isinstance(m, SoundtrackSummary))
            now, now_cpu = time.perf_counter(), cpu_of_tree_s(process.pid)
            times.append((now - start, now_cpu - start_cpu))
            assert first.paths
            list(messages)
    (first_s, first_cpu_s), _, (third_s, third_cpu_s) = times
    return FirstJob(
        ready_s=ready_s,
        first_s=first_s,
        third_s=third_s,
        first_cpu_s=first_cpu_s,
        third_cpu_s=third_cpu_s,
    )


def wait_until_idle(pid: int) -> float:
    """Wait until a process and its children have nothing more to do; return the time taken (s)."""
    start = worked = time.perf_counter()
    before = -1.0
    while time.perf_counter() - worked < IDLE_S:
        if (used := cpu_of_tree_s(pid)) != before or works(pid):
            before, worked = used, time.perf_counter()
        if worked - start > MOST_READY_S:
            raise RuntimeError("the worker process does not come to rest")
        time.sleep(0.1)
    return worked - start
