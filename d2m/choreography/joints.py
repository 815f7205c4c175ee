"""The 14 joints of "Dancing to Music", their limbs, and conversions from and to COCO-17."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.perception.skeleton import HIPS, SHOULDERS

FloatArray = NDArray[np.float64]

JOINTS14 = (
    *("nose", "neck", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow"),
    *("left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee"),
    *("left_ankle", "right_ankle"),
)
"""Names of the joints in order (Sec. 4); the neck is the middle of the shoulders."""
MIRRORED14 = (0, 1, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12)
"""Index of the joint of the other side, for each joint."""
N_JOINTS = len(JOINTS14)
_FROM_COCO = (0, *range(5, 17))  # without the neck
HEAD_FROM_SHOULDERS = np.array(
    [[0, -0.34, 0.22], [0.065, -0.41, 0.18], [-0.065, -0.41, 0.18], [0.15, -0.37, 0.03],
     [-0.15, -0.37, 0.03]]
)  # fmt: skip
"""Nose, left and right eye, left and right ear from the middle of the shoulders of a dancer who
faces the camera (torso lengths). Chosen by hand, those of the procedural dancer."""


def joints14_from_coco(joints: FloatArray) -> FloatArray:
    """Return the 14 joints ``(..., 14, D)`` of COCO-17 joints ``(..., 17, D)``."""
    body = joints[..., _FROM_COCO, :]
    neck = joints[..., SHOULDERS, :].mean(axis=-2, keepdims=True)
    return np.concatenate([body[..., :1, :], neck, body[..., 1:, :]], axis=-2)


def coco_from_joints14(joints: FloatArray) -> FloatArray:
    """Return COCO-17 joints ``(..., 17, 3)`` of the 14 joints ``(..., 14, 3)``.

    The eyes and ears follow the nose: the head is rigid, its nose points in the direction of
    the nose from the neck, and it is as upright as that allows.

    Parameters
    ----------
    joints
        Joints in space (torso lengths): x right, y down, z towards the camera.
    """
    neck = joints[..., 1, :]
    up = _unit(neck - joints[..., 8:10, :].mean(axis=-2))
    to_nose = joints[..., 0, :] - neck
    across = joints[..., 2, :] - joints[..., 3, :]
    forward = to_nose - (to_nose * up).sum(-1, keepdims=True) * up
    chest = np.cross(up, across)  # forward where the nose is straight above the neck
    chest *= np.sign((chest * forward).sum(-1, keepdims=True)) + 0.5
    forward = _unit(forward + 0.05 * _unit(chest))
    # Pitch of the head: turn up and forward so that the rigid nose points to the true one.
    rest = np.arctan2(-HEAD_FROM_SHOULDERS[0, 1], HEAD_FROM_SHOULDERS[0, 2])
    seen = np.arctan2((to_nose * up).sum(-1), (to_nose * forward).sum(-1))
    pitch = (seen - rest)[..., None]
    up, forward = (
        np.cos(pitch) * up - np.sin(pitch) * forward,
        np.cos(pitch) * forward + np.sin(pitch) * up,
    )
    left = np.cross(forward, up)
    left = left * np.where((left * across).sum(-1, keepdims=True) < 0, -1.0, 1.0)
    axes = np.stack([left, -up, forward], axis=-2)
    head = neck[..., None, :] + HEAD_FROM_SHOULDERS @ axes
    return np.concatenate([head, joints[..., 2:, :]], axis=-2)


def mirror14(joints: NDArray[Any]) -> FloatArray:
    """Return joints ``(..., 14, D)`` with left and right swapped, mirrored at x = 0."""
    mirrored = joints[..., MIRRORED14, :].copy()
    mirrored[..., 0] *= -1
    return mirrored


@cache
def hip_indices() -> tuple[int, int]:
    """Return the indices of the hips among the 14 joints."""
    return JOINTS14.index("left_hip"), JOINTS14.index("right_hip")


def hip_middle(joints: NDArray[Any]) -> FloatArray:
    """Return the middle of the hips ``(..., D)`` of the 14 joints ``(..., 14, D)``."""
    return np.asarray(joints[..., hip_indices(), :].mean(axis=-2))


def coco_hip_middle(joints: FloatArray) -> FloatArray:
    """Return the middle of the hips ``(..., D)`` of COCO-17 joints ``(..., 17, D)``."""
    return np.asarray(joints[..., HIPS, :].mean(axis=-2))


def _unit(vectors: FloatArray) -> FloatArray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-6))
