"""When each picture of a clip is shown: timestamps are evidence, not truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from d2m.media.frames import frame_time

if TYPE_CHECKING:
    from av.video.frame import VideoFrame


@dataclass(frozen=True, kw_only=True)
class PictureTimes:
    """What all timestamps of a file say together about when its pictures are shown.

    Parameters
    ----------
    interval_s
        Usual time from one picture to the next (s).
    end_s
        End of the last picture on the file's timeline (s).
    """

    interval_s: float
    end_s: float


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
        Times ascend strictly; those before a part are negative. The last frame of a clip is
        shown until ``times.end_s - start_s``.
    """
    last: float | None = None
    for frame in frames:
        stamp = frame_time(frame)
        if stamp is None:
            stamp = start_s if last is None else last + times.interval_s
        if last is None or stamp > last:
            last = stamp
            yield stamp - start_s, frame
