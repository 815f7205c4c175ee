"""Numbered boxes around the people in a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.core.person_areas import PersonArea
from d2m.rendering.drawing import Colour, Image

FloatArray = NDArray[np.float64]

FOLLOWED, OTHER = (240, 228, 66), (255, 255, 255)
"""Colours of the boxes around followed and other people (RGB): yellow and white."""
HEAD_SHARE = 0.06
"""Part of a person's height by which the box is drawn higher, for the top of the head: the highest
landmarks are those of the face. Chosen by eye."""
# Colours of outlines and of numbers on their ground (RGB).
_OUTLINE, _INK = (0, 0, 0), (34, 34, 34)
# Width of a box (px), and size of a number in OpenCV's units and its stroke (px). Chosen by eye:
# the numbers can be read where a strip of 1200 px is shown on a phone.
_BOX_PX, _NUMBER_SCALE, _NUMBER_PX = 2, 1.0, 2
# Free space around a number on its ground (px). Chosen by eye.
_NUMBER_MARGIN_PX = 5


def draw_person_boxes(
    frame: Image, boxes: FloatArray, followed: tuple[int, ...]
) -> tuple[Image, tuple[PersonArea, ...]]:
    """Draw a thin box with a number around each person.

    Parameters
    ----------
    frame : (H, W, 3)
        An RGB image.
    boxes : (P, 4)
        Left, top, right and bottom of each person (px); NaN for people who are not seen.
    followed
        Numbers of the people whose boxes are yellow; the others are white.

    Returns
    -------
    Image, tuple of PersonArea
        A drawn copy, and the part of each box that is inside the frame.
    """
    import cv2

    drawn = np.ascontiguousarray(frame).copy()
    height, width = drawn.shape[:2]
    areas = []
    for number, box in reversed(list(enumerate(boxes, 1))):  # the most prominent on top
        if not np.isfinite(box).all():
            continue
        above = box[1] - HEAD_SHARE * (box[3] - box[1])
        left, top = np.clip((box[0], above), 1, (width - 2, height - 2)).tolist()
        right, bottom = np.clip(box[2:], 1, (width - 2, height - 2)).tolist()
        if right - left < 2 or bottom - top < 2:
            continue
        areas.append(PersonArea(number=number, left=left, top=top, right=right, bottom=bottom))
        ends = (round(left), round(top)), (round(right), round(bottom))
        colour = FOLLOWED if number in followed else OTHER
        for extra, ink in ((2, _OUTLINE), (0, colour)):
            cv2.rectangle(drawn, *ends, ink, _BOX_PX + extra, cv2.LINE_AA)
        _draw_number(drawn, number, (ends[0][0], ends[1][1]), colour)
    return drawn, tuple(reversed(areas))


def _draw_number(image: Image, number: int, corner: tuple[int, int], colour: Colour) -> None:
    """Draw a number on a ground of a colour into the lower left corner of a box.

    There it hides feet rather than faces.
    """
    import cv2

    font, scale, thick = cv2.FONT_HERSHEY_SIMPLEX, _NUMBER_SCALE, _NUMBER_PX
    (width, height), _ = cv2.getTextSize(str(number), font, scale, thick)
    size = width + 2 * _NUMBER_MARGIN_PX, height + 2 * _NUMBER_MARGIN_PX
    x = min(corner[0], image.shape[1] - size[0])
    y = max(0, corner[1] - size[1])
    cv2.rectangle(image, (x, y), (x + size[0], y + size[1]), colour, cv2.FILLED)
    at = x + _NUMBER_MARGIN_PX, y + size[1] - _NUMBER_MARGIN_PX
    cv2.putText(image, str(number), at, font, scale, _INK, thick, cv2.LINE_AA)
