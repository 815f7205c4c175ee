"""How frames are laid out in a strip: how many, how wide, and which part of each is shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.rendering.drawing import Image

Points = NDArray[np.float64]
Part = tuple[int, int, int, int]
"""Left, top, width and height of a part of a frame (px)."""

GAP_PX = 5
"""Gap between two frames (px)."""
# Width of a strip, and height of its frames (px). Chosen by eye: it fits a page on a laptop.
_WIDTH_PX, _HEIGHT_PX = 1201, 214
# Numbers of frames in a strip of several people; fewer would hide how they move.
_COLUMNS = (6, 4, 3, 2)
# Share of the largest scale that is enough for more frames. Chosen by eye.
_ENOUGH = 0.85
# Room around all people, in parts of their height. Chosen by eye.
_MARGIN = 0.08


def cell_size(columns: int) -> tuple[int, int]:
    """Return the width and height (px) of each of so many frames in a strip."""
    return (_WIDTH_PX - (columns - 1) * GAP_PX) // columns, _HEIGHT_PX


@dataclass(frozen=True, kw_only=True)
class View:
    """A part of a frame, and how it is shown in a cell of a strip.

    Parameters
    ----------
    part
        The part of the frame (px).
    cell
        Width and height of the cell (px).
    """

    part: Part
    cell: tuple[int, int]

    @property
    def factor(self) -> float:
        """Pixels of the cell for each pixel of the frame."""
        return min(self.cell[0] / self.part[2], self.cell[1] / self.part[3])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture (px)."""
        _, _, width, height = self.part
        return max(1, round(width * self.factor)), max(1, round(height * self.factor))

    @property
    def offset(self) -> tuple[int, int]:
        """Left and upper end of the picture in its cell (px)."""
        return (self.cell[0] - self.size[0]) // 2, (self.cell[1] - self.size[1]) // 2

    def cut(self, frame: Image) -> Image:
        """Return the picture of the part."""
        import cv2

        left, top, width, height = self.part
        cut = frame[top : top + height, left : left + width]
        return np.asarray(cv2.resize(cut, self.size, interpolation=cv2.INTER_AREA), dtype=np.uint8)

    def to_picture(self, points: Points) -> Points:
        """Return points or boxes (..., 2 or 4) of the frame (px) in the picture (px)."""
        corner = np.tile(np.array(self.part[:2], dtype=float), points.shape[-1] // 2)
        return np.asarray((points - corner) * self.factor)

    def in_cell(self, picture: Image, ground: tuple[int, int, int]) -> Image:
        """Return the cell with the picture in its middle, on a ground of a colour (RGB)."""
        cell = np.full((self.cell[1], self.cell[0], 3), ground, dtype=np.uint8)
        (left, top), (width, height) = self.offset, self.size
        cell[top : top + height, left : left + width] = picture
        return cell


def layout_of_all(frame: Image, boxes: Points, most: int) -> tuple[int, Part]:
    """Choose how many frames a strip of several people has, and the part that shows them all.

    Parameters
    ----------
    frame : (H, W, 3)
        A frame of the clip.
    boxes : (B, 4)
        Boxes around all people in all frames of the strip, in frame heights; NaN where a
        person is not seen.
    most
        Most frames.

    Returns
    -------
    int, Part
        The number of frames, and the part of each.
    """
    choices = [columns for columns in _COLUMNS if columns <= most] or [most]
    parts = [_part_with_all(frame, boxes, cell_size(columns)) for columns in choices]
    scales = [
        View(part=part, cell=cell_size(columns)).factor
        for part, columns in zip(parts, choices, strict=True)
    ]
    chosen = next(i for i, scale in enumerate(scales) if scale >= _ENOUGH * max(scales))
    return choices[chosen], parts[chosen]


def _part_with_all(frame: Image, boxes: Points, cell: tuple[int, int]) -> Part:
    """Return the part of a frame that shows all boxes, with the shape of a cell if it fits."""
    height, width = frame.shape[:2]
    seen = boxes[np.isfinite(boxes).all(axis=1)] * height
    if not len(seen):
        return 0, 0, width, height
    whole = np.array((width, height), dtype=float)
    low, high = seen[:, :2].min(axis=0), seen[:, 2:].max(axis=0)
    margin = _MARGIN * (high[1] - low[1])
    low, high = np.clip(low - margin, 0, whole - 2), np.clip(high + margin, 2, whole)
    size = np.maximum(high - low, 2.0)
    shape = cell[0] / cell[1]
    size = np.minimum(np.maximum(size, (size[1] * shape, size[0] / shape)), whole)
    start = np.clip((low + high - size) / 2, 0, whole - size)
    left, top = (int(value) for value in start)
    return left, top, max(2, int(size[0])), max(2, int(size[1]))
