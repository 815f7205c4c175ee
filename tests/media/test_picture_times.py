from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from d2m.media.clip import normalise, read_frames
from d2m.media.clip_limits import ClipLimits
from d2m.media.picture_stamps import PictureStamps, SoundSpan
from d2m.media.picture_times import PictureTimes, timed_frames
from d2m.media.probe import probe_file
from d2m.media.probe_sandbox import probe_in_sandbox
from d2m.media.stamp_repair import Showing, usual_interval, weigh_stamps
from tests.clips import ClipMaker, number_of
from tests.flash_and_click import different_pictures, flashing_clip
from tools.clip_conditions.timing import TIMING
from tools.clip_conditions.timing_clips import B_FRAMES, H264, MPEG4, PLAIN, VP8

LIMITS = ClipLimits()
SOUND = SoundSpan(start_s=0.0, end_s=5.0)
EVEN = np.arange(150) / 30


def stamps(
    pts: Sequence[float | None], dts: Sequence[float | None], length: np.ndarray
) -> PictureStamps:
    return PictureStamps(
        pts_s=np.array(pts, float),
        dts_s=np.array(dts, float),
        duration_s=length,
        is_key=np.arange(len(pts)) == 0,
        is_shown=np.ones(len(pts), bool),
    )


def weigh(
    times: Sequence[float | None],
    *,
    sound: SoundSpan | None = SOUND,
    last_s: float = 1 / 30,
    dts: Sequence[float | None] | None = None,
    **more: bool,
) -> Showing:
    length = np.full(len(times), 1 / 30)
    length[-1] = last_s
    found = weigh_stamps(stamps(times, times if dts is None else dts, length), sound, **more)
    assert found is not None
    return found


def frames(pts_s: Sequence[float | None], dts: Sequence[float | None] | None = None) -> list:
    made = []
    for pts, decoded in zip(pts_s, dts or [None] * len(pts_s), strict=True):
        frame = av.VideoFrame(16, 16, "yuv420p")
        frame.time_base = Fraction(1, 90_000)
        frame.pts = None if pts is None else round(pts * 90_000)
        frame.dts = None if decoded is None else round(decoded * 90_000)
        made.append(frame)
    return made


def shown(pts_s: Sequence[float | None], times: PictureTimes, **more: Sequence) -> list[float]:
    start = times.first_s
    return [time for time, _ in timed_frames(iter(frames(pts_s, **more)), times, start_s=start)]


def test_plain_timestamps_are_left_alone() -> None:
    found = weigh(EVEN)
    assert found.are_intact
    assert (found.times.first_s, found.times.end_s) == pytest.approx((0.0, 5.0))
    assert found.times.interval_s == pytest.approx(1 / 30)
    assert shown(EVEN, found.times) == pytest.approx(EVEN, abs=1e-4)


@pytest.mark.parametrize(
    ("times", "rate"),
    [
        (np.round(np.arange(90) / 30, 3), 30.0),
        (np.round(np.arange(90) * 1001 / 24_000, 3), 23.976),
        (np.round(np.arange(90) / 30, 2), 30.0),
        (np.concatenate([np.arange(60) / 30, 5 + np.arange(60) / 30]), 30.0),
        (np.delete(np.arange(200) / 60, np.arange(10, 200, 7)), 60.0),
        (np.arange(50) / 20, 20.0),
    ],
    ids=["ms at 30", "ms at 23.976", "1/100 s at 30", "a pause", "lost pictures", "20"],
)
def test_the_rate_is_that_of_the_usual_interval(times: np.ndarray, rate: float) -> None:
    assert 1 / usual_interval(times) == pytest.approx(rate, rel=2e-3)


@pytest.mark.parametrize("place", [0, 40, 149])
@pytest.mark.parametrize("error_s", [-300.0, 300.0])
def test_a_stray_timestamp_does_not_move_anything_else(place: int, error_s: float) -> None:
    times = EVEN.copy()
    times[place] += error_s
    found = weigh(times)
    assert not found.are_intact
    assert found.times.end_s - found.times.first_s == pytest.approx(5.0, abs=0.07)
    assert found.times.interval_s == pytest.approx(1 / 30, rel=0.01)
    got = shown(times, found.times)
    assert len(got) == 150
    assert np.diff(got).max() < 0.07


def test_times_that_start_again_go_on() -> None:
    times = np.concatenate([EVEN[:75], EVEN[:75], EVEN[:30]]) + 100
    found = weigh(times, sound=None)
    assert found.times.end_s - found.times.first_s == pytest.approx(6.0)
    assert shown(times, found.times) == pytest.approx(np.arange(180) / 30, abs=1e-4)


def test_doubled_timestamps_are_counted_where_as_many_are_missing() -> None:
    times = EVEN.copy()
    times[54:79] -= 2 / 30  # as FFmpeg reads programme streams
    found = weigh(times)
    assert not found.are_intact
    assert shown(times, found.times) == pytest.approx(EVEN, abs=1e-4)
    times = np.sort(np.concatenate([EVEN, EVEN[40:45]]))
    assert shown(times, weigh(times).times) == pytest.approx(EVEN, abs=1e-4)


def test_missing_timestamps_are_counted() -> None:
    times: list[float | None] = [*EVEN]
    times[10] = times[90] = None
    found = weigh(times)
    assert not found.are_intact
    assert shown(times, found.times) == pytest.approx(EVEN, abs=1e-4)


def test_pictures_without_timestamps_at_the_start_are_counted_back() -> None:
    times: list[float | None] = [None] * 12 + [*EVEN[:100]]
    found = weigh(times)
    assert found.times.first_s == pytest.approx(-0.4)
    assert shown(times, found.times) == pytest.approx(EVEN[:112], abs=1e-4)


def test_decoding_times_serve_where_no_others_are_there() -> None:
    found = weigh([None] * 150, dts=EVEN)
    late = [*(EVEN[2:]), None, None]  # FFmpeg's decoder returns frames two packets later
    assert shown([None] * 150, found.times, dts=late) == pytest.approx(EVEN, abs=1e-4)


def test_timestamps_in_the_order_of_decoding_are_sorted() -> None:
    found = weigh(EVEN, is_decode_order=True)
    order = np.arange(150).reshape(-1, 3)[:, [2, 0, 1]].ravel()
    assert not found.are_intact
    assert shown(EVEN[order], found.times) == pytest.approx(EVEN, abs=1e-4)


@pytest.mark.parametrize(
    ("held_s", "sound_end_s", "duration_s"),
    [
        (0.0, 5.0, 5.0),
        (2.0, 7.0, 5.0 + 2.0 - 1 / 30),
        (2.0, None, 5.0 + 2.0 - 1 / 30),
        (60.0, 65.0, 5.0 + 60.0 - 1 / 30),
        (300.0, 20.0, 20.0),
        (300.0, None, 5.0 + 5.0 - 2 / 30),
        (0.0, 60.0, 5.0),
    ],
)
def test_the_last_picture_is_held_as_long_as_there_is_evidence(
    held_s: float, sound_end_s: float | None, duration_s: float
) -> None:
    sound = None if sound_end_s is None else SoundSpan(start_s=0.0, end_s=sound_end_s)
    found = weigh(EVEN, sound=sound, last_s=held_s)
    assert found.times.end_s == pytest.approx(duration_s, abs=1e-6)


@pytest.mark.parametrize("times", [[0.0], [None, None], [1.0, 1.0, 1.0]])
def test_fewer_than_two_times_are_no_clip(times: list[float | None]) -> None:
    assert weigh_stamps(stamps(times, times, np.zeros(len(times))), None) is None


@pytest.mark.parametrize(
    ("name", "codecs", "is_intact"),
    [
        ("a.mp4", (*B_FRAMES, "-c:a", "aac"), True),
        ("a.mkv", (*B_FRAMES, "-c:a", "aac"), True),
        ("a.mov", PLAIN, True),
        ("a.webm", (*VP8, "-c:a", "libopus"), True),
        ("a.avi", (*H264, "-bf", 2, "-c:a", "pcm_s16le"), False),
        ("a.avi", (*MPEG4, "-bf", 2, "-c:a", "pcm_s16le"), False),
    ],
)
def test_the_probe_says_whether_timestamps_can_be_kept(
    tmp_path: Path, name: str, codecs: tuple[object, ...], is_intact: bool
) -> None:
    clip = flashing_clip(tmp_path / name, *codecs)
    probed = probe_in_sandbox(clip, LIMITS)
    assert probed == probe_file(clip, LIMITS)
    assert probed.times_intact == is_intact
    assert (probed.info.fps, probed.info.duration_s) == pytest.approx((30.0, 6.0), abs=0.01)


def test_a_part_of_a_clip_in_the_order_of_decoding_has_its_pictures(tmp_path: Path) -> None:
    codecs = (*H264, "-bf", 2, "-g", 30, "-c:a", "pcm_s16le")
    clip = flashing_clip(tmp_path / "a.avi", *codecs)
    for start in (0.0, 1.0, 2.5):
        info = normalise(clip, tmp_path / "part.mp4", start_s=start, length_s=2.2)
        assert info.duration_s == pytest.approx(2.2, abs=1 / 60)
        assert different_pictures(tmp_path / "part.mp4") == 66


def test_every_picture_of_an_uncommon_rate_is_shown(make_clip: ClipMaker, tmp_path: Path) -> None:
    source = make_clip("clip.gif", times=np.arange(100) * 0.05, codec="gif")
    info = normalise(source, tmp_path / "copy.mp4")
    assert (info.fps, info.duration_s) == (20.0, 5.0)
    numbers = [number_of(frame) for _, frame in read_frames(tmp_path / "copy.mp4", fps=20)]
    assert numbers == list(range(100))


def test_there_are_conditions_of_time_for_all_containers() -> None:
    assert len(TIMING) >= 16
    assert len({condition.name for condition in TIMING}) == len(TIMING)
