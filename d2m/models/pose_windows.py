"""Windows of 2-D key points as the baseline Foley Music reads them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

WINDOW_S = 6.0
"""Length of a window (s), as in the paper (Gan et al., ECCV 2020, Sec. 4.1)."""
POSE_RATE = 15.0
"""Poses per second that the network reads (Hz). Chosen by hand: half the paper's 30, for speed."""
WINDOW_POSES = round(WINDOW_S * POSE_RATE)
"""Poses of a window."""
_SHOULDERS, _HIPS = [5, 6], [11, 12]
_LEAST_TORSO = 1e-6


def resample_poses(keypoints: FloatArray, fps: float) -> FloatArray:
    """Return poses at `POSE_RATE`.

    Parameters
    ----------
    keypoints : (F, 17, 2)
        COCO-17 joints. A joint that is not a number in some frames is interpolated; one that
        never is a number lies at the origin.
    fps
        Their frame rate (Hz).

    Returns
    -------
    (F', 17, 2)
        At least one pose.
    """
    count = max(1, round(len(keypoints) / fps * POSE_RATE))
    times = np.arange(count) / POSE_RATE
    frames = np.arange(len(keypoints)) / fps
    rows = keypoints.reshape(len(keypoints), -1)
    found = np.zeros((count, rows.shape[1]))
    for column, values in enumerate(rows.T):
        known = np.isfinite(values)
        if known.any():
            found[:, column] = np.interp(times, frames[known], values[known])
    return found.reshape(count, *keypoints.shape[1:])


def pose_window(poses: FloatArray, first: int) -> NDArray[np.float32]:
    """Return one window, centred at the hips and in torso lengths.

    Parameters
    ----------
    poses : (F, 17, 2)
        Poses at `POSE_RATE`.
    first
        Pose that the window begins with. After the last pose, it is held.

    Returns
    -------
    (90, 17, 2)
        Joints around the mean position of the hips in the window.
    """
    window = poses[np.minimum(first + np.arange(WINDOW_POSES), len(poses) - 1)]
    hips, shoulders = window[:, _HIPS].mean(axis=1), window[:, _SHOULDERS].mean(axis=1)
    torso = float(np.median(np.linalg.norm(shoulders - hips, axis=-1)))
    centred = (window - hips.mean(axis=0)) / max(torso, _LEAST_TORSO)
    return np.asarray(centred, dtype=np.float32)
