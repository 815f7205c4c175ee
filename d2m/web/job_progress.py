"""How much of a whole job is done, and how long the rest will take.

A job reports its stages one by one, and those of several levels in turn. Here they become one
share that never falls, because every stage has a weight: its usual time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from d2m.core.dance_settings import DanceSettings
from d2m.core.events import SoundtrackDetails, SoundtrackSummary
from d2m.core.levels import HOP_LEVELS, Level
from d2m.core.settings import Settings
from d2m.jobs.messages import JobObserver

MOST_WHILE_RUNNING = 0.99
"""Largest share that is shown before the job says that it has finished. Chosen by hand."""
ESTIMATE_AFTER_S = 2.0
"""Time for which a job runs before the time left is estimated (s); chosen by hand."""
ESTIMATE_AFTER = 0.08
"""Share of a job that is done before the time left is estimated, likewise."""
RISE, RISE_S = 1.3, 5.0
"""Factor and time (s) by which the time left must rise before it is said again: smaller rises are
noise. Chosen by hand."""

_MUSIC, _VIDEO, _PLOTS = "Generating music", "Writing the video", "Drawing the plots"
# Usual times (s) for a drawn clip of 11 s on two cores, measured; only their ratios matter.
_READING_S, _PEOPLE_S, _SOUND_S = 4.5, 4.5, 0.5
_MUSIC_S, _VIDEO_S, _PLOTS_S = 1.0, 0.3, 1.0
_COMPARISON_S, _BEAT_VIDEO_S, _PACKING_S = 3.5, 1.5, 0.3
_LISTENING_S, _POSE_S, _DANCING_S, _DRAWING_S, _FILES_S = 2.0, 1.0, 1.5, 8.0, 1.0


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
        How many pieces of music go through its stages, perhaps several at once.
    is_expected
        False for a part that only some clips need; it counts once it is reported.
    """

    stages: tuple[str, ...]
    weight: float
    phase: int
    pieces: int = 1
    is_expected: bool = True
    _ended: int = 0
    _share: float = 0.0
    _has_begun: bool = False

    @property
    def share(self) -> float:
        """The share of it that is done, 0 to 1."""
        return min(1.0, (self._ended + self._share) / self.pieces)

    @property
    def has_begun(self) -> bool:
        """Whether any of its stages was reported."""
        return self._has_begun

    def report(self, share: float) -> None:
        """Take note of the share (0 to 1) of a stage of its latest piece that is done."""
        self._has_begun, self._share = True, max(self._share, share)

    def end_piece(self) -> None:
        """Take note that a piece has gone through it."""
        self._ended, self._share = self._ended + 1, 0.0

    def finish(self) -> None:
        """Take note that all of it is done."""
        self._ended, self._share = self.pieces, 0.0


class JobProgress(JobObserver[None]):
    """The progress of a whole job, whose events it receives.

    Parameters
    ----------
    parts
        What the job does, see `music_parts` and `dance_parts`.
    clock
        Returns the time (s); it never goes back.
    """

    def __init__(
        self, parts: Sequence[JobPart], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._parts, self._clock = list(parts), clock
        self._share = 0.0
        self._began_s: float | None = None
        self._end_s: float | None = None

    @property
    def share(self) -> float:
        """The share of the job that is done, 0 to `MOST_WHILE_RUNNING`; it never falls."""
        return self._share

    @property
    def seconds_left(self) -> float | None:
        """The estimated time until the end (s); None while too little is known."""
        if self._end_s is None:
            return None
        return max(0.0, self._end_s - self._clock())

    def on_progress(self, stage: str, share: float) -> None:
        """Take note of the share (0 to 1) of a stage that is done."""
        part = self._part(stage)
        if part is None:
            return
        if self._began_s is None:
            self._began_s = self._clock()
        for earlier in self._parts:
            if earlier.phase < part.phase:
                # What was not even reported was there already, and took no time.
                if not earlier.has_begun:
                    earlier.weight = 0.0
                earlier.finish()
        part.is_expected = True
        part.report(share)
        self._update()

    def on_soundtrack(self, soundtrack: SoundtrackSummary) -> None:
        """Take note that a piece of music was made."""
        self._end_piece(f"{_MUSIC} ({soundtrack.level}", f"{_VIDEO} ({soundtrack.level}")

    def on_details(self, details: SoundtrackDetails) -> None:
        """Take note that the plots of a piece were drawn."""
        self._end_piece(f"{_PLOTS} ({details.level}")

    def _part(self, stage: str) -> JobPart | None:
        """Return the part that a stage belongs to."""
        return next((one for one in self._parts if stage.startswith(one.stages)), None)

    def _end_piece(self, *stages: str) -> None:
        for stage in stages:
            if part := self._part(stage):
                part.end_piece()
        self._update()

    def _update(self) -> None:
        """Renew the share, and the time of the end unless it is only a little later."""
        done, total = self._weights()
        self._share = max(self._share, min(MOST_WHILE_RUNNING, done / total if total else 0.0))
        now_s = self._clock()
        spent_s = now_s - (now_s if self._began_s is None else self._began_s)
        if spent_s < ESTIMATE_AFTER_S or done < ESTIMATE_AFTER * total or not done:
            return
        left_s, known_s = (total - done) * spent_s / done, self.seconds_left
        if known_s is None or not known_s <= left_s <= RISE * known_s + RISE_S:
            self._end_s = now_s + left_s

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
            (_MUSIC, _MUSIC_S, 3),
            (_VIDEO, _VIDEO_S, 3),
            (_PLOTS, _PLOTS_S, 4),
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
        JobPart(stages=("Finding the start pose",), weight=_POSE_S, phase=0, is_expected=False),
        JobPart(stages=listening, weight=_LISTENING_S, phase=1),
        JobPart(stages=("Generating the dance",), weight=_DANCING_S * many, phase=2),
        JobPart(stages=("Drawing",), weight=_DRAWING_S * (1 + many) / 2, phase=3),
        JobPart(stages=("Writing the files",), weight=_FILES_S, phase=4),
    ]
