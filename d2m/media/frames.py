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

COMMON_RATES = (24, 25, 30, 48, 50, 60)
"""Frame rates (Hz) of normalised clips: those of film, PAL, NTSC (rounded) and their doubles."""


def common_rate(fps: float) -> int:
    """Return the entry of :data:`COMMON_RATES` (Hz) nearest to ``fps``.

    Lower rates are doubled first: 15 Hz becomes 30 Hz, with each frame shown twice, rather
    than 24 Hz with uneven repeats.
    """
    while fps < COMMON_RATES[0] - 1:
        fps *= 2
    return min(COMMON_RATES, key=lambda rate: abs(rate - fps))


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
