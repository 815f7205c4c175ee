"""When each decoded picture of a clip is shown: timestamps are evidence, not truth.

`d2m.media.picture_stamps` compares all timestamps of a file with each other and sums up in a
`PictureTimes` what has to be repaired; `timed_frames` gives each decoded frame its time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

MAX_REORDER = 16
"""Pictures by which the order of decoding and that of showing differ at most: H.264 and HEVC
allow no more decoded pictures to wait."""
# If no more pictures than this are lost at the end, the last one that could be decoded is shown
# until the end. Chosen by hand.
_MAX_LOST_AT_END = 4
_US = 1_000_000


@dataclass(frozen=True, kw_only=True)
class PictureTimes:
    """What all timestamps of a file say together about when its pictures are shown.

    Times are those of the file's timeline, after all repairs.

    Parameters
    ----------
    interval_s
        Usual time from one picture to the next (s).
    first_s
        Time of the first picture that is decoded (s).
    last_s, end_s
        Start and end of the last picture (s).
    shift_s
        What has to be subtracted from all timestamps (s).
    is_decode_order
        Whether the timestamps ascend in the order in which the pictures are decoded.
    repaired
        Single timestamps that are wrong (µs), and the right times (s).
    resets
        What has to be added after the first, second, ... time that the timestamps start again
        (s).
    stray_s
        How far timestamps must go back to start again (s).
    is_even
        Whether the pictures follow each other evenly where their timestamps are doubled or go
        back, because there are no more and no fewer than places for them.
    """

    interval_s: float
    first_s: float
    last_s: float
    end_s: float
    shift_s: float = 0.0
    is_decode_order: bool = False
    repaired: tuple[tuple[int, float], ...] = ()
    resets: tuple[float, ...] = ()
    stray_s: float = 1.0
    is_even: bool = False

    @property
    def are_repaired(self) -> bool:
        """Whether any timestamp is not shown as it is in the file."""
        return bool(
            self.shift_s or self.is_decode_order or self.repaired or self.resets or self.is_even
        )

    def end_of_last(self, time_s: float) -> float:
        """Return until when the last frame that can be decoded is shown (s).

        Parameters
        ----------
        time_s
            Its own time (s). If many frames after it are lost, it is shown for one interval.
        """
        if time_s < self.last_s - _MAX_LOST_AT_END * self.interval_s:
            return time_s + self.interval_s
        return max(self.end_s, time_s + self.interval_s / 2)


def microseconds(time_s: float) -> int:
    """Return a timestamp as a whole number of microseconds."""
    return round(time_s * _US)


def frame_time(frame: VideoFrame) -> float | None:
    """Return a frame's timestamp in its file (s), or None if it has none."""
    stamp = frame.pts if frame.pts is not None else frame.dts
    return _seconds(frame, stamp)


def timed_frames(
    frames: Iterator[VideoFrame], times: PictureTimes, *, start_s: float
) -> Iterator[tuple[float, VideoFrame]]:
    """Yield each decoded frame with the time at which it is shown.

    Parameters
    ----------
    frames
        Frames as `d2m.media.frames.decode_frames` yields them.
    times
        The `times` of the clip's `d2m.media.probe.ProbeResult`.
    start_s
        Its `start_s`.

    Yields
    ------
    tuple of (float, av.VideoFrame)
        Time from the start of the clip, or of the part that was probed (s), and the frame.
        Times ascend strictly; those before a part are negative. The last frame is shown until
        ``times.end_of_last(time + start_s) - start_s``.
    """
    stamped = _stamped(frames, times)
    last: float | None = None
    for time, frame in _sorted(stamped) if times.is_decode_order else stamped:
        if times.is_even and last is not None and time < last + times.interval_s / 2:
            time = last + times.interval_s
        if last is None or time > last:
            last = time
            yield time - start_s, frame


def _stamped(
    frames: Iterator[VideoFrame], times: PictureTimes
) -> Iterator[tuple[float, VideoFrame]]:
    """Yield each frame with its repaired timestamp (s)."""
    repaired = dict(times.repaired)
    last: float | None = None
    last_dts: float | None = None
    added, resets = 0.0, iter(times.resets)
    for frame in frames:
        stamp, dts = _seconds(frame, frame.pts), _seconds(frame, frame.dts)
        if stamp is not None:
            time = repaired.get(microseconds(stamp), stamp - times.shift_s) + added
            if last is not None and time < last - times.stray_s:
                more = next(resets, added)
                time, added = time + more - added, more
        elif last is None:
            time = times.first_s
        elif dts is not None and last_dts is not None and dts > last_dts:
            # Decoding times are late by a constant delay, so only their distances count.
            time = last + dts - last_dts
        else:
            time = last + times.interval_s
        last, last_dts = time, dts
        yield time, frame


def _sorted(stamped: Iterator[tuple[float, VideoFrame]]) -> Iterator[tuple[float, VideoFrame]]:
    """Give the frames, which come in the order of showing, their times in ascending order."""
    waiting: deque[VideoFrame] = deque()
    ascending: list[float] = []
    for time, frame in stamped:
        waiting.append(frame)
        heappush(ascending, time)
        if len(waiting) > MAX_REORDER:
            yield heappop(ascending), waiting.popleft()
    while waiting:
        yield heappop(ascending), waiting.popleft()


def _seconds(frame: VideoFrame, stamp: int | None) -> float | None:
    return None if stamp is None or frame.time_base is None else float(stamp * frame.time_base)
