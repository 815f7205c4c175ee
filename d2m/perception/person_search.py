"""Find all people in a single picture: those found are erased, and the rest is searched."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import numpy as np

from d2m.core.common_settings import MAX_PEOPLE
from d2m.perception.mediapipe_graph import Image
from d2m.perception.person_detector import PersonDetector
from d2m.perception.pose import FloatArray
from d2m.perception.region_tracker import RegionPose, RegionTracker
from d2m.perception.skeleton import MEDIAPIPE_TORSO

# Chosen by hand, and checked on drawn groups and solo dancers (tools/people_figures).
_MIN_TORSO_VISIBILITY = 0.8  # lowest visibility (0 to 1) of shoulders and hips
_MIN_MEAN_VISIBILITY = 0.5  # mean visibility (0 to 1) of all landmarks
_MIN_SIZE, _MAX_SIZE = 0.3, 3.0  # size over that of the largest person; others are posters
_SAME_SHARE = 0.45  # landmarks within an erased person from which it is the same person
_SAME_TORSOS = 0.35  # torsos nearer than this (body sizes) are one person
_TRIES = 2  # detections of a picture that are looked at, beyond those that are people
_LIMB_WIDTH, _TRUNK_WIDTH, _HEAD = 0.34, 0.5, 0.5  # of an erased person (body sizes)
_LEGS_AND_ARMS = (
    (11, 13, 15, 19), (12, 14, 16, 20), (23, 25, 27, 31), (24, 26, 28, 32),
)  # fmt: skip
_TRUNK = (11, 12, 24, 23)
_HEIGHT_SHARE = 0.28  # of a body's height that is its torso's length, seen from the front


def torso_centre(points: FloatArray) -> FloatArray:
    """Return the centre (2,) of the torso of landmarks (33, 2 or more)."""
    return np.asarray(points[list(MEDIAPIPE_TORSO), :2].mean(axis=0))


def body_size(points: FloatArray) -> float:
    """Return the size of landmarks (33, 2 or more): about the torso's length, however it bends."""
    torso = points[list(MEDIAPIPE_TORSO), :2]
    spine = float(np.linalg.norm(torso[:2].mean(axis=0) - torso[2:].mean(axis=0)))
    return max(1e-3, spine, _HEIGHT_SHARE * float(np.ptp(points[11:29, 1])))


def torso_distance(one: FloatArray, other: FloatArray) -> float:
    """Return how far apart the torsos of two poses (33, 2 or more) are, in body sizes."""
    corners = list(MEDIAPIPE_TORSO)
    gaps = np.linalg.norm(one[corners, :2] - other[corners, :2], axis=1)
    centres = float(np.linalg.norm(torso_centre(one) - torso_centre(other)))
    return max(centres, 0.7 * float(gaps.mean())) / max(body_size(one), body_size(other))


class PersonSearch:
    """Search pictures for people; see `open_person_search`."""

    def __init__(self) -> None:
        self._detector, self._reader = PersonDetector(), RegionTracker()

    def search(
        self,
        image: Image,
        known: Sequence[FloatArray] = (),
        *,
        most: int = MAX_PEOPLE,
        settle: int = 2,
    ) -> list[RegionPose]:
        """Find people in a picture.

        Parameters
        ----------
        image : (H, W, 3)
            RGB; not changed.
        known
            Poses (33, 7) of people in it who are known already.
        most
            Number of people, with the known ones, at which the search ends.
        settle
            Times that the region of a detection is moved onto the person in it.

        Returns
        -------
        list of RegionPose
            Others, the most visible first.
        """
        poses, new, tries = list(known), list[RegionPose](), _TRIES
        rest = _erase(image, poses) if poses else image
        while tries > 0 and len(poses) < most:
            detections = self._detector.detect(rest)
            if not detections:
                break
            found = self._reader.settle(rest, detections[0].region, settle)
            if found is None:
                if len(detections) > 1:
                    found = self._reader.settle(rest, detections[1].region, settle)
                if found is None:
                    break
            if is_person(found.values, poses):
                new.append(found)
                poses.append(found.values)
            else:
                tries -= 1
            if tries > 0 and len(poses) < most:
                rest = _erase(rest, [found.values])
        return new

    def close(self) -> None:
        """Free the networks."""
        self._detector.close()
        self._reader.close()


@contextlib.contextmanager
def open_person_search() -> Iterator[PersonSearch]:
    """Load the networks that search for people, and free them at the end."""
    search = PersonSearch()
    try:
        yield search
    finally:
        search.close()


def is_person(values: FloatArray, others: Sequence[FloatArray] = ()) -> bool:
    """Return whether a pose (33, 7) is a person beside others, not an artefact."""
    visibility = values[:, 6]
    if visibility[list(MEDIAPIPE_TORSO)].min() < _MIN_TORSO_VISIBILITY:
        return False
    if visibility.mean() < _MIN_MEAN_VISIBILITY:
        return False
    if not others:
        return True
    largest = max(body_size(other) for other in others)
    if not _MIN_SIZE < body_size(values) / largest < _MAX_SIZE:
        return False
    return all(
        torso_distance(values, other) > _SAME_TORSOS and _share_inside(values, other) < _SAME_SHARE
        for other in others
    )


def _share_inside(values: FloatArray, other: FloatArray) -> float:
    """Return the share of a pose's landmarks that lie on the limbs of another."""
    gaps = np.linalg.norm(values[:, None, :2] - other[None, :, :2], axis=2).min(axis=1)
    return float((gaps < 0.5 * _LIMB_WIDTH * body_size(other)).mean())


def _erase(image: Image, poses: Sequence[FloatArray]) -> Image:
    """Return a copy of a picture in which people are replaced by what surrounds them."""
    import cv2

    height, width = image.shape[:2]
    mask = np.zeros((height, width), dtype=np.uint8)
    largest = 0.0
    for values in poses:
        size = body_size(values) * height
        largest = max(largest, size)
        points = np.clip(values[:, :2] * height, -2 * width, 3 * width).astype(np.int32)
        for limb in _LEGS_AND_ARMS:
            path = points[list(limb)]
            cv2.polylines(mask, [path], False, (1,), max(2, round(_LIMB_WIDTH * size)))
        trunk = points[list(_TRUNK)]
        cv2.fillConvexPoly(mask, cv2.convexHull(trunk), (1,))
        cv2.polylines(mask, [trunk], True, (1,), max(2, round(_TRUNK_WIDTH * size)))
        head = tuple(int(v) for v in points[:11].mean(axis=0))
        cv2.circle(mask, head, max(2, round(_HEAD * size)), (1,), -1)
        cv2.line(
            mask, head, tuple(int(v) for v in trunk.mean(axis=0)), (1,), round(_HEAD * size) + 1
        )
    reach = (2 * round(0.6 * largest) + 1,) * 2
    keep = (1 - mask).astype(np.float32)
    around = cv2.blur(image * keep[..., None], reach)
    weight = cv2.blur(keep, reach)[..., None]
    mean = image.reshape(-1, 3).mean(axis=0)
    fill = np.where(weight > 0.02, around / np.maximum(weight, 1e-3), mean)
    return np.asarray(np.where(mask[..., None] > 0, fill, image).astype(np.uint8))
