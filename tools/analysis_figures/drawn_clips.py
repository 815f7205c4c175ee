"""Clips of drawn dancers whose joints and beats are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.core.dancer_motion import Motion
from d2m.perception.skeleton import ANKLES
from d2m.rendering.draw_dance import DRAWN_FPS, draw_dance
from d2m.training.data.dances import procedural_dance

FIRST_DANCER = 83_000
"""Seed of the first dancer: training uses those under 1000, and other tools others."""
TEMPO_RANGE_BPM = (70.0, 140.0)
"""Tempi of the dances (BPM). Chosen by hand: those of the training data without the rarest."""
SCENES = ("studio", "street", "loft")
"""Backgrounds of the clips, in turn."""
MAX_YAW_RAD = 0.6
"""Largest angle at which the dancer is seen from the side (rad). Chosen by hand."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawnClip:
    """A clip and the truth about it.

    Parameters
    ----------
    path
        The clip, at 30 Hz.
    joints : (F, 17, 2)
        COCO-17 joints in each frame (px).
    beats_s
        Beats of the dance (s).
    tempo_bpm
        Its tempo (BPM).
    """

    path: Path
    joints: NDArray[np.float64]
    beats_s: NDArray[np.float64]
    tempo_bpm: float


def drawn_clips(folder: Path, count: int, duration_s: float) -> Iterator[DrawnClip]:
    """Yield drawn clips; those that are in the folder already are not drawn again.

    Parameters
    ----------
    folder
        Where the clips are kept.
    count
        Number of clips.
    duration_s
        Length of each (s).
    """
    for index in range(count):
        path = folder / f"dance_{index:02d}_{duration_s:g}s.mp4"
        truth = path.with_suffix(".npz")
        if not truth.exists():
            joints, beats_s, tempo_bpm = _draw(path, index, duration_s)
            np.savez(truth, joints=joints, beats_s=beats_s, tempo_bpm=tempo_bpm)
        with np.load(truth, allow_pickle=False) as stored:
            yield DrawnClip(
                path=path,
                joints=stored["joints"],
                beats_s=stored["beats_s"],
                tempo_bpm=float(stored["tempo_bpm"]),
            )


def _draw(
    path: Path, index: int, duration_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Draw a dance, and return its joints (px), beats (s) and tempo (BPM)."""
    rng = np.random.default_rng([18, index])
    tempo_bpm = float(rng.uniform(*TEMPO_RANGE_BPM))
    dance = procedural_dance(FIRST_DANCER + index, tempo_bpm=tempo_bpm, duration_s=duration_s)
    joints = _turned(dance.keypoints, float(rng.uniform(-MAX_YAW_RAD, MAX_YAW_RAD)))
    joints[..., 1] -= np.percentile(joints[:, ANKLES, 1].max(axis=1), 90)
    motion = Motion(joints=joints[:: round(dance.fps / DRAWN_FPS)], fps=DRAWN_FPS)
    (drawn,) = draw_dance(
        (motion,),
        path,
        drawing="figure",
        look="auto",
        scene=SCENES[index % len(SCENES)],
        shape="portrait" if index % 2 else "landscape",
        seed=index,
    )
    return drawn, dance.beats_s, tempo_bpm


def _turned(joints: NDArray[np.float64], yaw_rad: float) -> NDArray[np.float64]:
    """Turn joints (F, 17, 3) about the vertical axis."""
    turned = joints.copy()
    cos, sin = np.cos(yaw_rad), np.sin(yaw_rad)
    turned[..., 0] = cos * joints[..., 0] + sin * joints[..., 2]
    turned[..., 2] = cos * joints[..., 2] - sin * joints[..., 0]
    return turned
