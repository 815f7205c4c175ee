"""Finding people in pictures, and following them through drawn clips whose dancers are known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from d2m import DanceToMusic
from d2m.core.errors import SettingsError
from d2m.perception.dancers import follow_people, followed_numbers, glance
from d2m.perception.people import People
from d2m.perception.person_search import PersonSearch, open_person_search
from d2m.perception.pose import TimedFrame
from tests.conftest import EXAMPLES
from tests.perception.drawn_figure import draw_person, room
from tools.people_figures.composites import KINDS, compose
from tools.people_figures.measure import measure

FPS = 15.0
HEIGHT, WIDTH = 360, 640


def group(places: dict[float, float], *, width: int = WIDTH) -> np.ndarray:
    """Draw people at the given places (share of the width), each with its size."""
    canvas = room(HEIGHT, width)
    for place, size in places.items():
        draw_person(canvas, place * width, arm=0.9 + 0.5 * np.sin(place * 9), size=size)
    return canvas


@pytest.fixture(scope="module")
def search() -> Iterator[PersonSearch]:
    with open_person_search() as opened:
        yield opened


@pytest.mark.parametrize(
    ("places", "width", "count"),
    [
        ({0.5: 0.9}, WIDTH, 1),
        ({0.2: 0.9}, WIDTH, 1),
        ({0.25: 0.8, 0.75: 0.8}, WIDTH, 2),
        ({0.25: 0.9, 0.75: 0.5}, WIDTH, 2),
        ({0.5: 0.8, 0.18: 0.75, 0.82: 0.75}, 800, 3),
        ({0.4: 0.95, 0.85: 0.22}, WIDTH, 1),  # a figure this small is a poster
    ],
)
def test_people_in_a_picture_are_found(
    search: PersonSearch, places: dict[float, float], width: int, count: int
) -> None:
    picture = group(places, width=width)
    before = picture.copy()
    found = search.search(picture)
    hips = sorted(float(one.values[[23, 24], 0].mean()) for one in found)
    assert len(found) == count
    wanted = sorted(places)[:count] if count == len(places) else [0.4]
    assert hips == pytest.approx([place * width / HEIGHT for place in wanted], abs=0.08)
    assert (picture == before).all()


def test_known_people_are_not_found_again(search: PersonSearch) -> None:
    picture = group({0.25: 0.8, 0.75: 0.8})
    first, second = search.search(picture)
    (again,) = search.search(picture, [first.values])
    assert np.abs(again.values[:, :2] - second.values[:, :2]).mean() < 0.03
    assert search.search(picture, [first.values, second.values]) == []


def test_an_empty_room_has_nobody(search: PersonSearch) -> None:
    assert search.search(room()) == []


def test_the_networks_write_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    with open_person_search() as opened:
        assert opened.search(group({0.5: 0.9}))
    assert capfd.readouterr().err == ""


def crossing(index: int) -> np.ndarray:
    """Draw two people of different colours who change places."""
    share = float(np.clip((index - 8) / 24, 0, 1))
    canvas = room(HEIGHT, WIDTH)
    for place, size, tint in ((0.2 + 0.6 * share, 0.72, 90), (0.8 - 0.6 * share, 0.85, 0)):
        layer = room(HEIGHT, WIDTH)
        empty = layer.copy()
        draw_person(layer, place * WIDTH, arm=0.7 + 0.4 * np.sin(index * size / 2), size=size)
        drawn = (layer != empty).any(axis=2)
        colours = np.roll(layer, 1, axis=2) if tint else layer
        canvas[drawn] = colours[drawn]
    return canvas


@pytest.fixture(scope="module")
def pictures() -> list[TimedFrame]:
    return [(index / FPS, crossing(index)) for index in range(45)]


def test_two_people_who_cross_keep_their_numbers(pictures: list[TimedFrame]) -> None:
    done: list[int] = []
    dancers = follow_people(
        pictures, FPS, aspect=WIDTH / HEIGHT, dancer="all", progress=done.append
    )
    assert dancers is not None
    assert done == list(range(1, len(pictures) + 1))
    assert (dancers.people.count, dancers.people.followed) == (2, (1, 2))
    share = np.clip((np.arange(45) - 8) / 24, 0, 1)
    for track, places in zip(dancers.tracks, (0.8 - 0.6 * share, 0.2 + 0.6 * share), strict=True):
        hips = track.landmarks[:, [23, 24], 0].mean(axis=1)
        gaps = np.abs(hips - places * WIDTH / HEIGHT)[track.found]
        assert (gaps < 0.15).mean() > 0.95
        assert track.coverage > 0.7


def test_the_chosen_number_is_followed(pictures: list[TimedFrame]) -> None:
    dancers = follow_people(pictures[:12], FPS, aspect=WIDTH / HEIGHT, dancer="2")
    assert dancers is not None
    (track,) = dancers.tracks
    assert dancers.people.followed == (2,)
    assert track.landmarks[:, [23, 24], 0].mean() == pytest.approx(0.25 * WIDTH / HEIGHT, abs=0.12)


def test_a_number_that_nobody_has_is_refused_with_the_count() -> None:
    assert followed_numbers("auto", 3) == (1,)
    with pytest.raises(SettingsError, match=r"no dancer number 4: 3 people .* choose 1 to 3\."):
        followed_numbers("4", 3)
    with pytest.raises(SettingsError, match=r"no dancer number 2: only one person was found"):
        followed_numbers("2", 1)


def test_at_a_glance_a_solo_and_an_empty_room_are_told_from_a_group() -> None:
    def frames(places: dict[float, float]) -> list[TimedFrame]:
        return [(float(n), group(places)) for n in range(4)]

    assert glance(frames({})) == 0
    assert glance(frames({0.5: 0.9})) == 1
    assert glance(frames({0.25: 0.8, 0.75: 0.8})) == 2


def test_a_plant_is_no_second_dancer(tmp_path: Path) -> None:
    stages: set[str] = set()
    clip = EXAMPLES / "groove_procedural_landscape.mp4"
    DanceToMusic(cache=tmp_path).perceive(clip, progress=lambda stage, _: stages.add(stage))
    assert "Tracking the dancer" in stages
    assert not any("several people" in stage for stage in stages)


def test_the_boxes_of_the_nearest_time_are_returned() -> None:
    people = People(
        times_s=np.array([0.0, 0.2]), boxes=np.arange(16.0).reshape(2, 2, 4), followed=(1,)
    )
    assert people.boxes_at(0.14)[0, 0] == 8.0
    assert People().boxes_at(1.0).shape == (0, 4)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_drawn_dancers_are_counted_and_keep_their_identity(kind: str) -> None:
    figures = measure(compose(kind, 300, 4.0))
    assert figures.found == figures.count
    assert figures.main_identity >= 0.95
