from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from d2m.media.clip import normalise
from d2m.media.resample_at import resample_at
from d2m.media.sound_timing import place_sound
from tests.clips import ffmpeg
from tests.flash_and_click import flashing_clip, measure
from tools.clip_conditions.timing_clips import B_FRAMES, H264, PLAIN, apart

RATE = 48_000
PACKET = 1024
CLICKS_S = (0.5, 2.5, 4.5, 5.8)


def clicking(clock: float = 1.0, seconds: float = 6.0) -> NDArray[np.float32]:
    """Return a quiet tone with clicks, recorded with a clock that is slow by a factor."""
    time = np.arange(round(seconds / clock * RATE)) / RATE
    sound = 0.05 * np.sin(2 * np.pi * 300 * time)
    for click in CLICKS_S:
        here = (time >= click / clock) & (time < click / clock + 0.02)
        sound[here] += 0.8 * np.sin(2 * np.pi * 2000 * time[here])
    return np.stack([sound, sound]).astype(np.float32)


def packets(
    sound: NDArray[np.float32], clock: float = 1.0, start_s: float = 0.0
) -> list[tuple[float | None, NDArray[np.float32]]]:
    return [
        (start_s + at / RATE * clock, sound[:, at : at + PACKET])
        for at in range(0, sound.shape[1], PACKET)
    ]


def placed(
    pieces: list[tuple[float | None, NDArray[np.float32]]],
    start_s: float | None = 0.0,
    resets: tuple[float, ...] = (),
) -> NDArray[np.float32]:
    return place_sound(pieces, sample_rate=RATE, start_s=start_s, length=20 * RATE, resets=resets)


def click_errors(
    sound: NDArray[np.float32], late_s: float = 0.0, clicks_s: tuple[float, ...] = CLICKS_S
) -> NDArray[np.float64]:
    """Return how late each click is (s)."""
    loud = np.flatnonzero(np.abs(sound[0]) > 0.4) / RATE
    return np.array([loud[np.argmin(np.abs(loud - time))] - time for time in clicks_s]) - late_s


def steps(sound: NDArray[np.float32], clicks_s: tuple[float, ...] = CLICKS_S) -> float:
    """Return the largest step between two samples outside of the clicks."""
    time = np.arange(sound.shape[1]) / RATE
    quiet = np.ones(sound.shape[1] - 1, bool)
    for click in clicks_s:
        quiet &= (time[1:] < click - 0.05) | (time[1:] > click + 0.08)
    return float(np.abs(np.diff(sound[0]))[quiet].max())


NATURAL_STEP = 0.05 * 2 * np.pi * 300 / RATE


def test_sound_with_right_timestamps_is_not_touched() -> None:
    sound = clicking()
    np.testing.assert_array_equal(placed(packets(sound)), sound)
    np.testing.assert_array_equal(placed(packets(sound, start_s=7.0), start_s=None), sound)


@pytest.mark.parametrize("jitter_s", [0.0005, 0.005, 0.02])
def test_jitter_neither_moves_nor_cuts_the_sound(jitter_s: float) -> None:
    random = np.random.default_rng(0)
    pieces = [
        (float(time or 0) + random.uniform(-jitter_s, jitter_s), samples)
        for time, samples in packets(clicking())
    ]
    result = placed(pieces)
    assert np.abs(click_errors(result)).max() < 0.004
    assert steps(result) < 1.2 * NATURAL_STEP


@pytest.mark.parametrize("clock", [0.99, 0.999, 1.0005, 1.001, 1.01, 48 / 44.1])
def test_a_drifting_clock_is_followed_to_the_end(clock: float) -> None:
    result = placed(packets(clicking(clock), clock))
    assert np.abs(click_errors(result)).max() < 0.004
    assert steps(result[:, :-24]) < 1.2 * NATURAL_STEP * max(1, 1 / clock)
    assert result.shape[1] / RATE == pytest.approx(6.0, abs=0.02)


def test_a_clock_that_changes_its_speed_is_followed() -> None:
    sound = clicking()
    count = np.arange(0, sound.shape[1], PACKET) / RATE
    moved = np.where(count < 3, 0.0, 0.02 * (count - 3))
    pieces = [
        (float(place + more), samples)
        for place, more, (_, samples) in zip(count, moved, packets(sound), strict=True)
    ]
    late = np.interp(CLICKS_S, count, moved)
    assert np.abs(click_errors(placed(pieces)) - late).max() < 0.008


@pytest.mark.parametrize("gap_s", [0.02, 0.046, 0.3, 2.0])
def test_a_gap_is_filled_with_silence(gap_s: float) -> None:
    pieces = [
        (float(time or 0) + (gap_s if float(time or 0) > 3.0 else 0.0), samples)
        for time, samples in packets(clicking())
    ]
    result = placed(pieces)
    moved = tuple(click + gap_s * (click > 3) for click in CLICKS_S)
    assert np.abs(click_errors(result, clicks_s=moved)).max() < 0.002
    edge = next(place for place, samples in pieces if place and place > 3.0 + gap_s)
    silent = result[0, round((edge - 0.8 * gap_s) * RATE) : round((edge - 0.2 * gap_s) * RATE)]
    assert np.abs(silent).max() < 1e-3
    assert steps(result, moved) < 2 * NATURAL_STEP + 0.05 / (0.002 * RATE)


def test_doubled_sound_is_cut() -> None:
    sound = clicking()
    pieces = packets(sound)
    doubled = pieces[:150] + [(time, samples) for time, samples in pieces[140:]]
    result = placed(doubled)
    assert np.abs(click_errors(result)).max() < 0.002
    assert result.shape[1] == pytest.approx(sound.shape[1], abs=PACKET)


def test_a_first_packet_apart_does_not_move_the_others() -> None:
    pieces = packets(clicking(), start_s=0.046)
    pieces[0] = (0.0, pieces[0][1])
    assert np.abs(click_errors(placed(pieces), 0.046)).max() < 0.001


@pytest.mark.parametrize("place", [0, 100, -1])
@pytest.mark.parametrize("error_s", [-40.0, 0.1, 40.0])
def test_one_wrong_timestamp_does_not_move_the_others(place: int, error_s: float) -> None:
    pieces = packets(clicking(), start_s=50.0)
    pieces[place] = (float(pieces[place][0] or 0) + error_s, pieces[place][1])
    assert np.abs(click_errors(placed(pieces, 50.0))).max() < 0.002


def test_missing_timestamps_are_counted() -> None:
    pieces = packets(clicking(), start_s=1.0)
    some = [(time if place % 9 == 4 else None, part) for place, (time, part) in enumerate(pieces)]
    assert np.abs(click_errors(placed(some, 1.0))).max() < 0.002
    none = [(None, part) for _, part in pieces]
    assert np.abs(click_errors(placed(none, 1.0))).max() < 0.002


def test_timestamps_that_start_again_go_on_or_follow_the_pictures() -> None:
    pieces = packets(clicking())
    again = pieces[:140] + [
        (float(time or 0) - float(pieces[140][0] or 0), part) for time, part in pieces[140:]
    ]
    assert np.abs(click_errors(placed(again))).max() < 0.002
    later = float(pieces[140][0] or 0) + 0.1
    result = placed(again, resets=(later,))
    assert np.abs(click_errors(result[:, round(0.1 * RATE) :])[2:]).max() < 0.002


def test_useless_timestamps_leave_the_sound_whole() -> None:
    for pieces in (
        [(0.0, part) for _, part in packets(clicking())],
        [(float(time or 0) * 5, part) for time, part in packets(clicking())],
    ):
        assert np.isfinite(placed(pieces)).all()
    assert placed([]).shape == (2, 0)


def test_values_between_samples_are_those_of_the_wave() -> None:
    time = np.arange(4000) / RATE
    places = np.linspace(100, 3900, 3796)
    for hertz, error in ((1000, 1e-3), (10_000, 1e-3), (16_000, 5e-3)):
        sound = np.sin(2 * np.pi * hertz * time)[None].astype(np.float32)
        expected = np.sin(2 * np.pi * hertz * places / RATE)
        assert np.abs(resample_at(sound, places)[0] - expected).max() < error


def test_a_fragmented_clip_keeps_its_sound_on_its_picture(tmp_path: Path) -> None:
    clip = flashing_clip(
        *(tmp_path / "a.mp4", *B_FRAMES, "-c:a", "aac"),
        *("-movflags", "+frag_keyframe+empty_moov+default_base_moof"),
    )
    normalise(clip, tmp_path / "copy.mp4")
    assert measure(tmp_path / "copy.mp4").worst_sync_s < 0.003


@pytest.mark.parametrize("start_s", [1.0, 2.4])
def test_a_part_keeps_its_sound_on_its_picture(tmp_path: Path, start_s: float) -> None:
    source, clip = tmp_path / "source.mkv", tmp_path / "slow.mkv"
    flashing_clip(source, *H264, "-c:a", "flac", clock=1.01)
    ffmpeg("-i", source, "-c", "copy", "-bsf:a", "setts=ts=TS*1.01", clip)
    normalise(clip, tmp_path / "copy.mp4", start_s=start_s, length_s=3.0)
    expected = np.array([1.3, 2.2, 3.2, 4.3, 5.2]) - start_s
    found = measure(tmp_path / "copy.mp4", expected[(expected > 0) & (expected < 2.9)])
    assert found.worst_click_s < 0.010
    assert found.worst_flash_s < 0.017


def test_sound_that_is_longer_than_the_picture_is_cut(tmp_path: Path) -> None:
    clip = flashing_clip(tmp_path / "a.mp4", *PLAIN, sound_s=9.0)
    assert normalise(clip, tmp_path / "copy.mp4").duration_s == pytest.approx(6.0)
    assert measure(tmp_path / "copy.mp4").worst_sync_s < 0.003


def test_sound_that_is_late_is_measured_to_be_late(tmp_path: Path) -> None:
    normalise(apart(0.1, "a.mp4")(tmp_path), tmp_path / "copy.mp4")
    found = measure(tmp_path / "copy.mp4")
    assert found.worst_flash_s < 0.003
    assert found.click_s - found.flash_s == pytest.approx(np.full(6, 0.1), abs=0.003)
