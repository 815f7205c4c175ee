"""Video frames: fault-tolerant decoding, constant frame rate, upright orientation and scaling."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice, repeat
from math import ceil, inf
from struct import Struct
from typing import TYPE_CHECKING, Any

from d2m.core.errors import VideoError
from d2m.media.safe_open import ClipInfo, ClipLimits, read_packets

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.filter import Graph
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

COMMON_RATES = (24, 25, 30, 48, 50, 60)
"""Frame rates (Hz) of normalised clips: those of film, PAL, NTSC (rounded) and their doubles."""
MAX_FILTER_GRAPHS = 8
"""Filter graphs an :class:`UprightScaler` keeps. Chosen by hand: a clip needs one, or two when
the phone was turned, but a damaged file may change its frame size with every frame."""
# The display matrix of MP4 and QuickTime: 3 x 3 fixed-point numbers.
_MATRIX = Struct("=9i")


def common_rate(fps: float) -> int:
    """Return the entry of :data:`COMMON_RATES` (Hz) nearest to ``fps``.

    Lower rates are doubled first: 15 Hz becomes 30 Hz, with each frame shown twice, rather
    than 24 Hz with uneven repeats.
    """
    while fps < COMMON_RATES[0] - 1:
        fps *= 2
    return min(COMMON_RATES, key=lambda rate: abs(rate - fps))


def fitted_size(width: float, height: float, longest_side: int) -> tuple[int, int]:
    """Return the even (width, height) of a frame reduced to ``longest_side`` (px)."""
    factor = min(1.0, longest_side / max(width, height))
    return max(2, round(width * factor / 2) * 2), max(2, round(height * factor / 2) * 2)


def decode_frames(
    container: InputContainer, stream: VideoStream, limits: ClipLimits, *, skip: int = 0
) -> Iterator[VideoFrame]:
    """Yield the frames that can be decoded; packets that can't are skipped.

    Parameters
    ----------
    container, stream
        The open file and its video stream.
    limits
        Limits on the number of frames and their size.
    skip
        Number of packets to skip without decoding; the next one should hold a keyframe.

    Raises
    ------
    VideoError
        If the file holds more frames than allowed.
    """
    import av

    if not stream.codec_context.is_open:
        stream.codec_context.options = {"max_pixels": str(limits.max_pixels)}
        stream.thread_type = "AUTO"
    wanted = islice(read_packets(container, stream), skip, None)
    # None flushes the decoder.
    for count, packet in enumerate(chain(wanted, [None])):
        if count > limits.max_frames:
            raise VideoError(
                f"The clip has more than {limits.max_frames} frames: send a shorter one."
            )
        with suppress(av.FFmpegError):
            for frame in stream.decode(packet):
                # Frames that the flush returns have no time base.
                frame.time_base = stream.time_base
                yield frame


def frame_time(frame: VideoFrame) -> float | None:
    """Return a frame's timestamp in its file (s), or None if it has none."""
    stamp = frame.pts if frame.pts is not None else frame.dts
    return None if stamp is None or frame.time_base is None else float(stamp * frame.time_base)


def at_constant_rate(
    frames: Iterator[VideoFrame],
    *,
    fps: float,
    source_fps: float,
    start_s: float,
    max_s: float,
    length_s: float = inf,
) -> Iterator[VideoFrame]:
    """Convert frames of variable rate to a constant frame rate by repeating and dropping.

    Each frame is shown from the tick nearest to its timestamp until the next frame's tick, so
    timing errors are at most half a tick. Of several frames within a tick, the nearest is
    shown.

    Parameters
    ----------
    frames
        Frames with timestamps.
    fps
        Constant frame rate of the result (Hz).
    source_fps
        Mean frame rate of the source (Hz). It gives the duration of the last frame and the
        timestamps that are missing.
    start_s
        Timestamp of the first tick on the file's timeline (s).
    max_s
        Longest duration allowed (s).
    length_s
        Duration of the result (s); no frame after it is read. By default all frames are used.

    Yields
    ------
    av.VideoFrame
        The frame of each tick.

    Raises
    ------
    VideoError
        If there are frames after ``max_s``, whatever the header says.
    """
    current: VideoFrame | None = None
    tick, time = 0, -1.0 / source_fps
    for frame in frames:
        stamp = frame_time(frame)
        now = time + 1.0 / source_fps if stamp is None else stamp - start_s
        if now >= length_s:
            time = length_s - 1.0 / source_fps  # the current frame is shown to the end
            break
        if now > max_s:
            raise VideoError(f"The clip is longer than {max_s:g} s: send a shorter one.")
        if current is not None and now <= time:
            continue
        if current is not None:
            # The next frame starts at the tick nearest to it or, when frames come faster than
            # ticks, half-way between the two frames.
            until = ceil(max((time + now) / 2, now - 0.5 / fps) * fps - 1e-6)
            yield from repeat(current, until - tick)
            tick = max(tick, until)
        # The first decodable frame is shown from 0 s on, even if frames before it are lost.
        current, time = frame, now
    if current is not None:
        end = max(1, round(min(time + 1.0 / source_fps, length_s) * fps))
        yield from repeat(current, end - tick)


class UprightScaler:
    """Rotates and scales frames to one upright size and pixel format with FFmpeg's filters.

    Parameters
    ----------
    width, height
        Size of the result (px). Frames with another aspect ratio, as when a phone is turned
        while filming, are padded with black bars.
    pixel_format
        FFmpeg's name of the pixel format, ``"yuv420p"`` or ``"rgb24"``.
    sample_aspect
        Aspect ratio of a source pixel (width / height).
    """

    def __init__(self, width: int, height: int, pixel_format: str, sample_aspect: float) -> None:
        self.size = (width, height)
        self.pixel_format = pixel_format
        self.sample_aspect = sample_aspect
        self._graphs: dict[tuple[int, bool, int, int], Graph] = {}
        self._last: tuple[VideoFrame, VideoFrame] | None = None

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """Return the upright frame; repeated calls with the same frame reuse the result."""
        if self._last is None or self._last[0] is not frame:
            self._last = (frame, self._convert(frame))
        return self._last[1]

    def _convert(self, frame: VideoFrame) -> VideoFrame:
        turns, flipped = quarter_turns(frame), is_flipped(frame)
        shown = display_size(frame, self.sample_aspect)
        factor = min(bound / side for bound, side in zip(self.size, shown, strict=True))
        # A difference of up to two pairs of pixels is rounding and needs no bars.
        width, height = (
            bound if bound - side * factor < 4 else max(2, round(side * factor / 2) * 2)
            for bound, side in zip(self.size, shown, strict=True)
        )
        full_range = self.pixel_format == "rgb24"
        # One thread: a frame is too little work to share. FFmpeg's scale filter would take
        # three times as long.
        scaled = frame.reformat(
            width=height if turns % 2 else width,
            height=width if turns % 2 else height,
            format=self.pixel_format,
            interpolation="AREA",
            src_color_range=frame.color_range,
            dst_color_range="JPEG" if full_range else "MPEG",
            threads=1,
        )
        if turns == 0 and not flipped and (width, height) == self.size:
            return scaled
        key = turns, flipped, width, height
        graph = self._graphs.get(key)
        if graph is None:
            if len(self._graphs) >= MAX_FILTER_GRAPHS:
                self._graphs.clear()
            graph = self._graphs[key] = self._build_graph(scaled, turns, flipped=flipped)
        graph.vpush(scaled)
        return graph.vpull()

    def _build_graph(self, frame: VideoFrame, turns: int, *, flipped: bool) -> Graph:
        """Build the filters that rotate a frame and pad it to the full size."""
        from av.filter import Graph

        turn = {0: "null", 1: "transpose", 2: "hflip", 3: "transpose"}[turns]
        graph = Graph()
        graph.link_nodes(
            graph.add_buffer(
                width=frame.width,
                height=frame.height,
                format=frame.format,
                time_base=frame.time_base,
            ),
            graph.add("vflip" if flipped else "null"),
            graph.add(turn, {1: "cclock", 3: "clock"}.get(turns)),
            graph.add("vflip" if turns == 2 else "null"),
            graph.add("pad", f"{self.size[0]}:{self.size[1]}:(ow-iw)/2:(oh-ih)/2"),
            graph.add("buffersink"),
        ).configure()
        return graph


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


def display_size(frame: VideoFrame, sample_aspect: float) -> tuple[float, float]:
    """Return the (width, height) of a frame when it is shown upright with square pixels (px)."""
    width, height = frame.width * sample_aspect, float(frame.height)
    return (height, width) if quarter_turns(frame) % 2 else (width, height)


def scaler_for(
    info: ClipInfo, stream: VideoStream, longest_side: int, pixel_format: str
) -> UprightScaler:
    """Return the scaler of a clip that reduces the longest side to ``longest_side`` (px)."""
    width, height = fitted_size(info.width, info.height, longest_side)
    return UprightScaler(width, height, pixel_format, sample_aspect(stream))


def sample_aspect(stream: VideoStream) -> float:
    """Return the aspect ratio of a pixel (width / height); 1 if the file's value is implausible."""
    ratio = float(stream.sample_aspect_ratio or 1.0)
    return ratio if 0.25 <= ratio <= 4.0 else 1.0
