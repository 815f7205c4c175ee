"""A dance from the joints of a procedural dancer, without any video."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from d2m.core.settings import Settings
from d2m.media.clip import ClipInfo
from d2m.perception.beat_clock import NO_SOUND
from d2m.perception.clip_analysis import POSE_FPS, ClipAnalysis
from d2m.perception.conditioning import Conditioning, condition
from d2m.perception.dance import Dance
from d2m.perception.pose import N_LANDMARKS, PoseTrack
from d2m.perception.sound_beats import SoundBeats
from d2m.training.data.dances import procedural_dance, view


def synthetic_conditioning(
    seed: int = 1, *, tempo_bpm: float = 112.0, duration_s: float = 4.0
) -> Conditioning:
    """Return the conditioning of a procedural dancer at 30 Hz."""
    dancer = view(procedural_dance(seed, tempo_bpm=tempo_bpm, duration_s=duration_s), 0.2)
    points = dancer.keypoints[:: round(dancer.fps / POSE_FPS), :, :2]
    return condition(points, POSE_FPS, settings=Settings())


def synthetic_dance(seed: int = 1, *, duration_s: float = 4.0) -> Dance:
    """Return a dance whose pose track is present but holds zeros."""
    measured = synthetic_conditioning(seed, duration_s=duration_s)
    frames = round(duration_s * POSE_FPS)
    landmarks = np.zeros((frames, N_LANDMARKS, 3))
    pose = PoseTrack(
        landmarks=landmarks,
        world=landmarks,
        visibility=landmarks[..., 0],
        found=np.ones(frames, dtype=bool),
        fps=POSE_FPS,
    )
    clip = ClipInfo(duration_s=duration_s, fps=POSE_FPS, width=640, height=360, has_audio=False)
    analysis = ClipAnalysis(
        clip=clip,
        video=Path("copy.mp4"),
        pose=pose,
        directogram=np.zeros((frames, 8)),
        sound=SoundBeats(reason=NO_SOUND),
    )
    return Dance(**vars(measured), analysis=analysis, warnings=(), seconds={})
