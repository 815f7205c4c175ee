"""Draw a clothed person that the pose network detects."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SKIN, SHIRT, JEANS, HAIR, SHOE = (
    (224, 172, 140),
    (178, 34, 52),
    (38, 62, 120),
    (48, 30, 20),
    (30, 30, 30),
)


def draw_person(
    canvas: NDArray[np.uint8], x: float, *, arm: float = 0.4, size: float = 1.0
) -> None:
    """Draw a standing person on an RGB canvas.

    Parameters
    ----------
    canvas : (H, W, 3)
        Changed in place.
    x
        Position of the hips (px).
    arm
        Angle of both arms from the body (rad); 0 is down, pi / 2 is horizontal.
    size
        Height of the person relative to the default, which fills most of the canvas.
    """
    height = canvas.shape[0]
    unit = height * 0.105 * size
    floor = height * 0.95

    def at(dx: float, up: float) -> tuple[int, int]:
        return round(x + dx * unit), round(floor - up * unit)

    def limb(points: list[tuple[float, float]], colour: tuple[int, int, int], width: float) -> None:
        path = np.array([at(*p) for p in points], dtype=np.int32)
        cv2.polylines(canvas, [path], False, colour, max(1, round(width * unit)), cv2.LINE_AA)

    for side in (-1, 1):
        limb([(side * 0.35, 4.0), (side * 0.45, 2.1), (side * 0.45, 0.3)], JEANS, 0.62)
        limb([(side * 0.45, 0.12), (side * 0.75, 0.05)], SHOE, 0.32)
    torso = [(-0.85, 6.4), (0.85, 6.4), (0.6, 3.8), (-0.6, 3.8)]
    cv2.fillPoly(canvas, [np.array([at(*p) for p in torso], dtype=np.int32)], SHIRT, cv2.LINE_AA)
    limb([(0, 6.3), (0, 6.9)], SKIN, 0.5)
    for side in (-1, 1):
        elbow = (side * (0.8 + 1.35 * np.sin(arm)), 6.2 - 1.35 * np.cos(arm))
        wrist = (elbow[0] + side * 1.2 * np.sin(arm), elbow[1] - 1.2 * np.cos(arm))
        limb([elbow, wrist], SKIN, 0.36)
        cv2.circle(canvas, at(*wrist), round(0.25 * unit), SKIN, -1, cv2.LINE_AA)
        limb([(side * 0.75, 6.15), elbow], SHIRT, 0.46)
    cv2.ellipse(canvas, at(0, 7.6), (round(0.56 * unit), round(0.75 * unit)), 0, 0, 360, HAIR, -1)
    cv2.ellipse(canvas, at(0, 7.45), (round(0.46 * unit), round(0.6 * unit)), 0, 0, 360, SKIN, -1)
    for side in (-1, 1):
        cv2.circle(canvas, at(side * 0.18, 7.55), max(1, round(0.07 * unit)), HAIR, -1, cv2.LINE_AA)
    limb([(-0.15, 7.15), (0.15, 7.15)], (150, 60, 60), 0.08)


def room(height: int = 360, width: int = 640) -> NDArray[np.uint8]:
    """Draw an empty room (H, W, 3): a light wall above a floor."""
    canvas = np.full((height, width, 3), (206, 204, 198), dtype=np.uint8)
    canvas[int(height * 0.82) :] = (150, 128, 106)
    return canvas
