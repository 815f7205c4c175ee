"""Jobs in a process of their own that can be killed at any moment.

Decoding what strangers send, and running networks on it, can hang, leak or crash; so it
happens in a worker process that leads its own process group and has its limits. One
process is kept warm, because its imports take seconds; it does job after job.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path

from d2m.errors import JobError, SettingsError
from d2m.job import Failed, Finished, Job, Limits, Message, Stage, Waiting
from d2m.line import Line
from d2m.media.store import PART
from d2m.process import HEARTBEAT_S, QUIET_S, Process
from d2m.settings import Settings

_STARTING = Stage("Getting ready", 0.0)


class Worker:
    """Does jobs one after another in a warm process.

    Parameters
    ----------
    limits
        Bounds on the process and on each job.
    folder
        Where all temporary files go; the system's folder for them by default.

    Examples
    --------
    >>> with contextlib.closing(Worker()) as worker:
    ...     for message in worker.run(Job(clip=Path("clip.mp4"), levels="high", out=Path("out"))):
    ...         ...
    """

    def __init__(self, limits: Limits | None = None, folder: Path | None = None) -> None:
        self._limits = limits or Limits()
        self._line = Line(self._limits.waiting)
        self._folder = folder
        self._cache = Path(tempfile.mkdtemp(prefix="d2m-cache-", dir=folder))
        self._process: Process | None = None
        self._closed = False

    def warm_up(self) -> None:
        """Start the process in the background, if there is none.

        Raises
        ------
        JobError
            If the system has no room for it.
        """
        if self._closed:
            return
        if self._process is None or not self._process.is_alive:
            self._drop()
            with _room():
                self._process = Process(self._limits, self._cache, self._folder)

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
            yield from self._serve(job, stop)

    def _serve(self, job: Job, stop: threading.Event) -> Generator[Message, None, None]:
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
            if not healthy or self._worn_out():
                self._drop()
            with contextlib.suppress(JobError):  # the next job says so, if it is still true
                self.warm_up()

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
        with _room():
            folder = tempfile.TemporaryDirectory(prefix="d2m-job-", dir=self._folder)
        with folder as own:
            with _room():
                kept, out = _kept(Path(clip), Path(own) / "clip"), Path(own) / "results"
                out.mkdir()
            job = Job(clip=kept, levels=levels, settings=settings, out=out)
            with contextlib.closing(self.run(job, stop)) as news:
                yield news

    def close(self) -> None:
        """Kill the process, and start no other."""
        self._closed = True
        self._drop()
        shutil.rmtree(self._cache, ignore_errors=True)

    def _messages(self, job: Job, stop: threading.Event) -> Iterator[Message]:
        """Yield what the process says, up to `Finished` or `Failed`."""
        deadline = time.monotonic() + self._limits.seconds
        said = False
        for last_try in (False, True):
            self.warm_up()
            if self._process is None:
                raise JobError("The server is closing: try again in a minute.")
            try:
                self._process.send(job)
                for message in self._process.messages(deadline, stop):
                    said = said or message is not None
                    yield message or _STARTING
                return
            except (EOFError, OSError) as cause:
                if said or last_try:
                    raise JobError(
                        "The program that worked on the clip broke off, perhaps for lack of "
                        "memory: try again with a shorter or smaller clip."
                    ) from cause
                self._drop()  # it had died before this job, unnoticed
        raise AssertionError

    def _worn_out(self) -> bool:
        return self._process is not None and self._process.jobs >= self._limits.jobs

    def _drop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            for half_done in self._cache.glob(f"{PART}*"):
                shutil.rmtree(half_done, ignore_errors=True)


def _kept(clip: Path, folder: Path) -> Path:
    """Return a second name of a clip, so that it does not grow too old while it waits."""
    folder.mkdir()
    with contextlib.suppress(OSError):  # on another disk there is no such thing
        os.link(clip, folder / clip.name)
    return folder / clip.name if (folder / clip.name).is_file() else clip


@contextlib.contextmanager
def _room() -> Iterator[None]:
    """Say in a sentence that the system has no room for a folder or a process."""
    try:
        yield
    except OSError as cause:
        raise JobError("The server has no room for another clip: try again in a minute.") from cause
