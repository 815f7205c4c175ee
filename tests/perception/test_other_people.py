"""Finding people other than the tracked dancer, on drawn groups and the bundled clips."""

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


def group(
    places: dict[float, float], *, width: int = 640, absent: range = range(0)
) -> list[TimedFrame]:
    """Draw people at the given places (share of the width), each with its size.

    All but the first are missing in the frames of ``absent``.
    """
    frames = []
    for index in range(LENGTH):
        canvas = room(HEIGHT, width)
        for number, (place, size) in enumerate(places.items()):
            if number == 0 or index not in absent:
                arm = 0.9 + 0.7 * np.sin(index / 2 + place * 9)
                draw_person(canvas, place * width, arm=arm, size=size)
        frames.append((index / FPS, canvas))
    return frames


def track_first(places: dict[float, float], *, width: int = 640) -> PoseTrack:
    """Track the first person, drawn without the others."""
    (place, size), *_ = places.items()
    return track_pose(group({place: size}, width=width), FPS)


def found_others(
    places: dict[float, float], *, width: int = 640, absent: range = range(0)
) -> OtherPeople | None:
    frames = group(places, width=width, absent=absent)
    return find_other_people(frames[::2], track_first(places, width=width))


def others(count: int, dancer_position: str, *, dancer_is_nearest: bool = False) -> OtherPeople:
    return OtherPeople(
        count=count, dancer_position=dancer_position, dancer_is_nearest=dancer_is_nearest
    )


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ({0.25: 0.8, 0.75: 0.8}, others(1, "left")),
        ({0.75: 0.8, 0.25: 0.8}, others(1, "right")),
        ({0.25: 0.9, 0.75: 0.5}, others(1, "left", dancer_is_nearest=True)),
    ],
)
def test_two_people(places: dict[float, float], expected: OtherPeople) -> None:
    assert found_others(places) == expected


def test_the_middle_one_of_three() -> None:
    found = found_others({0.5: 0.8, 0.18: 0.75, 0.82: 0.75}, width=800)
    assert found == others(2, "middle")


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_a_single_dancer_has_no_others(place: float) -> None:
    assert found_others({place: 0.9}) is None


def test_a_person_who_passes_by_does_not_count() -> None:
    assert found_others({0.25: 0.8, 0.75: 0.8}, absent=range(5, LENGTH)) is None


def test_a_small_figure_does_not_count() -> None:
    assert found_others({0.4: 0.95, 0.85: 0.22}) is None


def test_too_few_frames_give_no_result() -> None:
    places = {0.25: 0.8, 0.75: 0.8}
    track = track_first(places)
    assert find_other_people(group(places)[:2], track) is None
    assert find_other_people([], track) is None


def test_frames_are_not_changed_and_the_network_is_closed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from mediapipe.python.solutions.pose import Pose

    places = {0.25: 0.8, 0.75: 0.8}
    frames, track = group(places)[::2], track_first(places)
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
