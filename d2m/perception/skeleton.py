"""Joint layouts, and the way from one to another.

``COCO17`` is the project's common layout: AIST++ comes in it, and MediaPipe's
landmarks, motion-capture joints and the procedural dancer are brought to it.
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
"""Joint names of the common layout, in order."""

SHOULDERS = (5, 6)
ELBOWS = (7, 8)
WRISTS = (9, 10)
HIPS = (11, 12)
KNEES = (13, 14)
ANKLES = (15, 16)
UPPER = SHOULDERS + ELBOWS + WRISTS
"""Joints whose movement counts as the upper body's."""
LOWER = HIPS + KNEES + ANKLES
"""Joints whose movement counts as the lower body's."""

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

_COCO17_OF_33 = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)

# MediaPipe has one toe a foot (31, 32), where its index toe is: it stands for both of
# OpenPose's. Pairs are averaged.
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
    """Pick the common layout's joints out of MediaPipe's landmarks.

    Parameters
    ----------
    landmarks : (F, 33, D)
        Image or world landmarks.

    Returns
    -------
    (F, 17, D)
        In the order of ``COCO17``.
    """
    return np.asarray(landmarks, dtype=float)[:, list(_COCO17_OF_33)]


def body25_from_mediapipe(landmarks: NDArray[Any], visibility: NDArray[Any]) -> FloatArray:
    """Build OpenPose's BODY_25, which the published TikTok models read.

    The neck is the middle of the shoulders and the middle hip that of the hips, each as
    confident as the less visible of its two joints.

    Parameters
    ----------
    landmarks : (F, 33, 2 or 3)
        Image landmarks; of each, the first two coordinates are used.
    visibility : (F, 33)
        Confidence of each landmark, 0 to 1.

    Returns
    -------
    (F, 25, 3)
        x, y in the landmarks' unit and confidence, in the order of ``BODY25``.
    """
    points = np.asarray(landmarks, dtype=float)[..., :2]
    confidence = np.asarray(visibility, dtype=float)
    body = np.empty((len(points), len(BODY25), 3))
    for joint, sources in enumerate(_BODY25_OF_33):
        body[:, joint, :2] = points[:, list(sources)].mean(axis=1)
        body[:, joint, 2] = confidence[:, list(sources)].min(axis=1)
    return body


def fill_gaps(points: NDArray[Any], found: NDArray[np.bool_]) -> tuple[FloatArray, int]:
    """Fill joints that were not found, linearly between their neighbours in time.

    Gaps at either end hold the nearest value. A joint that is never found stays NaN,
    because no position for it would be true.

    Parameters
    ----------
    points : (F, J, D)
        Joint positions; what was not found may hold anything, NaN too.
    found : (F,) or (F, J)
        Which frames, or which joints of which frames, were found. A position that is
        not finite counts as not found.

    Returns
    -------
    filled : (F, J, D)
        A copy without gaps.
    n_filled
        Frames in which something was filled.
    """
    filled = np.array(points, dtype=float)
    known = np.isfinite(filled).all(axis=-1)
    known &= found[:, None] if found.ndim == 1 else found
    frames = np.arange(len(filled))
    filled[~known] = np.nan
    changed = np.zeros(len(filled), dtype=bool)
    for joint in np.flatnonzero(known.any(axis=0) & ~known.all(axis=0)):
        there = known[:, joint]
        for axis in range(filled.shape[2]):
            values = filled[there, joint, axis]
            filled[~there, joint, axis] = np.interp(frames[~there], frames[there], values)
        changed |= ~there
    return filled, int(changed.sum())


def torso_length(points: NDArray[Any]) -> FloatArray:
    """Measure from the middle of the shoulders to the middle of the hips.

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


def normalise(points: NDArray[Any]) -> FloatArray:
    """Put a clip's movement in torso lengths around the place where it happens.

    One centre and one scale serve the whole clip, so that travel and jumps stay in it.

    Parameters
    ----------
    points : (F, 17, D)
        Joints in the order of ``COCO17``, at least one frame, without gaps.

    Returns
    -------
    (F, 17, D)
        The median middle of the hips is at 0, the median torso is 1 long.

    Raises
    ------
    ValueError
        If the torso has no length, so nothing can be measured by it.
    """
    joints = np.asarray(points, dtype=float)
    scale = float(np.median(torso_length(joints))) if len(joints) else 0.0
    if not scale > 0:
        raise ValueError("a body whose torso has no length can't be normalised")
    centre = np.median(joints[:, list(HIPS)].mean(axis=1), axis=0)
    return np.asarray((joints - centre) / scale)
