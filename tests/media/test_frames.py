from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from d2m.core.errors import VideoError
from d2m.media.frames import at_constant_rate
from d2m.media.picture_times import PictureTimes, timed_frames
from d2m.media.upright import UprightScaler


def frame_at(time: float) -> av.VideoFrame:
    frame = av.VideoFrame(16, 16, "yuv420p")
    frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
    return frame


def shown(times: list[float], fps: float, source_fps: float, start_s: float = 0.0) -> list[int]:
    frames = [frame_at(time) for time in times]
    interval = 1 / source_fps
    found = PictureTimes(
        interval_s=interval, first_s=times[0], last_s=max(times), end_s=max(times) + interval
    )
    timed = timed_frames(iter(frames), found, start_s=start_s)
    ticks = at_constant_rate(timed, found, fps=fps, start_s=start_s, max_s=60.0)
    return [next(i for i, frame in enumerate(frames) if frame is tick) for tick in ticks]


def test_slow_frames_are_repeated_and_fast_ones_dropped() -> None:
    assert shown([0.0, 0.5, 0.6], fps=10, source_fps=10) == [0, 0, 0, 0, 0, 1, 2]
    assert shown([0.0, 0.05, 0.1, 0.15], fps=10, source_fps=20) == [0, 2]


def test_times_count_from_the_start_and_never_go_back() -> None:
    assert shown([7.0, 7.1, 7.05, 7.2], fps=10, source_fps=10, start_s=7.0) == [0, 1, 3]
    assert shown([0.3, 0.4], fps=10, source_fps=10) == [0, 0, 0, 0, 1]


def test_frames_past_the_limit_are_refused() -> None:
    with pytest.raises(VideoError, match="longer than 60 s"):
        shown([0.0, 1e7], fps=10, source_fps=10)


def test_frames_of_another_shape_get_black_bars() -> None:
    upright = UprightScaler(64, 32, "rgb24", 1.0)
    white = np.full((64, 32, 3), 255, np.uint8)
    for picture, bars in ((white.transpose(1, 0, 2), False), (white, True)):
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")
        frame.time_base = Fraction(1, 30)
        result = upright(frame).to_ndarray()
        assert result.shape == (32, 64, 3)
        assert result[16, 32].min() > 250
        assert (result[:, :20].max() < 5) == bars
        assert (result[:, -20:].max() < 5) == bars


def test_pixels_that_are_not_square_are_scaled() -> None:
    frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 255, np.uint8), "rgb24")
    assert UprightScaler(64, 32, "rgb24", 2.0)(frame).to_ndarray().min() > 250
