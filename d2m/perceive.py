"""The first half of the pipeline: from a clip to what its dancer does.

`watch` is the costly part, and depends on the clip alone; `count` lays a rhythm through what
was seen, and is done anew when a person corrects it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.errors import PoseError
from d2m.filmstrip import film_strip
from d2m.grid import StepGrid, grid_from_beats
from d2m.media.video import ClipInfo, ClipLimits, normalise, read_frames
from d2m.perception.conditions import FrameSampler, conditions
from d2m.perception.flow import DirectogramMeter
from d2m.perception.pose import Frame, PoseTrack, track_pose
from d2m.perception.rhythm import Rhythm, estimate_rhythm
from d2m.perception.skeleton import coco17_from_mediapipe
from d2m.perception.steps import mark_beats, movement_features, steered, visual_features
from d2m.perception.style import suggest_style
from d2m.perception.taps import shifted, tapped_rhythm
from d2m.progress import Progress, silent, timed
from d2m.settings import Settings
from d2m.styles import Style

POSE_FPS = 30.0
POSE_SIDE = 640
LEAST_COVERAGE = 0.1
"""Share of frames with a person below which there is nobody to make music for."""
WELL_COVERED = 0.7
SLOW_BPM = 95.0
"""Tempo below which off-beat hits make people hear another meter than the dancer's."""
_COPY, _SEEN, _STRIP = "copy.mp4", "seen.npz", "strip.jpg"


@dataclass(frozen=True, kw_only=True, eq=False)
class Sighting:
    """What was seen in a clip, whatever its rhythm is.

    Parameters
    ----------
    clip
        Facts of the normalised copy.
    video
        The copy: upright H.264 at a constant rate.
    pose
        The dancer's landmarks, frame by frame.
    directogram : (F, 8)
        Optical flow by direction, at the rate of the pose.
    warnings
        Sentences on what may make the music fit less well.
    strip_text
        What the film strip beside the copy shows, in words.
    seconds
        Time that each stage took (s).
    kept_by
        Whatever must live so that the copy stays.
    """

    clip: ClipInfo
    video: Path
    pose: PoseTrack
    directogram: NDArray[np.float64]
    warnings: tuple[str, ...] = ()
    strip_text: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    kept_by: object = None

    @property
    def strip(self) -> Path:
        """A film strip (JPEG) with the skeleton that was followed."""
        return self.video.with_name(_STRIP)

    def save(self, folder: Path) -> None:
        """Write what was seen beside the copy."""
        facts = {
            "clip": asdict(self.clip),
            "fps": self.pose.fps,
            "warnings": self.warnings,
            "strip_text": self.strip_text,
        }
        arrays: dict[str, Any] = {
            name: getattr(self.pose, name) for name in ("landmarks", "world", "visibility", "found")
        }
        np.savez(folder / _SEEN, directogram=self.directogram, facts=json.dumps(facts), **arrays)

    @classmethod
    def load(cls, folder: Path, kept_by: object = None) -> Sighting:
        """Read what `watch` left in a folder."""
        with np.load(folder / _SEEN, allow_pickle=False) as stored:
            arrays = dict(stored)
        facts = json.loads(str(arrays.pop("facts")))
        return cls(
            clip=ClipInfo(**facts["clip"]),
            video=folder / _COPY,
            directogram=arrays.pop("directogram"),
            pose=PoseTrack(fps=facts["fps"], **arrays),
            warnings=tuple(facts["warnings"]),
            strip_text=facts["strip_text"],
            kept_by=kept_by,
        )


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

    sighting: Sighting
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


def watch(
    clip: Path,
    folder: Path,
    *,
    limits: ClipLimits,
    settings: Settings,
    tell: Progress = silent,
) -> Sighting:
    """Copy a clip and follow its dancer; leave both in a folder for `Sighting.load`.

    Parameters
    ----------
    clip
        Video file.
    folder
        Where the copy goes.
    limits
        Which clips are accepted.
    settings
        Its part of the clip counts here.
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
    video = folder / _COPY
    with timed(seconds, "copy"):
        tell("Reading the clip", 0.0)
        info = normalise(
            clip,
            video,
            limits=limits,
            start_s=settings.start_s,
            length_s=settings.length_s,
            progress=lambda share: tell("Reading the clip", share),
        )
    with timed(seconds, "pose"):
        pose, directogram, samples = _follow(video, info, tell)
    with timed(seconds, "look"):
        tell("Looking around", 0.0)
        warnings = tuple(conditions(samples, pose))
        strip_text = film_strip(folder / _STRIP, video, pose)
    seen = Sighting(
        clip=info,
        video=video,
        pose=pose,
        directogram=directogram,
        warnings=warnings,
        strip_text=strip_text,
        seconds=seconds,
    )
    seen.save(folder)
    return seen


def count(sighting: Sighting, settings: Settings, tell: Progress = silent) -> Dance:
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
        features = steered(features, settings.response)
        if rhythm.tempo_bpm < SLOW_BPM:
            features = mark_beats(features, grid)
        visual = visual_features(sighting.directogram, pose.fps, grid)
    return Dance(
        sighting=sighting,
        rhythm=rhythm,
        grid=grid,
        features=features,
        visual=steered(visual, settings.response),
        style=style,
        warnings=(*_warnings(pose, rhythm), *sighting.warnings),
        seconds=seconds,
    )


def _follow(
    video: Path, info: ClipInfo, tell: Progress
) -> tuple[PoseTrack, NDArray[np.float64], list[Frame]]:
    """Follow the dancer, measure the optical flow and keep some frames, decoding once."""
    fps = min(POSE_FPS, info.fps)
    meter = DirectogramMeter(fps)
    expected = max(1.0, info.duration_s * fps)
    sampler = FrameSampler(int(expected))
    stage = "Following the dancer"
    tell(stage, 0.0)
    frames = read_frames(video, fps=fps, longest_side=POSE_SIDE)
    pose = track_pose(
        meter.watch(sampler.watch(frames)),
        fps,
        progress=lambda done: tell(stage, min(1.0, done / expected)),
    )
    if pose.coverage < LEAST_COVERAGE:
        raise PoseError(
            "No dancer was found in the clip: a person should be seen from head to foot in "
            "most of it; try a brighter or closer clip."
        )
    return pose, meter.result(), sampler.result()


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
