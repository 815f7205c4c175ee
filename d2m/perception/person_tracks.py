"""Track all people of a clip, frame by frame, in pieces in which nobody can be mistaken.

A piece ends where its person leaves, is hidden by another, or the scene changes. Who is who in
the pieces is decided afterwards, by `d2m.perception.identities`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from d2m.perception.clothing import clothing_colours, colour_distance, mean_colours
from d2m.perception.mediapipe_graph import Image
from d2m.perception.person_detector import Region
from d2m.perception.person_search import (
    PersonSearch,
    body_size,
    open_person_search,
    torso_centre,
    torso_distance,
)
from d2m.perception.pose import FloatArray, TimedFrame
from d2m.perception.region_tracker import RegionPose, RegionTracker
from d2m.perception.scene_cuts import mark_cuts
from d2m.perception.skeleton import MEDIAPIPE_TORSO

SEARCH_S = 0.2
"""Time (s) between two searches for people who are not tracked yet. Chosen by hand."""
COLOURS_S = 0.1
"""Time (s) between two measurements of a person's clothes. Chosen by hand."""

# Chosen by hand, and checked on drawn groups (tools/people_figures).
_MAX_STEP = 0.6  # movement of the torso between two frames at 30 Hz (body sizes)
_SIZE_STEP = 1.5  # largest ratio of body sizes to the mean of the last ones
_SIZE_MEMORY = 0.8  # weight of the mean of the last body sizes against the new one
_MIN_VISIBILITY = 0.5  # mean visibility (0 to 1) of shoulders and hips
_SAME_TORSOS = 0.4  # torsos nearer than this (body sizes) are one person
_MIN_PIECE_S = 0.2  # shorter pieces are dropped


@dataclass(kw_only=True, eq=False)
class Piece:
    """A person over consecutive frames of one scene.

    Parameters
    ----------
    scene
        Number of the scene, counted from 0.
    frames
        Indices of its frames.
    poses
        Pose (33, 7) in each frame, as in `d2m.perception.region_tracker.RegionPose`.
    colours
        Index of a frame, and colours (2, 512) of the clothes in it.
    """

    scene: int
    frames: list[int] = field(default_factory=list)
    poses: list[FloatArray] = field(default_factory=list)
    colours: list[tuple[int, FloatArray]] = field(default_factory=list)

    @property
    def mean_colours(self) -> FloatArray:
        """Mean colours of the clothes, (2, 512)."""
        return mean_colours([colours for _, colours in self.colours])


class _Followed:
    """A person who is being tracked."""

    def __init__(self, pose: RegionPose, scene: int, fps: float) -> None:
        self.piece = Piece(scene=scene)
        self.region: Region = pose.following
        self.size = body_size(pose.values)
        self._reader, self._fps = RegionTracker(fps), fps
        self._last = pose.values

    def read(self, image: Image) -> FloatArray | None:
        """Return the person's pose in the next frame, or None if it can't be the person's."""
        pose = self._reader.read(image, self.region)
        if pose is None or not self._fits(pose.values, image.shape[1] / image.shape[0]):
            return None
        self.region, self._last = pose.following, pose.values
        self.size = _SIZE_MEMORY * self.size + (1 - _SIZE_MEMORY) * body_size(pose.values)
        return pose.values

    def keep(self, image: Image, index: int) -> None:
        """Add the last pose to the piece, sometimes with the colours of the clothes."""
        piece = self.piece
        piece.frames.append(index)
        piece.poses.append(self._last)
        if not piece.colours or index - piece.colours[-1][0] >= COLOURS_S * self._fps:
            piece.colours.append((index, clothing_colours(image, self._last[:, :2])))

    def _fits(self, values: FloatArray, aspect: float) -> bool:
        x, y = torso_centre(values)
        step = float(np.linalg.norm(torso_centre(values) - torso_centre(self._last)))
        ratio = body_size(values) / self.size
        return (
            0 < x < aspect
            and 0 < y < 1
            and float(values[list(MEDIAPIPE_TORSO), 6].mean()) > _MIN_VISIBILITY
            and step < _MAX_STEP * self.size * max(1.0, 30.0 / self._fps)
            and 1 / _SIZE_STEP < ratio < _SIZE_STEP
        )

    def close(self) -> Piece:
        """Free the network, and return the piece."""
        self._reader.close()
        return self.piece


def track_people(
    frames: Iterable[TimedFrame], fps: float, *, progress: Callable[[int], None] | None = None
) -> list[Piece]:
    """Track all people through the frames of a clip.

    Parameters
    ----------
    frames
        ``(time_s, frame)`` in order, each frame (H, W, 3) RGB, all of one size.
    fps
        Frames per second (Hz).
    progress
        Called after each frame with the number of frames done.

    Returns
    -------
    list of Piece
        In the order of their ends.
    """
    with open_person_search() as search:
        tracker = _PeopleTracker(search, fps)
        try:
            for index, (_, image, is_cut) in enumerate(mark_cuts(frames)):
                tracker.advance(image, index, is_cut)
                if progress is not None:
                    progress(index + 1)
        finally:
            tracker.end_all()
    return [one for one in tracker.pieces if len(one.frames) >= _MIN_PIECE_S * fps]


class _PeopleTracker:
    """The people who are being tracked, and the pieces that have ended."""

    def __init__(self, search: PersonSearch, fps: float) -> None:
        self.pieces: list[Piece] = []
        self._search, self._fps = search, fps
        self._active: list[_Followed] = []
        self._scene, self._next_search = 0, 0

    def advance(self, image: Image, index: int, is_cut: bool) -> None:
        """Track everybody in the next frame."""
        if is_cut:
            self.end_all()
            self._scene, self._next_search = self._scene + 1, index
        seen: list[tuple[_Followed, FloatArray]] = []
        for person in list(self._active):
            pose = person.read(image)
            if pose is None:
                self._end(person)
            else:
                seen.append((person, pose))
        self._end_doubles(image, seen)
        if index >= self._next_search:
            self._next_search = index + max(1, round(SEARCH_S * self._fps))
            known = [pose for person, pose in seen if person in self._active]
            for found in self._search.search(image, known):
                self._active.append(_Followed(found, self._scene, self._fps))
        for person in self._active:
            person.keep(image, index)

    def end_all(self) -> None:
        """End all pieces."""
        for person in list(self._active):
            self._end(person)

    def _end(self, person: _Followed) -> None:
        self._active.remove(person)
        self.pieces.append(person.close())

    def _end_doubles(self, image: Image, seen: list[tuple[_Followed, FloatArray]]) -> None:
        """Where two follow the same person, end the piece of the one who wears other clothes."""
        for place, (one, pose) in enumerate(seen):
            for other, other_pose in seen[place + 1 :]:
                if one not in self._active or other not in self._active:
                    continue
                if torso_distance(pose, other_pose) < _SAME_TORSOS:
                    self._end(_less_like(image, (one, pose), (other, other_pose)))


def _less_like(
    image: Image, one: tuple[_Followed, FloatArray], other: tuple[_Followed, FloatArray]
) -> _Followed:
    """Return who of two people at one place wears other clothes than are seen there."""
    distances = []
    for person, pose in (one, other):
        seen = clothing_colours(image, pose[:, :2])
        distance = colour_distance(seen, person.piece.mean_colours)
        distances.append(distance if np.isfinite(distance) else 1.0)
    return one[0] if distances[0] > distances[1] else other[0]
