"""Film dances in space with cameras around them, as AIST++ does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

DISTANCE, FOCAL_PX, MIDDLE_PX = 8.0, 1500.0, (960.0, 540.0)


def film(joints: FloatArray, yaw: float, seed: int, *, height: float = -1.6) -> FloatArray:
    """Return the keypoints (F, 17, 3) of a dance (F, 17, 3) in a camera: x, y (px), score.

    Parameters
    ----------
    joints
        Joints on the stage (torso lengths).
    yaw
        Direction of the camera around the dancer (rad); 0 is in front.
    seed
        Cameras of other seeds have other distances and focal lengths.
    height
        Height of the camera (torso lengths, y down).
    """
    rng = np.random.default_rng(seed)
    x, y, z = np.moveaxis(joints, -1, 0)
    distance = DISTANCE * rng.uniform(0.9, 1.1)
    aside, towards = x * np.cos(yaw) + z * np.sin(yaw), z * np.cos(yaw) - x * np.sin(yaw)
    depth, drop = distance - towards, y - height
    tilt = np.arctan2(-1.4 - height, distance)  # the camera looks at the dancer's hips
    depth, drop = (
        depth * np.cos(tilt) + drop * np.sin(tilt),
        drop * np.cos(tilt) - depth * np.sin(tilt),
    )
    focal = FOCAL_PX * rng.uniform(0.9, 1.1)
    points = np.stack([focal * aside / depth, focal * drop / depth], axis=-1) + MIDDLE_PX
    return np.concatenate([points, np.full((*points.shape[:2], 1), 0.9)], axis=-1)
