"""Windows of 2-D key points as the baseline Foley Music reads them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

POSE_WINDOW_S = 6.0
"""Length of a window (s), as in the paper (Gan et al., ECCV 2020)."""
WINDOW_POSE_RATE = 15.0
"""Poses per second that the network reads (Hz). Chosen by hand, for speed."""
WINDOW_POSES = round(POSE_WINDOW_S * WINDOW_POSE_RATE)
"""Poses of a window."""
_SHOULDERS, _HIPS = [5, 6], [11, 12]
_LEAST_TORSO = 1e-6


def pose_window(poses: FloatArray, first: int) -> NDArray[np.float32]:
    """Return one window, centred at the hips and in torso lengths.

    Parameters
    ----------
    poses : (F, 17, 2)
        COCO-17 joints at `WINDOW_POSE_RATE`, in any unit. A joint that is not a number in some
        poses is interpolated; one that never is a number lies at the origin.
    first
        Pose that the window begins with. After the last pose, it is held.

    Returns
    -------
    (90, 17, 2)
        Joints around the mean position of the hips in the window.
    """
    window = _filled(poses[np.minimum(first + np.arange(WINDOW_POSES), len(poses) - 1)])
    hips, shoulders = window[:, _HIPS].mean(axis=1), window[:, _SHOULDERS].mean(axis=1)
    torso = float(np.median(np.linalg.norm(shoulders - hips, axis=-1)))
    centred = (window - hips.mean(axis=0)) / max(torso, _LEAST_TORSO)
    return np.asarray(centred, dtype=np.float32)


def _filled(poses: FloatArray) -> FloatArray:
    """Return poses (F, 17, 2) with values that are no numbers interpolated in time."""
    if np.isfinite(poses).all():
        return poses
    rows, frames = poses.reshape(len(poses), -1).copy(), np.arange(len(poses))
    for values in rows.T:
        known = np.isfinite(values)
        values[:] = np.interp(frames, frames[known], values[known]) if known.any() else 0.0
    return rows.reshape(poses.shape)
