"""The program of a worker process: receives jobs, runs them, sends their events.

Networks and decoders are imported only here, never in the web process.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import select
import signal
import sys
import tempfile
import threading
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2m.checkpoints import import_dropped_files
from d2m.core.allocator import limit_arenas, return_free_memory
from d2m.core.dance_events import ChoreographySummary, DanceObserver, SongSummary
from d2m.core.errors import D2MError, JobError, OutputError, RefusedJobError, StorageError
from d2m.core.events import DanceSummary, ResultFiles, SoundtrackDetails, SoundtrackSummary
from d2m.core.librosa_loader import load_librosa
from d2m.core.subprocess_limits import limit_resources
from d2m.jobs.messages import (
    AnyJob,
    DanceJob,
    Failed,
    Finished,
    Job,
    RemixedVideo,
    Stage,
    requested_levels,
)
from d2m.jobs.rehearsal import rehearse
from d2m.jobs.remix_job import RemixJob

if TYPE_CHECKING:
    from d2m.choreography.music_to_dance import MusicToDance
    from d2m.pipeline import DanceToMusic

KEEP_CLIP_S = 600.0
"""Time for which an idle worker keeps the latest clip in memory, for another try (s); chosen by
hand."""
MESSAGE_INTERVAL_S = 0.2
"""Shortest time between two messages on the same stage (s); chosen by hand."""
_DISK_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
_NO_SPACE = "no disk space"
_NO_MEMORY = "no memory"
_PRELOADED = ("torch", "mediapipe", "mir_eval", "noisereduce", "matplotlib.figure")
_PRELOADED_OWN = ("d2m.pipeline", "d2m.generation.compact", "d2m.choreography.music_to_dance")


def main() -> None:
    """Serve jobs over the connection whose file descriptor is in the command line."""
    limit_arenas()
    descriptor, scratch, cache, memory_bytes, file_bytes, rehearsal = sys.argv[1:]
    limit_resources({"RLIMIT_AS": int(memory_bytes), "RLIMIT_FSIZE": int(file_bytes)})
    threading.Thread(target=_exit_with_server, args=(int(descriptor),), daemon=True).start()
    # BrokenPipeError: the server is gone, so the rest of the job is of no use.
    gone = contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError)
    with Connection(int(descriptor)) as connection, gone:
        serve(connection, Path(scratch), Path(cache), Path(rehearsal) if rehearsal else None)


def serve(
    connection: Connection[Any, Any], scratch: Path, cache: Path, rehearsal: Path | None
) -> None:
    """Run incoming jobs until the other side closes the connection.

    Parameters
    ----------
    connection
        Receives `Job`, sends `Message`; a job ends with `Finished` or `Failed`.
    scratch
        Folder for temporary files; the parent process removes it.
    cache
        Folder for the analyses of clips; it outlives this process.
    rehearsal
        Clip of a job to do first, unless a real one has come by then.
    """
    _preload()
    # Only now, because processes must share the folder of the import lock of librosa.
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
    for dropped in import_dropped_files():
        sys.stderr.write(f"{dropped.message}\n")
    if rehearsal is not None:
        try:
            rehearse(rehearsal, connection.poll)
        except Exception:  # real jobs will say what is wrong
            traceback.print_exc()
    runner = JobRunner(connection, cache)
    while True:
        while not connection.poll(KEEP_CLIP_S):
            runner.forget()
        job = connection.recv()
        connection.send(Stage("Getting ready", 0.0))  # from now on, silence means that it is stuck
        runner.run(job)


class JobRunner(DanceObserver[None]):
    """Runs jobs with one pipeline, so that networks are loaded once, and sends their events.

    Parameters
    ----------
    connection
        Takes the messages.
    cache
        Folder for the analyses of clips.
    """

    def __init__(self, connection: Connection[Any, Any], cache: Path) -> None:
        self._connection, self._cache = connection, cache
        self._pipeline: DanceToMusic | None = None
        self._choreographer: MusicToDance | None = None
        self._stage, self._sent_s = "", 0.0

    def forget(self) -> None:
        """Drop the latest clip, and remove old analyses from the cache."""
        from d2m.media.disk_cache import DiskCache

        self._pipeline = None
        DiskCache(self._cache).tidy()

    def run(self, job: AnyJob) -> None:
        """Run a job and send `Finished` or `Failed` at its end."""
        try:
            self._connection.send(self._run(job))
        except (BrokenPipeError, ConnectionResetError):
            raise
        except Exception as error:
            if not isinstance(error, D2MError):
                traceback.print_exc()
                self._pipeline = self._choreographer = None  # not trusted after such a failure
            self._connection.send(Failed(sentence(error, job.subject), _kind_of(error)))
        return_free_memory()

    def _run(self, job: AnyJob) -> Finished:
        start = time.perf_counter()
        self._stage = ""
        has_results = True
        if isinstance(job, DanceJob):
            self._dance(job)
        elif isinstance(job, RemixJob):
            self._remix(job)
        else:
            has_results = self._make_music(job) is not None
        return Finished(seconds=time.perf_counter() - start, has_results=has_results)

    def _make_music(self, job: Job) -> ResultFiles | None:
        levels = requested_levels(job.levels)
        pipeline = self._music_pipeline()
        return pipeline.produce(job.clip, levels, job.settings, out=job.out, observer=self)

    def _remix(self, job: RemixJob) -> None:
        settings = job.settings
        path = self._music_pipeline().remix(
            job.clip, job.music, settings, out=job.target, progress=self.on_progress
        )
        self._connection.send(
            RemixedVideo(path=path, original=settings.original, ducking=settings.ducking)
        )

    def _music_pipeline(self) -> DanceToMusic:
        from d2m.pipeline import DanceToMusic

        self._pipeline = self._pipeline or DanceToMusic(cache=self._cache)
        return self._pipeline

    def _dance(self, job: DanceJob) -> None:
        from d2m.choreography.music_to_dance import MusicToDance

        pipeline = self._choreographer = self._choreographer or MusicToDance()
        pipeline.produce(
            job.song, job.settings, out=job.out, start_pose=job.start_pose, observer=self
        )

    def on_progress(self, stage: str, share: float) -> None:
        """Send a stage, but not more often than every `MESSAGE_INTERVAL_S`."""
        now = time.monotonic()
        recent = now - self._sent_s < MESSAGE_INTERVAL_S
        if stage == self._stage and share < 1.0 and recent:
            return
        self._stage, self._sent_s = stage, now
        self._connection.send(Stage(stage, share))

    def on_dance(self, dance: DanceSummary) -> None:
        """Send the analysis of the clip."""
        self._connection.send(dance)

    def on_soundtrack(self, soundtrack: SoundtrackSummary) -> None:
        """Send one level's music."""
        self._connection.send(soundtrack)

    def on_details(self, details: SoundtrackDetails) -> None:
        """Send the plots of one level's music."""
        self._connection.send(details)

    def on_song(self, song: SongSummary) -> None:
        """Send the analysis of the song."""
        self._connection.send(song)

    def on_choreography(self, choreography: ChoreographySummary) -> None:
        """Send the dance."""
        self._connection.send(choreography)

    def on_files(self, files: ResultFiles) -> None:
        """Send the files of the job."""
        self._connection.send(files)


def sentence(error: BaseException, subject: str = Job.subject) -> str:
    """Turn an error into one sentence for people.

    Parameters
    ----------
    error
        The error.
    subject
        What the job works on, such as ``"clip"``.
    """
    shortage = _shortage(error)
    if shortage == _NO_SPACE:
        return (
            f"There is no disk space left for the files of this {subject}: use a shorter or "
            "smaller one, or try again later."
        )
    if shortage == _NO_MEMORY:
        return f"The {subject} needs more memory than there is: use a shorter or smaller one."
    if isinstance(error, OutputError):  # whose folder is none of the visitor's business
        return f"The server can't store the results of this {subject}: try again later."
    if isinstance(error, D2MError):
        return str(error)
    return (
        f"An internal error occurred while working on this {subject}: try again, or try another "
        f"{subject}."
    )


def _shortage(error: BaseException) -> str:
    """Return what the system lacked, or an empty text.

    Libraries wrap errors of the system, or only quote them. So the causes of an error, and the
    words of its message, are examined too.
    """
    cause: BaseException | None = error
    while cause is not None:
        words = str(cause)
        number = cause.errno if isinstance(cause, OSError) else None
        kinds = {kind.__name__ for kind in type(cause).__mro__}
        full = any(os.strerror(code) in words for code in _DISK_FULL)
        # libsndfile says no more about a file that can't be written.
        full = full or ("LibsndfileError" in kinds and "System error" in words)
        if full or number in _DISK_FULL:
            return _NO_SPACE
        # torch has its own class, and on the CPU it raises a plain RuntimeError.
        if kinds & {"MemoryError", "OutOfMemoryError"} or "allocate memory" in words:
            return _NO_MEMORY
        cause = cause.__cause__ or cause.__context__
    return ""


def _kind_of(error: BaseException) -> type[JobError]:
    """Return whether the job was refused, could not write its files, or failed otherwise."""
    shortage = _shortage(error)
    if shortage == _NO_SPACE or isinstance(error, OutputError):
        return StorageError
    is_refused = isinstance(error, D2MError) and not isinstance(error, JobError) and not shortage
    return RefusedJobError if is_refused else JobError


def _preload() -> None:
    """Import slow modules before the first job needs them."""
    for name in _PRELOADED:
        importlib.import_module(name)
    load_librosa()
    for name in _PRELOADED_OWN:
        importlib.import_module(name)


def _exit_with_server(descriptor: int) -> None:
    """Kill this process and its children once the server is gone."""
    poll = select.poll()
    poll.register(descriptor, 0)  # a hang-up is always reported
    while not poll.poll():
        pass
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
