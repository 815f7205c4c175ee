"""A job, and what is told of it: the messages between the web process and its worker.

The web process imports this module, so it costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from d2m.core.levels import Level, levels_named
from d2m.core.settings import Settings

LOOK = "none"
"""The levels of a job that only looks at its clip."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a person asked for.

    Parameters
    ----------
    clip
        Video file.
    levels
        ``"high"``, ``"low"`` or ``"both"``, or ``"none"`` to look at the clip only.
    settings
        How the music is made.
    out
        Folder for the results.
    """

    clip: Path
    levels: str
    settings: Settings = field(default_factory=Settings)
    out: Path


def wanted(levels: str) -> tuple[Level, ...]:
    """Return the levels that music is made for, by the words of a `Job`.

    Raises
    ------
    SettingsError
        If there are no such levels.
    """
    return () if levels == LOOK else levels_named(levels)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """The job waits: it is the ``place``-th in line and may begin in some ``seconds``."""

    place: int
    seconds: float


@dataclass(frozen=True)
class Stage:
    """A stage of the job and the share of it that is done, 0 to 1."""

    name: str
    fraction: float


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was seen in the clip: its tempo (BPM), how sure that is (0 to 1), warnings.

    ``style`` is the label of the style that suits the dance.
    """

    tempo_bpm: float
    confidence: float
    steady_default: bool
    beats: int
    style: str
    warnings: tuple[str, ...]
    strip: Path | None = None
    alt_text: str = ""


@dataclass(frozen=True, kw_only=True)
class Result:
    """One level's music: its files by kind (`d2m.rendering.write_results.KINDS`) and facts.

    ``seconds`` is the time that the level took (s); ``scores`` are as in
    `d2m.generation.soundtrack.Soundtrack`.
    """

    level: str
    style: str
    paths: dict[str, Path]
    alt_text: str
    scores: dict[str, float]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The job is done, in ``seconds``; the files are as in `d2m.rendering.write_results.Package`.

    There are none where the clip was only looked at.
    """

    seconds: float
    report: Path | None = None
    archive: Path | None = None
    comparisons: dict[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """The job failed, and why, in one sentence for people."""

    sentence: str


Message = Waiting | Stage | Seen | Result | Finished | Failed


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds on a worker.

    Parameters
    ----------
    at_once
        Jobs that are done at a time, each in a process of its own.
    memory_bytes
        Address space of such a process; a healthy one uses a quarter of the default.
    file_bytes
        Largest file that it may write.
    seconds
        Wall-clock time of a job (s).
    silent_s
        Time without any news after which a job counts as stuck (s).
    jobs
        Jobs after which a fresh process takes over, because MediaPipe leaks.
    waiting
        Jobs that may wait at a time; who comes then is asked to come back.
    """

    at_once: int = 1
    memory_bytes: int = 10 * 2**30
    file_bytes: int = 2 * 2**30
    seconds: float = 900.0
    silent_s: float = 60.0
    jobs: int = 20
    waiting: int = 20
