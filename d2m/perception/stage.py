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
STANDING_LEG = 1.0
"""Height of the hips above the ankles (torso lengths) from which a person stands. Chosen by hand:
legs are 1.5 long."""
MAX_LEAN = 0.35
"""Largest lean of a standing person that counts as an error (tangent). Chosen by hand: MediaPipe's
is up to 0.33 on drawn dancers."""


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


def dancer_on_stage(track: PoseTrack) -> FloatArray:
    """Return the joints (F, 17, 3) of a tracked dancer on the stage.

    The body moves across the stage and up and down as in the picture; how far it moves towards
    the camera is not known and left out. MediaPipe lets bodies lean; the mean lean towards the
    camera over all frames is removed, because dancers are upright on average.

    Parameters
    ----------
    track
        The dancer, found in some frame.
    """
    joints, path = _body_in_picture(track.landmarks, track.world)
    lean = (joints[..., 1] * joints[..., 2]).sum() / max((joints[..., 1] ** 2).sum(), 1e-9)
    joints[..., 2] -= lean * joints[..., 1]
    joints[..., :2] += path[:, None]
    return stand_on_stage(joints)


def standing_person(landmarks: FloatArray, world: FloatArray) -> FloatArray:
    """Return the joints (17, 3) of a person in one picture on the stage.

    A person who stands has the middle of the hips above the middle of the feet; the lean that
    MediaPipe adds is removed.

    Parameters
    ----------
    landmarks, world : (33, 3)
        As in `d2m.perception.pose.PoseTrack`.
    """
    joints, _ = _body_in_picture(landmarks[None], world[None])
    feet = joints[0, list(ANKLES)].mean(axis=0)
    if feet[1] > STANDING_LEG * torso_length(joints)[0]:
        lean = np.clip(feet[2] / feet[1], -MAX_LEAN, MAX_LEAN)
        joints[..., 2] -= lean * joints[..., 1]
    return np.asarray(stand_on_stage(joints)[0])


def _body_in_picture(landmarks: FloatArray, world: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Combine places in the picture with MediaPipe's estimate of depth.

    Parameters
    ----------
    landmarks, world : (F, 33, 3)
        As in `d2m.perception.pose.PoseTrack`.

    Returns
    -------
    joints : (F, 17, 3)
        COCO-17 joints from the middle of the hips (m): x and y as in the picture, z towards the
        camera.
    path : (F, 2)
        Middle of the hips in the picture (m).
    """
    joints = coco17_from_mediapipe(world) * [1.0, 1.0, -1.0]
    joints = joints - joints[:, list(HIPS)].mean(axis=1, keepdims=True)
    picture = coco17_from_mediapipe(landmarks)[..., :2]
    path = picture[:, list(HIPS)].mean(axis=1)
    shape = picture - path[:, None]
    # Frame heights for each m, by least squares in each frame.
    common = (shape * joints[..., :2]).sum(axis=(1, 2))
    scales = common / np.maximum((joints[..., :2] ** 2).sum(axis=(1, 2)), 1e-9)
    scale = max(float(np.median(scales)), 1e-9)
    joints[..., :2] = shape / scale
    return joints, path / scale
