"""Shaded convex shapes, from which figures are drawn."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from d2m.rendering.drawing import Colour, Image

FloatArray = NDArray[np.float64]
Circle = tuple[FloatArray, float]
"""Centre (px) and radius (px)."""

LIGHT_DIRECTION = np.array([-0.5, -0.8])
"""Direction of the light in the image (x, y). Chosen by hand."""
_SHADES = 7  # hulls from dark to light that shade a rounded body
_ANGLES = np.linspace(0, 2 * np.pi, 36, endpoint=False)
_RING = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=-1)


def fill_shaded(
    image: Image,
    pieces: Sequence[Sequence[Circle]],
    colour: Colour,
    *,
    unit: float,
    outline: float = 0.55,
    contrast: float = 1.0,
) -> None:
    """Draw convex hulls of circles as one rounded body, lit from `LIGHT_DIRECTION`.

    Parameters
    ----------
    image : (H, W, 3)
        RGB image, changed in place.
    pieces
        Circles of each hull.
    colour
        Colour of the body.
    unit
        Torso length (px), which scales the outline.
    outline
        Brightness of the outline, as a factor of the colour; 0 for no outline.
    contrast
        Factor of the difference between the light and the dark side.
    """
    base = np.array(colour, dtype=float)
    for piece in pieces if outline else ():
        fill_hull(image, [(c, r + 0.014 * unit) for c, r in piece], base * outline)
    for shade in range(_SHADES):
        level = shade / (_SHADES - 1)
        tone = base * (1 + contrast * (-0.3 + 0.42 * level)) + contrast * 14 * level**3
        for piece in pieces:
            inner = [
                (c + LIGHT_DIRECTION * r * 0.42 * level, r * (1 - 0.72 * level)) for c, r in piece
            ]
            fill_hull(image, inner, tone)


def fill_hull(image: Image, circles: Sequence[Circle], colour: FloatArray) -> None:
    """Fill the convex hull of circles with one colour (3,), clipped to 0 to 255."""
    points = np.concatenate([centre[:2] + radius * _RING for centre, radius in circles])
    hull = cv2.convexHull(np.round(points * 16).astype(np.int32))
    tone = tuple(float(v) for v in np.clip(colour, 0, 255))
    cv2.fillConvexPoly(image, hull, tone, lineType=cv2.LINE_AA, shift=4)


def unit_vector(vector: FloatArray) -> FloatArray:
    """Scale a vector to length 1."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-6))
