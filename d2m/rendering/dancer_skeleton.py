"""Draw a dancer as lines and dots: the left side in one colour, the right side in another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.perception.skeleton import SHOULDERS
from d2m.rendering.drawing import Image, rgb
from d2m.rendering.palette import DARK

FloatArray = NDArray[np.float64]

# Joints of COCO-17, and lines between them with their side: 0 left, 1 right, 2 middle.
_EARS = 3, 4
_LINES = (
    (5, 6, 2), (11, 12, 2), (5, 11, 0), (6, 12, 1), (5, 7, 0), (7, 9, 0), (6, 8, 1), (8, 10, 1),
    (11, 13, 0), (13, 15, 0), (12, 14, 1), (14, 16, 1),
)  # fmt: skip
_COLOURS = rgb(DARK.dance), rgb(DARK.music), rgb(DARK.ink)
# Width of lines, and radius of dots and of the head (torso lengths). Chosen by hand.
_LINE, _DOT, _HEAD = 0.07, 0.055, 0.19


def plain_ground(size: tuple[int, int]) -> Image:
    """Return the plain dark ground of a skeleton, for a size (width, height) in px."""
    ground = np.empty((size[1], size[0], 3), dtype=np.uint8)
    ground[:] = rgb(DARK.background)
    return ground


def draw_skeleton(image: Image, joints: FloatArray, unit: float) -> None:
    """Draw lines and dots into an image.

    Parameters
    ----------
    image : (H, W, 3)
        RGB image, changed in place.
    joints : (17, 3)
        COCO-17 joints (px): x right, y down, depth towards the camera.
    unit
        Torso length (px).
    """
    import cv2

    points = np.round(joints[:, :2] * 16).astype(int)
    neck, head = ((points[a] + points[b]) // 2 for a, b in (SHOULDERS, _EARS))
    thick = max(2, round(_LINE * unit))
    lines = [(points[a], points[b], side) for a, b, side in _LINES]
    for start, end, side in [(neck, head, 2), *lines]:
        cv2.line(image, start, end, _COLOURS[side], thick, cv2.LINE_AA, 4)
    radius = round(_HEAD * unit * 16)
    cv2.circle(image, head, radius, rgb(DARK.background), -1, cv2.LINE_AA, 4)
    cv2.circle(image, head, radius, _COLOURS[2], max(2, thick // 2), cv2.LINE_AA, 4)
    for joint, point in enumerate(points):
        colour = _COLOURS[2 if joint == 0 else (joint + 1) % 2]
        share = 0.5 if joint < 5 else 1.0
        cv2.circle(image, point, round(_DOT * unit * share * 16), colour, -1, cv2.LINE_AA, 4)
