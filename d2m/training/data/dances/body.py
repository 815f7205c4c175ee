"""The procedural dancer's body: joint positions from animation channels, with fixed bone lengths.

Axes: x to the right of the image (the left side of a dancer who faces the camera), y down,
z towards the camera; the floor is at y = 0. Lengths are in torso lengths (middle of the
shoulders to middle of the hips).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.choreography.body_shape import HEAD_OFFSETS, BodyProportions

FloatArray = NDArray[np.float64]

LOWER_CHANNELS = (
    *("centre_x", "centre_z", "yaw", "hip_x", "hip_z", "rise", "hip_roll", "hip_yaw"),
    *("left_foot_out", "left_foot_z", "left_foot_lift"),
    *("right_foot_out", "right_foot_z", "right_foot_lift"),
)
"""Place and facing of the dancer, and hips and feet relative to them (torso lengths, rad).
Positive ``foot_out`` is away from the body."""
UPPER_CHANNELS = (
    *("chest_pitch", "chest_roll", "chest_yaw", "head_pitch", "head_roll", "head_yaw"),
    *(f"left_{part}_{axis}" for part in ("upper_arm", "forearm") for axis in "xyz"),
    *(f"right_{part}_{axis}" for part in ("upper_arm", "forearm") for axis in "xyz"),
)
"""Angles of chest and head (rad) and directions of the arm bones (x outward, y down,
z forward)."""
CHANNEL_INDEX = {name: index for index, name in enumerate(LOWER_CHANNELS + UPPER_CHANNELS)}
"""Index of each channel in the vector of both tracks, lower before upper."""


def rotate(vectors: FloatArray, yaw: FloatArray, roll: FloatArray, pitch: FloatArray) -> FloatArray:
    """Rotate vectors (F, N, 3) by angles (F,) in rad: first pitch, then roll, then yaw.

    Positive pitch leans forward, positive roll leans to the dancer's left, positive yaw turns
    to the dancer's left.
    """
    x, y, z = np.moveaxis(vectors, -1, 0)
    cos, sin = np.cos(pitch)[:, None], np.sin(pitch)[:, None]
    y, z = y * cos + z * sin, z * cos - y * sin
    cos, sin = np.cos(roll)[:, None], np.sin(roll)[:, None]
    x, y = x * cos - y * sin, y * cos + x * sin
    cos, sin = np.cos(yaw)[:, None], np.sin(yaw)[:, None]
    x, z = x * cos + z * sin, z * cos - x * sin
    return np.stack([x, y, z], axis=-1)


def joint_positions(channels: FloatArray, body: BodyProportions) -> FloatArray:
    """Compute the joints of a body from its animation channels.

    Parameters
    ----------
    channels : (F, C)
        Values of `CHANNEL_INDEX` in each frame.
    body
        Bone lengths.

    Returns
    -------
    (F, 17, 3)
        COCO-17 joints in torso lengths, with the floor at y = 0.
    """
    value = {name: channels[:, index] for name, index in CHANNEL_INDEX.items()}
    n = len(channels)
    zeros = np.zeros(n)
    centre = np.stack([value["centre_x"], zeros, value["centre_z"]], axis=-1)

    feet = _ankle_targets(value, centre)
    hips_mid = _hip_centre(value, centre, feet, body)
    pelvis_yaw = value["yaw"] + value["hip_yaw"]
    sockets = np.tile([[body.hip, 0, 0], [-body.hip, 0, 0]], (n, 1, 1)).astype(float)
    hips = hips_mid[:, None] + rotate(sockets, pelvis_yaw, value["hip_roll"], zeros)
    knees, ankles = _legs(hips, feet, pelvis_yaw, body)

    chest = (value["yaw"] + 0.3 * value["hip_yaw"] + value["chest_yaw"],
             value["chest_roll"], value["chest_pitch"])  # fmt: skip
    trunk = [[body.shoulder, -1, 0], [-body.shoulder, -1, 0], [0, -1 - body.neck, 0]]
    trunk_points = hips_mid[:, None] + rotate(np.tile(trunk, (n, 1, 1)), *chest)
    shoulders, neck = trunk_points[:, :2], trunk_points[:, 2:]
    elbows, wrists = _arms(value, shoulders, chest, body)

    head = neck + rotate(
        np.tile(HEAD_OFFSETS, (n, 1, 1)),
        value["yaw"] + 0.5 * value["chest_yaw"] + value["head_yaw"],
        0.5 * value["chest_roll"] + value["head_roll"],
        0.4 * value["chest_pitch"] + value["head_pitch"],
    )
    parts = [head, shoulders, elbows, wrists, hips, knees, ankles]
    return np.concatenate(parts, axis=1)


def _ankle_targets(value: dict[str, FloatArray], centre: FloatArray) -> FloatArray:
    """Return the target positions of the ankles, (F, 2, 3), left then right."""
    feet = np.stack(
        [
            np.stack(
                [sign * value[f"{side}_foot_out"], -value[f"{side}_foot_lift"],
                 value[f"{side}_foot_z"]],
                axis=-1,
            )
            for side, sign in (("left", 1), ("right", -1))
        ],
        axis=1,
    )  # fmt: skip
    zeros = np.zeros(len(centre))
    return centre[:, None] + rotate(feet, value["yaw"], zeros, zeros)


def _hip_centre(
    value: dict[str, FloatArray], centre: FloatArray, feet: FloatArray, body: BodyProportions
) -> FloatArray:
    """Return the middle of the hips, (F, 3), low enough for both legs to reach the ankles."""
    zeros = np.zeros(len(centre))
    offset = np.stack([value["hip_x"], zeros, value["hip_z"]], axis=-1)
    middle = centre + rotate(offset[:, None], value["yaw"], zeros, zeros)[:, 0]
    leg = 0.985 * (body.thigh + body.shin)
    spread = np.linalg.norm((feet - middle[:, None])[..., [0, 2]], axis=-1)
    spread = np.maximum(spread - 0.7 * body.hip, 0)
    reach = np.sqrt(np.maximum(leg**2 - spread**2, 0.25)) - feet[..., 1]
    height = np.column_stack([0.97 * leg + value["rise"], reach])
    # A hard minimum would jerk whenever the limiting leg changes.
    middle[:, 1] = np.log(np.exp(-25 * height).sum(axis=1)) / 25
    return middle


def _legs(
    hips: FloatArray, feet: FloatArray, pelvis_yaw: FloatArray, body: BodyProportions
) -> tuple[FloatArray, FloatArray]:
    """Return knees and ankles, (F, 2, 3) each, by two-bone inverse kinematics."""
    to_foot = feet - hips
    distance = np.linalg.norm(to_foot, axis=-1, keepdims=True)
    direction = to_foot / np.maximum(distance, 1e-6)
    distance = np.clip(distance, 0.45, 0.999 * (body.thigh + body.shin))
    pole = np.tile([[0.25, -0.6, 1], [-0.25, -0.6, 1]], (len(hips), 1, 1)).astype(float)
    zeros = np.zeros(len(hips))
    pole = rotate(pole, pelvis_yaw, zeros, zeros)
    pole = _unit(pole - (pole * direction).sum(axis=-1, keepdims=True) * direction)
    along = (body.thigh**2 - body.shin**2 + distance**2) / (2 * distance)
    aside = np.sqrt(np.maximum(body.thigh**2 - along**2, 0))
    return hips + along * direction + aside * pole, hips + distance * direction


def _arms(
    value: dict[str, FloatArray],
    shoulders: FloatArray,
    chest: tuple[FloatArray, FloatArray, FloatArray],
    body: BodyProportions,
) -> tuple[FloatArray, FloatArray]:
    """Return elbows and wrists, (F, 2, 3) each."""
    bones = []
    for part in ("upper_arm", "forearm"):
        sides = [
            np.stack([sign * value[f"{side}_{part}_x"], value[f"{side}_{part}_y"],
                      value[f"{side}_{part}_z"]], axis=-1)
            for side, sign in (("left", 1), ("right", -1))
        ]  # fmt: skip
        bones.append(rotate(_unit(np.stack(sides, axis=1)), *chest))
    elbows = shoulders + body.upper_arm * bones[0]
    return elbows, elbows + body.forearm * bones[1]


def _unit(vectors: FloatArray) -> FloatArray:
    """Scale vectors (..., 3) to length 1."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-6))
