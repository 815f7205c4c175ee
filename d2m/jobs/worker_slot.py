"""Where one job at a time is done, whatever happens to the process that does it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path

from d2m.core.errors import JobError
from d2m.jobs.messages import Failed, Finished, Job, Limits, Message, Stage
from d2m.jobs.worker_process import Process
from d2m.media.disk_cache import sweep

_STARTING = Stage("Getting ready", 0.0)


class WorkerSlot:
    """A warm process that does job after job, and is replaced when it died or is worn out.

    Parameters
    ----------
    limits
        Bounds on the process and on each job.
    cache
        Folder for what was seen in clips; desks may share it.
    folder
        Where the process's temporary files go; the system's folder for them by default.

    Attributes
    ----------
    process : Process or None
        The one that works here, or will.
    """

    def __init__(self, limits: Limits, cache: Path, folder: Path | None) -> None:
        self._limits, self._cache, self._folder = limits, cache, folder
        self._closed = False
        self.process: Process | None = None

    def warm_up(self) -> None:
        """Start the process in the background, if there is none.

        Raises
        ------
        JobError
            If the system has no room for it.
        """
        if self._closed:
            return
        if self.process is None or not self.process.is_alive:
            self.clear()
            with room():
                self.process = Process(self._limits, self._cache, self._folder)

    def work(self, job: Job, stop: threading.Event) -> Generator[Message, None, None]:
        """Do a job, as `d2m.jobs.Worker.run` does when its turn has come."""
        healthy = True
        try:
            yield _STARTING
            healthy = False
            for message in self._messages(job, stop):
                # A job that failed by its own account leaves its process in order.
                healthy = isinstance(message, Finished | Failed)
                if isinstance(message, Failed):
                    raise JobError(message.sentence)
                yield message
        finally:
            worn_out = self.process is not None and self.process.jobs >= self._limits.jobs
            if not healthy or worn_out:
                self.clear()
            with contextlib.suppress(JobError):  # the next job says so, if it is still true
                self.warm_up()

    def clear(self) -> None:
        """Kill the process, if there is one, and remove what it left half done."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            sweep(self._cache)

    def close(self) -> None:
        """Kill the process, and start no other."""
        self._closed = True
        self.clear()

    def _messages(self, job: Job, stop: threading.Event) -> Iterator[Message]:
        """Yield what the process says, up to `Finished` or `Failed`."""
        deadline = time.monotonic() + self._limits.seconds
        said = False
        for last_try in (False, True):
            self.warm_up()
            if self.process is None:
                raise JobError("The server is closing: try again in a minute.")
            try:
                self.process.send(job)
                for message in self.process.messages(deadline, stop):
                    said = said or message is not None
                    yield message or _STARTING
                return
            except (EOFError, OSError) as cause:
                if said or last_try:
                    raise JobError(
                        "The program that worked on the clip broke off, perhaps for lack of "
                        "memory: try again with a shorter or smaller clip."
                    ) from cause
                self.clear()  # it had died before this job, unnoticed
        raise AssertionError


@contextlib.contextmanager
def room() -> Iterator[None]:
    """Say in a sentence that the system has no room for a folder or a process."""
    try:
        yield
    except OSError as cause:
        raise JobError("The server has no room for another clip: try again in a minute.") from cause
