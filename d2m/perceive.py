"""The first half of the pipeline: from a clip to what its dancer does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.errors import PoseError
from d2m.grid import StepGrid, grid_from_beats
from d2m.media.video import ClipInfo, ClipLimits, normalise, read_frames
from d2m.perception.flow import DirectogramMeter
from d2m.perception.pose import PoseTrack, track_pose
from d2m.perception.rhythm import Rhythm, estimate_rhythm
from d2m.perception.skeleton import coco17_from_mediapipe
from d2m.perception.steps import mark_beats, movement_features, visual_features
from d2m.perception.style import suggest_style
from d2m.progress import Progress, silent, timed
from d2m.styles import Style

POSE_FPS = 30.0
POSE_SIDE = 640
LEAST_COVERAGE = 0.1
"""Share of frames with a person below which there is nobody to make music for."""
WELL_COVERED = 0.7
SLOW_BPM = 95.0
"""Tempo below which off-beat hits make people hear another meter than the dancer's."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Dance:
    """What was seen in a clip: all that the music is made from.

    Parameters
    ----------
    clip
        Facts of the clip as sent.
    video
        Its normalised copy: upright H.264 at a constant rate.
    pose
        The dancer's landmarks, frame by frame.
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

    clip: ClipInfo
    video: Path
    pose: PoseTrack
    rhythm: Rhythm
    grid: StepGrid
    features: NDArray[np.float64]
    visual: NDArray[np.float64]
    style: Style
    warnings: tuple[str, ...]
    seconds: dict[str, float]


def perceive(
    clip: Path,
    folder: Path,
    *,
    limits: ClipLimits,
    tempo_bpm: float | None = None,
    tell: Progress = silent,
) -> Dance:
    """Copy a clip, follow its dancer, and lay the rhythm on the code grid.

    Parameters
    ----------
    clip
        Video file.
    folder
        Where the normalised copy goes.
    limits
        Which clips are accepted.
    tempo_bpm
        A tempo to take instead of the estimated one.
    tell
        Told of each stage.

    Raises
    ------
    VideoError
        If the file is not a video, or outside the limits.
    PoseError
        If no person is seen in it.
    """
    seconds: dict[str, float] = {}
    video = folder / "normalised.mp4"
    with timed(seconds, "copy"):
        tell("Reading the clip", 0.0)
        info = normalise(
            clip, video, limits=limits, progress=lambda share: tell("Reading the clip", share)
        )
    with timed(seconds, "pose"):
        pose, directogram = _watch(video, info, tell)
    with timed(seconds, "rhythm"):
        tell("Finding the rhythm", 0.0)
        points = coco17_from_mediapipe(pose.landmarks)[..., :2]
        rhythm = estimate_rhythm(points, pose.fps, tempo_bpm=tempo_bpm, flow=directogram)
        downbeat = float(rhythm.downbeats_s[0]) if len(rhythm.downbeats_s) else None
        grid = grid_from_beats(_two_or_more(rhythm), info.duration_s, downbeat_s=downbeat)
        features = movement_features(points, pose.fps, grid)
        style = suggest_style(rhythm.tempo_bpm, features)
        if rhythm.tempo_bpm < SLOW_BPM:
            features = mark_beats(features, grid)
        visual = visual_features(directogram, pose.fps, grid)
    return Dance(
        clip=info,
        video=video,
        pose=pose,
        rhythm=rhythm,
        grid=grid,
        features=features,
        visual=visual,
        style=style,
        warnings=tuple(_warnings(pose, rhythm)),
        seconds=seconds,
    )


def _watch(video: Path, info: ClipInfo, tell: Progress) -> tuple[PoseTrack, NDArray[np.float64]]:
    """Follow the dancer and measure the optical flow in one decoding pass."""
    fps = min(POSE_FPS, info.fps)
    meter = DirectogramMeter(fps)
    expected = max(1.0, info.duration_s * fps)
    stage = "Following the dancer"
    tell(stage, 0.0)
    pose = track_pose(
        meter.watch(read_frames(video, fps=fps, longest_side=POSE_SIDE)),
        fps,
        progress=lambda done: tell(stage, min(1.0, done / expected)),
    )
    if pose.coverage < LEAST_COVERAGE:
        raise PoseError(
            "No dancer was found in the clip: a person should be seen from head to foot in "
            "most of it; try a brighter or closer clip."
        )
    return pose, meter.result()


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
