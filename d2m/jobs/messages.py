"""A job and its events: the messages between the web process and a worker process.

The web process imports this module, so it imports nothing heavy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from d2m.core.events import DanceSummary, Observer, ResultFiles, SoundtrackSummary
from d2m.core.levels import Level, levels_named
from d2m.core.settings import Settings

T = TypeVar("T")

ANALYSIS_ONLY = "none"
"""The levels of a job that only analyses its clip."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a person asked for.

    Parameters
    ----------
    clip
        Video file.
    levels
        See `d2m.core.levels.levels_named`; ``"none"`` to analyse the clip only.
    settings
        How the music is made.
    out
        Folder for the results.
    """

    clip: Path
    levels: str
    settings: Settings = field(default_factory=Settings)
    out: Path


def requested_levels(levels: str) -> tuple[Level, ...]:
    """Return the levels to generate, from the ``levels`` of a `Job`.

    Raises
    ------
    SettingsError
        If there are no such levels.
    """
    return () if levels == ANALYSIS_ONLY else levels_named(levels)


class JobObserver(Observer[T]):
    """Receives the events of a job in a worker process, from waiting to its end."""

    def on_waiting(self, waiting: Waiting) -> T | None:
        """Receive the job's place in the queue."""

    def on_finished(self, finished: Finished) -> T | None:
        """Receive the end of a job that succeeded."""

    def on_failed(self, failed: Failed) -> T | None:
        """Receive the end of a job that failed."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """The job waits in the queue.

    Parameters
    ----------
    place
        Number of jobs that finish before it starts.
    seconds
        Estimated time until it starts (s).
    """

    place: int
    seconds: float

    def notify(self, observer: JobObserver[T]) -> T | None:
        """Pass the event to `JobObserver.on_waiting`."""
        return observer.on_waiting(self)


@dataclass(frozen=True)
class Stage:
    """A running stage of the job and the share of it that is done, 0 to 1."""

    name: str
    fraction: float

    def notify(self, observer: JobObserver[T]) -> T | None:
        """Pass the event to `d2m.core.events.Observer.on_progress`."""
        return observer.on_progress(self.name, self.fraction)


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The job succeeded.

    Parameters
    ----------
    seconds
        Time that it took (s).
    has_music
        False if the clip was only analysed.
    """

    seconds: float
    has_music: bool = True

    def notify(self, observer: JobObserver[T]) -> T | None:
        """Pass the event to `JobObserver.on_finished`."""
        return observer.on_finished(self)


@dataclass(frozen=True)
class Failed:
    """The job failed; ``sentence`` says why, for people."""

    sentence: str

    def notify(self, observer: JobObserver[T]) -> T | None:
        """Pass the event to `JobObserver.on_failed`."""
        return observer.on_failed(self)


Message = Waiting | Stage | DanceSummary | SoundtrackSummary | ResultFiles | Finished | Failed


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of a worker pool. The defaults are chosen by hand.

    Parameters
    ----------
    at_once
        Jobs that run at a time, each in its own process.
    memory_bytes
        Address space of a worker process (bytes); a healthy one uses a quarter of the default.
    file_bytes
        Largest file that it may write (bytes).
    seconds
        Wall-clock time of a job (s).
    silent_s
        Time without any message after which a job counts as stuck (s).
    jobs
        Jobs after which a fresh process takes over, because MediaPipe leaks memory.
    waiting
        Jobs that may wait at a time; further ones are refused.
    """

    at_once: int = 1
    memory_bytes: int = 10 * 2**30
    file_bytes: int = 2 * 2**30
    seconds: float = 900.0
    silent_s: float = 60.0
    jobs: int = 20
    waiting: int = 20
