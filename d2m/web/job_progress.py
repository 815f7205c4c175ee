"""How much of a whole job is done, and how long the rest will take.

A job reports its stages one by one, and those of several levels in turn. Here they become one
share that never falls, because every stage has a weight: its usual time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from d2m.core.dance_settings import DanceSettings
from d2m.core.levels import HOP_LEVELS, Level
from d2m.core.settings import Settings

MOST_WHILE_RUNNING = 0.99
"""Largest share that is shown before the job says that it has finished. Chosen by hand."""
ESTIMATE_AFTER_S = 2.0
"""Time for which a job runs before the time left is estimated (s); chosen by hand."""
ESTIMATE_AFTER = 0.05
"""Share of a job that is done before the time left is estimated, likewise."""

# Usual times (s) for a drawn clip of 11 s on two cores, measured; only their ratios matter.
_READING_S, _PEOPLE_S, _SOUND_S = 4.5, 4.5, 0.5
_MUSIC_S, _VIDEO_S, _PLOTS_S = 1.0, 0.3, 1.0
_COMPARISON_S, _BEAT_VIDEO_S, _PACKING_S = 3.5, 1.5, 0.3
_LISTENING_S, _POSE_S, _DANCING_S, _DRAWING_S, _FILES_S = 2.0, 1.0, 1.5, 8.0, 1.0
_REPEATS = 0.5  # fall of a stage's share (0 to 1) that means that the next piece has begun


@dataclass(kw_only=True)
class JobPart:
    """A part of a job, whose stages are told by their names.

    Parameters
    ----------
    stages
        Beginnings of the names of its stages.
    weight
        Its usual time (s).
    phase
        Parts of a lower phase are done when it begins.
    pieces
        How many times its stages are gone through.
    is_expected
        False for a part that only some clips need; it counts once it is reported.
    """

    stages: tuple[str, ...]
    weight: float
    phase: int
    pieces: int = 1
    is_expected: bool = True
    _done: int = 0
    _share: float = 0.0
    _stage: str = ""

    @property
    def share(self) -> float:
        """The share of it that is done, 0 to 1."""
        return min(1.0, (self._done + self._share) / self.pieces)

    @property
    def has_begun(self) -> bool:
        """Whether any of its stages was reported."""
        return bool(self._stage)

    def report(self, stage: str, share: float) -> None:
        """Take note of the share (0 to 1) of a stage that is done."""
        is_next = self._stage not in ("", stage) or share < self._share - _REPEATS
        if self.pieces > 1 and is_next:
            self._done, self._share = min(self._done + 1, self.pieces - 1), 0.0
        self._stage, self._share = stage, max(self._share, share)

    def finish(self) -> None:
        """Take note that all of it is done."""
        self._done, self._share = self.pieces, 0.0


class JobProgress:
    """The progress of a whole job.

    Parameters
    ----------
    parts
        What the job does, see `music_parts` and `dance_parts`.
    """

    def __init__(self, parts: Sequence[JobPart]) -> None:
        self._parts = list(parts)
        self._share = 0.0
        self._began_s: float | None = None
        self._now_s = 0.0

    @property
    def share(self) -> float:
        """The share of the job that is done, 0 to `MOST_WHILE_RUNNING`; it never falls."""
        return self._share

    def report(self, stage: str, share: float, now_s: float) -> None:
        """Take note of a stage.

        Parameters
        ----------
        stage
            Its name.
        share
            The share of it that is done, 0 to 1.
        now_s
            The time (s) on a clock that never goes back.
        """
        self._now_s = now_s
        part = next((one for one in self._parts if stage.startswith(one.stages)), None)
        if part is None:
            return
        if self._began_s is None:
            self._began_s = now_s
        for earlier in self._parts:
            if earlier.phase < part.phase:
                # What was not even reported was there already, and took no time.
                if not earlier.has_begun:
                    earlier.weight = 0.0
                earlier.finish()
        part.is_expected = True
        part.report(stage, share)
        done, total = self._weights()
        self._share = max(self._share, min(MOST_WHILE_RUNNING, done / total if total else 0.0))

    def seconds_left(self, now_s: float) -> float | None:
        """Return the estimated time until the end (s); None while too little is known.

        Parameters
        ----------
        now_s
            The time (s) on the same clock as in `report`.
        """
        if self._began_s is None:
            return None
        done, total = self._weights()
        spent_s = self._now_s - self._began_s
        if spent_s < ESTIMATE_AFTER_S or not total or done / total < ESTIMATE_AFTER:
            return None
        return max(0.0, (total - done) * spent_s / done - (now_s - self._now_s))

    def _weights(self) -> tuple[float, float]:
        """Return the weights (s) of what is done and of everything."""
        counted = [one for one in self._parts if one.is_expected]
        return sum(one.weight * one.share for one in counted), sum(one.weight for one in counted)


def music_parts(levels: Sequence[Level], settings: Settings) -> list[JobPart]:
    """Return what a job does that makes music; without levels, only the analysis.

    Parameters
    ----------
    levels
        What is made.
    settings
        How it is made.
    """
    parts = [
        JobPart(stages=("Reading the clip", "Tracking the dancer"), weight=_READING_S, phase=0),
        JobPart(stages=("Tracking each of",), weight=_PEOPLE_S, phase=1, is_expected=False),
        JobPart(
            stages=("Finding the beat of the sound", "Checking the picture"),
            weight=_SOUND_S,
            phase=2,
        ),
    ]
    pieces = settings.variations
    for level in levels:
        for stage, weight, phase in (
            ("Generating music", _MUSIC_S, 3),
            ("Writing the video", _VIDEO_S, 3),
            ("Drawing the plots", _PLOTS_S, 4),
            *([("Writing the beat video", _BEAT_VIDEO_S, 4)] if settings.overlay else []),
        ):
            name = f"{stage} ({level.name}"
            parts.append(
                JobPart(stages=(name,), weight=weight * pieces, phase=phase, pieces=pieces)
            )
    if {level.name for level in levels} >= set(HOP_LEVELS):
        parts.append(JobPart(stages=("Writing the comparison",), weight=_COMPARISON_S, phase=4))
    if levels:
        parts.append(JobPart(stages=("Packing the files",), weight=_PACKING_S, phase=5))
    return parts


def dance_parts(settings: DanceSettings) -> list[JobPart]:
    """Return what a job does that makes a dance.

    Parameters
    ----------
    settings
        How the dance is made.
    """
    many = settings.dancers
    listening = ("Listening to the song", "Reading the song", "Finding the beats of the song")
    return [
        JobPart(stages=listening, weight=_LISTENING_S, phase=0),
        JobPart(stages=("Finding the start pose",), weight=_POSE_S, phase=1, is_expected=False),
        JobPart(stages=("Generating the dance",), weight=_DANCING_S * many, phase=2),
        JobPart(stages=("Drawing",), weight=_DRAWING_S * (1 + many) / 2, phase=3),
        JobPart(stages=("Writing the files",), weight=_FILES_S, phase=4),
    ]
