"""Joins of dance units without a jerk: pose and velocity go on from one unit to the next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

BLEND_S = 0.3
"""Time after a join in which its jump is spread (s), and as long before it. Chosen by hand."""
VELOCITY_S = 0.1
"""Time over which the velocity at a join is measured (s). Chosen by hand, against noise."""


def smooth_joins(joints: FloatArray, fps: float, join_frames: Sequence[int]) -> FloatArray:
    """Return a dance whose poses and velocities have no jump at the joins of its units.

    At each join, half of the jump of pose and velocity is taken by the end of one unit and half by
    the start of the next, as an offset that decays (a cubic of Hermite).

    Parameters
    ----------
    joints : (F, J, D)
        Joints of the dance.
    fps
        Frame rate (Hz).
    join_frames
        First frames of the units after the first one; the frame before belongs to the old unit.
        Joins too near the ends of the dance, or to each other, are left as they are.
    """
    out = np.asarray(joints, float).copy()
    span = max(2, round(VELOCITY_S * fps))
    reach = max(span + 1, round(BLEND_S * fps))
    bounds = sorted({int(frame) for frame in join_frames if span < frame < len(out) - span})
    for frame in bounds:
        old, new = out[frame - span : frame], out[frame : frame + span]
        old_velocity, new_velocity = _velocity(old), _velocity(new)
        middle = frame - 0.5
        old_pose = old.mean(axis=0) + old_velocity * span / 2
        new_pose = new.mean(axis=0) - new_velocity * span / 2
        for sign, pose, velocity in (
            (-1, new_pose - old_pose, new_velocity - old_velocity),
            (1, old_pose - new_pose, old_velocity - new_velocity),
        ):
            a, b = (max(0, frame - reach), frame) if sign < 0 else (frame, frame + reach)
            frames = np.arange(a, min(b, len(out)))
            u = (np.abs(frames - middle) / reach)[:, None, None]
            offset = (1 + 2 * u) * (1 - u) ** 2 * pose / 2
            offset = offset + sign * u * (1 - u) ** 2 * reach * velocity / 2
            out[frames] += np.where(u < 1, offset, 0)
    return out


def _velocity(frames: FloatArray) -> FloatArray:
    """Return the mean velocity of joints in a few frames (per frame), by least squares."""
    times = np.arange(len(frames)) - (len(frames) - 1) / 2
    return np.asarray(np.tensordot(times / (times**2).sum(), frames, axes=1))
