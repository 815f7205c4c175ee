"""The procedural dancer's body: from movement channels to joints, with fixed bone lengths.

Axes: x to the right of the image (the left side of a dancer who faces the camera), y down,
z towards the camera; the floor is y = 0 until the origin moves to the hips. Lengths are in
torso lengths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

LOWER_CHANNELS = (
    *("centre_x", "centre_z", "yaw", "hip_x", "hip_z", "rise", "hip_roll", "hip_yaw"),
    *("left_foot_out", "left_foot_z", "left_foot_lift"),
    *("right_foot_out", "right_foot_z", "right_foot_lift"),
)
"""Place and facing, hips relative to them, feet relative to them (outward is positive)."""
UPPER_CHANNELS = (
    *("chest_pitch", "chest_roll", "chest_yaw", "head_pitch", "head_roll", "head_yaw"),
    *(f"left_{part}_{axis}" for part in ("upper_arm", "forearm") for axis in "xyz"),
    *(f"right_{part}_{axis}" for part in ("upper_arm", "forearm") for axis in "xyz"),
)
"""Chest and head angles (rad) and the directions of the arm bones (x outward)."""
CHANNELS = LOWER_CHANNELS + UPPER_CHANNELS
INDEX = {name: index for index, name in enumerate(CHANNELS)}

# Relative to the top of the neck, facing +z: nose, eyes, ears (left is +x).
HEAD = np.array(
    [[0, -0.24, 0.22], [0.065, -0.31, 0.18], [-0.065, -0.31, 0.18], [0.15, -0.27, 0.03],
     [-0.15, -0.27, 0.03]]
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Proportions:
    """Bone lengths in torso lengths."""

    shoulder: float = 0.36
    hip: float = 0.18
    upper_arm: float = 0.57
    forearm: float = 0.5
    thigh: float = 0.84
    shin: float = 0.82
    neck: float = 0.1


def rotate(vectors: FloatArray, yaw: FloatArray, roll: FloatArray, pitch: FloatArray) -> FloatArray:
    """Turn vectors (F, N, 3) by angles (F,) in rad: pitch, then roll, then yaw.

    Positive pitch leans forward, roll to the dancer's left, yaw turns to the left.
    """
    x, y, z = np.moveaxis(vectors, -1, 0)
    cos, sin = np.cos(pitch)[:, None], np.sin(pitch)[:, None]
    y, z = y * cos + z * sin, z * cos - y * sin
    cos, sin = np.cos(roll)[:, None], np.sin(roll)[:, None]
    x, y = x * cos - y * sin, y * cos + x * sin
    cos, sin = np.cos(yaw)[:, None], np.sin(yaw)[:, None]
    x, z = x * cos + z * sin, z * cos - x * sin
    return np.stack([x, y, z], axis=-1)


def joints(channels: FloatArray, body: Proportions) -> FloatArray:
    """Return COCO-17 joints (F, 17, 3) for channels (F, C), the floor at y = 0."""
    value = {name: channels[:, index] for name, index in INDEX.items()}
    n = len(channels)
    still = np.zeros(n)
    centre = np.stack([value["centre_x"], still, value["centre_z"]], axis=-1)

    feet = _placed_feet(value, centre)
    hips_mid = _placed_hips(value, centre, feet, body)
    pelvis_yaw = value["yaw"] + value["hip_yaw"]
    sockets = np.tile([[body.hip, 0, 0], [-body.hip, 0, 0]], (n, 1, 1)).astype(float)
    hips = hips_mid[:, None] + rotate(sockets, pelvis_yaw, value["hip_roll"], still)
    knees, ankles = _legs(hips, feet, pelvis_yaw, body)

    chest = (value["yaw"] + 0.3 * value["hip_yaw"] + value["chest_yaw"],
             value["chest_roll"], value["chest_pitch"])  # fmt: skip
    trunk = [[body.shoulder, -1, 0], [-body.shoulder, -1, 0], [0, -1 - body.neck, 0]]
    trunk_points = hips_mid[:, None] + rotate(np.tile(trunk, (n, 1, 1)), *chest)
    shoulders, neck = trunk_points[:, :2], trunk_points[:, 2:]
    elbows, wrists = _arms(value, shoulders, chest, body)

    head = neck + rotate(
        np.tile(HEAD, (n, 1, 1)),
        value["yaw"] + 0.5 * value["chest_yaw"] + value["head_yaw"],
        0.5 * value["chest_roll"] + value["head_roll"],
        0.4 * value["chest_pitch"] + value["head_pitch"],
    )
    parts = [head, shoulders, elbows, wrists, hips, knees, ankles]
    return np.concatenate(parts, axis=1)


def _placed_feet(value: dict[str, FloatArray], centre: FloatArray) -> FloatArray:
    """Return where the ankles want to be, (F, 2, 3), left then right."""
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
    still = np.zeros(len(centre))
    return centre[:, None] + rotate(feet, value["yaw"], still, still)


def _placed_hips(
    value: dict[str, FloatArray], centre: FloatArray, feet: FloatArray, body: Proportions
) -> FloatArray:
    """Return the middle of the hips, (F, 3), no higher than legs that stand can reach."""
    offset = np.stack([value["hip_x"], np.zeros(len(centre)), value["hip_z"]], axis=-1)
    still = np.zeros(len(centre))
    middle = centre + rotate(offset[:, None], value["yaw"], still, still)[:, 0]
    leg = 0.985 * (body.thigh + body.shin)
    spread = np.linalg.norm((feet - middle[:, None])[..., [0, 2]], axis=-1)
    spread = np.maximum(spread - 0.7 * body.hip, 0)
    reach = np.sqrt(np.maximum(leg**2 - spread**2, 0.25)) - feet[..., 1]
    height = np.column_stack([0.97 * leg + value["rise"], reach])
    # A soft minimum: a hard one would jerk whenever another leg becomes the shorter one.
    middle[:, 1] = np.log(np.exp(-25 * height).sum(axis=1)) / 25
    return middle


def _legs(
    hips: FloatArray, feet: FloatArray, pelvis_yaw: FloatArray, body: Proportions
) -> tuple[FloatArray, FloatArray]:
    """Return knees and ankles, (F, 2, 3) each, by two-bone inverse kinematics."""
    to_foot = feet - hips
    distance = np.linalg.norm(to_foot, axis=-1, keepdims=True)
    direction = to_foot / np.maximum(distance, 1e-6)
    distance = np.clip(distance, 0.45, 0.999 * (body.thigh + body.shin))
    pole = np.tile([[0.25, -0.6, 1], [-0.25, -0.6, 1]], (len(hips), 1, 1)).astype(float)
    still = np.zeros(len(hips))
    pole = rotate(pole, pelvis_yaw, still, still)
    pole = unit(pole - (pole * direction).sum(axis=-1, keepdims=True) * direction)
    along = (body.thigh**2 - body.shin**2 + distance**2) / (2 * distance)
    aside = np.sqrt(np.maximum(body.thigh**2 - along**2, 0))
    return hips + along * direction + aside * pole, hips + distance * direction


def _arms(
    value: dict[str, FloatArray],
    shoulders: FloatArray,
    chest: tuple[FloatArray, FloatArray, FloatArray],
    body: Proportions,
) -> tuple[FloatArray, FloatArray]:
    """Return elbows and wrists, (F, 2, 3) each."""
    bones = []
    for part in ("upper_arm", "forearm"):
        sides = [
            np.stack([sign * value[f"{side}_{part}_x"], value[f"{side}_{part}_y"],
                      value[f"{side}_{part}_z"]], axis=-1)
            for side, sign in (("left", 1), ("right", -1))
        ]  # fmt: skip
        bones.append(rotate(unit(np.stack(sides, axis=1)), *chest))
    elbows = shoulders + body.upper_arm * bones[0]
    return elbows, elbows + body.forearm * bones[1]


def unit(vectors: FloatArray) -> FloatArray:
    """Scale vectors (..., 3) to length 1."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-6))
