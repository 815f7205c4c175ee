from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from d2m.core.person_areas import PersonArea, person_at
from d2m.media.clip import normalise
from d2m.perception.people import People
from d2m.perception.pose import PoseTrack
from d2m.rendering.person_boxes import FOLLOWED, HEAD_SHARE, OTHER
from d2m.rendering.pose_strip import LEFT, RIGHT, TRUNK, draw_pose_strip

EXAMPLES = Path(__file__).parents[2] / "examples"
FPS = 30.0
LENGTH = 90
HEIGHT_PX, PICTURE_PX = 250, 214
# Joints of a standing body: x and y in body heights, from the centre of its top edge. The
# dancer's left is on the right of the frame.
BODY = {
    (0,): (0.0, 0.08),
    (11, 13, 15): ((0.12, 0.2), (0.2, 0.35), (0.25, 0.5)),
    (12, 14, 16): ((-0.12, 0.2), (-0.2, 0.35), (-0.25, 0.5)),
    (23, 25, 27): ((0.08, 0.52), (0.09, 0.75), (0.1, 1.0)),
    (24, 26, 28): ((-0.08, 0.52), (-0.09, 0.75), (-0.1, 1.0)),
}


def standing(x: float, top: float, size: float) -> PoseTrack:
    """Return the pose track of a body that does not move, in frame heights."""
    points = np.full((33, 2), (0.0, 0.1))
    for joints, places in BODY.items():
        points[list(joints)] = places
    landmarks = np.zeros((LENGTH, 33, 3))
    landmarks[..., :2] = (x, top) + points * size
    return PoseTrack(
        landmarks=landmarks,
        world=np.zeros((LENGTH, 33, 3)),
        visibility=np.ones((LENGTH, 33)),
        found=np.ones(LENGTH, dtype=bool),
        fps=FPS,
    )


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("copies")
    for shape in ("landscape", "portrait"):
        (clip,) = EXAMPLES.glob({"landscape": "break*.mp4", "portrait": "salsa*.mp4"}[shape])
        normalise(clip, folder / f"{shape}.mp4", start_s=1.0, length_s=3.0, longest_side=640)
    return {shape: folder / f"{shape}.mp4" for shape in ("landscape", "portrait")}


def drawn(path: Path) -> np.ndarray:
    return cv2.imread(str(path))[..., ::-1].astype(int)


def area(strip: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return np.abs(strip - colour).max(axis=2) < 12


@pytest.mark.parametrize(("shape", "x"), [("landscape", 0.89), ("portrait", 0.28)])
def test_a_strip_shows_the_skeleton_in_each_frame(
    copies: dict[str, Path], tmp_path: Path, shape: str, x: float
) -> None:
    track = standing(x, 0.2, 0.6)
    text = draw_pose_strip(tmp_path / "strip.png", copies[shape], track).text
    strip = drawn(tmp_path / "strip.png")
    assert strip.shape == (HEIGHT_PX, 6 * 196 + 5 * 5, 3)
    for index in range(6):
        cell = strip[:PICTURE_PX, index * 201 : index * 201 + 196]
        columns = {
            name: np.median(np.nonzero(area(cell, colour))[1])
            for name, colour in (("left", LEFT), ("right", RIGHT), ("trunk", TRUNK))
        }
        assert columns["right"] < columns["trunk"] < columns["left"]
        caption = strip[PICTURE_PX:, index * 201 : index * 201 + 196]
        assert (caption.mean(axis=2) < 100).sum() > 150
    assert text == (
        "6 frames of the clip, from 0.2 to 2.7 s, with the tracked skeleton: the "
        "dancer is seen in 6 of them and in 100% of the clip."
    )


def test_the_skeleton_lies_where_the_joints_are(copies: dict[str, Path], tmp_path: Path) -> None:
    track = standing(0.89, 0.1, 0.8)
    draw_pose_strip(tmp_path / "strip.png", copies["landscape"], track, frames=1)
    cell = drawn(tmp_path / "strip.png")[:PICTURE_PX]
    for joint, colour in ((13, LEFT), (25, LEFT), (14, RIGHT), (26, RIGHT), (0, TRUNK)):
        point = track.landmarks[0, joint, :2] - (0.89, 0.0)
        column, row = np.round(point * PICTURE_PX + (98, 0)).astype(int)
        assert area(cell, colour)[row - 2 : row + 3, column - 2 : column + 3].any(), joint


def test_interpolated_poses_are_dashed_and_faint(copies: dict[str, Path], tmp_path: Path) -> None:
    track = standing(0.89, 0.1, 0.8)
    draw_pose_strip(tmp_path / "seen.png", copies["landscape"], track)
    half = replace(track, found=np.arange(LENGTH) < 45)
    text = draw_pose_strip(tmp_path / "half.png", copies["landscape"], half).text
    assert "seen in 3 of them and in 50% of the clip" in text
    seen, interpolated = drawn(tmp_path / "seen.png"), drawn(tmp_path / "half.png")
    middle = 3 * 201
    assert (seen[:, :middle] == interpolated[:, :middle]).all()
    assert area(seen[:, middle:], LEFT).sum() > 1000
    assert area(interpolated[:, middle:], LEFT).sum() < 20
    empty = replace(track, found=np.zeros(LENGTH, bool), landmarks=np.full((LENGTH, 33, 3), np.nan))
    draw_pose_strip(tmp_path / "empty.png", copies["landscape"], empty)
    plain = drawn(tmp_path / "empty.png")
    changed = [np.abs(strip - plain)[:PICTURE_PX, middle:] for strip in (interpolated, seen)]
    assert 500 < (changed[0] > 25).any(axis=2).sum() < 0.95 * (changed[1] > 25).any(axis=2).sum()


def test_a_dancer_at_the_edge_is_in_the_window(copies: dict[str, Path], tmp_path: Path) -> None:
    for x in (0.1, 1.7):
        draw_pose_strip(
            tmp_path / "strip.png", copies["landscape"], standing(x, 0.2, 0.6), frames=2
        )
        assert area(drawn(tmp_path / "strip.png"), TRUNK).sum() > 500


def test_a_body_as_high_as_a_portrait_frame_is_shown_whole(
    copies: dict[str, Path], tmp_path: Path
) -> None:
    draw_pose_strip(
        tmp_path / "strip.png", copies["portrait"], standing(0.28, 0.02, 0.96), frames=1
    )
    rows = np.nonzero(area(drawn(tmp_path / "strip.png")[:PICTURE_PX], RIGHT))[0]
    assert rows.max() > 0.93 * PICTURE_PX
    assert rows.min() < 0.25 * PICTURE_PX


def test_the_suffix_gives_the_image_format(copies: dict[str, Path], tmp_path: Path) -> None:
    track = standing(0.89, 0.1, 0.8)
    draw_pose_strip(tmp_path / "strip.jpg", copies["landscape"], track)
    assert (tmp_path / "strip.jpg").read_bytes()[:2] == b"\xff\xd8"
    assert (tmp_path / "strip.jpg").stat().st_size < 150_000


def has_side(strip: np.ndarray, area: PersonArea, colour: tuple[int, int, int]) -> bool:
    """Return whether the left side of a box has a colour."""
    left, middle = round(area.left), round((area.top + area.bottom) / 2)
    side = strip[middle, max(0, left - 2) : left + 3]
    return bool((np.abs(side - colour).max(axis=1) < 60).any())


def two_people(*, followed: tuple[int, ...] = (1,)) -> People:
    """Return two people side by side; the second is seen only in the first half of the clip."""
    times_s = np.arange(0.0, 3.0, 0.5)
    boxes = np.full((len(times_s), 2, 4), np.nan)
    boxes[:, 0] = 0.3, 0.1, 0.6, 0.95
    boxes[:3, 1] = 1.0, 0.2, 1.3, 0.9
    return People(times_s=times_s, boxes=boxes, followed=followed)


def test_several_people_have_numbered_boxes_that_can_be_clicked(tmp_path, copies):
    track = standing(x=0.45, top=0.12, size=0.8)
    path = tmp_path / "strip.png"
    strip = draw_pose_strip(path, copies["landscape"], track, two_people())
    image = drawn(path)
    assert image.shape[0] == HEIGHT_PX
    assert 1190 <= image.shape[1] <= 1201
    assert "Each of the 2 people has a box with a number: the music follows number 1." in strip.text
    first = [area for area in strip.areas if area.number == 1]
    second = [area for area in strip.areas if area.number == 2]
    assert 2 <= len(first) <= 6
    assert 1 <= len(second) < len(first)
    for areas, colour in ((first, FOLLOWED), (second, OTHER)):
        for area in areas:
            x, y = (area.left + area.right) / 2, (area.top + area.bottom) / 2
            assert person_at(strip.areas, x, y) == area.number
            assert has_side(image, area, colour)
    assert person_at(strip.areas, 2, HEIGHT_PX - 5) is None


def test_all_people_are_in_every_frame_of_the_strip(tmp_path, copies):
    """However far apart they stand, both boxes lie in the picture, and keep their shape."""
    people = two_people()
    people.boxes[:3, 1] = 1.5, 0.2, 1.75, 0.9
    strip = draw_pose_strip(
        tmp_path / "wide.png", copies["landscape"], standing(0.45, 0.12, 0.8), people
    )
    boxes = {1: (0.3, 0.85), 2: (0.25, 0.7)}  # width and height in frame heights
    for area in strip.areas:
        wide, tall = boxes[area.number]
        assert (area.right - area.left) / (area.bottom - area.top) == pytest.approx(
            wide / tall / (1 + HEAD_SHARE), rel=0.05
        )


def test_all_dancers_are_marked_as_followed(tmp_path, copies):
    path = tmp_path / "all.png"
    strip = draw_pose_strip(
        path, copies["landscape"], standing(0.45, 0.12, 0.8), two_people(followed=(1, 2))
    )
    assert "the music follows all of them." in strip.text
    for area in strip.areas:
        assert has_side(drawn(path), area, FOLLOWED)


def test_a_single_person_has_no_number(tmp_path, copies):
    track = standing(x=0.9, top=0.12, size=0.8)
    alone = People(times_s=np.zeros(1), boxes=np.full((1, 1, 4), 0.5), followed=(1,))
    plain = draw_pose_strip(tmp_path / "plain.png", copies["landscape"], track)
    strip = draw_pose_strip(tmp_path / "alone.png", copies["landscape"], track, alone)
    assert strip == plain
    assert strip.areas == ()
    assert (tmp_path / "alone.png").read_bytes() == (tmp_path / "plain.png").read_bytes()
