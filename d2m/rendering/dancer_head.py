"""Draw the head of a figure: skull, hair, ears and face."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from d2m.perception.skeleton import HIPS, SHOULDERS
from d2m.rendering.dancer_looks import Outfit
from d2m.rendering.dancer_shading import (
    LIGHT_DIRECTION,
    Circle,
    FloatArray,
    Sketch,
    unit_vector,
)

# Places on the head, in its axes (left, up, front; torso lengths), where the hair meets the face.
_HAIRLINE = (
    (0.15, 0.07, 0.02), (0.13, 0.15, 0.06), (0.06, 0.2, 0.1), (-0.06, 0.19, 0.1),
    (-0.13, 0.15, 0.06), (-0.15, 0.07, 0.02),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class HeadFrame:
    """Position and orientation of a head in the image.

    Parameters
    ----------
    left, up, front : (3,)
        Unit vectors (x, y, depth) towards the left ear, the crown and the face.
    middle : (3,)
        Centre of the head (px).
    unit
        Torso length (px).
    """

    left: FloatArray
    up: FloatArray
    front: FloatArray
    middle: FloatArray
    unit: float

    def at(self, left: float, up: float, front: float) -> FloatArray:
        """Return the position (x, y, depth) in px of a point given in the head's axes."""
        offset = left * self.left + up * self.up + front * self.front
        return np.asarray(self.middle + self.unit * offset)

    def faces(self, left: float, up: float, front: float) -> float:
        """Return how directly the surface at a point faces the camera, from -1 to 1."""
        normal = left * self.left + up * self.up + front * self.front
        return float(normal[2] / np.linalg.norm(normal))


def head_frame(joints: FloatArray, unit: float) -> HeadFrame:
    """Return the head's axes from nose and ears, stabilised by the direction of the trunk."""
    ears = joints[3:5].mean(axis=0)
    shoulders, hips = joints[list(SHOULDERS)].mean(axis=0), joints[list(HIPS)].mean(axis=0)
    up = unit_vector(0.7 * unit_vector(ears - shoulders) + 0.3 * unit_vector(shoulders - hips))
    front = joints[0] - ears
    front = unit_vector(front - (front @ up) * up + 1e-6)
    left = np.cross(up, front)
    if left @ (joints[3] - joints[4]) < 0:
        left = -left
    middle = ears + unit * (0.03 * up + 0.02 * front)
    return HeadFrame(left=left, up=up, front=front, middle=middle, unit=unit)


def draw_back_hair(sketch: Sketch, head: HeadFrame, outfit: Outfit) -> None:
    """Draw the hair behind the head, which is in front of the neck when seen from behind."""
    unit = sketch.unit
    if outfit.hair_style == "afro":
        middle: Circle = (head.at(0, 0.09, -0.07)[:2], 0.265 * unit)
        low: Circle = (head.at(0, -0.02, -0.07)[:2], 0.23 * unit)
        sketch.shade([[middle, low]], outfit.hair, contrast=0.8)
    elif outfit.hair_style == "ponytail":
        knot, swing = head.at(0, 0.11, -0.22)[:2], head.at(0, -0.02, -0.32)[:2]
        tip = head.at(0, -0.27, -0.27)[:2]
        tail: list[list[Circle]] = [
            [(knot, 0.05 * unit), (swing, 0.07 * unit)],
            [(swing, 0.07 * unit), (tip, 0.025 * unit)],
        ]
        sketch.shade(tail, outfit.hair, contrast=0.9)
        sketch.fill([(knot, 0.045 * unit)], outfit.shirt)
    elif outfit.hair_style == "bun":
        sketch.shade([[(head.at(0, 0.22, -0.15)[:2], 0.095 * unit)]], outfit.hair)


def draw_head(sketch: Sketch, head: HeadFrame, outfit: Outfit) -> None:
    """Draw skull, hair, ears, a cap, and the visible part of the face."""
    unit = sketch.unit
    skin, hair = np.array(outfit.skin, dtype=float), np.array(outfit.hair, dtype=float)
    crown: Circle = (head.at(0, 0.07, -0.03)[:2], 0.185 * unit)
    nape: Circle = (head.at(0, -0.06, -0.06)[:2], 0.15 * unit)
    chin: Circle = (head.at(0, -0.155, 0.075)[:2], 0.085 * unit)
    cheeks: Circle = (head.at(0, -0.03, 0.035)[:2], 0.152 * unit)
    brow: Circle = (head.at(0, 0.055, 0.05)[:2], 0.142 * unit)
    sketch.shade([[chin, cheeks]], outfit.skin)
    # An afro has drawn its outline before.
    edge = 0.0 if outfit.hair_style == "afro" else 0.55
    sketch.shade([[crown, nape]], outfit.hair, outline=edge, contrast=0.8)
    for side in (1, -1):
        if head.faces(side, 0, 0.5) > 0.05:
            ear = head.at(0.16 * side, -0.02, 0.0)[:2]
            sketch.fill([(ear, 0.048 * unit)], skin * 0.72)
            sketch.fill([(ear + 0.006 * unit * LIGHT_DIRECTION, 0.038 * unit)], skin * 0.92)
    if head.front[2] > -0.15:
        face = [[brow, cheeks], [cheeks, chin]]
        sketch.shade(face, outfit.skin, outline=0.82, contrast=0.5)
        visible = [place for place in _HAIRLINE if head.faces(*place) > -0.1]
        thick = 0.058 if outfit.hair_style == "afro" else 0.042
        locks = [(head.at(*place)[:2], thick * unit) for place in visible]
        for first, second in pairwise(locks):
            sketch.fill([first, second], hair)
        _face(sketch, head, skin, hair)
    if outfit.hair_style == "cap":
        _cap(sketch, head, outfit)


def _cap(sketch: Sketch, head: HeadFrame, outfit: Outfit) -> None:
    """Draw a cap with a brim over the forehead."""
    unit = sketch.unit
    brim = [
        (head.at(x, 0.125, front)[:2], 0.026 * unit)
        for x, front in ((-0.12, 0.1), (0.12, 0.1), (-0.08, 0.27), (0.08, 0.27))
    ]
    top: list[Circle] = [(head.at(x, 0.18, -0.03)[:2], 0.085 * unit) for x in (0.06, -0.06)]
    sides: list[Circle] = [(head.at(x, 0.135, -0.02)[:2], 0.055 * unit) for x in (0.14, -0.14)]
    ends = [[(head.at(0, 0.14, z)[:2], 0.045 * unit), *sides] for z in (0.12, -0.17)]
    ridge = [[(head.at(0, 0.14, z)[:2], 0.045 * unit), *top] for z in (0.12, -0.17)]
    dome = [[*top, *sides], *ends, *ridge]
    is_in_front = head.front[2] > 0
    if not is_in_front:
        sketch.shade([brim], outfit.stripe, outline=0.5, contrast=0.4)
    sketch.shade(dome, outfit.stripe, outline=0.6, contrast=0.8)
    if is_in_front:
        sketch.shade([brim], outfit.stripe, outline=0.5, contrast=0.4)


def _face(sketch: Sketch, head: HeadFrame, skin: FloatArray, hair: FloatArray) -> None:
    """Draw eyes, brows, nose and mouth where they face the camera."""
    unit = head.unit
    for side in (1, -1):
        if head.faces(0.35 * side, 0, 1) < 0.1:
            continue
        eye = head.at(0.066 * side, 0.03, 0.165)[:2]
        across = unit_vector(head.left[:2]) * (0.022 * unit * max(0.4, abs(head.left[0])))
        sketch.fill(
            [(eye - across, 0.02 * unit), (eye + across, 0.02 * unit)],
            np.array([246.0, 244.0, 240.0]),
        )
        sketch.fill([(eye, 0.0175 * unit)], np.array([52.0, 36.0, 28.0]))
        lid = eye - 0.027 * unit * np.array([0, 1])
        sketch.fill(
            [(lid - 1.1 * across, 0.005 * unit), (lid + 1.1 * across, 0.005 * unit)],
            skin * 0.4,
        )
        ends = [head.at(x * side, 0.095 - 0.1 * abs(x - 0.065), 0.16)[:2] for x in (0.035, 0.1)]
        sketch.fill([(end, 0.008 * unit) for end in ends], hair * 0.9)
    root, tip = head.at(0, 0.02, 0.175)[:2], head.at(0, -0.045, 0.215)[:2]
    shade = 0.012 * unit * np.array([1.0, 0.6])
    sketch.fill([(root + shade, 0.012 * unit), (tip + shade, 0.03 * unit)], skin * 0.8)
    sketch.fill([(root, 0.011 * unit), (tip, 0.025 * unit)], np.minimum(skin * 1.1, 255))
    if head.faces(0, -0.3, 1) > 0.05:
        smile = [head.at(x, 8 * x * x - 0.128, 0.165)[:2] for x in np.linspace(-0.055, 0.055, 5)]
        for first, second in pairwise(smile):
            sketch.fill(
                [(first, 0.012 * unit), (second, 0.012 * unit)],
                skin * np.array([0.72, 0.46, 0.46]),
            )
