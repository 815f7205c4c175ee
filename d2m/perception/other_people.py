"""Who else is in the picture: MediaPipe follows one person, and people should know whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.perception.pose import (
    FloatArray,
    PoseTrack,
    TimedFrame,
    detect_pose,
    open_pose_network,
    silence_stderr,
)
from d2m.perception.skeleton import coco17_from_mediapipe, torso_length

Image = NDArray[np.uint8]

MAX_OTHERS = 3
"""More are counted as this many."""
_AGREEING = 0.5  # share of the pictures that must show somebody
_LEAST_PICTURES = 3
_CLEAR_TORSO, _CLEAR_BODY = 0.8, 0.5  # least visibility of the torso's joints, mean of all
_SIZES = (0.3, 3.0)  # torso against the dancer's: what is smaller is a poster or far away
_OVERLAP = 0.3  # share of landmarks in what was painted over, from which it is the dancer's rest
_MARGIN_TORSOS = 0.25  # around the landmarks, for hands, hair and clothes
_NEARER = 1.5  # ratio of torsos from which somebody stands clearly nearer
_NARROW = 1.0  # width over height up to which a picture is searched as a whole
_TORSO = (11, 12, 23, 24)


@dataclass(frozen=True, kw_only=True)
class OtherPeople:
    """Others beside the dancer.

    Parameters
    ----------
    others
        How many, :data:`MOST_OTHERS` at most.
    place
        Where the one who is followed stands among them: ``"left"``, ``"right"`` or
        ``"middle"``, as seen in the picture.
    is_nearest
        Whether the one who is followed is clearly larger than the others.
    """

    others: int
    place: str
    is_nearest: bool


def find_other_people(frames: Iterable[TimedFrame], pose: PoseTrack) -> OtherPeople | None:
    """Look for others in some pictures of a clip.

    In each picture the dancer is painted over and a pose network looks at what is left.
    A person is believed who is seen clearly, is not much smaller or larger than the dancer,
    and is there in half of the pictures.

    Parameters
    ----------
    frames
        ``(time_s, picture)``, each picture (H, W, 3) RGB; a few, from all along the clip.
    pose
        The dancer who was followed through it.

    Returns
    -------
    OtherPeople or None
        None if there is nobody else.
    """
    pictures = [
        (picture, pose.landmarks[index, :, :2])
        for time, picture in frames
        if (index := round(time * pose.fps)) < len(pose.found) and pose.found[index]
    ]
    needed = max(_LEAST_PICTURES, int(np.ceil(_AGREEING * len(pictures))))
    seen: list[OtherPeople] = []
    if len(pictures) < needed:
        return None
    with open_pose_network(still=True) as network:
        for done, (picture, points) in enumerate(pictures):
            if len(seen) == needed or len(seen) + len(pictures) - done < needed:
                break
            found = _company_in(network, picture, points)
            if found is not None:
                seen.append(found)
    if len(seen) < needed:
        return None
    # The number that most pictures show; a person hidden now and then still counts.
    others = Counter(one.others for one in seen).most_common(1)[0][0]
    return OtherPeople(
        others=others,
        place=Counter(one.place for one in seen).most_common(1)[0][0],
        is_nearest=sum(one.is_nearest for one in seen) > len(seen) / 2,
    )


def _company_in(network: Any, picture: Image, dancer: FloatArray) -> OtherPeople | None:
    """Count the others in one picture; ``dancer`` (33, 2) is in picture heights."""
    left = picture.copy()
    size = _torso(dancer)
    boxes = [_paint_over(left, dancer, size)]
    others: list[FloatArray] = []
    for view, offset in _sides(left, boxes[0]):
        while len(others) < MAX_OTHERS:
            with silence_stderr():
                result = detect_pose(network, view)
            if result is None:
                break
            result[:, 0] += offset
            if not _is_person(result, boxes, size):
                break
            points = result[:, :2]
            others.append(points)
            boxes.append(_paint_over(left, points, _torso(points)))
    if not others:
        return None
    x = _centre(dancer)
    lefts = sum(_centre(other) < x for other in others)
    place = {0: "left", len(others): "right"}.get(lefts, "middle")
    nearest = size > _NEARER * max(_torso(other) for other in others)
    return OtherPeople(others=len(others), place=place, is_nearest=nearest)


def _sides(picture: Image, box: FloatArray) -> list[tuple[Image, float]]:
    """Return views left and right of a box's far sides, and where they start (heights).

    Detectors see a picture small: in half of it they see people who are lost in the whole.
    """
    height, width = picture.shape[:2]
    first, last = np.clip(np.round(box[:, 0] * height).astype(int), 0, width)
    if width <= _NARROW * height:
        return [(picture, 0.0)]
    views = [(picture[:, :last], 0.0), (picture[:, first:], first / height)]
    return [(view, start) for view, start in views if view.shape[1] > last - first]


def _is_person(result: FloatArray, boxes: list[FloatArray], size: float) -> bool:
    """Tell a person from the rest of one painted over, and from what only looks like one."""
    points, visibility = result[:, :2], result[:, 6]
    if visibility[list(_TORSO)].min() < _CLEAR_TORSO or visibility.mean() < _CLEAR_BODY:
        return False
    if not _SIZES[0] < _torso(points) / size < _SIZES[1]:
        return False
    inside = [((points >= box[0]) & (points < box[1])).all(axis=1).mean() for box in boxes]
    return bool(max(inside) < _OVERLAP)


def _paint_over(picture: Image, points: FloatArray, size: float) -> FloatArray:
    """Paint a person over in the colour beside, in place; return the box's corners (2, 2)."""
    height, width = picture.shape[:2]
    margin = _MARGIN_TORSOS * size
    box = np.array([points.min(axis=0) - margin, points.max(axis=0) + margin])
    (x0, y0), (x1, y1) = np.clip(np.round(box * height).astype(int), 0, (width, height))
    beside = np.concatenate([picture[y0:y1, max(0, x0 - 3) : x0], picture[y0:y1, x1 : x1 + 3]], 1)
    if beside.size:
        picture[y0:y1, x0:x1] = np.median(beside, axis=(0, 1)).astype(np.uint8)
    else:
        picture[y0:y1, x0:x1] = 128
    return box


def _torso(points: FloatArray) -> float:
    """Return the length of a torso, never 0."""
    return max(1e-3, float(torso_length(coco17_from_mediapipe(points[None]))[0]))


def _centre(points: FloatArray) -> float:
    return float(points[list(_TORSO), 0].mean())
