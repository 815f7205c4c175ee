"""A worker slot: runs one job at a time, whatever happens to its process."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path

from d2m.core.errors import JobError
from d2m.jobs.messages import AnyJob, Failed, Finished, Limits, Message, Stage
from d2m.jobs.worker_process import WorkerProcess
from d2m.media.disk_cache import remove_abandoned

_STARTING = Stage("Getting ready", 0.0)


class WorkerSlot:
    """Owns a warm process that does job after job, and replaces it when it dies or wears out.

    Parameters
    ----------
    limits
        Limits of the process and of each job.
    cache
        Folder for the analyses of clips, which slots may share.
    folder
        Where the process's temporary files go; by default the system's folder for them.
    rehearsal
        Clip of a job that each process does at its start; without it, none is done.

    Attributes
    ----------
    process : WorkerProcess or None
        The current process.
    """

    def __init__(
        self, limits: Limits, cache: Path, folder: Path | None, rehearsal: Path | None = None
    ) -> None:
        self._limits, self._cache, self._folder = limits, cache, folder
        self._rehearsal = rehearsal
        self._closed = False
        self.process: WorkerProcess | None = None

    def warm_up(self) -> None:
        """Start the process in the background, if there is none.

        Raises
        ------
        JobError
            If the system has no resources for it.
        """
        if self._closed:
            return
        if self.process is None or not self.process.is_alive:
            self.clear()
            with resources_or_refuse():
                self.process = WorkerProcess(
                    self._limits, self._cache, self._folder, self._rehearsal
                )

    def run(self, job: AnyJob, stop: threading.Event) -> Generator[Message, None, None]:
        """Run a job, as `d2m.jobs.worker_pool.WorkerPool.run` does when its turn has come."""
        healthy = True
        try:
            yield _STARTING
            healthy = False
            for message in self._messages(job, stop):
                # After a failure that the process reported, it is still in order.
                healthy = isinstance(message, Finished | Failed)
                if isinstance(message, Failed):
                    raise message.error(message.sentence)
                yield message
        finally:
            worn_out = self.process is not None and self.process.jobs >= self._limits.jobs
            if not healthy or worn_out:
                self.clear()
            with contextlib.suppress(JobError):  # the next job reports it, if it still holds
                self.warm_up()

    def clear(self) -> None:
        """Kill the process, if there is one, and remove its unfinished cache entries."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            remove_abandoned(self._cache)

    def close(self) -> None:
        """Kill the process, and start no other."""
        self._closed = True
        self.clear()

    def _messages(self, job: AnyJob, stop: threading.Event) -> Iterator[Message]:
        """Yield the messages of the process, up to `Finished` or `Failed`."""
        deadline = time.monotonic() + self._limits.seconds
        has_answered = False
        for last_try in (False, True):
            self.warm_up()
            if self.process is None:
                raise JobError("The server is closing: try again in a minute.")
            try:
                self.process.send(job)
                for message in self.process.messages(job, deadline, stop):
                    has_answered = has_answered or message is not None
                    yield message or _STARTING
                return
            except (EOFError, OSError) as cause:
                if has_answered or last_try:
                    raise JobError(
                        f"The program that worked on the {job.subject} crashed, perhaps for lack "
                        f"of memory: try again with a shorter or smaller {job.subject}."
                    ) from cause
                self.clear()  # the process died before this job, unnoticed
        raise AssertionError


@contextlib.contextmanager
def resources_or_refuse() -> Iterator[None]:
    """Turn an error of the system on creating a folder or a process into one sentence."""
    try:
        yield
    except OSError as cause:
        raise JobError("The server has no room for another job: try again in a minute.") from cause
