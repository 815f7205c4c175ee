"""From what was seen in a clip to a dance: rhythm, 16th steps, movement in each of them.

This is quick, and is done anew when a person corrects the rhythm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.core.metrical_grid import StepGrid, grid_from_beats
from d2m.core.progress import Progress, silent, timed
from d2m.core.settings import Settings
from d2m.core.styles import Style
from d2m.media.clip import ClipInfo
from d2m.perception.beat_correction import shifted, tapped_rhythm
from d2m.perception.clip_analysis import ClipAnalysis
from d2m.perception.pose import PoseTrack
from d2m.perception.rhythm import Rhythm, estimate_rhythm
from d2m.perception.skeleton import coco17_from_mediapipe
from d2m.perception.step_features import (
    accentuate_beats,
    movement_features,
    scale_contrast,
    visual_features,
)
from d2m.perception.style_suggestion import suggest_style

WELL_COVERED = 0.7
SLOW_BPM = 95.0
"""Tempo below which off-beat hits make people hear another meter than the dancer's."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Dance:
    """A dance as the music is made from it.

    Parameters
    ----------
    sighting
        What was seen.
    rhythm
        Tempo and beats.
    grid
        16th steps laid through the beats.
    features, visual : (S, 11), (S, 8)
        The movement in each step.
    style
        The style that suits the dance.
    warnings
        Sentences for the person, such as that a steady tempo was taken.
    seconds
        Time that each stage took (s).
    """

    sighting: ClipAnalysis
    rhythm: Rhythm
    grid: StepGrid
    features: NDArray[np.float64]
    visual: NDArray[np.float64]
    style: Style
    warnings: tuple[str, ...]
    seconds: dict[str, float]

    @property
    def clip(self) -> ClipInfo:
        """Facts of the clip's copy."""
        return self.sighting.clip

    @property
    def video(self) -> Path:
        """The clip's copy."""
        return self.sighting.video

    @property
    def pose(self) -> PoseTrack:
        """The dancer's landmarks, frame by frame."""
        return self.sighting.pose


def count(sighting: ClipAnalysis, settings: Settings, tell: Progress = silent) -> Dance:
    """Lay a rhythm through what was seen, and measure the movement on the code grid.

    Parameters
    ----------
    sighting
        What `watch` returned.
    settings
        Its tempo, taps, shift and response count here.
    tell
        Told of the stage.

    Raises
    ------
    SettingsError
        If the taps make no rhythm.
    """
    seconds = dict(sighting.seconds)
    info, pose = sighting.clip, sighting.pose
    with timed(seconds, "rhythm"):
        tell("Finding the rhythm", 0.0)
        points = coco17_from_mediapipe(pose.landmarks)[..., :2]
        rhythm = estimate_rhythm(
            points, pose.fps, tempo_bpm=settings.tempo_bpm, flow=sighting.directogram
        )
        if settings.taps_s:
            rhythm = tapped_rhythm(rhythm, np.array(settings.taps_s), info.duration_s)
        rhythm = shifted(rhythm, settings.beat_shift_ms / 1000, info.duration_s)
        downbeat = float(rhythm.downbeats_s[0]) if len(rhythm.downbeats_s) else None
        grid = grid_from_beats(_two_or_more(rhythm), info.duration_s, downbeat_s=downbeat)
        features = movement_features(points, pose.fps, grid)
        style = suggest_style(rhythm.tempo_bpm, features)
        features = scale_contrast(features, settings.response)
        if rhythm.tempo_bpm < SLOW_BPM:
            features = accentuate_beats(features, grid)
        visual = visual_features(sighting.directogram, pose.fps, grid)
    return Dance(
        sighting=sighting,
        rhythm=rhythm,
        grid=grid,
        features=features,
        visual=scale_contrast(visual, settings.response),
        style=style,
        warnings=(*_warnings(pose, rhythm), *sighting.warnings),
        seconds=seconds,
    )


def _two_or_more(rhythm: Rhythm) -> NDArray[np.float64]:
    """Return the beats; those of a clip too short for two go on at the tempo."""
    if len(rhythm.beats_s) >= 2:
        return rhythm.beats_s
    first = rhythm.beats_s[0] if len(rhythm.beats_s) else 0.0
    return first + np.arange(2) * 60.0 / rhythm.tempo_bpm


def _warnings(pose: PoseTrack, rhythm: Rhythm) -> Iterator[str]:
    if pose.coverage < WELL_COVERED:
        yield (
            f"The dancer was seen in only {pose.coverage:.0%} of the clip; "
            "the rest is interpolated."
        )
    if rhythm.steady_default:
        yield (
            f"No clear rhythm was found in the movement, so the music keeps a steady "
            f"{rhythm.tempo_bpm:.0f} BPM."
        )
