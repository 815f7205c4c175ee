from __future__ import annotations

import numpy as np
import pytest

from d2m.rendering.drawing import rgb
from d2m.rendering.yuv_canvas import YuvCanvas, frame_planes, image_planes, yuv_colour

COLOURS = ("#000000", "#FFFFFF", "#C82828", "#28C828", "#2828C8", "#E1AF91", "#0F172A")


def plain(colour: str, size: tuple[int, int] = (16, 8)) -> np.ndarray:
    image = np.empty((size[1], size[0], 3), np.uint8)
    image[:] = rgb(colour)
    return image


@pytest.mark.parametrize("colour", COLOURS)
def test_a_colour_is_the_same_as_a_number_and_in_an_image(colour: str) -> None:
    expected = yuv_colour(colour)
    for plane, value in zip(image_planes(plain(colour)), expected, strict=True):
        assert np.abs(plane - value).max() <= 1.0


def test_black_and_white_are_those_of_the_limited_range() -> None:
    assert yuv_colour("#000000") == pytest.approx((16, 128, 128))
    assert yuv_colour("#FFFFFF") == pytest.approx((235, 128, 128))
    # ITU-R BT.709: red, green and blue have the shares 0.2126, 0.7152 and 0.0722 of the luma.
    assert yuv_colour("#00FF00")[0] == pytest.approx(16 + 219 * 0.7152)


@pytest.mark.parametrize("colour", COLOURS)
def test_players_show_the_colours_that_were_drawn(colour: str) -> None:
    canvas = YuvCanvas(32, 16, "#000000")
    canvas.put(image_planes(plain(colour)), 16, 8)
    frame = canvas.frame()
    frame.colorspace, frame.color_range = 1, 1
    shown = frame.to_ndarray(format="rgb24").astype(int)
    assert np.abs(shown[10:14, 20:28] - rgb(colour)).max() <= 4
    assert np.abs(shown[:6]).max() <= 4
    assert np.abs(shown[:, :12]).max() <= 4


def test_sizes_need_not_be_multiples_of_four() -> None:
    canvas = YuvCanvas(22, 10, "#FFFFFF")
    canvas.put(image_planes(plain("#C82828", (6, 6))), 14, 2)
    planes = frame_planes(canvas.frame())
    assert [plane.shape for plane in planes] == [(10, 22), (5, 11), (5, 11)]
    red = (planes[0][:, :] < 200).nonzero()
    assert (red[0].min(), red[0].max(), red[1].min(), red[1].max()) == (2, 7, 14, 19)
    red = (planes[2] > 150).nonzero()
    assert (red[0].min(), red[0].max(), red[1].min(), red[1].max()) == (1, 3, 7, 9)


def test_a_frame_is_a_copy() -> None:
    canvas = YuvCanvas(16, 8, "#000000")
    before = canvas.frame()
    canvas.area(0, 0, 16, 8)[0][:] = 200
    assert frame_planes(before)[0].max() == 16
    assert frame_planes(canvas.frame())[0].min() == 200
