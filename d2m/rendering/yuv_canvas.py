"""A picture in YCbCr, the form in which videos are coded, that frames and drawings are put into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2m.media.colour import BT709_TAG, FULL_RANGE, LIMITED_RANGE
from d2m.rendering.drawing import Image, rgb

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

Planes = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]
"""Luma ``(H, W)``, and blue and red chroma ``(H / 2, W / 2)``, in BT.709 with limited range."""
PLANE_STEPS = (1, 2, 2)
"""Pixels from one sample of each plane to the next, across and down (4:2:0)."""


class YuvCanvas:
    """A picture in SDR BT.709 (``yuv420p``, limited range). All sizes and places are even (px).

    Frames of a video are copied into it as they are: turning them into RGB and back would take
    longer than everything else, and lose a little.

    Parameters
    ----------
    width, height
        Size (px).
    colour
        Colour of the background as ``#RRGGBB``.
    """

    def __init__(self, width: int, height: int, colour: str) -> None:
        self._samples = np.empty(width * height * 3 // 2, np.uint8)
        self._width, luma = width, width * height
        blue, red = self._samples[luma:].reshape(2, height // 2, width // 2)
        self._planes: Planes = (self._samples[:luma].reshape(height, width), blue, red)
        for plane, value in zip(self._planes, yuv_colour(colour), strict=True):
            plane[:] = round(value)

    def area(self, left: int, top: int, width: int, height: int) -> Planes:
        """Return views of a part of the picture, through which it can be changed."""
        luma, blue, red = (
            plane[top // step : (top + height) // step, left // step : (left + width) // step]
            for plane, step in zip(self._planes, PLANE_STEPS, strict=True)
        )
        return luma, blue, red

    def put(self, planes: Planes, left: int, top: int) -> None:
        """Copy a picture to a place, that of its upper left corner (px)."""
        height, width = planes[0].shape
        for target, source in zip(self.area(left, top, width, height), planes, strict=True):
            target[:] = source

    def frame(self) -> VideoFrame:
        """Return a copy of the picture as a frame for an encoder."""
        from av import VideoFrame

        return VideoFrame.from_ndarray(self._samples.reshape(-1, self._width), format="yuv420p")


def yuv_colour(colour: str) -> tuple[float, float, float]:
    """Return luma and both chroma of a colour ``#RRGGBB`` as planes hold them."""
    red, green, blue = (value / 255 for value in rgb(colour))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue  # ITU-R BT.709
    return (
        16 + 219 * luma,
        128 + 224 * (blue - luma) / (2 * (1 - 0.0722)),
        128 + 224 * (red - luma) / (2 * (1 - 0.2126)),
    )


def frame_planes(frame: VideoFrame) -> Planes:
    """Return the planes of a frame in BT.709 (``yuv420p``, limited range), without copying them."""
    luma, blue, red = (
        _rows(plane, plane.line_size)[: frame.height // step, : frame.width // step]
        for plane, step in zip(frame.planes, PLANE_STEPS, strict=True)
    )
    return luma, blue, red


def _rows(buffer: Any, line_size: int) -> NDArray[np.uint8]:
    """Return the bytes of a plane row by row, ``(H, line_size)``."""
    return np.frombuffer(buffer, np.uint8).reshape(-1, line_size)


def image_planes(image: Image) -> Planes:
    """Convert an RGB image ``(H, W, 3)`` of even size."""
    from av import VideoFrame
    from av.video.reformatter import Interpolation

    return frame_planes(
        VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24").reformat(
            format="yuv420p",
            interpolation=Interpolation.AREA | Interpolation.ACCURATE_RND,
            src_color_range=FULL_RANGE,
            dst_color_range=LIMITED_RANGE,
            dst_colorspace=BT709_TAG,
            threads=1,
        )
    )
