"""Follow the dancer of a clip, or one or all of several people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.core.common_settings import ALL_DANCERS
from d2m.core.errors import SettingsError
from d2m.core.styles import AUTO
from d2m.perception.clothing import clothing_colours, colour_distance
from d2m.perception.identities import Person, identify_people
from d2m.perception.mediapipe_graph import Image
from d2m.perception.people import People
from d2m.perception.person_search import PersonSearch, is_person, open_person_search
from d2m.perception.person_tracks import track_people
from d2m.perception.pose import FloatArray, PoseTrack, TimedFrame
from d2m.perception.skeleton import fill_gaps

GLANCE_FPS = 0.6
"""Rate (Hz) at which a clip is searched for several people while it is tracked; chosen by hand:
the search of a solo clip then takes about a twentieth of the whole analysis."""
LEAST_GLANCES = 6
"""Number of glances at a short clip. Chosen by hand."""
GLANCE_SIDE = 400
"""Longest side of the frames that are searched (px). Chosen by hand."""
BOXES_FPS = 5.0
"""Rate (Hz) at which the boxes of people are kept. Chosen by hand."""

_SEVERAL_GLANCES = 2  # glances that must show several people, at least
_SEVERAL_SHARE = 0.1  # and their share of all glances; both chosen by hand
_OTHER_VISIBILITY = 0.72
# Mean visibility (0 to 1) of a further person's landmarks, at least. Chosen by hand: on nine clips
# of groups nearly all have more, and plants and folds of clothes that look like a person have less.
_OTHER_CLOTHES = 0.5  # distance of clothes (0 to 1) from which another person is suspected
_HEAD = 0.04  # height of the hair over the face's landmarks, of the body's; chosen by hand


@dataclass(frozen=True, kw_only=True)
class Dancers:
    """The people of a clip, and the tracks of those who are followed, the main one first."""

    people: People
    tracks: tuple[PoseTrack, ...]


class Glance:
    """Look roughly how many people are in a clip, at some of its frames.

    Parameters
    ----------
    search
        From `d2m.perception.person_search.open_person_search`.
    fps
        Rate (Hz) of the frames.
    expected
        Expected number of these frames.
    """

    def __init__(self, search: PersonSearch, fps: float, expected: float) -> None:
        self._search = search
        self._step = max(1, round(min(fps / GLANCE_FPS, expected / LEAST_GLANCES)))
        self._needed = max(_SEVERAL_GLANCES, _SEVERAL_SHARE * expected / self._step)
        self._next = self._step // 2
        self._alone = self._together = self._changed = 0
        self._before: FloatArray | None = None

    @property
    def count(self) -> int:
        """0 if nobody was seen, 1 for a solo, 2 if several may be there, or one after another."""
        if self._together >= self._needed or self._changed:
            return 2
        return min(1, self._together + self._alone)

    def is_due(self, index: int) -> bool:
        """Return whether it is time to look again, at a frame of this index."""
        return index >= self._next

    def look(self, image: Image, known: FloatArray | None = None) -> None:
        """Look at a frame (H, W, 3) RGB, in which the pose (33, 7) of one person may be known."""
        self._next += self._step
        small = _reduced(image)
        poses = [known] if known is not None and is_person(known) else []
        for found in self._search.search(small, poses, most=2, settle=1):
            if not poses or found.values[:, 6].mean() >= _OTHER_VISIBILITY:
                poses.append(found.values)
        self._together += len(poses) > 1
        self._alone += len(poses) == 1
        if poses:
            colours = clothing_colours(small, poses[0][:, :2])
            if self._before is not None:
                self._changed += colour_distance(self._before, colours) > _OTHER_CLOTHES
            self._before = colours


def glance(frames: Sequence[TimedFrame]) -> int:
    """Look at all of some frames, and return what `Glance.count` is after them."""
    with open_person_search() as search:
        seen = Glance(search, GLANCE_FPS, len(frames))
        for _, image in frames:
            seen.look(image)
        return seen.count


def _reduced(image: Image) -> Image:
    import cv2

    scale = GLANCE_SIDE / max(image.shape[:2])
    if scale >= 1:
        return image
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def follow_people(
    frames: Iterable[TimedFrame],
    fps: float,
    *,
    aspect: float,
    dancer: str = AUTO,
    progress: Callable[[int], None] | None = None,
) -> Dancers | None:
    """Track all people of a clip and choose those who are followed.

    Parameters
    ----------
    frames
        ``(time_s, frame)`` in order, each frame (H, W, 3) RGB, all of one size.
    fps
        Frames per second (Hz).
    aspect
        Width of the picture over its height.
    dancer
        As in `d2m.core.common_settings.CommonSettings`.
    progress
        Called after each frame with the number of frames done.

    Returns
    -------
    Dancers or None
        None if nobody is seen.

    Raises
    ------
    SettingsError
        If there is nobody with the chosen number.
    """
    count = 0

    def counted(done: int) -> None:
        nonlocal count
        count = done
        if progress is not None:
            progress(done)

    pieces = track_people(frames, fps, progress=counted)
    persons = identify_people(pieces, count, fps, aspect)
    if not persons:
        return None
    followed = followed_numbers(dancer, len(persons))
    tracks = [_pose_track(person, fps) for person in persons]
    return Dancers(
        people=_people(tracks, fps, aspect, followed),
        tracks=tuple(tracks[number - 1] for number in followed),
    )


def solo_dancer(track: PoseTrack, aspect: float) -> Dancers:
    """Return the dancer of a clip in which there is nobody else.

    Parameters
    ----------
    track
        The dancer.
    aspect
        Width of the picture over its height.
    """
    return Dancers(people=_people([track], track.fps, aspect, (1,)), tracks=(track,))


def followed_numbers(dancer: str, count: int) -> tuple[int, ...]:
    """Return the numbers of the people to follow.

    Parameters
    ----------
    dancer
        As in `d2m.core.common_settings.CommonSettings`.
    count
        Number of people in the clip, at least 1.

    Raises
    ------
    SettingsError
        If there is nobody with the chosen number.
    """
    if dancer == ALL_DANCERS:
        return tuple(range(1, count + 1))
    number = 1 if dancer == AUTO else int(dancer)
    if number > count:
        found, choice = (
            ("only one person was found", "leave out the dancer's number")
            if count == 1
            else (f"{count} people were found", f"choose 1 to {count}")
        )
        raise SettingsError(f"There is no dancer number {number}: {found} in the clip; {choice}.")
    return (number,)


def _pose_track(person: Person, fps: float) -> PoseTrack:
    found, values = person.found, person.values
    landmarks, _ = fill_gaps(values[..., :3], found)
    world, _ = fill_gaps(values[..., 3:6], found)
    visibility = np.where(found[:, None], values[..., 6], 0.0)
    return PoseTrack(landmarks=landmarks, world=world, visibility=visibility, found=found, fps=fps)


def _people(
    tracks: Sequence[PoseTrack], fps: float, aspect: float, followed: tuple[int, ...]
) -> People:
    step = max(1, round(fps / BOXES_FPS))
    frames = np.arange(0, len(tracks[0].found), step)
    boxes = [_boxes(track, frames, aspect) for track in tracks]
    return People(times_s=frames / fps, boxes=np.stack(boxes, axis=1), followed=followed)


def _boxes(track: PoseTrack, frames: NDArray[np.int64], aspect: float) -> FloatArray:
    """Return the boxes (T, 4) around a body, cut off at the sides of the picture."""
    points = track.landmarks[frames, :, :2]
    lowest, highest = points.max(axis=1), points.min(axis=1)
    highest[:, 1] -= _HEAD * (lowest - highest)[:, 1]
    boxes = np.concatenate([highest, lowest], axis=1)
    boxes = np.clip(boxes, 0.0, [aspect, 1.0, aspect, 1.0])
    return np.where(track.found[frames, None], boxes, np.nan)
