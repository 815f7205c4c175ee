"""Put a dancer's joints on the stage: the axes, unit and floor of `d2m.core.dancer_motion`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.perception.pose import PoseTrack
from d2m.perception.skeleton import ANKLES, HIPS, SHOULDERS, coco17_from_mediapipe, torso_length

FloatArray = NDArray[np.float64]

STANDING_QUANTILE = 0.9
"""Quantile over the frames of the height of the lower ankle that counts as standing: dancers may
sit, or leave the floor in jumps, for half of a dance. Chosen by hand."""


def stand_on_stage(joints: FloatArray) -> FloatArray:
    """Scale and move joints, so that the dancer stands in the middle of the stage.

    Parameters
    ----------
    joints : (F, 17, 3)
        COCO-17 joints in any unit: x right, y down, z towards the camera.

    Returns
    -------
    (F, 17, 3)
        Joints in torso lengths (the median over the frames). The ankles of a standing dancer
        are at y = 0, the median place of the hips is at x = z = 0.
    """
    scaled = joints / max(float(np.median(torso_length(joints))), 1e-9)
    floor = np.quantile(scaled[:, list(ANKLES), 1].max(axis=1), STANDING_QUANTILE)
    middle = np.median(scaled[:, list(HIPS)].mean(axis=1), axis=0)
    return np.asarray(scaled - [middle[0], floor, middle[2]])


def face_camera(joints: FloatArray) -> FloatArray:
    """Turn joints (F, 17, 3) about the vertical, so that the dancer faces the camera on average."""
    pairs = joints[:, [SHOULDERS[0], HIPS[0]]] - joints[:, [SHOULDERS[1], HIPS[1]]]
    x, _, z = pairs.mean(axis=(0, 1))
    length = max(float(np.hypot(x, z)), 1e-9)
    cos, sin = x / length, z / length
    turn = np.array([[cos, 0.0, -sin], [0.0, 1.0, 0.0], [sin, 0.0, cos]])
    return np.asarray(joints @ turn)


def joints_from_world(world: NDArray[np.float64]) -> FloatArray:
    """Return the COCO-17 joints (F, 17, 3) of MediaPipe's world landmarks (F, 33, 3).

    The landmarks are in m from the middle of the hips, with y down and z away from the camera.
    The joints are in the same unit, with z towards the camera.
    """
    return np.asarray(coco17_from_mediapipe(world) * [1.0, 1.0, -1.0])


def dancer_on_stage(track: PoseTrack) -> FloatArray:
    """Return the joints (F, 17, 3) of a tracked dancer on the stage.

    Depth within the body is MediaPipe's estimate. The body moves across the stage and up and
    down as in the picture; how far it moves towards the camera is not known and left out.

    Parameters
    ----------
    track
        The dancer, found in some frame.
    """
    joints = joints_from_world(track.world)
    joints = joints - joints[:, list(HIPS)].mean(axis=1, keepdims=True)
    picture = coco17_from_mediapipe(track.landmarks)[..., :2]
    path = picture[:, list(HIPS)].mean(axis=1)
    shape = picture - path[:, None]
    # Frame heights for each m, by least squares in each frame.
    scales = (shape * joints[..., :2]).sum((1, 2)) / np.maximum(
        (joints[..., :2] ** 2).sum((1, 2)), 1e-9
    )
    joints[..., :2] += path[:, None] / max(float(np.median(scales)), 1e-9)
    return stand_on_stage(joints)
