"""Measures of a dancer's motion: sliding feet, limbs that change their length, jerks at joins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from d2m.perception.skeleton import ANKLES, ELBOWS, HIPS, KNEES, SHOULDERS, WRISTS

FloatArray = NDArray[np.float64]

TORSO_PX = 150.0
"""Torso length in a picture of 1280 x 720 px (px), as dancers are drawn."""
CONTACT_HEIGHT = 0.05
"""A foot lower than this above its lowest place touches the floor (torso lengths): 2.5 cm of a man
of 1.8 m, as Zhang et al. (SIGGRAPH 2018) count it."""
FLOOR_SHARE = 0.98
"""Share of ankle places that are not below the floor. Chosen by hand, against outliers."""
LIMBS = tuple(
    (start, end)
    for upper, lower in ((SHOULDERS, ELBOWS), (ELBOWS, WRISTS), (HIPS, KNEES), (KNEES, ANKLES))
    for start, end in zip(upper, lower, strict=True)
)
"""Pairs of COCO-17 joints at the ends of arm and leg bones."""


def foot_slide(joints: FloatArray) -> float:
    """Return how far feet slide while they touch the floor (px a frame, mean).

    Every step of an ankle across the floor counts, with the weight 2 - 2^(height / limit) below the
    limit of `CONTACT_HEIGHT` (Zhang et al., "Mode-Adaptive Neural Networks", SIGGRAPH 2018). No
    limit of the speed hides a fast slide.

    Parameters
    ----------
    joints : (F, 17, 3)
        COCO-17 joints in torso lengths, y down.

    Returns
    -------
    float
        At `TORSO_PX`, for the frame rate of the joints; 0 where no foot touches the floor.
    """
    ankles = joints[:, ANKLES]
    height = np.quantile(ankles[..., 1], FLOOR_SHARE) - ankles[..., 1]
    height = np.maximum(height[1:], height[:-1])
    steps = np.linalg.norm(np.diff(ankles[..., [0, 2]], axis=0), axis=-1)
    weights = 2 - 2 ** np.minimum(height / CONTACT_HEIGHT, 1)
    touching = height < CONTACT_HEIGHT
    return float((steps * weights)[touching].mean() * TORSO_PX) if touching.any() else 0.0


def limb_deviation(joints: FloatArray) -> float:
    """Return the mean deviation of limbs from their median length, as a share of it."""
    starts, ends = np.array(LIMBS).T
    lengths = np.linalg.norm(joints[:, ends] - joints[:, starts], axis=-1)
    usual = np.maximum(np.median(lengths, axis=0), 1e-6)
    return float((np.abs(lengths - usual) / usual).mean())


def joint_acceleration(joints: FloatArray, fps: float) -> FloatArray:
    """Return the mean acceleration of the joints at each frame (torso lengths / s^2), (F,)."""
    second = np.linalg.norm(np.diff(joints, 2, axis=0), axis=-1).mean(axis=1) * fps**2
    return np.pad(second, 1, mode="edge")


def join_acceleration(joints: FloatArray, fps: float, join_frames: Sequence[int]) -> FloatArray:
    """Return the greatest acceleration around each join (torso lengths / s^2).

    Parameters
    ----------
    joints : (F, J, D)
        Joints in torso lengths.
    fps
        Frame rate (Hz).
    join_frames
        First frames of the units after the first; two frames to each side count.
    """
    acceleration = joint_acceleration(joints, fps)
    return np.array([acceleration[max(0, f - 2) : f + 2].max() for f in join_frames])
