"""Turn video frames upright, scale them, and convert their pixel format."""

from __future__ import annotations

from collections.abc import Hashable
from struct import Struct
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from d2m.media.clean_aperture import CleanAperture, clean_aperture
from d2m.media.clip_limits import ClipInfo
from d2m.media.colour import BT709_TAG, FULL_RANGE, LIMITED_RANGE, Colour, colour_of
from d2m.media.frame_filters import build_filters
from d2m.media.tone_mapping import MAPPED_FORMAT, ToneMapper

if TYPE_CHECKING:
    from av.filter import Graph
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MAX_FILTER_GRAPHS = 8
"""Filter graphs an :class:`UprightScaler` keeps. Chosen by hand: a clip needs one, or two when
the phone was turned, but a damaged file may change its frame size with every frame."""
# The display matrix of MP4 and QuickTime: 3 x 3 fixed-point numbers.
_MATRIX = Struct("=9i")


def fitted_size(width: float, height: float, longest_side: int) -> tuple[int, int]:
    """Return the even (width, height) of a frame reduced to ``longest_side`` (px)."""
    factor = min(1.0, longest_side / max(width, height))
    return max(2, round(width * factor / 2) * 2), max(2, round(height * factor / 2) * 2)


class UprightScaler:
    """Turns frames upright, scales them, and makes them SDR BT.709, with FFmpeg's filters.

    Parameters
    ----------
    width, height
        Size of the result (px). Frames with another aspect ratio, as when a phone is turned
        while filming, are padded with black bars.
    pixel_format
        FFmpeg's name of the pixel format, ``"yuv420p"`` (limited range) or ``"rgb24"``.
    sample_aspect
        Aspect ratio of a source pixel (width / height).
    aperture
        The part of the frames that is shown, or None for the whole.
    """

    def __init__(
        self,
        width: int,
        height: int,
        pixel_format: str,
        sample_aspect: float,
        aperture: CleanAperture | None = None,
    ) -> None:
        self.size = (width, height)
        self.pixel_format = pixel_format
        self.sample_aspect = sample_aspect
        self.aperture = aperture
        self._graphs: dict[Hashable, Graph] = {}
        self._mapper: tuple[Colour, ToneMapper] | None = None
        self._last: tuple[VideoFrame, VideoFrame] | None = None

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """Return the upright frame; repeated calls with the same frame reuse the result."""
        if self._last is None or self._last[0] is not frame:
            self._last = (frame, self._convert(frame))
        return self._last[1]

    def _convert(self, frame: VideoFrame) -> VideoFrame:
        turns, flipped = quarter_turns(frame), is_flipped(frame)
        shown = display_size(frame, self.sample_aspect, self.aperture)
        frame = self._cropped(frame)
        factor = min(bound / side for bound, side in zip(self.size, shown, strict=True))
        # A difference of up to two pairs of pixels is rounding and needs no bars.
        width, height = (
            bound if bound - side * factor < 4 else max(2, round(side * factor / 2) * 2)
            for bound, side in zip(self.size, shown, strict=True)
        )
        scaled = self._scale(frame, height if turns % 2 else width, width if turns % 2 else height)
        if turns == 0 and not flipped and (width, height) == self.size:
            return scaled
        turn: dict[int, list[tuple[str, str | None]]] = {
            0: [],
            1: [("transpose", "cclock")],
            2: [("hflip", None), ("vflip", None)],
            3: [("transpose", "clock")],
        }
        flip: list[tuple[str, str | None]] = [("vflip", None)] if flipped else []
        bars = ("pad", f"{self.size[0]}:{self.size[1]}:(ow-iw)/2:(oh-ih)/2")
        return self._filtered(scaled, *flip, *turn[turns], bars)

    def _cropped(self, frame: VideoFrame) -> VideoFrame:
        """Cut a frame to the aperture if it has the size that the aperture is meant for."""
        part = self.aperture
        if part is None or part.stored != (frame.width, frame.height):
            return frame
        return self._filtered(frame, ("crop", f"{part.width}:{part.height}:{part.left}:{part.top}"))

    def _filtered(self, frame: VideoFrame, *filters: tuple[str, str | None]) -> VideoFrame:
        """Return what FFmpeg's filters make of a frame."""
        key = (
            *(frame.width, frame.height, frame.format.name),
            *(frame.colorspace, frame.color_range, filters),
        )
        graph = self._graphs.get(key)
        if graph is None:
            if len(self._graphs) >= MAX_FILTER_GRAPHS:
                self._graphs.clear()
            graph = self._graphs[key] = build_filters(frame, filters)
        graph.vpush(frame)
        return graph.vpull()

    def _scale(self, frame: VideoFrame, width: int, height: int) -> VideoFrame:
        """Scale a frame to a size (px) and convert its colours to BT.709."""
        colour = colour_of(frame)
        if colour.needs_mapping:
            # Scaled first: mapping the colours takes longer.
            frame = self._mapped(
                _reformatted(frame, colour, width, height, MAPPED_FORMAT, FULL_RANGE), colour
            )
            colour = colour_of(frame)
        full = self.pixel_format == "rgb24"
        scaled = _reformatted(
            frame, colour, width, height, self.pixel_format, FULL_RANGE if full else LIMITED_RANGE
        )
        scaled.color_trc = scaled.color_primaries = BT709_TAG
        return scaled

    def _mapped(self, frame: VideoFrame, colour: Colour) -> VideoFrame:
        """Map the colours of an HDR or wide-gamut frame to BT.709."""
        if self._mapper is None or self._mapper[0] != colour:
            self._mapper = (colour, ToneMapper(colour.transfer, colour.primaries))
        return self._mapper[1](frame)


def rgb_of(frame: VideoFrame) -> NDArray[np.uint8]:
    """Return the pixels (H, W, 3) of a frame that an `UprightScaler` has made."""
    rgb = _reformatted(frame, colour_of(frame), frame.width, frame.height, "rgb24", FULL_RANGE)
    return cast("NDArray[np.uint8]", rgb.to_ndarray())


def _reformatted(
    frame: VideoFrame, colour: Colour, width: int, height: int, pixel_format: str, to_range: int
) -> VideoFrame:
    """Scale a frame to a size (px) and convert its matrix, range and pixel format."""
    from av.video.reformatter import Interpolation

    # Bicubic, because the mean of an area has nothing to average where nothing shrinks.
    method = Interpolation.AREA if width < frame.width else Interpolation.BICUBIC
    if colour.matrix != BT709_TAG:
        # Another matrix takes several steps, whose errors would add up to 5/255.
        method |= Interpolation.ACCURATE_RND
        method |= Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
    # One thread: a frame is too little work to share. FFmpeg's scale filter would take three
    # times as long.
    return frame.reformat(
        width=width,
        height=height,
        format=pixel_format,
        interpolation=method,
        src_colorspace=colour.matrix,
        dst_colorspace=BT709_TAG,
        src_color_range=colour.range,
        dst_color_range=to_range,
        threads=1,
    )


def quarter_turns(frame: VideoFrame) -> int:
    """Return how many quarter turns counter-clockwise make a frame upright, 0 to 3.

    An invalid display matrix, such as one of zeros, gives an angle outside of [-360, 360]
    degrees; it counts as no rotation.
    """
    if abs(frame.rotation) > 360:
        return 0
    return round(frame.rotation / 90) % 4


def is_flipped(frame: VideoFrame) -> bool:
    """Return whether a frame must be flipped vertically before it is rotated.

    Front cameras mirror their frames: a vertical flip and half a turn.
    """
    matrix: Any = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None or matrix.buffer_size != _MATRIX.size:
        return False
    right_x, right_y, _, down_x, down_y, *_ = _MATRIX.unpack(bytes(matrix))
    return bool(right_x * down_y < right_y * down_x)


def display_size(
    frame: VideoFrame, sample_aspect: float, aperture: CleanAperture | None = None
) -> tuple[float, float]:
    """Return the (width, height) of a frame when it is shown upright with square pixels (px).

    Parameters
    ----------
    frame
        A frame as it is decoded.
    sample_aspect
        Aspect ratio of its pixels (width / height).
    aperture
        The part of it that is shown, or None for the whole; ignored if it is meant for frames
        of another size.
    """
    width, height = float(frame.width), float(frame.height)
    if aperture is not None and aperture.stored == (frame.width, frame.height):
        width, height = float(aperture.width), float(aperture.height)
    width *= sample_aspect
    return (height, width) if quarter_turns(frame) % 2 else (width, height)


def scaler_for(
    info: ClipInfo, stream: VideoStream, longest_side: int, pixel_format: str
) -> UprightScaler:
    """Return the scaler of a clip that reduces the longest side to ``longest_side`` (px)."""
    width, height = fitted_size(info.width, info.height, longest_side)
    return UprightScaler(width, height, pixel_format, sample_aspect(stream), clean_aperture(stream))


def sample_aspect(stream: VideoStream) -> float:
    """Return the aspect ratio of a pixel (width / height); 1 if the file's value is implausible."""
    ratio = float(stream.sample_aspect_ratio or 1.0)
    return ratio if 0.25 <= ratio <= 4.0 else 1.0
