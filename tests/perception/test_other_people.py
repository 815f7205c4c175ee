from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from d2m.perception.other_people import OtherPeople, find_other_people
from d2m.perception.pose import PoseTrack, TimedFrame, track_pose
from tests.perception.drawn_figure import draw_person, room

FPS = 10.0
LENGTH = 16
HEIGHT = 360


def place_in(picture: np.ndarray, place: float, arm: float, size: float) -> None:
    draw_person(picture, place * picture.shape[1], arm=arm, size=size)


def group(
    places: dict[float, float], *, width: int = 640, absent: range = range(0)
) -> list[TimedFrame]:
    """Draw people of given sizes at given places (share of the width); the first stays."""
    frames = []
    for index in range(LENGTH):
        canvas = room(HEIGHT, width)
        for number, (place, size) in enumerate(places.items()):
            if number == 0 or index not in absent:
                place_in(canvas, place, 0.9 + 0.7 * np.sin(index / 2 + place * 9), size)
        frames.append((index / FPS, canvas))
    return frames


def follow_first(places: dict[float, float], *, width: int = 640) -> PoseTrack:
    """Follow the first of some people as if the others were not there."""
    (place, size), *_ = places.items()
    return track_pose(group({place: size}, width=width), FPS)


def company(places: dict[float, float], *, width: int = 640, absent: range = range(0)) -> object:
    frames = group(places, width=width, absent=absent)
    return find_other_people(frames[::2], follow_first(places, width=width))


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ({0.25: 0.8, 0.75: 0.8}, OtherPeople(others=1, place="left", is_nearest=False)),
        ({0.75: 0.8, 0.25: 0.8}, OtherPeople(others=1, place="right", is_nearest=False)),
        ({0.25: 0.9, 0.75: 0.5}, OtherPeople(others=1, place="left", is_nearest=True)),
    ],
)
def test_two_people(places: dict[float, float], expected: OtherPeople) -> None:
    assert company(places) == expected


def test_the_middle_one_of_three() -> None:
    found = company({0.5: 0.8, 0.18: 0.75, 0.82: 0.75}, width=800)
    assert found == OtherPeople(others=2, place="middle", is_nearest=False)


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_one_person_has_no_company(place: float) -> None:
    assert company({place: 0.9}) is None


def test_somebody_who_passes_by_is_no_company() -> None:
    assert company({0.25: 0.8, 0.75: 0.8}, absent=range(5, LENGTH)) is None


def test_a_little_figure_is_no_company() -> None:
    assert company({0.4: 0.95, 0.85: 0.22}) is None


def test_too_few_pictures_say_nothing() -> None:
    places = {0.25: 0.8, 0.75: 0.8}
    track = follow_first(places)
    assert find_other_people(group(places)[:2], track) is None
    assert find_other_people([], track) is None


def test_pictures_are_left_as_they_were_and_the_network_is_closed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from mediapipe.python.solutions.pose import Pose

    places = {0.25: 0.8, 0.75: 0.8}
    frames, track = group(places)[::2], follow_first(places)
    before = [frame.copy() for _, frame in frames]
    closed: list[Pose] = []
    close = Pose.close
    monkeypatch.setattr(Pose, "close", lambda self: (closed.append(self), close(self))[1])
    capfd.readouterr()
    assert find_other_people(frames, track) is not None
    assert len(closed) == 1
    assert capfd.readouterr().err == ""
    assert all((one == other).all() for one, (_, other) in zip(before, frames, strict=True))


def test_the_bundled_examples_show_one_dancer() -> None:
    from d2m.media.clip import read_frames

    for clip in sorted((Path(__file__).parents[2] / "examples").glob("*.mp4")):
        frames = [frame for frame in read_frames(clip, fps=5.0) if frame[0] < 6]
        assert find_other_people(frames[::4], track_pose(frames, 5.0)) is None, clip.name
