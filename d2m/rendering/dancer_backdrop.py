"""Frames of a video in which only a part changes: the rest of the picture is converted once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from d2m.rendering.drawing import Image

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

# RGB to YCbCr in limited range, 8 bits (ITU-R BT.709): weights of red, green, blue, and offset.
_BT709 = np.array(
    [
        [0.2126, 0.7152, 0.0722, 16 * 255 / 219],
        [-0.2126 / 1.8556, -0.7152 / 1.8556, 0.5, 128 * 255 / 224],
        [0.5, -0.7152 / 1.5748, -0.0722 / 1.5748, 128 * 255 / 224],
    ]
) * (np.array([[219], [224], [224]]) / 255)


class Backdrop:
    """A picture that stays behind what is drawn on it.

    Parameters
    ----------
    picture : (H, W, 3)
        RGB picture with an even width and height.
    """

    def __init__(self, picture: Image) -> None:
        self._picture = picture
        self.height, self.width = picture.shape[:2]
        self._coded = np.empty((self.height * 3 // 2, self.width), dtype=np.uint8)
        self._convert(picture, (0, 0), self._coded)

    def frame(
        self, box: tuple[int, int, int, int], draw: Callable[[Image, tuple[int, int]], None]
    ) -> VideoFrame:
        """Return a video frame (yuv420p, BT.709) of the picture with something drawn on it.

        Parameters
        ----------
        box
            Left, top, right and bottom (px) of the part that changes.
        draw
            Called with that part of the picture, to draw into it, and the (x, y) of its
            upper left corner.
        """
        import av

        left, top = (max(0, int(side)) // 2 * 2 for side in box[:2])
        right = min(self.width, -(-int(box[2]) // 2) * 2)
        bottom = min(self.height, -(-int(box[3]) // 2) * 2)
        coded = self._coded.copy()
        if right > left and bottom > top:
            part = self._picture[top:bottom, left:right].copy()
            draw(part, (left, top))
            self._convert(part, (left, top), coded)
        return av.VideoFrame.from_ndarray(coded, format="yuv420p")

    def _convert(self, part: Image, corner: tuple[int, int], coded: NDArray[np.uint8]) -> None:
        """Write a part of the picture, whose corner and size are even, into a coded frame."""
        import cv2

        (left, top), (tall, wide) = corner, part.shape[:2]
        yuv = cv2.transform(part, _BT709)
        half = cv2.resize(yuv, (wide // 2, tall // 2), interpolation=cv2.INTER_AREA)
        coded[top : top + tall, left : left + wide] = cv2.extractChannel(yuv, 0)
        planes = coded[self.height :].reshape(2, self.height // 2, self.width // 2)
        place = np.s_[top // 2 : (top + tall) // 2, left // 2 : (left + wide) // 2]
        for number, plane in enumerate(planes):
            plane[place] = cv2.extractChannel(half, number + 1)
