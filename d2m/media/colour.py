"""Which colours the numbers of a picture mean, and how they become SDR BT.709."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

BT709_TAG = 1
"""BT.709 as matrix, transfer function and primaries in the numbering of ITU-T H.273."""
LIMITED_RANGE = 1
"""FFmpeg's number of the limited range: black is 16 and white 235 in 8 bits."""
FULL_RANGE = 2
"""FFmpeg's number of the full range: black is 0 and white 255 in 8 bits."""
BT601_MATRIX = 6
"""The BT.601 matrix in the numbering of H.273; 5 is the same matrix."""
BT2020_MATRIX = 9
"""The BT.2020 matrix with non-constant luminance in the numbering of H.273."""
PQ_TRANSFER, HLG_TRANSFER = 16, 18
"""The two transfer functions of HDR in the numbering of H.273."""
HDR_TRANSFERS = frozenset((PQ_TRANSFER, HLG_TRANSFER))
"""Both of them."""
BT2020_PRIMARIES, DCI_P3_PRIMARIES, DISPLAY_P3_PRIMARIES = 9, 11, 12
"""The primaries of a wider gamut than BT.709 in the numbering of H.273."""
WIDE_PRIMARIES = frozenset((BT2020_PRIMARIES, DCI_P3_PRIMARIES, DISPLAY_P3_PRIMARIES))
"""Primaries that are converted. The ones of BT.601 are not: cameras and programs tag SD clips
with them by habit, and FFmpeg and most players show such clips as if they were BT.709."""
# H.273's numbers of matrices, and the numbers by which FFmpeg's scaler knows them. Others
# (constant luminance, YCgCo, ICtCp) are rare, and the scaler does not know them.
_SCALER_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
# Frames at least this wide, or higher than PAL's 576 lines, are HD: without a tag they have
# the BT.709 matrix, smaller ones that of BT.601. The rule of mpv; browsers' are similar.
_HD_WIDTH, _SD_HEIGHT = 1280, 576
# Formats in which a picture can be shown by every browser as it is.
_PLAIN_FORMATS = frozenset(("yuv420p", "yuvj420p"))


@dataclass(frozen=True, kw_only=True)
class Colour:
    """What the numbers of a picture mean, with everything that its tags leave out.

    Parameters
    ----------
    matrix
        The matrix between RGB and YCbCr, by the number of FFmpeg's scaler.
    is_full_range
        Whether black is 0, rather than 16 (in 8 bits).
    transfer, primaries
        Transfer function and primaries, by the numbers of H.273.
    """

    matrix: int
    is_full_range: bool
    transfer: int
    primaries: int

    @property
    def range(self) -> int:
        """FFmpeg's number of the range."""
        return FULL_RANGE if self.is_full_range else LIMITED_RANGE

    @property
    def needs_mapping(self) -> bool:
        """Whether BT.709 needs more than another matrix and range: HDR, or a wide gamut."""
        return self.transfer in HDR_TRANSFERS or self.primaries in WIDE_PRIMARIES


def colour_of(frame: VideoFrame) -> Colour:
    """Return what the numbers of a frame mean; what its tags leave out is guessed as players do.

    Only a tag makes a frame HDR: many 10-bit clips are SDR.
    """
    transfer = frame.color_trc
    is_bright = transfer in HDR_TRANSFERS
    matrix = frame.colorspace
    if matrix not in _SCALER_MATRICES:
        if is_bright or frame.color_primaries == BT2020_PRIMARIES:
            matrix = BT2020_MATRIX
        elif frame.width >= _HD_WIDTH or frame.height > _SD_HEIGHT:
            matrix = BT709_TAG
        else:
            matrix = BT601_MATRIX
    primaries = frame.color_primaries
    if primaries in (0, 2) and (is_bright or matrix == BT2020_MATRIX):
        primaries = BT2020_PRIMARIES
    return Colour(
        matrix=_SCALER_MATRICES[matrix],
        is_full_range=(
            frame.color_range == FULL_RANGE
            or frame.format.is_rgb
            or frame.format.has_palette
            or frame.format.name.startswith("yuvj")
        ),
        transfer=transfer,
        primaries=primaries,
    )


def is_hdr(tagged: VideoFrame | VideoStream) -> bool:
    """Return whether a frame or a stream is tagged as HDR (HLG or PQ)."""
    return tagged.color_trc in HDR_TRANSFERS


def needs_colour_conversion(tagged: VideoFrame | VideoStream) -> bool:
    """Return whether a frame or a stream is anything but 8-bit 4:2:0 SDR.

    What this is false for, browsers and players show in the right colours as it is.
    """
    kind = tagged.format.name if tagged.format is not None else ""
    return is_hdr(tagged) or kind not in _PLAIN_FORMATS


def tag_bt709(context: VideoCodecContext) -> None:
    """Tag what an encoder writes as BT.709 with limited range, as the scaled frames are."""
    context.color_primaries = context.color_trc = context.colorspace = BT709_TAG
    context.color_range = LIMITED_RANGE
