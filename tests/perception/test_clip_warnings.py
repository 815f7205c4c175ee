"""Warnings about clips, on drawn dancers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from d2m.perception.clip_warnings import (
    FrameSampler,
    find_absences,
    find_clip_warnings,
    measure_brightness,
)
from d2m.perception.people import People
from d2m.perception.pose import PoseTrack, TimedFrame
from d2m.perception.solo_tracker import track_pose
from tests.perception.drawn_figure import draw_person, room

FPS = 15.0
LENGTH = 60
HEIGHT, WIDTH = 360, 640
ASPECT = WIDTH / HEIGHT


def place_at(walk: tuple[float, ...]) -> np.ndarray:
    return np.interp(np.arange(LENGTH) / LENGTH, np.linspace(0, 1, len(walk)), walk)


def dance(
    *, walk: tuple[float, ...] = (0.5, 0.5), size: float = 0.9, others: tuple[float, ...] = ()
) -> list[TimedFrame]:
    """Draw a dancer who moves through the positions of ``walk`` (shares of the width)."""
    frames = []
    for index, place in enumerate(place_at(walk)):
        canvas = room(HEIGHT, WIDTH)
        arm = 0.9 + 0.7 * np.sin(index / 3)
        draw_person(canvas, place * WIDTH, arm=arm, size=size)
        for other in others:
            draw_person(canvas, other * WIDTH, arm=0.5, size=size)
        frames.append((index / FPS, canvas))
    return frames


def warnings_of(frames: list[TimedFrame]) -> list[str]:
    sampler = FrameSampler(len(frames))
    track = track_pose(sampler.pass_through(frames), FPS)
    return find_clip_warnings(sampler.result(), track)


def darkened(frames: list[TimedFrame], gain: float, noise: float = 3.0) -> list[TimedFrame]:
    rng = np.random.default_rng(1)
    grain = rng.normal(0, noise, (len(frames), HEIGHT, WIDTH, 1))
    return [
        (time, np.clip(frame * gain + grain[index], 0, 255).astype(np.uint8))
        for index, (time, frame) in enumerate(frames)
    ]


def constant_track(points: np.ndarray, found: np.ndarray, visibility: float = 1.0) -> PoseTrack:
    shape = (len(found), 33)
    return PoseTrack(
        landmarks=np.broadcast_to(points, (*shape, 3)).astype(float),
        world=np.zeros((*shape, 3)),
        visibility=np.where(found[:, None], visibility, 0.0) * np.ones(shape),
        found=found,
        fps=FPS,
    )


@pytest.fixture(scope="module")
def plain() -> tuple[list[TimedFrame], PoseTrack]:
    frames = dance()
    return frames, track_pose(frames, FPS)


def test_a_good_clip_gives_no_warning(plain: tuple[list[TimedFrame], PoseTrack]) -> None:
    frames, track = plain
    assert find_clip_warnings(frames[::8], track) == []


def people_at(*centres: float, followed: tuple[int, ...] = (1,), height: float = 0.5) -> People:
    """Return people who stand at the given places, in frame heights."""
    heights = [height, *(0.5 for _ in centres[1:])]
    boxes = [[x - 0.1, 0.9 - tall, x + 0.1, 0.9] for x, tall in zip(centres, heights, strict=True)]
    return People(times_s=np.arange(5) / 5, boxes=np.tile(boxes, (5, 1, 1)), followed=followed)


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        (people_at(0.9), None),
        (people_at(0.4, 1.2), "2 people are in the clip: the music follows number 1, the one on "
         "the left."),
        (people_at(0.4, 1.2, followed=(2,)), "2 people are in the clip: the music follows number "
         "2, the one on the right."),
        (people_at(0.9, 0.4, 1.4), "3 people are in the clip: the music follows number 1, the one "
         "in the middle."),
        (people_at(0.9, 0.4, 1.4, height=0.9), "3 people are in the clip: the music follows "
         "number 1, the one in the middle, who is the nearest."),
        (people_at(0.9, 0.4, 1.4, followed=(1, 2, 3)), "3 people are in the clip: the music "
         "follows all of them."),
        (people_at(*np.arange(6.0) / 6), "6 or more people are in the clip: the music follows "
         "number 1, the one on the left."),
    ],
)  # fmt: skip
def test_several_people_give_a_warning_that_says_who_is_followed(
    plain: tuple[list[TimedFrame], PoseTrack], people: People, expected: str | None
) -> None:
    frames, track = plain
    assert find_clip_warnings(frames[::8], track, people) == ([expected] if expected else [])


def test_people_who_are_never_seen_together_have_no_place(
    plain: tuple[list[TimedFrame], PoseTrack],
) -> None:
    frames, track = plain
    boxes = people_at(0.4, 1.2).boxes.copy()
    boxes[:3, 1] = boxes[3:, 0] = np.nan
    people = People(times_s=np.arange(5) / 5, boxes=boxes, followed=(1,))
    assert find_clip_warnings(frames[::8], track, people) == [
        "2 people are in the clip: the music follows number 1."
    ]


def test_where_one_of_several_people_is_lost_is_said(
    plain: tuple[list[TimedFrame], PoseTrack],
) -> None:
    frames, track = plain
    found = track.found.copy()
    found[20:40] = False
    sentences = find_clip_warnings(frames[::8], replace(track, found=found), people_at(0.4, 1.2))
    assert sentences[1] == (
        f"The dancer is hidden or out of the picture from {20 / FPS:.1f} to {40 / FPS:.1f} s: the "
        "music follows only what is visible."
    )


@pytest.mark.parametrize("side", [-0.3, 1.3])
def test_an_absence_is_reported_with_its_times(side: float) -> None:
    walk = (0.5, 0.5, side, side, 0.5, 0.5)
    frames = dance(walk=walk)
    places = place_at(walk)
    out = np.flatnonzero((places < 0) | (places > 1)) / FPS
    ((start, end),) = find_absences(track_pose(frames, FPS), ASPECT)
    assert start == pytest.approx(out[0], abs=0.25)
    assert end == pytest.approx(out[-1], abs=0.4)
    (sentence,) = warnings_of(frames)
    assert f"out of the picture from {start:.1f} to {end:.1f} s" in sentence


def test_an_absence_at_the_start_is_found() -> None:
    ((start, end),) = find_absences(track_pose(dance(walk=(-0.4, -0.2, 0.5, 0.5)), FPS), ASPECT)
    assert start == 0.0
    assert 1.2 < end < 2.4


def test_a_dancer_lost_in_the_middle_is_not_absent(
    plain: tuple[list[TimedFrame], PoseTrack],
) -> None:
    _, track = plain
    found = track.found.copy()
    found[20:40] = False
    assert find_absences(replace(track, found=found), ASPECT) == []


def test_short_absences_are_joined_or_ignored(
    plain: tuple[list[TimedFrame], PoseTrack],
) -> None:
    _, track = plain
    landmarks = track.landmarks.copy()
    for frames in (slice(10, 14), slice(16, 22), slice(40, 43)):
        landmarks[frames, :, 0] += 2.0
    assert find_absences(replace(track, landmarks=landmarks), ASPECT) == [
        (pytest.approx(10 / FPS), pytest.approx(22 / FPS))
    ]


def test_many_absences_are_counted(plain: tuple[list[TimedFrame], PoseTrack]) -> None:
    frames, track = plain
    landmarks = np.concatenate([track.landmarks] * 3)
    for start in range(10, 160, 30):
        landmarks[start : start + 12, :, 0] -= 3.0
    longer = replace(
        track,
        landmarks=landmarks,
        found=np.ones(180, dtype=bool),
        visibility=np.ones((180, 33)),
    )
    sentences = find_clip_warnings(frames[:2], longer)
    assert "from 0.7 to 1.5 s, from 2.7 to 3.5 s, from 4.7 to 5.5 s and at 2 other" in sentences[0]


def test_a_dark_clip_gives_a_warning_and_a_dim_one_does_not(
    plain: tuple[list[TimedFrame], PoseTrack],
) -> None:
    frames, track = plain
    assert "very dark" in find_clip_warnings(darkened(frames[::8], 0.07), track)[0]
    assert find_clip_warnings(darkened(frames[::8], 0.4), track) == []
    poor = track.found & (np.arange(LENGTH) % 4 > 0)
    dim = find_clip_warnings(darkened(frames[::8], 0.16), replace(track, found=poor))
    assert len(dim) == 1
    assert "very dark" in dim[0]
    assert find_clip_warnings(darkened(frames[::8], 0.16), track) == []


def test_brightness_is_measured_around_the_dancer(
    plain: tuple[list[TimedFrame], PoseTrack],
) -> None:
    frames, track = plain
    lit = [(time, frame.copy()) for time, frame in darkened(frames[::8], 0.1)]
    for _, frame in lit:
        frame[:, :60] = 255
    assert measure_brightness(lit, track) < 30
    untracked = replace(track, found=np.zeros(LENGTH, dtype=bool))
    assert measure_brightness(lit, untracked) == 255


def test_a_small_dancer_gives_a_warning(plain: tuple[list[TimedFrame], PoseTrack]) -> None:
    frames, track = plain
    small = replace(track, landmarks=0.5 + (track.landmarks - 0.5) * 0.25)
    (sentence,) = find_clip_warnings(frames[:2], small)
    assert "small in the picture (18% of its height)" in sentence


@pytest.mark.parametrize(
    ("shift", "expected"), [(0.0, None), (0.22, "feet are below"), (0.45, "legs are below")]
)
def test_a_body_cut_off_below_gives_a_warning(
    plain: tuple[list[TimedFrame], PoseTrack], shift: float, expected: str | None
) -> None:
    frames, track = plain
    landmarks = track.landmarks.copy()
    landmarks[..., 1] += shift
    visibility = np.where(landmarks[..., 1] > 1, 0.1, track.visibility)
    sentences = find_clip_warnings(
        frames[:2], replace(track, landmarks=landmarks, visibility=visibility)
    )
    assert len(sentences) == (expected is not None)
    assert all(expected and expected in sentence for sentence in sentences)


def test_a_head_above_the_picture_gives_a_warning(
    plain: tuple[list[TimedFrame], PoseTrack],
) -> None:
    frames, track = plain
    landmarks = track.landmarks.copy()
    landmarks[..., 1] -= 0.3
    (sentence,) = find_clip_warnings(frames[:2], replace(track, landmarks=landmarks))
    assert "head is above" in sentence


def test_the_network_sees_that_a_picture_is_cut_at_the_knees() -> None:
    cut = [(time, frame[:250]) for time, frame in dance()]
    (sentence,) = warnings_of(cut)
    assert "below the picture" in sentence


def test_no_dancer_or_no_frames_give_no_warning(plain: tuple[list[TimedFrame], PoseTrack]) -> None:
    frames, track = plain
    untracked = constant_track(np.full((33, 3), np.nan), np.zeros(LENGTH, dtype=bool))
    assert find_clip_warnings(frames[::8], untracked) == []
    assert find_clip_warnings([], track) == []
    assert find_absences(untracked, ASPECT) == []


def test_the_sampler_keeps_evenly_spaced_frames() -> None:
    frames = [(index / FPS, np.full((4, 4, 3), index, dtype=np.uint8)) for index in range(40)]
    sampler = FrameSampler(40, count=4)
    assert [time for time, _ in sampler.pass_through(frames)] == [time for time, _ in frames]
    assert [int(frame[0, 0, 0]) for _, frame in sampler.result()] == [5, 15, 25, 35]
    frames[5][1][:] = 0
    assert int(sampler.result()[0][1][0, 0, 0]) == 5
