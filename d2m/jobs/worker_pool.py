"""A pool of worker processes: admits jobs through a queue and runs a few of them at a time."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path

from d2m.jobs.messages import AnyJob, Limits, Message, Waiting
from d2m.jobs.queue import JobQueue
from d2m.jobs.worker_process import HEARTBEAT_S, QUIET_S
from d2m.jobs.worker_slot import WorkerSlot, resources_or_refuse


class WorkerPool:
    """Runs jobs in warm processes, first come, first served.

    Parameters
    ----------
    limits
        Limits of the processes and of each job.
    folder
        Where all temporary files go; by default the system's folder for them.
    rehearsal
        Clip of a job that each process does at its start, so that its first real job is as quick
        as later ones (`d2m.jobs.rehearsal.rehearse`); by default none is done.

    Attributes
    ----------
    slots : list of WorkerSlot
        One for each job that may run at a time.
    cache : pathlib.Path
        Folder for the analyses of clips, removed by `close`.

    Examples
    --------
    >>> job = Job(clip=Path("clip.mp4"), levels="high", out=Path("out"))
    >>> with contextlib.closing(WorkerPool()) as pool:
    ...     for message in pool.run(job):
    ...         message.notify(observer)
    """

    def __init__(
        self,
        limits: Limits | None = None,
        folder: Path | None = None,
        *,
        rehearsal: Path | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._queue = JobQueue(self.limits.waiting, self.limits.at_once)
        self._folder = folder
        self.cache = Path(tempfile.mkdtemp(prefix="d2m-cache-", dir=folder))
        at_once = range(self.limits.at_once)
        self.slots = [WorkerSlot(self.limits, self.cache, folder, rehearsal) for _ in at_once]
        self._free = [*self.slots]

    def warm_up(self) -> None:
        """Start the processes in the background.

        Raises
        ------
        JobError
            If the system has no resources for them.
        """
        for slot in self.slots:
            slot.warm_up()

    def run(
        self, job: AnyJob, stop: threading.Event | None = None
    ) -> Generator[Message, None, None]:
        """Run a job.

        The iterator yields a message at least every `QUIET_S`, immediately when ``stop`` is
        set, and `d2m.jobs.messages.Finished` last. Closing it earlier kills the process and
        everything that it started, and removes its temporary files; the files in ``job.out``
        belong to the caller.

        Parameters
        ----------
        job
            The job.
        stop
            Set by the consumer to get a message soon, at which it closes the iterator.

        Yields
        ------
        Message
            Events of the job; a stage repeats while there is no other.

        Raises
        ------
        JobError
            With one sentence, if the job fails, takes too long, or its process dies.
        """
        with self._queue.ticket() as ticket:
            stop = stop or threading.Event()
            reported, again_s = 0, 0.0
            while ahead := ticket.ahead:
                if ahead != reported or stop.is_set() or time.monotonic() > again_s:
                    yield Waiting(place=ahead, seconds=ticket.wait_s)
                    reported, again_s = ahead, time.monotonic() + QUIET_S
                ticket.wait_for_change(HEARTBEAT_S)
            slot = self._free.pop(0)  # the queue admits no job without a free slot
            try:
                yield from slot.run(job, stop)
            finally:
                self._free.insert(0, slot)  # its process is the warmest

    @contextlib.contextmanager
    def events(
        self, job: AnyJob, stop: threading.Event | None = None
    ) -> Iterator[Iterator[Message]]:
        """Run a job into a folder of its own, as `run` does.

        Leaving the context early kills the job. The results are removed when the context is
        left, so they must be copied before.

        Raises
        ------
        JobError
            If the job fails, or too many are waiting.
        """
        with resources_or_refuse():
            folder = tempfile.TemporaryDirectory(prefix="d2m-job-", dir=self._folder)
        with folder as own:
            with resources_or_refuse():
                out = Path(own) / "results"
                out.mkdir()
                kept = job.within(lambda path: _linked(path, Path(own)), out)
            with contextlib.closing(self.run(kept, stop)) as messages:
                yield messages

    def close(self) -> None:
        """Kill the processes, and start no others."""
        for slot in self.slots:
            slot.close()
        shutil.rmtree(self.cache, ignore_errors=True)


def _linked(path: Path, parent: Path) -> Path:
    """Return a hard link to an input, so that it is not removed as too old while it waits."""
    link = Path(tempfile.mkdtemp(prefix="input-", dir=parent)) / path.name
    with contextlib.suppress(OSError):  # impossible on another disk
        os.link(path, link)
    return link if link.is_file() else path
