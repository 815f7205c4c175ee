"""The process that does one job after another.

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
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2m.checkpoints import import_dropped_files
from d2m.core.errors import D2MError
from d2m.core.librosa_loader import load_librosa
from d2m.core.subprocess_limits import bound
from d2m.jobs.messages import Failed, Finished, Job, Result, Seen, Stage, wanted

if TYPE_CHECKING:
    from d2m.generation.generate import Soundtrack
    from d2m.perception.dance import Dance
    from d2m.pipeline import DanceToMusic
    from d2m.rendering.write_results import Package

KEEP_CLIP_S = 600.0
"""How long (s) an idle worker holds on to the last clip, for another try with it."""
NEWS_EVERY_S = 0.2
"""Shortest time (s) between two messages on the same stage."""
_NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
_PRELOADED = ("torch", "mediapipe", "mir_eval", "noisereduce", "matplotlib.figure")
_PRELOADED_OWN = ("d2m.pipeline", "d2m.models.compact_generator", "d2m.generation.sampling")


def main() -> None:
    """Serve jobs over the connection whose file descriptor is in the command line."""
    descriptor, scratch, cache, memory_bytes, file_bytes = sys.argv[1:]
    bound({"RLIMIT_AS": int(memory_bytes), "RLIMIT_FSIZE": int(file_bytes)})
    threading.Thread(target=_outlive_nobody, args=(int(descriptor),), daemon=True).start()
    # BrokenPipeError: the server is gone, and nobody waits for the rest of the job.
    gone = contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError)
    with Connection(int(descriptor)) as connection, gone:
        serve(connection, Path(scratch), Path(cache))


def serve(connection: Connection[Any, Any], scratch: Path, cache: Path) -> None:
    """Do the jobs that come in, until the other side closes the connection.

    Parameters
    ----------
    connection
        Brings `Job`, takes `Message`; a job ends with `Finished` or `Failed`.
    scratch
        Folder for temporary files; who started this process removes it.
    cache
        Folder for what was seen in clips; it outlives this process.
    """
    _preload()
    # Only now, because processes must share the folder of the lock on importing librosa.
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
    for dropped in import_dropped_files():
        sys.stderr.write(f"{dropped.message}\n")
    worker = JobServer(connection, cache)
    while True:
        while not connection.poll(KEEP_CLIP_S):
            worker.forget()
        worker.do(connection.recv())


@dataclass
class JobServer:
    """Does jobs with one pipeline, so that published networks are loaded once."""

    connection: Connection[Any, Any]
    cache: Path
    _maker: DanceToMusic | None = field(default=None)
    _stage: str = ""
    _told: float = 0.0

    def forget(self) -> None:
        """Drop the last clip, and what was seen in clips that nobody came back to."""
        from d2m.media.disk_cache import DiskCache

        self._maker = None
        DiskCache(self.cache).tidy()

    def do(self, job: Job) -> None:
        """Do a job, and say how it ended."""
        try:
            self.connection.send(self._done(job))
        except (BrokenPipeError, ConnectionResetError):
            raise
        except Exception as error:
            if not isinstance(error, D2MError):
                traceback.print_exc()
            self._fail(sentence(error))

    def _done(self, job: Job) -> Finished:
        from d2m.perception.dance import Dance
        from d2m.pipeline import DanceToMusic
        from d2m.rendering.write_results import Package

        start = time.perf_counter()
        self._stage = ""
        levels = wanted(job.levels)
        maker = self._maker = self._maker or DanceToMusic(cache=self.cache)
        package: Package | None = None
        for made in maker.produce(job.clip, levels, job.settings, out=job.out, progress=self._tell):
            if isinstance(made, Dance):
                self.connection.send(_seen(made))
            elif isinstance(made, Package):
                package = made
            else:
                self.connection.send(_result(made))
        return _finished(package, time.perf_counter() - start)

    def _tell(self, stage: str, share: float) -> None:
        now = time.monotonic()
        if stage == self._stage and share < 1.0 and now - self._told < NEWS_EVERY_S:
            return
        self._stage, self._told = stage, now
        self.connection.send(Stage(stage, share))

    def _fail(self, sentence: str) -> None:
        self._maker = None  # what a failed job left behind is not to be trusted
        self.connection.send(Failed(sentence))


def sentence(error: BaseException) -> str:
    """Return what a person is told of an error.

    Libraries wrap what the system said, or only quote it; so what lies behind an error, and
    its words, count too.
    """
    behind: BaseException | None = error
    while behind is not None:
        words = str(behind)
        number = behind.errno if isinstance(behind, OSError) else None
        kinds = {kind.__name__ for kind in type(behind).__mro__}
        full = any(os.strerror(code) in words for code in _NO_ROOM)
        # That is all that libsndfile says of a file that can't be written on.
        full = full or ("LibsndfileError" in kinds and "System error" in words)
        if full or number in _NO_ROOM:
            return (
                "There is no room left for the files of this clip: send a shorter or smaller "
                "one, or try again later."
            )
        # torch's own class is no MemoryError, nor are its errors without a graphics card.
        if kinds & {"MemoryError", "OutOfMemoryError"} or "allocate memory" in words:
            return "The clip needs more memory than there is: send a shorter or smaller one."
        behind = behind.__cause__ or behind.__context__
    if isinstance(error, D2MError):
        return str(error)
    return (
        "Something went wrong inside the program while it worked on this clip: "
        "try again, or try another clip."
    )


def _seen(dance: Dance) -> Seen:
    return Seen(
        tempo_bpm=float(dance.rhythm.tempo_bpm),
        confidence=float(dance.rhythm.confidence),
        steady_default=bool(dance.rhythm.steady_default),
        beats=len(dance.rhythm.beats_s),
        style=dance.style.label,
        warnings=tuple(dance.warnings),
        strip=dance.sighting.strip,
        alt_text=dance.sighting.strip_text,
    )


def _result(track: Soundtrack) -> Result:
    return Result(
        level=track.level.name,
        style=track.style.label,
        paths=dict(track.paths),
        alt_text=track.alt_text,
        scores={name: float(value) for name, value in track.scores.items()},
        seconds=sum(track.seconds.values()),
    )


def _finished(package: Package | None, seconds: float) -> Finished:
    if package is None:
        return Finished(seconds=seconds)
    return Finished(
        seconds=seconds,
        report=package.report,
        archive=package.archive,
        comparisons=dict(package.comparisons),
    )


def _preload() -> None:
    """Import what takes seconds, before the first job asks for it."""
    for name in _PRELOADED:
        importlib.import_module(name)
    load_librosa()
    for name in _PRELOADED_OWN:
        importlib.import_module(name)


def _outlive_nobody(descriptor: int) -> None:
    """End this process and its children, whatever they do, once the server is gone."""
    watch = select.poll()
    watch.register(descriptor, 0)  # a hang-up is always told
    while not watch.poll():
        pass
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
