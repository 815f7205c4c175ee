"""Draw text and mix colours in RGB images."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

Image = NDArray[np.uint8]
"""An RGB image ``(H, W, 3)``."""
Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""
# Font size as a share of a video's longest side. Chosen by eye, to be readable when the video
# is as wide as a phone's screen.
_FONT_SHARE = 0.025


@cache
def font(size: int) -> FreeTypeFont:
    """Return the bold font that comes with Matplotlib in a size (px)."""
    import matplotlib as mpl
    from PIL import ImageFont

    path = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans-Bold.ttf"
    return ImageFont.truetype(str(path), size)


def font_size(width: int, height: int) -> int:
    """Return the font size (px) for a video of this size (px)."""
    return max(6, round(_FONT_SHARE * max(width, height)))


def draw_text(image: Image, text: str, at: tuple[float, float], size: int, colour: str) -> None:
    """Draw a line of text into an image; text that is too wide is shortened.

    Parameters
    ----------
    image : (H, W, 3)
        RGB image, changed in place.
    text
        The text.
    at
        (x, y) of the text's centre (px).
    size
        Font size (px).
    colour
        Colour as ``#RRGGBB``.
    """
    from PIL import Image as Pillow
    from PIL import ImageDraw

    room = 2 * min(at[0], image.shape[1] - at[0])
    while len(text) > 1 and font(size).getlength(text) > room:
        text = f"{text[:-2]}…"
    canvas = Pillow.fromarray(image)
    ImageDraw.Draw(canvas).text(at, text, fill=rgb(colour), font=font(size), anchor="mm")
    image[:] = np.asarray(canvas)


def rgb(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue of a colour ``#RRGGBB``, 0 to 255."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def mix_colours(colour: str, background: str, share: float) -> tuple[int, int, int]:
    """Return the mix of ``share`` of one colour and the rest of another, 0 to 255."""
    red, green, blue = (
        round(share * one + (1 - share) * other)
        for one, other in zip(rgb(colour), rgb(background), strict=True)
    )
    return red, green, blue


def fade_to(image: Image, colour: tuple[int, int, int], share: float) -> Image:
    """Return an image in which each pixel is replaced by ``share`` of a colour."""
    import cv2

    background = np.empty_like(image)
    background[:] = colour
    return np.asarray(cv2.addWeighted(image, 1 - share, background, share, 0), dtype=np.uint8)
