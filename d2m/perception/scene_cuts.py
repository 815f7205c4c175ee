"""Find the cuts of a clip while its frames are decoded."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np

from d2m.perception.mediapipe_graph import Image
from d2m.perception.pose import FloatArray, TimedFrame

_SIDE = 24  # width and height (px) of the small copies that are compared; chosen by hand
_REACH = 3  # frames before and after a possible cut that are compared; chosen by hand
_FADED = 0.08  # brightness range (0 to 1) under which a picture is a flash, or black
# Correlation of two pictures' edges (-1 to 1) and likeness of their colours (0 to 1), both below
# which they are different scenes. Chosen by hand on drawn clips with flashes and moving dancers.
_SAME_EDGES, _SAME_COLOURS = 0.5, 0.85


def mark_cuts(frames: Iterable[TimedFrame]) -> Iterator[tuple[float, Image, bool]]:
    """Yield each frame of a clip and whether a new scene begins with it.

    At a cut, none of the last frames resembles any of the next ones. A flash is no cut, because
    the frames after it resemble those before it; nor is a fast movement of the camera, whose
    neighbouring frames resemble each other.

    Parameters
    ----------
    frames
        ``(time_s, frame)`` in order, each frame (H, W, 3) RGB. They are read a few frames ahead.
    """
    before: deque[FloatArray] = deque(maxlen=_REACH)
    ahead: deque[tuple[float, Image, FloatArray]] = deque()
    for time, frame in frames:
        ahead.append((time, frame, _small(frame)))
        if len(ahead) == _REACH:
            yield _first(before, ahead)
    while ahead:
        yield _first(before, ahead)


def _first(
    before: deque[FloatArray], ahead: deque[tuple[float, Image, FloatArray]]
) -> tuple[float, Image, bool]:
    """Take the first frame from those ahead, and move its copy to those before."""
    is_cut = bool(before) and not any(
        _resembles(earlier, later) for earlier in before for _, _, later in ahead
    )
    time, frame, small = ahead.popleft()
    if is_cut:
        before.clear()
    before.append(small)
    return time, frame, is_cut


def _small(frame: Image) -> FloatArray:
    import cv2

    size = (_SIDE, _SIDE)
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA) / 255.0)


def _resembles(one: FloatArray, other: FloatArray) -> bool:
    """Return whether two small pictures (24, 24, 3) may show the same scene."""
    if min(np.ptp(one.mean(axis=2)), np.ptp(other.mean(axis=2))) < _FADED:
        return abs(float(one.mean() - other.mean())) < _FADED
    edges = [_edges(picture) for picture in (one, other)]
    if float((edges[0] * edges[1]).sum()) > _SAME_EDGES:
        return True
    return 1.0 - float(np.abs(one - other).mean()) > _SAME_COLOURS


def _edges(picture: FloatArray) -> FloatArray:
    """Return the differences of neighbouring pixels, of unit length."""
    grey = picture.mean(axis=2)
    flat = np.concatenate([np.diff(grey, axis=0).ravel(), np.diff(grey, axis=1).ravel()])
    return np.asarray(flat / (np.linalg.norm(flat) + 1e-9))
