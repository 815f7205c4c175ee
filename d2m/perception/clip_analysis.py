"""Watching a clip: a copy of it, the dancer frame by frame, and what is worth a warning.

This is the costly part of perception; it depends on nothing but the clip.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import PoseError
from d2m.core.progress import Progress, silent, timed
from d2m.core.settings import Settings
from d2m.media.clip import ClipInfo, ClipLimits, normalise, read_frames, sample_frames
from d2m.perception.clip_warnings import FrameSampler, conditions
from d2m.perception.optical_flow import DirectogramMeter
from d2m.perception.pose import Frame, PoseTrack, anybody_in, track_pose
from d2m.rendering.pose_strip import draw_pose_strip

POSE_FPS = 30.0
POSE_SIDE = 640
LEAST_COVERAGE = 0.1
"""Share of frames with a person below which there is nobody to make music for."""
LONG_S, N_GLANCES = 20.0, 24
"""Of clips longer than this (s), so many pictures are searched before all are."""
NOBODY = (
    "No dancer was found in the clip: a person should be seen from head to foot in most of it; "
    "try a brighter or closer clip."
)
_COPY, _SEEN, _STRIP = "copy.mp4", "seen.npz", "strip.jpg"


@dataclass(frozen=True, kw_only=True, eq=False)
class ClipAnalysis:
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
    def load(cls, folder: Path, kept_by: object = None) -> ClipAnalysis:
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


def watch(
    clip: Path,
    folder: Path,
    *,
    limits: ClipLimits,
    settings: Settings,
    tell: Progress = silent,
) -> ClipAnalysis:
    """Copy a clip and follow its dancer; leave both in a folder for `ClipAnalysis.load`.

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
        strip_text = draw_pose_strip(folder / _STRIP, video, pose)
    seen = ClipAnalysis(
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
    if info.duration_s > LONG_S and not anybody_in(sample_frames(video, count=N_GLANCES)):
        raise PoseError(NOBODY)
    frames = read_frames(video, fps=fps, longest_side=POSE_SIDE)
    pose = track_pose(
        meter.watch(sampler.watch(frames)),
        fps,
        progress=lambda done: tell(stage, min(1.0, done / expected)),
    )
    if pose.coverage < LEAST_COVERAGE:
        raise PoseError(NOBODY)
    return pose, meter.result(), sampler.result()
