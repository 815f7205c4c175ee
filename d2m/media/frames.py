"""Pictures in time: tolerant decoding, constant rate, upright scaling."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice, repeat
from math import ceil, inf
from struct import Struct
from typing import TYPE_CHECKING, Any

from d2m.core.errors import VideoError
from d2m.media.safe_open import ClipInfo, ClipLimits, packets

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.filter import Graph
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

COMMON_RATES = (24, 25, 30, 48, 50, 60)
_MOST_GRAPHS = 8
_MATRIX = Struct("=9i")


def common_rate(fps: float) -> int:
    """Return the common frame rate (Hz) that serves pictures that come at ``fps``.

    Slow clips are doubled first, so that 15 becomes 30 with even steps rather than 24.
    """
    while fps < COMMON_RATES[0] - 1:
        fps *= 2
    return min(COMMON_RATES, key=lambda rate: abs(rate - fps))


def fitted_size(width: float, height: float, longest_side: int) -> tuple[int, int]:
    """Return the even (width, height) of a picture reduced to ``longest_side`` (px)."""
    factor = min(1.0, longest_side / max(width, height))
    return max(2, round(width * factor / 2) * 2), max(2, round(height * factor / 2) * 2)


def decode(
    container: InputContainer, stream: VideoStream, limits: ClipLimits, *, skip: int = 0
) -> Iterator[VideoFrame]:
    """Yield the pictures that can be decoded; damaged packets are left out.

    Parameters
    ----------
    container, stream
        Where the pictures are.
    limits
        What is accepted.
    skip
        Packets that are passed over undecoded; the next one should begin with a key picture.

    Raises
    ------
    VideoError
        If the file holds more pictures than allowed, or pictures of a size not allowed.
    """
    import av

    if not stream.codec_context.is_open:
        stream.codec_context.options = {"max_pixels": str(limits.max_pixels)}
        stream.thread_type = "AUTO"
    wanted = islice(packets(container, stream), skip, None)
    for count, packet in enumerate(chain(wanted, [None])):
        if count > limits.max_frames:
            raise VideoError(
                f"The clip has more than {limits.max_frames} pictures: send a shorter one."
            )
        with suppress(av.FFmpegError):
            for frame in stream.decode(packet):
                # Pictures that the last, empty packet brings out come without it.
                frame.time_base = stream.time_base
                yield frame


def frame_time(frame: VideoFrame) -> float | None:
    """Return a picture's time as its file tells it (s), or None when it tells none."""
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
    """Yield for each tick of a clock the picture seen then, from variable-rate pictures.

    Each picture is seen from the tick nearest to its own time until the next one's, so no
    picture is off by more than half a tick; where pictures come faster, the nearest is taken.

    Parameters
    ----------
    frames
        Pictures with times.
    fps
        Ticks a second (Hz).
    source_fps
        Mean rate of the pictures (Hz): how long the last one is seen, and the time of
        pictures that tell none.
    start_s
        Time of the first tick in the file's own time (s).
    max_s
        Longest duration allowed (s).
    length_s
        What comes later is left out (s), and no picture after it is asked for.

    Raises
    ------
    VideoError
        If the pictures go on after ``max_s``, whatever the header said.
    """
    seen: VideoFrame | None = None
    tick, time = 0, -1.0 / source_fps
    for frame in frames:
        stamp = frame_time(frame)
        now = time + 1.0 / source_fps if stamp is None else stamp - start_s
        if now >= length_s:
            time = length_s - 1.0 / source_fps  # the last one is seen to the end
            break
        if now > max_s:
            raise VideoError(f"The clip is longer than {max_s:g} s: send a shorter one.")
        if seen is not None and now <= time:
            continue
        if seen is not None:
            # The next one is seen from the tick nearest to it, or from half way when the
            # pictures come faster than the ticks.
            until = ceil(max((time + now) / 2, now - 0.5 / fps) * fps - 1e-6)
            yield from repeat(seen, until - tick)
            tick = max(tick, until)
        # When the first pictures are lost, the first one left stands from 0 s on.
        seen, time = frame, now
    if seen is not None:
        end = max(1, round(min(time + 1.0 / source_fps, length_s) * fps))
        yield from repeat(seen, end - tick)


class Upright:
    """Turns and scales pictures to one upright size and pixel format, in FFmpeg's filters.

    Parameters
    ----------
    width, height
        Size of the result (px). A picture of another shape (a phone turned while filming)
        is fitted into it with black bars.
    pixel_format
        FFmpeg's name, ``"yuv420p"`` or ``"rgb24"``.
    sample_aspect
        Width of a source pixel over its height.
    """

    def __init__(self, width: int, height: int, pixel_format: str, sample_aspect: float) -> None:
        self.size = (width, height)
        self.pixel_format = pixel_format
        self.sample_aspect = sample_aspect
        self._graphs: dict[tuple[int, bool, int, int], Graph] = {}
        self._last: tuple[VideoFrame, VideoFrame] | None = None

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """Return the upright picture; the same one again for the same picture again."""
        if self._last is None or self._last[0] is not frame:
            self._last = (frame, self._turned(frame))
        return self._last[1]

    def _turned(self, frame: VideoFrame) -> VideoFrame:
        turns, flipped = quarter_turns(frame), is_flipped(frame)
        shown = displayed_size(frame, self.sample_aspect)
        factor = min(bound / side for bound, side in zip(self.size, shown, strict=True))
        # A pair of pixels more or less is rounding, not a shape that needs bars.
        width, height = (
            bound if bound - side * factor < 4 else max(2, round(side * factor / 2) * 2)
            for bound, side in zip(self.size, shown, strict=True)
        )
        full_range = self.pixel_format == "rgb24"
        # One thread: a picture is too little work to share, and a filter's scaler takes thrice
        # the time of this one.
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
            # A clip has one shape, or two when turned; one that has more pays with time only.
            if len(self._graphs) >= _MOST_GRAPHS:
                self._graphs.clear()
            graph = self._graphs[key] = self._graph(scaled, turns, flipped=flipped)
        graph.vpush(scaled)
        return graph.vpull()

    def _graph(self, frame: VideoFrame, turns: int, *, flipped: bool) -> Graph:
        """Build the filters that turn a picture and put it on the full canvas."""
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
    """Return by how many quarter turns, counter-clockwise, a picture is to be turned.

    A matrix that no picture can be turned by, such as one of zeros, reads as no angle at all.
    """
    if abs(frame.rotation) > 360:
        return 0
    return round(frame.rotation / 90) % 4


def is_flipped(frame: VideoFrame) -> bool:
    """Return whether a picture is to be turned upside down before `quarter_turns`.

    Flipped and turned by half is mirrored, as front cameras write it.
    """
    matrix: Any = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None or matrix.buffer_size != _MATRIX.size:
        return False
    right_x, right_y, _, down_x, down_y, *_ = _MATRIX.unpack(bytes(matrix))
    return bool(right_x * down_y < right_y * down_x)


def displayed_size(frame: VideoFrame, sample_aspect: float) -> tuple[float, float]:
    """Return the (width, height) at which a picture is meant to be seen (px)."""
    width, height = frame.width * sample_aspect, float(frame.height)
    return (height, width) if quarter_turns(frame) % 2 else (width, height)


def upright_for(info: ClipInfo, stream: VideoStream, longest_side: int, fmt: str) -> Upright:
    """Return the scaler for a clip, its longest side reduced to ``longest_side`` (px)."""
    width, height = fitted_size(info.width, info.height, longest_side)
    return Upright(width, height, fmt, sample_aspect(stream))


def sample_aspect(stream: VideoStream) -> float:
    """Return the width of a pixel over its height; 1 where the file says nothing sensible."""
    ratio = float(stream.sample_aspect_ratio or 1.0)
    return ratio if 0.25 <= ratio <= 4.0 else 1.0
