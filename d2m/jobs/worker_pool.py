"""Lets jobs in, one after another or a few side by side, and has them done."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path

from d2m.core.errors import SettingsError
from d2m.core.settings import Settings
from d2m.jobs.messages import Job, Limits, Message, Waiting
from d2m.jobs.queue import Line
from d2m.jobs.worker_process import HEARTBEAT_S, QUIET_S
from d2m.jobs.worker_slot import WorkerSlot, room


class Worker:
    """Does jobs in warm processes, first come, first served.

    Parameters
    ----------
    limits
        Bounds on the processes and on each job.
    folder
        Where all temporary files go; the system's folder for them by default.

    Examples
    --------
    >>> with contextlib.closing(Worker()) as worker:
    ...     for message in worker.run(Job(clip=Path("clip.mp4"), levels="high", out=Path("out"))):
    ...         ...
    """

    def __init__(self, limits: Limits | None = None, folder: Path | None = None) -> None:
        self.limits = limits or Limits()
        self._line = Line(self.limits.waiting, self.limits.at_once)
        self._folder = folder
        self._cache = Path(tempfile.mkdtemp(prefix="d2m-cache-", dir=folder))
        self._desks = [
            WorkerSlot(self.limits, self._cache, folder) for _ in range(self.limits.at_once)
        ]
        self._free = [*self._desks]

    def warm_up(self) -> None:
        """Start the processes in the background, where there are none.

        Raises
        ------
        JobError
            If the system has no room for them.
        """
        for desk in self._desks:
            desk.warm_up()

    def run(self, job: Job, stop: threading.Event | None = None) -> Generator[Message, None, None]:
        """Do a job.

        The iterator gives a message at least every `QUIET_S`, at once when ``stop`` is set,
        and `Finished` last.
        Closing it before kills the process and all that it started; its temporary files go,
        what it wrote to ``job.out`` is the caller's.

        Parameters
        ----------
        job
            What to do.
        stop
            Who takes the messages wants to stop; it is for them to close the iterator.

        Yields
        ------
        Waiting, Stage, Seen, Result or Finished
            News of the job; a stage repeats while there is none.

        Raises
        ------
        JobError
            With one sentence, if the job fails, takes too long, or its process dies.
        """
        with self._line.place() as place:
            stop = stop or threading.Event()
            told, again_s = 0, 0.0
            while ahead := place.ahead:
                if ahead != told or stop.is_set() or time.monotonic() > again_s:
                    yield Waiting(place=ahead, seconds=place.wait_s)
                    told, again_s = ahead, time.monotonic() + QUIET_S
                place.step(HEARTBEAT_S)
            desk = self._free.pop(0)  # the line lets nobody in when there is none
            try:
                yield from desk.work(job, stop)
            finally:
                self._free.insert(0, desk)  # the warmest comes first

    @contextlib.contextmanager
    def news(
        self,
        clip: str | None,
        levels: str,
        settings: Settings,
        stop: threading.Event | None = None,
    ) -> Iterator[Iterator[Message]]:
        """Do a job into a folder of its own, as `run` does.

        Leaving early kills the job; the results go when the context is left, so they must
        be copied before.

        Raises
        ------
        SettingsError
            If no clip is chosen.
        JobError
            If the job fails, or too many wait already.
        """
        if not clip:
            raise SettingsError("Choose a clip first: upload one, record one, or take an example.")
        with room():
            folder = tempfile.TemporaryDirectory(prefix="d2m-job-", dir=self._folder)
        with folder as own:
            with room():
                kept, out = _kept(Path(clip), Path(own) / "clip"), Path(own) / "results"
                out.mkdir()
            job = Job(clip=kept, levels=levels, settings=settings, out=out)
            with contextlib.closing(self.run(job, stop)) as news:
                yield news

    def close(self) -> None:
        """Kill the processes, and start no others."""
        for desk in self._desks:
            desk.close()
        shutil.rmtree(self._cache, ignore_errors=True)


def _kept(clip: Path, folder: Path) -> Path:
    """Return a second name of a clip, so that it does not grow too old while it waits."""
    folder.mkdir()
    with contextlib.suppress(OSError):  # on another disk there is no such thing
        os.link(clip, folder / clip.name)
    return folder / clip.name if (folder / clip.name).is_file() else clip
