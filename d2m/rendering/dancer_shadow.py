"""The soft shadow of a dancer on the floor. Proportions were chosen by hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.perception.skeleton import ANKLES
from d2m.rendering.drawing import Image

FloatArray = NDArray[np.float64]

_LIMBS = ((5, 7), (7, 9), (6, 8), (8, 10), (5, 6), (11, 12), (5, 12), (6, 11), (0, 5), (0, 6),
          (11, 13), (13, 15), (12, 14), (14, 16))  # fmt: skip


def shadow(image: Image, ground: FloatArray, unit: float, strength: float = 0.5) -> None:
    """Draw the shadow of a dancer on the floor of a scene.

    Parameters
    ----------
    image : (H, W, 3)
        RGB image of the scene without the dancer, changed in place.
    ground : (17, 2)
        Position of each joint's shadow (px).
    unit
        Torso length (px).
    strength
        Darkness of the shadow, from 0 (none) to 1 (black).
    """
    import cv2

    # The shadow is soft, so a small mask of the part of the floor where it lies is enough.
    scale = 4
    reach = 0.5 * unit
    low = np.maximum(ground.min(axis=0) - reach, 0).astype(int) // scale * scale
    high = np.ceil(ground.max(axis=0) + reach).astype(int)
    floor = image[low[1] : max(high[1], 0), low[0] : max(high[0], 0)]
    if floor.size == 0:
        return
    mask = np.zeros((-(-floor.shape[0] // scale), -(-floor.shape[1] // scale)), dtype=np.uint8)
    places = np.round((ground - low) / scale * 16).astype(int)
    points = [(int(x), int(y)) for x, y in places]
    thick = max(2, int(0.22 * unit / scale))
    for a, b in _LIMBS:
        cv2.line(mask, points[a], points[b], (191,), thick, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(mask, (0, 0), 0.1 * unit / scale, sigmaY=0.05 * unit / scale)
    feet = np.zeros_like(mask)
    size = (int(0.24 * unit / scale * 16), int(0.07 * unit / scale * 16))
    for foot in ANKLES:
        cv2.ellipse(feet, points[foot], size, 0, 0, 360, (255,), -1, cv2.LINE_AA, 4)
    dark = np.maximum(soft, cv2.GaussianBlur(feet, (0, 0), 0.04 * unit / scale))
    light = cv2.convertScaleAbs(dark, alpha=-strength, beta=255)
    light = cv2.resize(light, (mask.shape[1] * scale, mask.shape[0] * scale))
    light = light[: floor.shape[0], : floor.shape[1]]
    floor[:] = cv2.multiply(floor, cv2.merge([light, light, light]), scale=1 / 255)
