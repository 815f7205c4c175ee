"""Find people other than the tracked dancer in a clip.

MediaPipe tracks one person, so users should know whether there are others and which one is
tracked.
"""

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
from d2m.perception.skeleton import MEDIAPIPE_TORSO, coco17_from_mediapipe, torso_length

Image = NDArray[np.uint8]

MAX_OTHERS = 3
"""Largest number of other people that is counted; more are reported as this many."""

# Chosen by hand, and checked on drawn groups and on the bundled examples
# (tests/perception/test_other_people.py).
_MIN_AGREEMENT = 0.5  # share of the frames that must show other people
_MIN_FRAMES = 3  # frames that must show other people, at least
_MIN_TORSO_VISIBILITY = 0.8  # lowest visibility (0 to 1) of shoulders and hips
_MIN_MEAN_VISIBILITY = 0.5  # mean visibility (0 to 1) of all landmarks
_SIZE_RANGE = (0.3, 3.0)  # torso over the dancer's; others are posters or far away
_MAX_OVERLAP = 0.3  # share of landmarks in an erased box from which it is the same person
_MARGIN_TORSOS = 0.25  # around the landmarks of an erased person, for hands, hair and clothes
_NEARER_RATIO = 1.5  # the dancer's torso over the largest other, from which the dancer is nearer
_MAX_WHOLE_ASPECT = 1.0  # width over height up to which a frame is searched as a whole
_BORDER_PX = 3  # columns beside an erased box that its colour is taken from
_GREY = 128  # colour of an erased box that covers the whole width


@dataclass(frozen=True, kw_only=True)
class OtherPeople:
    """The people in a clip besides the tracked dancer.

    Parameters
    ----------
    count
        Number of other people, at most `MAX_OTHERS`.
    dancer_position
        Position of the dancer among them in the picture: ``"left"``, ``"middle"`` or
        ``"right"``.
    dancer_is_nearest
        Whether the dancer is clearly larger than the others.
    """

    count: int
    dancer_position: str
    dancer_is_nearest: bool


def find_other_people(frames: Iterable[TimedFrame], pose: PoseTrack) -> OtherPeople | None:
    """Search sample frames of a clip for people other than the tracked dancer.

    In each frame the dancer is erased, and a pose network searches the rest. A person counts
    who is clearly visible, has about the size of the dancer, and appears in at least half of
    the frames.

    Parameters
    ----------
    frames
        A few evenly spaced ``(time_s, frame)``, each frame (H, W, 3) RGB. They are not
        changed.
    pose
        The tracked dancer.

    Returns
    -------
    OtherPeople or None
        None if there are no other people.
    """
    samples = [
        (frame, pose.landmarks[index, :, :2])
        for time, frame in frames
        if (index := round(time * pose.fps)) < len(pose.found) and pose.found[index]
    ]
    needed = max(_MIN_FRAMES, int(np.ceil(_MIN_AGREEMENT * len(samples))))
    results: list[OtherPeople] = []
    if len(samples) < needed:
        return None
    with open_pose_network(static_images=True) as network:
        for done, (frame, dancer) in enumerate(samples):
            if len(results) == needed or len(results) + len(samples) - done < needed:
                break
            found = _search_frame(network, frame, dancer)
            if found is not None:
                results.append(found)
    if len(results) < needed:
        return None
    # The most frequent count, because a person may be hidden in some of the frames.
    return OtherPeople(
        count=Counter(one.count for one in results).most_common(1)[0][0],
        dancer_position=Counter(one.dancer_position for one in results).most_common(1)[0][0],
        dancer_is_nearest=sum(one.dancer_is_nearest for one in results) > len(results) / 2,
    )


def _search_frame(network: Any, frame: Image, dancer: FloatArray) -> OtherPeople | None:
    """Find the other people in a frame; ``dancer`` (33, 2) is in frame heights."""
    rest = frame.copy()
    size = _torso_length(dancer)
    boxes = [_erase(rest, dancer, size)]
    others: list[FloatArray] = []
    for view, offset in _split_views(rest, boxes[0]):
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
            boxes.append(_erase(rest, points, _torso_length(points)))
    if not others:
        return None
    x = _centre_x(dancer)
    n_left = sum(_centre_x(other) < x for other in others)
    return OtherPeople(
        count=len(others),
        dancer_position={0: "left", len(others): "right"}.get(n_left, "middle"),
        dancer_is_nearest=size > _NEARER_RATIO * max(_torso_length(other) for other in others),
    )


def _split_views(frame: Image, box: FloatArray) -> list[tuple[Image, float]]:
    """Return views of a frame that reach to the left and to the right from a box.

    The detector scales its input down, so it finds people in half of a frame that it misses
    in the whole one. Each view comes with the x of its left side, in frame heights.
    """
    height, width = frame.shape[:2]
    first, last = np.clip(np.round(box[:, 0] * height).astype(int), 0, width)
    if width <= _MAX_WHOLE_ASPECT * height:
        return [(frame, 0.0)]
    views = [(frame[:, :last], 0.0), (frame[:, first:], first / height)]
    return [(view, start) for view, start in views if view.shape[1] > last - first]


def _is_person(result: FloatArray, boxes: list[FloatArray], size: float) -> bool:
    """Return whether a detection (33, 7) is another person, not an artefact or an erased one."""
    points, visibility = result[:, :2], result[:, 6]
    if visibility[list(MEDIAPIPE_TORSO)].min() < _MIN_TORSO_VISIBILITY:
        return False
    if visibility.mean() < _MIN_MEAN_VISIBILITY:
        return False
    if not _SIZE_RANGE[0] < _torso_length(points) / size < _SIZE_RANGE[1]:
        return False
    inside = [((points >= box[0]) & (points < box[1])).all(axis=1).mean() for box in boxes]
    return bool(max(inside) < _MAX_OVERLAP)


def _erase(frame: Image, points: FloatArray, size: float) -> FloatArray:
    """Fill the box around a person (33, 2) with the colour beside it, in place.

    Returns the box's upper left and lower right corners (2, 2), in frame heights.
    """
    height, width = frame.shape[:2]
    margin = _MARGIN_TORSOS * size
    box = np.array([points.min(axis=0) - margin, points.max(axis=0) + margin])
    (x0, y0), (x1, y1) = np.clip(np.round(box * height).astype(int), 0, (width, height))
    borders = (slice(max(0, x0 - _BORDER_PX), x0), slice(x1, x1 + _BORDER_PX))
    beside = np.concatenate([frame[y0:y1, columns] for columns in borders], axis=1)
    if beside.size:
        frame[y0:y1, x0:x1] = np.median(beside, axis=(0, 1)).astype(np.uint8)
    else:
        frame[y0:y1, x0:x1] = _GREY
    return box


def _torso_length(points: FloatArray) -> float:
    """Return the torso length of landmarks (33, 2), at least 0.001 of the frame height."""
    return max(1e-3, float(torso_length(coco17_from_mediapipe(points[None]))[0]))


def _centre_x(points: FloatArray) -> float:
    return float(points[list(MEDIAPIPE_TORSO), 0].mean())
