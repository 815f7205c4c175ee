"""Do several things at once in threads, and report their progress from one of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Event
from typing import TypeVar

from d2m.core.progress import Progress

T = TypeVar("T")


class _StoppedError(Exception):
    """Ends a task whose result nobody waits for any more."""


def usable_cores() -> int:
    """Return the number of processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_at_once(
    tasks: Sequence[Callable[[Progress], T]], progress: Progress, *, threads: int
) -> Generator[tuple[int, T], None, None]:
    """Run tasks at once, and yield the index and the result of each when it ends.

    The libraries that do the work let other threads of Python run meanwhile.

    Parameters
    ----------
    tasks
        Functions that report their progress by calling their argument.
    progress
        Receives these reports, always in the thread of the caller. If it raises an exception, or
        a task does, that is raised here, and the other tasks end at their next report.
    threads
        Tasks that run at a time; with one, they run in the thread of the caller.

    Yields
    ------
    tuple of (int, T)
        In the order in which the tasks end.
    """
    if min(threads, len(tasks)) <= 1:
        for index, task in enumerate(tasks):
            yield index, task(progress)
        return
    news: SimpleQueue[tuple[str, float] | int] = SimpleQueue()
    stopped = Event()

    def report(stage: str, share: float) -> None:
        if stopped.is_set():
            raise _StoppedError
        news.put((stage, share))

    def run(index: int) -> T:
        try:
            return tasks[index](report)
        finally:
            news.put(index)

    with ThreadPoolExecutor(threads) as pool:
        results: list[Future[T]] = [pool.submit(run, index) for index in range(len(tasks))]
        try:
            for _ in tasks:
                while not isinstance(latest := news.get(), int):
                    progress(*latest)
                yield latest, results[latest].result()
        finally:
            stopped.set()
            for result in results:
                result.cancel()
