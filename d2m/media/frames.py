"""Video frames: fault-tolerant decoding and conversion to a constant frame rate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice, repeat
from math import ceil, inf
from typing import TYPE_CHECKING

from d2m.core.errors import VideoError
from d2m.media.clip_limits import ClipLimits
from d2m.media.safe_open import read_packets

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from d2m.media.picture_times import PictureTimes

COMMON_RATES = (24, 25, 30, 48, 50, 60)
"""Frame rates (Hz) of film, PAL, NTSC (rounded) and their doubles."""
LOWEST_RATE, HIGHEST_RATE = 20, 60
"""Range of the frame rates of normalised clips (Hz). Chosen by hand: below, players stutter;
above, nothing is gained for the analysis."""
# A rate so near to a common one (share) is that rate: 29.97 Hz is 30 Hz. Chosen by hand.
_SAME_RATE = 0.015


def common_rate(fps: float) -> int:
    """Return a constant frame rate (Hz) at which each picture of a clip is shown equally long.

    Parameters
    ----------
    fps
        Usual frame rate of the clip (Hz).

    Returns
    -------
    int
        The common rate that ``fps`` nearly is, or else ``fps`` rounded up to a whole number:
        20 Hz stays 20 Hz, which the nearest common rate of 24 Hz would show unevenly. Lower rates
        are doubled first: 15 Hz becomes 30 Hz, with each picture shown twice. Higher ones are
        halved: 240 Hz becomes 60 Hz.
    """
    while fps < LOWEST_RATE * (1 - _SAME_RATE):
        fps *= 2
    while fps > HIGHEST_RATE * (1 + _SAME_RATE):
        fps /= 2
    nearest = min(COMMON_RATES, key=lambda rate: abs(rate - fps))
    return nearest if abs(nearest / fps - 1) <= _SAME_RATE else ceil(fps * (1 - _SAME_RATE / 3))


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


def at_constant_rate(
    frames: Iterator[tuple[float, VideoFrame]],
    times: PictureTimes,
    *,
    fps: float,
    start_s: float,
    max_s: float,
    length_s: float = inf,
) -> Iterator[VideoFrame]:
    """Convert frames of variable rate to a constant frame rate by repeating and dropping.

    Each frame is shown from the tick nearest to its time until the next frame's tick, so
    timing errors are at most half a tick. Of several frames within a tick, the nearest is
    shown.

    Parameters
    ----------
    frames
        Frames with their times from the start, as `d2m.media.picture_times.timed_frames`
        yields them.
    times, start_s
        The same as for `timed_frames`; they give the duration of the last frame.
    fps
        Constant frame rate of the result (Hz).
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
    tick, time, end = 0, 0.0, None
    for now, frame in frames:
        if now >= length_s:
            end = length_s  # the current frame is shown to the end
            break
        if now > max_s:
            raise VideoError(f"The clip is longer than {max_s:g} s: send a shorter one.")
        if current is not None:
            # The next frame starts at the tick nearest to it or, when frames come faster than
            # ticks, half-way between the two frames.
            until = ceil(max((time + now) / 2, now - 0.5 / fps) * fps - 1e-6)
            yield from repeat(current, until - tick)
            tick = max(tick, until)
        # The first decodable frame is shown from 0 s on, even if frames before it are lost.
        current, time = frame, now
    if current is not None:
        if end is None:
            end = min(times.end_of_last(time + start_s) - start_s, length_s, max_s)
        yield from repeat(current, max(1, round(end * fps)) - tick)
