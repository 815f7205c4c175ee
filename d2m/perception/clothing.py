"""Tell people apart by the colours of their clothes."""

from __future__ import annotations

import numpy as np

from d2m.perception.mediapipe_graph import Image
from d2m.perception.pose import FloatArray

_BINS = 8  # of lightness, and of each of the two colour axes of CIELAB; chosen by hand
_SMOOTHING = (0.5, 0.7, 0.7)  # standard deviation of the blur over the bins; chosen by hand
# MediaPipe's shoulders and hips around the shirt; hips and knees around the trousers.
_SHIRT, _TROUSERS = (11, 12, 24, 23), (23, 24, 26, 25)
_INSIDE = 0.8  # size of the measured region over that of the body part, to leave out its edge
_LEAST_PX = 12  # pixels of a body part from which its colours are known; chosen by hand


def clothing_colours(image: Image, points: FloatArray) -> FloatArray:
    """Measure the colours of a person's shirt and trousers.

    Parameters
    ----------
    image : (H, W, 3)
        RGB.
    points : (33, 2)
        MediaPipe's landmarks, in frame heights.

    Returns
    -------
    (2, 512)
        Square roots of the shares of CIELAB colours in shirt and trousers; NaN for a part that
        is out of the picture.
    """
    return np.stack([_part_colours(image, points[list(part)]) for part in (_SHIRT, _TROUSERS)])


def _part_colours(image: Image, corners: FloatArray) -> FloatArray:
    import cv2
    from scipy.ndimage import gaussian_filter

    height, width = image.shape[:2]
    middle = corners.mean(axis=0)
    pixels = np.round((middle + _INSIDE * (corners - middle)) * height).astype(np.int32)
    (x0, y0), (x1, y1) = pixels.min(axis=0), pixels.max(axis=0) + 1
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    nothing = np.full(_BINS**3, np.nan)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return nothing
    mask = np.zeros((y1 - y0, x1 - x0), dtype=np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(pixels - np.array([x0, y0], np.int32)), (1,))
    if mask.sum() < _LEAST_PX:
        return nothing
    lab = cv2.cvtColor(image[y0:y1, x0:x1], cv2.COLOR_RGB2LAB)
    # Clothes rarely fill the colour axes, so these are stretched around grey.
    lab[..., 1:] = np.clip((lab[..., 1:].astype(int) - 128) * 2 + 128, 0, 255)
    ranges = [0, 256, 0, 256, 0, 256]
    shares = cv2.calcHist([lab], [0, 1, 2], mask, [_BINS] * 3, ranges)
    smooth = gaussian_filter(shares / shares.sum(), _SMOOTHING, mode="nearest")
    return np.asarray(np.sqrt(smooth.ravel() / smooth.sum()), dtype=float)


def mean_colours(colours: list[FloatArray]) -> FloatArray:
    """Return the mean (2, 512) of measurements; NaN for a part that none of them shows."""
    if not colours:
        return np.full((2, _BINS**3), np.nan)
    stacked = np.stack(colours)
    known = np.isfinite(stacked[..., 0]).sum(axis=0)
    total = np.nansum(stacked, axis=0)
    norm = np.linalg.norm(total, axis=1, keepdims=True)
    return np.asarray(np.where(known[:, None] > 0, total / np.maximum(norm, 1e-9), np.nan))


def colour_distance(one: FloatArray, other: FloatArray) -> float:
    """Return how different two people's clothes are, from 0 (same colours) to 1.

    Parameters
    ----------
    one, other : (2, 512)
        From `clothing_colours` or `mean_colours`.

    Returns
    -------
    float
        Mean Hellinger distance of the parts that both show; NaN if there is none.
    """
    likeness = (one * other).sum(axis=1)
    distances = np.sqrt(np.maximum(0.0, 1.0 - np.minimum(likeness, 1.0)))
    shown = distances[np.isfinite(distances)]
    return float(shown.mean()) if len(shown) else float("nan")
