"""The published files of AIST++: SMPL poses, and keypoints in 2-D and 3-D."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.choreography.joints import HEAD_FROM_SHOULDERS
from d2m.core.errors import DataError
from d2m.media.clip_limits import display_name
from d2m.perception.rotations import normalise_vectors, rotation_about_axis
from d2m.perception.smpl import JOINTS, REST_OFFSETS, REST_POSE, forward_kinematics
from d2m.training.data.pose_files.layouts import motion_from_array
from d2m.training.data.pose_files.recorded_motion import RecordedMotion, recorded_motion
from d2m.training.data.pose_files.safe_pickle import read_pickle

FloatArray = NDArray[np.float64]

_BODY = [
    JOINTS.index(f"{side}_{part}")
    for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    for side in ("left", "right")
]
_HEAD_CHAIN = [JOINTS.index(name) for name in ("pelvis", "spine1", "spine2", "spine3", "neck",
                                               "head")]  # fmt: skip


def read_aist_pickle(path: Path, fps: float) -> list[RecordedMotion]:
    """Read a ``.pkl`` file of AIST++: SMPL poses, 3-D keypoints, or each view of 2-D keypoints.

    Parameters
    ----------
    path
        The file.
    fps
        Frame rate (Hz).

    Raises
    ------
    DataError
        If it is not such a file.
    """
    stored, name = read_pickle(path), display_name(path)
    if "smpl_poses" in stored:
        return [recorded_motion(name, smpl_joints(stored, name), fps)]
    for key in ("keypoints3d_optim", "keypoints3d"):
        if key in stored:
            return [recorded_motion(name, _array(stored, key, name, (17, 3)), fps)]
    if "keypoints2d" in stored:
        views = np.asarray(stored["keypoints2d"])
        if views.ndim != 4:
            raise DataError(f"{name} holds no views: expected keypoints2d (views, frames, 17, 3).")
        return [
            motion_from_array(f"{name} c{number:02d}", view, fps)
            for number, view in enumerate(views, start=1)
        ]
    raise DataError(f"{name} is not of AIST++: expected smpl_poses, keypoints3d or keypoints2d.")


def smpl_joints(stored: dict[str, Any], name: str) -> FloatArray:
    """Return the COCO-17 joints (F, 17, 3) of SMPL poses (m, y up, z forward at rest).

    The joints are those of SMPL's mean body. Nose, eyes and ears are rigid with the head.

    Parameters
    ----------
    stored
        ``smpl_poses`` (F, 72), rotation vectors (rad); ``smpl_trans`` (F, 3), positions of the
        body in units of ``smpl_scaling`` (1,), as AIST++ publishes them.
    name
        Name of the file, for messages.

    Raises
    ------
    DataError
        If the poses have another shape.
    """
    vectors = _array(stored, "smpl_poses", name, (72,)).reshape(-1, len(JOINTS), 3)
    root = np.zeros((len(vectors), 3))
    if "smpl_trans" in stored:
        root = _array(stored, "smpl_trans", name, (3,))
        scale = np.asarray(stored.get("smpl_scaling", 1.0), dtype=float).reshape(-1)
        root = root / max(float(scale[0]) if scale.size else 1.0, 1e-9)
    if len(root) != len(vectors):
        raise DataError(f"{name} has {len(vectors)} poses but {len(root)} places of the body.")
    flat = vectors.reshape(-1, 3)
    turns = rotation_about_axis(normalise_vectors(flat), np.linalg.norm(flat, axis=-1))
    turns = turns.reshape(len(vectors), len(JOINTS), 3, 3)
    joints = forward_kinematics(turns, root, REST_OFFSETS)
    head = turns[:, _HEAD_CHAIN[0]]
    for joint in _HEAD_CHAIN[1:]:
        head = head @ turns[:, joint]
    face = joints[:, JOINTS.index("head"), None] + _face_offsets() @ np.swapaxes(head, 1, 2)
    return np.concatenate([face, joints[:, _BODY]], axis=1)


def _face_offsets() -> FloatArray:
    """Return nose, eyes and ears (5, 3) from the head joint in SMPL's rest pose (m)."""
    places = {joint: REST_POSE[JOINTS.index(joint)] for joint in JOINTS}
    shoulders = (places["left_shoulder"] + places["right_shoulder"]) / 2
    hips = (places["left_hip"] + places["right_hip"]) / 2
    torso = np.linalg.norm(shoulders - hips)
    return np.asarray(shoulders + torso * HEAD_FROM_SHOULDERS * [1.0, -1.0, 1.0] - places["head"])


def _array(stored: dict[str, Any], key: str, name: str, shape: tuple[int, ...]) -> FloatArray:
    try:
        values = np.asarray(stored[key], dtype=float)
    except (TypeError, ValueError):
        values = np.zeros(0)
    if values.ndim != 1 + len(shape) or values.shape[1:] != shape:
        wanted = ", ".join(map(str, shape))
        raise DataError(f"{name} holds {key} in another shape: expected (frames, {wanted}).")
    return values
