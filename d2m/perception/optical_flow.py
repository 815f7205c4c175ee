"""Directogram: how much moves in which direction, by optical flow.

After Davis and Agrawala, "Visual Rhythm and Beat" (SIGGRAPH 2018), Sec. 4. It needs no
pose, so it carries the rhythm where the pose is weak.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

MIN_SIDE = 16
"""Least size (px) at which the flow is measured, for clips that are mere slivers."""

FloatArray = NDArray[np.float64]
TimedFrame = tuple[float, NDArray[np.uint8]]


class DirectogramMeter:
    """Measure the directogram of frames as they come.

    Each frame's optical flow from the one before is taken at a small size, the median
    flow (the camera's) is subtracted, and the speeds are summed by direction.

    Parameters
    ----------
    fps
        Frames a second (Hz).
    bins
        Direction bins; bin 0 is centred on rightward movement, the next ones turn
        clockwise on the screen (y points down).
    longest_side
        Size at which the flow is measured (px).
    """

    def __init__(self, fps: float, *, bins: int = 8, longest_side: int = 160) -> None:
        self._fps = fps
        self._bins = bins
        self._longest_side = longest_side
        self._previous: NDArray[np.uint8] | None = None
        self._rows: list[FloatArray] = []

    def update(self, frame: NDArray[np.uint8]) -> None:
        """Measure one more frame, (H, W, 3) RGB; the first has no movement."""
        import cv2

        height, width = frame.shape[:2]
        scale = min(1.0, self._longest_side / max(height, width))
        size = tuple(max(MIN_SIDE, round(side * scale)) for side in (width, height))
        # Shrinking before taking the grey costs a third of the other order.
        small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        grey: NDArray[np.uint8] = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
        row = np.zeros(self._bins)
        if self._previous is not None and self._previous.shape == grey.shape:
            flow = _flow(self._previous, grey).reshape(-1, 2)
            row = self._histogram(flow) * self._fps / (max(size) * len(flow))
        self._previous = grey
        self._rows.append(row)

    def _histogram(self, flow: NDArray[Any]) -> FloatArray:
        """Sum the speeds (px a frame) of flow vectors (N, 2) by direction."""
        moving = flow - np.median(flow, axis=0)
        speed = np.hypot(moving[:, 0], moving[:, 1])
        turn = np.arctan2(moving[:, 1], moving[:, 0]) / (2 * np.pi)
        direction = np.round(turn * self._bins).astype(np.int64) % self._bins
        return np.bincount(direction, weights=speed, minlength=self._bins).astype(float)

    def pass_through(self, frames: Iterable[TimedFrame]) -> Iterator[TimedFrame]:
        """Pass ``(time_s, frame)`` through and measure each on its way."""
        for time_s, frame in frames:
            self.update(frame)
            yield time_s, frame

    def result(self) -> FloatArray:
        """Return the directogram so far.

        Returns
        -------
        (F, bins)
            Mean over the picture of the speed in each direction, in longest sides of
            the frame a second.
        """
        return np.array(self._rows).reshape(-1, self._bins)


def _flow(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[Any]:
    """Return the dense flow (H, W, 2) in px from one grey frame (H, W) to the next."""
    import cv2

    # Farneback's follows a dancer's joints better than OpenCV's DIS (correlation with
    # their speed 0.64-0.83 against 0.26-0.76 on four clips), and DIS crashes on slivers.
    start: Any = None
    return cv2.calcOpticalFlowFarneback(
        before,
        after,
        start,
        pyr_scale=0.5,
        levels=3,
        winsize=11,
        iterations=2,
        poly_n=5,
        poly_sigma=1.1,
        flags=0,
    )


def measure_directogram(
    frames: Iterable[TimedFrame], fps: float, *, bins: int = 8, longest_side: int = 160
) -> FloatArray:
    """Measure the directogram of a whole clip; see ``DirectogramMeter``.

    Parameters
    ----------
    frames
        ``(time_s, frame)`` in order, each frame (H, W, 3) RGB.
    fps
        Frames a second (Hz).
    bins
        Direction bins.
    longest_side
        Size at which the flow is measured (px).

    Returns
    -------
    (F, bins)
        In longest sides of the frame a second.
    """
    meter = DirectogramMeter(fps, bins=bins, longest_side=longest_side)
    for _ in meter.pass_through(frames):
        pass
    return meter.result()
