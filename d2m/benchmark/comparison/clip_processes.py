"""Do the same for many clips in a few processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from d2m.core.errors import JobError

Task = TypeVar("Task")
Found = TypeVar("Found")

MOST_PROCESSES = 2
"""Most processes that work at once: each takes about 700 MB. Chosen by hand."""


def run_for_clips(
    work: Callable[[Task], Found], tasks: Sequence[Task], processes: int
) -> Iterator[Found]:
    """Yield what a function returns for each task, in the order in which they are done.

    Parameters
    ----------
    work
        A function of a module: new processes import it.
    tasks
        Its arguments.
    processes
        Number of processes, at most `MOST_PROCESSES`; 1 works in this process.

    Raises
    ------
    JobError
        If a process was stopped.
    """
    if processes == 1 or len(tasks) < 2:
        yield from map(work, tasks)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(
        min(processes, MOST_PROCESSES, len(tasks)), mp_context=context, initializer=_one_thread
    )
    try:
        for done in as_completed([pool.submit(work, task) for task in tasks]):
            yield done.result()
    except BrokenProcessPool as error:
        raise JobError(
            "A process that worked on clips was stopped, perhaps because the memory is full: free "
            "memory and start again."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _one_thread() -> None:
    """Keep PyTorch to one thread: the processes share the processor."""
    import torch

    torch.set_num_threads(1)
