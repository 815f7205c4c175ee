"""Joint layouts of skeletons, conversions between them, and filling of gaps.

``COCO17`` is the common layout of the project. AIST++ is published in it; MediaPipe's
landmarks, motion capture and procedural dances are converted to it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

COCO17 = (
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
)
"""Joint names of the COCO layout, in order."""

SHOULDERS = (5, 6)
ELBOWS = (7, 8)
WRISTS = (9, 10)
HIPS = (11, 12)
KNEES = (13, 14)
ANKLES = (15, 16)
"""Indices of joint pairs (left, right) in ``COCO17``."""
UPPER = SHOULDERS + ELBOWS + WRISTS
"""COCO-17 joints of the upper body."""
LOWER = HIPS + KNEES + ANKLES
"""COCO-17 joints of the lower body."""

BODY25 = (
    "nose",
    "neck",
    "right_shoulder",
    "right_elbow",
    "right_wrist",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "mid_hip",
    "right_hip",
    "right_knee",
    "right_ankle",
    "left_hip",
    "left_knee",
    "left_ankle",
    "right_eye",
    "left_eye",
    "right_ear",
    "left_ear",
    "left_big_toe",
    "left_small_toe",
    "left_heel",
    "right_big_toe",
    "right_small_toe",
    "right_heel",
)
"""Joint names of OpenPose's BODY_25, in order."""

N_LANDMARKS = 33
"""Number of MediaPipe's pose landmarks."""
MEDIAPIPE_NOSE = 0
MEDIAPIPE_EARS = (7, 8)
MEDIAPIPE_TORSO = (11, 12, 23, 24)
MEDIAPIPE_HIPS = (23, 24)
MEDIAPIPE_KNEES = (25, 26)
MEDIAPIPE_ANKLES = (27, 28)
"""Indices of MediaPipe's landmarks; the torso is shoulders and hips."""

_COCO17_OF_33 = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)

# MediaPipe has one toe landmark per foot (31, 32); it serves as both toes of BODY_25. Pairs
# are averaged.
_BODY25_OF_33: tuple[tuple[int, ...], ...] = (
    (0,),
    (11, 12),
    (12,),
    (14,),
    (16,),
    (11,),
    (13,),
    (15,),
    (23, 24),
    (24,),
    (26,),
    (28,),
    (23,),
    (25,),
    (27,),
    (5,),
    (2,),
    (8,),
    (7,),
    (31,),
    (31,),
    (29,),
    (32,),
    (32,),
    (30,),
)


def coco17_from_mediapipe(landmarks: NDArray[Any]) -> FloatArray:
    """Select the COCO-17 joints from MediaPipe's 33 landmarks.

    Parameters
    ----------
    landmarks : (F, 33, D)
        Image or world landmarks, in any unit.

    Returns
    -------
    (F, 17, D)
        In the order of ``COCO17``, in the same unit.
    """
    return np.asarray(landmarks, dtype=float)[:, list(_COCO17_OF_33)]


def body25_from_mediapipe(landmarks: NDArray[Any], visibility: NDArray[Any]) -> FloatArray:
    """Convert MediaPipe's landmarks to OpenPose's BODY_25, the input of the TikTok networks.

    The neck is the midpoint of the shoulders and ``mid_hip`` that of the hips, each with the
    lower confidence of its two joints.

    Parameters
    ----------
    landmarks : (F, 33, 2 or 3)
        Image landmarks, in any unit; only x and y are used.
    visibility : (F, 33)
        Confidence of each landmark, 0 to 1.

    Returns
    -------
    (F, 25, 3)
        x and y in the unit of the landmarks, and confidence, in the order of ``BODY25``.
    """
    points = np.asarray(landmarks, dtype=float)[..., :2]
    confidence = np.asarray(visibility, dtype=float)
    body = np.empty((len(points), len(BODY25), 3))
    for joint, sources in enumerate(_BODY25_OF_33):
        body[:, joint, :2] = points[:, list(sources)].mean(axis=1)
        body[:, joint, 2] = confidence[:, list(sources)].min(axis=1)
    return body


def fill_gaps(points: NDArray[Any], found: NDArray[np.bool_]) -> tuple[FloatArray, int]:
    """Interpolate joints linearly in time over the frames in which they were not found.

    At the start and the end, the nearest known position is held. A joint that is never found
    stays NaN, because any position would be invented.

    Parameters
    ----------
    points : (F, J, D)
        Joint positions. Values that were not found are ignored and may be NaN.
    found : (F,) or (F, J)
        Whether each frame, or each joint of each frame, was found. Positions that are not
        finite count as not found.

    Returns
    -------
    filled : (F, J, D)
        A copy without gaps.
    n_filled : int
        Number of frames in which at least one joint was filled.
    """
    filled = np.array(points, dtype=float)
    known = np.isfinite(filled).all(axis=-1)
    known &= found[:, None] if found.ndim == 1 else found
    frames = np.arange(len(filled))
    filled[~known] = np.nan
    changed = np.zeros(len(filled), dtype=bool)
    for joint in np.flatnonzero(known.any(axis=0) & ~known.all(axis=0)):
        present = known[:, joint]
        for axis in range(filled.shape[2]):
            values = filled[present, joint, axis]
            filled[~present, joint, axis] = np.interp(frames[~present], frames[present], values)
        changed |= ~present
    return filled, int(changed.sum())


def torso_length(points: NDArray[Any]) -> FloatArray:
    """Measure the distance from the midpoint of the shoulders to the midpoint of the hips.

    Parameters
    ----------
    points : (F, 17, D)
        Joints in the order of ``COCO17``.

    Returns
    -------
    (F,)
        In the unit of the points.
    """
    joints = np.asarray(points, dtype=float)
    spine = joints[:, list(SHOULDERS)].mean(axis=1) - joints[:, list(HIPS)].mean(axis=1)
    return np.asarray(np.linalg.norm(spine, axis=-1))
