"""Does the clips of a batch on this machine, several at a time."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator

from d2m.core.parallel import usable_cores
from d2m.jobs.batch.clip_row import BatchClip, ClipRow
from d2m.jobs.batch.clip_worker import ClipWorker, StoppedError
from d2m.training.child_processes import THREAD_VARIABLES

_END_S = 10.0
"""Longest wait for a worker that is told to stop (s); chosen by hand. Downloads may not answer."""


def run_local(
    clips: Iterable[BatchClip], make_worker: Callable[[], ClipWorker], workers: int
) -> Generator[ClipRow, None, None]:
    """Do clips with several workers at a time.

    Clips of one source are done by one worker, one after another, so that the source is analysed
    once. The processes of the workers share the cores.

    Parameters
    ----------
    clips
        The clips, in the order in which they are begun.
    make_worker
        Returns a new worker.
    workers
        Number of workers.

    Yields
    ------
    ClipRow
        One for each clip, as they are finished. Closing the iterator ends all work.

    Raises
    ------
    OutputError
        If files can't be written.
    """
    waiting: queue.SimpleQueue[list[BatchClip]] = queue.SimpleQueue()
    groups = _by_source(clips)
    for group in groups:
        waiting.put(group)
    done: queue.SimpleQueue[ClipRow | BaseException | None] = queue.SimpleQueue()
    running = min(workers, len(groups))
    with contextlib.ExitStack() as stack:
        stack.enter_context(_cores_shared_by(workers))
        crew = [stack.enter_context(contextlib.closing(make_worker())) for _ in range(running)]
        threads = [
            threading.Thread(target=_work, args=(worker, waiting, done), daemon=True)
            for worker in crew
        ]
        for thread in threads:
            thread.start()
        try:
            while running:
                item = done.get()
                if item is None:
                    running -= 1
                elif isinstance(item, ClipRow):
                    yield item
                else:
                    raise item
        finally:
            for worker in crew:
                worker.stop()
            for thread in threads:
                thread.join(_END_S)


def _work(
    worker: ClipWorker,
    waiting: queue.SimpleQueue[list[BatchClip]],
    done: queue.SimpleQueue[ClipRow | BaseException | None],
) -> None:
    """Do groups of clips until there is none, and put their rows, an error, and None last."""
    try:
        while True:
            for clip in waiting.get_nowait():
                done.put(worker.run(clip))
    except (queue.Empty, StoppedError):
        pass
    except BaseException as error:
        done.put(error)
    finally:
        done.put(None)


def _by_source(clips: Iterable[BatchClip]) -> list[list[BatchClip]]:
    groups: dict[str, list[BatchClip]] = {}
    for clip in clips:
        groups.setdefault(clip.source, []).append(clip)
    return [*groups.values()]


@contextlib.contextmanager
def _cores_shared_by(workers: int) -> Iterator[None]:
    """Let each process that is started use its share of the cores, unless a person chose.

    Threads of several processes on the same cores wait for each other, which costs many times
    what they gain.
    """
    share = str(max(1, usable_cores() // workers))
    added = [name for name in THREAD_VARIABLES if name not in os.environ]
    os.environ.update(dict.fromkeys(added, share))
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
