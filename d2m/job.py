"""A job, what is told of it, and the process that does one job after another.

This module is imported by the web process, so it costs nothing: networks and decoders
are imported only inside the worker process.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2m.checkpoints import adopt_dropped
from d2m.checkpoints.registry import COMPACT
from d2m.errors import D2MError
from d2m.levels import Level, levels_named
from d2m.librosa_import import load_librosa
from d2m.styles import AUTO

if TYPE_CHECKING:
    from d2m.compose import Soundtrack
    from d2m.perceive import Dance
    from d2m.pipeline import DanceToMusic

KEEP_CLIP_S = 600.0
"""How long (s) an idle worker keeps the copy of the last clip, for another try with it."""
NEWS_EVERY_S = 0.1
"""Shortest time (s) between two messages on the same stage."""
_PRELOADED = ("torch", "mediapipe", "mir_eval", "noisereduce", "matplotlib.figure")
_PRELOADED_OWN = ("d2m.pipeline", "d2m.models.compact", "d2m.models.sampling")


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a person asked for.

    Parameters
    ----------
    clip
        Video file.
    levels
        ``"high"``, ``"low"`` or ``"both"``.
    style
        A style's name, or ``"auto"``.
    seed
        Chooses the song.
    weights
        Family of weights.
    tempo_bpm
        A tempo (BPM) to take instead of the dancer's.
    out
        Folder for the results.
    """

    clip: Path
    levels: str
    style: str = AUTO
    seed: int = 0
    weights: str = COMPACT
    tempo_bpm: float | None = None
    out: Path


@dataclass(frozen=True)
class Stage:
    """A stage of the job and the share of it that is done, 0 to 1."""

    name: str
    fraction: float


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was seen in the clip: its tempo (BPM), how sure that is (0 to 1), warnings."""

    tempo_bpm: float
    confidence: float
    steady_default: bool
    beats: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Result:
    """One level's music: its files by kind (``"mp4"``, ``"wav"``, ``"png"``) and facts.

    ``missing`` are the levels still to come; ``weights`` is the family that played it;
    ``scores`` and ``seconds`` are as in `d2m.compose.Soundtrack`.
    """

    level: str
    missing: tuple[str, ...]
    style: str
    weights: str
    paths: dict[str, Path]
    alt_text: str
    scores: dict[str, float]
    seconds: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The job is done; ``report`` is a JSON file, ``seconds`` the time it took (s)."""

    report: Path
    seconds: float


@dataclass(frozen=True)
class Failed:
    """The job failed, and why, in one sentence for people."""

    sentence: str


Message = Stage | Seen | Result | Finished | Failed


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds on a worker process.

    Parameters
    ----------
    memory_bytes
        Address space; a healthy worker uses a quarter of the default.
    file_bytes
        Largest file that it may write.
    seconds
        Wall-clock time of a job (s).
    jobs
        Jobs after which a fresh process takes over, because MediaPipe leaks.
    """

    memory_bytes: int = 10 * 2**30
    file_bytes: int = 2 * 2**30
    seconds: float = 900.0
    jobs: int = 20


def main() -> None:
    """Serve jobs over the connection whose file descriptor is in the command line."""
    descriptor, scratch, memory_bytes, file_bytes = sys.argv[1:]
    _bound(int(memory_bytes), int(file_bytes))
    # BrokenPipeError: the server is gone, and nobody waits for the rest of the job.
    gone = contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError)
    with Connection(int(descriptor)) as connection, gone:
        serve(connection, Path(scratch))


def serve(connection: Connection[Any, Any], scratch: Path) -> None:
    """Do the jobs that come in, until the other side closes the connection.

    Parameters
    ----------
    connection
        Brings `Job`, takes `Message`; a job ends with `Finished` or `Failed`.
    scratch
        Folder for temporary files; who started this process removes it.
    """
    _preload()
    # Only now, because processes must share the folder of the lock on importing librosa.
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
    for dropped in adopt_dropped():
        sys.stderr.write(f"{dropped.message}\n")
    worker = _Server(connection)
    while True:
        if not connection.poll(KEEP_CLIP_S):
            worker.forget()
            connection.poll(None)
        worker.do(connection.recv())


@dataclass
class _Server:
    """Does jobs with one pipeline, so that a second try with a clip skips looking at it."""

    connection: Connection[Any, Any]
    _maker: DanceToMusic | None = field(default=None)
    _stage: str = ""
    _told: float = 0.0

    def forget(self) -> None:
        """Drop the last clip and its copy."""
        self._maker = None

    def do(self, job: Job) -> None:
        """Do a job, and say how it ended."""
        try:
            self.connection.send(self._done(job))
        except (BrokenPipeError, ConnectionResetError):
            raise
        except D2MError as error:
            self._fail(str(error))
        except MemoryError:
            self._fail("The clip needs more memory than there is: send a shorter or smaller one.")
        except Exception:
            traceback.print_exc()
            self._fail(
                "Something went wrong inside the program while it worked on this clip: "
                "try again, or try another clip."
            )

    def _done(self, job: Job) -> Finished:
        from d2m.compose import check_weights
        from d2m.outputs import report, write_report
        from d2m.pipeline import DanceToMusic

        start = time.perf_counter()
        self._stage = ""
        levels = levels_named(job.levels)
        check_weights(job.weights, levels)
        maker = self._maker = self._maker or DanceToMusic()
        dance = maker.perceive(job.clip, tempo_bpm=job.tempo_bpm, progress=self._tell)
        self.connection.send(_seen(dance))
        tracks = []
        for level in levels:
            track = maker.generate(
                job.clip,
                level,
                style=job.style,
                seed=job.seed,
                weights=job.weights,
                tempo_bpm=job.tempo_bpm,
                out=job.out,
                progress=self._tell,
            )
            tracks.append(track)
            self.connection.send(_result(track, levels[len(tracks) :]))
        path = job.out / f"{job.clip.stem}.report.json"
        write_report(path, report(dance, tracks))
        return Finished(report=path, seconds=time.perf_counter() - start)

    def _tell(self, stage: str, share: float) -> None:
        now = time.monotonic()
        if stage == self._stage and share < 1.0 and now - self._told < NEWS_EVERY_S:
            return
        self._stage, self._told = stage, now
        self.connection.send(Stage(stage, share))

    def _fail(self, sentence: str) -> None:
        self.forget()  # what a failed job left behind is not to be trusted
        self.connection.send(Failed(sentence))


def _seen(dance: Dance) -> Seen:
    return Seen(
        tempo_bpm=float(dance.rhythm.tempo_bpm),
        confidence=float(dance.rhythm.confidence),
        steady_default=bool(dance.rhythm.steady_default),
        beats=len(dance.rhythm.beats_s),
        warnings=tuple(dance.warnings),
    )


def _result(track: Soundtrack, missing: tuple[Level, ...]) -> Result:
    return Result(
        level=track.level.name,
        missing=tuple(level.name for level in missing),
        style=track.style.label,
        weights=track.weights,
        paths=dict(track.paths),
        alt_text=track.alt_text,
        scores={name: float(value) for name, value in track.scores.items()},
        seconds=dict(track.seconds),
    )


def _preload() -> None:
    """Import what takes seconds, before the first job asks for it."""
    for name in _PRELOADED:
        importlib.import_module(name)
    load_librosa()
    for name in _PRELOADED_OWN:
        importlib.import_module(name)


def _bound(memory_bytes: int, file_bytes: int) -> None:
    """Bound what this process and its children may take; no core dumps."""
    import resource

    for kind, bound in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            bound = min(bound, hard)
        # macOS has no bound on the address space.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (bound, bound))
