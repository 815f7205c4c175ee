from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from d2m.media.colour import (
    BT601_MATRIX,
    BT709_TAG,
    BT2020_MATRIX,
    BT2020_PRIMARIES,
    DISPLAY_P3_PRIMARIES,
    FULL_RANGE,
    HLG_TRANSFER,
    LIMITED_RANGE,
    PQ_TRANSFER,
    Colour,
    colour_of,
    is_hdr,
    needs_colour_conversion,
)
from d2m.media.tone_mapping import MAPPED_FORMAT, ToneMapper, to_bt709
from d2m.media.upright import UprightScaler
from tests.colour_charts import chart, patches_of


def tagged(
    width: int = 64,
    height: int = 48,
    pixels: str = "yuv420p",
    *,
    matrix: int = 2,
    transfer: int = 2,
    primaries: int = 2,
    span: int = 0,
) -> av.VideoFrame:
    frame = av.VideoFrame(width, height, pixels)
    frame.colorspace, frame.color_trc = matrix, transfer
    frame.color_primaries, frame.color_range = primaries, span
    return frame


@pytest.mark.parametrize(
    ("width", "height", "scaler_matrix"),
    [(640, 480, 5), (720, 576, 5), (1280, 720, 1), (1280, 534, 1), (480, 854, 1), (360, 576, 5)],
)
def test_the_size_tells_the_matrix_that_no_tag_tells(
    width: int, height: int, scaler_matrix: int
) -> None:
    assert colour_of(tagged(width, height)).matrix == scaler_matrix


def test_tags_go_before_the_size() -> None:
    assert colour_of(tagged(1920, 1080, matrix=BT601_MATRIX)).matrix == 5
    assert colour_of(tagged(320, 240, matrix=BT709_TAG)).matrix == 1
    assert colour_of(tagged(matrix=BT2020_MATRIX)).primaries == BT2020_PRIMARIES


def test_the_transfer_function_tells_what_hdr_leaves_out() -> None:
    for transfer in (PQ_TRANSFER, HLG_TRANSFER):
        assert colour_of(tagged(transfer=transfer)) == Colour(
            matrix=BT2020_MATRIX,
            is_full_range=False,
            transfer=transfer,
            primaries=BT2020_PRIMARIES,
        )
        assert colour_of(tagged(transfer=transfer, primaries=1)).primaries == BT709_TAG


def test_ten_bits_are_not_hdr() -> None:
    frame = tagged(1920, 1080, "yuv420p10le")
    assert not is_hdr(frame)
    assert not colour_of(frame).needs_mapping
    assert colour_of(frame).matrix == 1


@pytest.mark.parametrize("reserved", [3, 15, 200])
def test_reserved_numbers_count_as_no_tag(reserved: int) -> None:
    frame = tagged(matrix=reserved, transfer=reserved, primaries=reserved)
    assert colour_of(frame).matrix == 5
    assert UprightScaler(64, 48, "yuv420p", 1.0)(frame).colorspace == BT709_TAG


def test_range_is_told_by_the_tag_or_the_pixel_format() -> None:
    assert not colour_of(tagged()).is_full_range
    assert colour_of(tagged(span=FULL_RANGE)).is_full_range
    assert colour_of(tagged(pixels="yuvj420p")).is_full_range
    assert colour_of(tagged(pixels="rgb24")).is_full_range


@pytest.mark.parametrize(
    ("frame", "needed"),
    [
        (tagged(), False),
        (tagged(pixels="yuvj420p"), False),
        (tagged(pixels="yuv420p10le"), True),
        (tagged(pixels="yuv422p"), True),
        (tagged(transfer=HLG_TRANSFER), True),
    ],
)
def test_only_plain_sdr_can_be_shown_as_it_is(frame: av.VideoFrame, needed: bool) -> None:
    assert needs_colour_conversion(frame) == needed


def test_greys_of_sdr_stay_whatever_the_primaries() -> None:
    greys = np.repeat(np.linspace(0, 1, 9)[:, None], 3, axis=1)
    for primaries in (BT709_TAG, BT2020_PRIMARIES, DISPLAY_P3_PRIMARIES, 2):
        assert to_bt709(greys, BT709_TAG, primaries) == pytest.approx(greys, abs=1e-3)


def test_hdr_is_mapped_by_hable_from_black_to_the_peak() -> None:
    def grey(code: float, transfer: int) -> float:
        mapped = to_bt709(np.full((1, 3), code), transfer, BT2020_PRIMARIES)[0]
        assert mapped == pytest.approx(mapped[0], abs=1e-3)
        return float(mapped[0]) * 255

    # The white of SDR, 203 cd/m^2, is 75 % in HLG and 58 % in PQ; the peak has 1000 cd/m^2.
    assert [grey(code, HLG_TRANSFER) for code in (0, 0.75, 1)] == pytest.approx(
        [0, 193, 255], abs=1
    )
    assert [grey(code, PQ_TRANSFER) for code in (0, 0.5806, 0.7518, 1)] == pytest.approx(
        [0, 193, 255, 255], abs=1
    )


@pytest.mark.parametrize("transfer", [PQ_TRANSFER, HLG_TRANSFER, BT709_TAG])
def test_mapped_frames_have_the_exact_colours(transfer: int) -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4081, (38, 50, 3), dtype=np.uint16)
    codes[:4] = 0
    frame = av.VideoFrame(50, 38, MAPPED_FORMAT)
    for plane, channel in zip(frame.planes, (1, 2, 0), strict=True):
        rows = np.zeros((38, plane.line_size // 2), np.uint16)
        rows[:, :50] = codes[..., channel]
        plane.update(rows.tobytes())
    frame.pts, frame.time_base = 7, Fraction(1, 30)
    mapped = ToneMapper(transfer, BT2020_PRIMARIES)(frame)
    exact = to_bt709(codes / 4080, transfer, BT2020_PRIMARIES)
    seen = np.stack(
        [
            np.frombuffer(bytes(mapped.planes[i]), np.uint16).reshape(38, -1)[:, :50]
            for i in (2, 0, 1)
        ],
        axis=-1,
    )
    assert np.abs(seen / 4080 - exact).max() < 0.5 / 255
    assert mapped.pts == 7


def test_scaled_frames_are_tagged_and_have_one_result_for_each_matrix() -> None:
    picture = av.VideoFrame.from_ndarray(chart(), "rgb24")
    for matrix, scaler in ((BT709_TAG, 1), (BT601_MATRIX, 5), (BT2020_MATRIX, 9)):
        for span in (LIMITED_RANGE, FULL_RANGE):
            coded = picture.reformat(format="yuv444p", dst_colorspace=scaler, dst_color_range=span)
            coded.colorspace, coded.color_range, coded.color_primaries = matrix, span, 1
            frame = UprightScaler(picture.width, picture.height, "yuv420p", 1.0)(coded)
            assert (frame.colorspace, frame.color_range) == (BT709_TAG, LIMITED_RANGE)
            assert (frame.color_trc, frame.color_primaries) == (BT709_TAG, BT709_TAG)
            shown = frame.reformat(format="rgb24", dst_color_range=FULL_RANGE).to_ndarray()
            assert np.abs(patches_of(shown) - patches_of(chart())).max() <= 6


def test_bars_beside_a_turned_frame_are_black() -> None:
    frame = av.VideoFrame.from_ndarray(chart(), "rgb24").reformat(
        format="yuv420p10le", dst_colorspace=9
    )
    frame.color_trc, frame.color_primaries, frame.colorspace = HLG_TRANSFER, 9, 9
    frame.time_base = Fraction(1, 30)
    result = UprightScaler(384, 384, "yuv420p", 1.0)(frame)
    assert result.to_ndarray()[:100].max() <= 17
