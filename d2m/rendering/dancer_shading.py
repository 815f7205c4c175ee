"""Shaded convex shapes, from which figures are drawn: collected first, then painted at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from d2m.rendering.drawing import Colour, Image

FloatArray = NDArray[np.float64]
Circle = tuple[FloatArray, float]
"""Centre (px) and radius (px)."""

LIGHT_DIRECTION = np.array([-0.5, -0.8])
"""Direction of the light in the image (x, y). Chosen by hand."""
_MAX_CIRCLES = 4  # of one hull
_SHADES = 7  # most hulls from dark to light that shade a rounded body
_SHADE_PX = 18.0  # torso length (px) for each of them: small figures need fewer
_OUTLINE = 0.014  # width (torso lengths)
_ANGLES = np.linspace(0, 2 * np.pi, 32, endpoint=False)
_RING = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=-1)
_FINE_PX = 7.0  # radius (px) from which a hull has all corners of the ring, else half of them
_SHIFT = 4  # binary digits of a pixel's fractions in OpenCV's coordinates


class Sketch:
    """Convex hulls of circles in the order in which they are painted.

    Parameters
    ----------
    unit
        Torso length (px), which scales outlines.
    """

    def __init__(self, unit: float) -> None:
        self.unit = unit
        self._circles: list[list[float]] = []
        # Number of the body, colour, brightness of the outline, contrast, whether it is shaded.
        self._manner: list[tuple[float, ...]] = []
        self._bodies = 0

    def shade(
        self,
        pieces: Sequence[Sequence[Circle]],
        colour: Colour,
        *,
        outline: float = 0.55,
        contrast: float = 1.0,
    ) -> None:
        """Add convex hulls of circles as one rounded body, lit from `LIGHT_DIRECTION`.

        Parameters
        ----------
        pieces
            Circles of each hull, at most four.
        colour
            Colour of the body.
        outline
            Brightness of the outline, as a factor of the colour; 0 for no outline.
        contrast
            Factor of the difference between the light and the dark side.
        """
        for piece in pieces:
            self._add(piece, (*colour, outline, contrast, 1.0))
        self._bodies += 1

    def fill(self, circles: Sequence[Circle], colour: Sequence[float] | FloatArray) -> None:
        """Add the convex hull of at most four circles in one colour, clipped to 0 to 255."""
        red, green, blue = colour
        self._add(circles, (red, green, blue, 0.0, 0.0, 0.0))
        self._bodies += 1

    def _add(self, circles: Sequence[Circle], manner: tuple[float, ...]) -> None:
        flat = [float(v) for (x, y, *_), radius in circles for v in (x, y, radius)]
        self._circles.append(flat + flat[-3:] * (_MAX_CIRCLES - len(circles)))
        self._manner.append((self._bodies, *manner))

    def paint(self, image: Image) -> None:
        """Paint everything into an RGB image ``(H, W, 3)``, changed in place."""
        import cv2

        if not self._circles:
            return
        centres, radii, tones = self._layers()
        reach = (centres @ _RING.T) + radii[..., None]
        outer = reach.argmax(axis=1)  # of the circles, for each direction: (N, angles)
        rows = np.arange(len(outer))[:, None]
        corners = centres[rows, outer] + radii[rows, outer][..., None] * _RING
        fixed = np.round(corners * (1 << _SHIFT)).astype(np.int32)
        coarse = np.ascontiguousarray(fixed[:, ::2])
        fine = (radii.max(axis=1) > _FINE_PX).tolist()
        for n, tone in enumerate(np.clip(tones, 0, 255).tolist()):
            hull = fixed[n] if fine[n] else coarse[n]
            cv2.fillConvexPoly(image, hull, tone, cv2.LINE_AA, _SHIFT)

    def _layers(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return circles and tones of all hulls: (N, circles, 2), (N, circles) and (N, 3)."""
        circles = np.array(self._circles).reshape(-1, 1, _MAX_CIRCLES, 3)
        manner = np.array(self._manner)
        base = manner[:, None, 1:4]
        outline, contrast, is_shaded = manner[:, 4:, None].swapaxes(0, 1)
        shades = int(np.clip(self.unit / _SHADE_PX, 3, _SHADES))
        layers = np.arange(-1, shades)
        level = np.maximum(layers, 0) / (shades - 1)
        growth = np.where(layers < 0, _OUTLINE * self.unit, 0.0)
        radii = circles[..., 2] * (1 - 0.72 * level)[:, None] + growth[:, None]
        step = circles[..., 2:] * (0.42 * level)[:, None, None]
        centres = circles[..., :2] + LIGHT_DIRECTION * step
        light = (contrast * (-0.3 + 0.42 * level))[..., None]
        tones = base * (1 + light) + (contrast * 14 * level**3)[..., None]
        tones[:, 0] = base[:, 0] * outline
        used = (layers == 0) | ((layers > 0) & (is_shaded > 0)) | ((layers < 0) & (outline > 0))
        order = np.argsort((manner[:, :1] * len(layers) + layers)[used], kind="stable")
        return centres[used][order], radii[used][order], tones[used][order]


def unit_vector(vector: FloatArray) -> FloatArray:
    """Scale a vector to length 1."""
    return np.asarray(vector / max(float(np.sqrt(vector @ vector)), 1e-6))
