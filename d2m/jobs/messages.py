"""A job and its events: the messages between the web process and a worker process.

The web process imports this module, so it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, TypeVar

from d2m.core.dance_events import ChoreographySummary, DanceObserver, SongSummary
from d2m.core.dance_settings import DanceSettings
from d2m.core.errors import JobError, SettingsError
from d2m.core.events import DanceSummary, ResultFiles, SoundtrackDetails, SoundtrackSummary
from d2m.core.levels import Level, levels_named
from d2m.core.settings import Settings
from d2m.jobs.remix_job import RemixJob
from d2m.perception.beat_correction import check_correction

T = TypeVar("T")

ANALYSIS_ONLY = "none"
"""The levels of a job that only analyses its clip."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """Music for a clip.

    Parameters
    ----------
    clip
        Video file.
    levels
        See `d2m.core.levels.levels_named`; ``"none"`` to analyse the clip only.
    settings
        How the music is made.
    out
        Folder for the results; `d2m.jobs.worker_pool.WorkerPool.events` gives one of its own.
    """

    subject: ClassVar[str] = "clip"
    safe_format: ClassVar[str] = "MP4 with H.264"
    clip: Path
    levels: str
    settings: Settings = field(default_factory=Settings)
    out: Path = Path()

    @classmethod
    def requested(cls, clip: str | None, levels: str, settings: Settings) -> Job:
        """Return the job that a visitor asks for, once its settings go together.

        Raises
        ------
        SettingsError
            If no clip is chosen, or the corrections of its beats can't be used.
        """
        if not clip:
            raise SettingsError("Choose a clip first: upload one, record one, or take an example.")
        check_correction(settings)
        return cls(clip=Path(clip), levels=levels, settings=settings)

    def within(self, keep: Callable[[Path], Path], out: Path) -> Job:
        """Return the job with its input where it is kept, and another folder for the results."""
        return replace(self, clip=keep(self.clip), out=out)


@dataclass(frozen=True, kw_only=True)
class DanceJob:
    """A dance for a song.

    Parameters
    ----------
    song
        Audio file, or a video with sound.
    settings
        How the dance is made.
    start_pose
        Photo or clip of a person whose pose the dance begins in.
    out
        Folder for the results, as for `Job`.
    """

    subject: ClassVar[str] = "song"
    safe_format: ClassVar[str] = "WAV or MP3"
    song: Path
    settings: DanceSettings = field(default_factory=DanceSettings)
    start_pose: Path | None = None
    out: Path = Path()

    @classmethod
    def requested(
        cls, song: str | None, start_pose: str | None, settings: DanceSettings
    ) -> DanceJob:
        """Return the job that a visitor asks for.

        Raises
        ------
        SettingsError
            If no song is chosen.
        """
        if not song:
            raise SettingsError("Choose a song first: upload one, record one, or take the example.")
        pose = Path(start_pose) if start_pose else None
        return cls(song=Path(song), settings=settings, start_pose=pose)

    def within(self, keep: Callable[[Path], Path], out: Path) -> DanceJob:
        """Return the job with its inputs where they are kept, as `Job.within` does."""
        pose = keep(self.start_pose) if self.start_pose else None
        return replace(self, song=keep(self.song), start_pose=pose, out=out)


AnyJob = Job | DanceJob | RemixJob
"""A job of any kind. Its ``subject`` is what it works on, in sentences for people, and its
``safe_format`` one in which that is surely read."""


def requested_levels(levels: str) -> tuple[Level, ...]:
    """Return the levels to generate, from the ``levels`` of a `Job`.

    Raises
    ------
    SettingsError
        If there are no such levels.
    """
    return () if levels == ANALYSIS_ONLY else levels_named(levels)


class JobObserver(DanceObserver[T]):
    """Receives the events of a job in a worker process, from waiting to its end."""

    def on_waiting(self, waiting: Waiting) -> T | None:
        """Receive the job's place in the queue."""

    def on_remixed(self, video: RemixedVideo) -> T | None:
        """Receive the video of a `d2m.jobs.remix_job.RemixJob`."""

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
class RemixedVideo:
    """The video of a `d2m.jobs.remix_job.RemixJob`, and the balance that it has.

    Parameters
    ----------
    path
        The MP4.
    original
        Volume of the clip's own sound under the music, from 0 (off) to 1.
    ducking
        Whether the music becomes softer under voices.
    """

    path: Path
    original: float
    ducking: bool

    def notify(self, observer: JobObserver[T]) -> T | None:
        """Pass the event to `JobObserver.on_remixed`."""
        return observer.on_remixed(self)


@dataclass(frozen=True, kw_only=True)
class Finished:
    """The job succeeded.

    Parameters
    ----------
    seconds
        Time that it took (s).
    has_results
        False if the clip was only analysed.
    """

    seconds: float
    has_results: bool = True

    def notify(self, observer: JobObserver[T]) -> T | None:
        """Pass the event to `JobObserver.on_finished`."""
        return observer.on_finished(self)


@dataclass(frozen=True)
class Failed:
    """The job failed; ``sentence`` says why, for people.

    ``error`` is what a pool raises then: `RefusedJobError` and `StorageError` tell reasons apart.
    """

    sentence: str
    error: type[JobError] = JobError

    def notify(self, observer: JobObserver[T]) -> T | None:
        """Pass the event to `JobObserver.on_failed`."""
        return observer.on_failed(self)


_Music = DanceSummary | SoundtrackSummary | SoundtrackDetails
_Result = _Music | SongSummary | ChoreographySummary | RemixedVideo | ResultFiles
Message = Waiting | Stage | _Result | Finished | Failed


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
