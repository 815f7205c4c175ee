"""Decide which tracked pieces of a clip show the same person, and who is a person at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.core.common_settings import MAX_PEOPLE
from d2m.perception.clothing import colour_distance, mean_colours
from d2m.perception.person_search import body_size, torso_centre
from d2m.perception.person_tracks import Piece
from d2m.perception.pose import FloatArray
from d2m.perception.reflections import moves_as_reflection
from d2m.perception.skeleton import N_LANDMARKS

# Chosen by hand, and checked on drawn groups (tools/people_figures).
_OTHER_COLOURS = 0.55  # distance of clothes (0 to 1) that certainly are not the same
_SAME_COLOURS = 0.3  # distance of clothes up to which they may be the same in a mirror
_CHANGED_COLOURS = 0.45  # change of clothes within a piece that shows a change of the person
_CHANGE_MEASURED = 4  # measurements before and after such a change
_OVERLAP_S = 0.4  # time (s) for which two pieces may both exist until they meet on one person
_GAP_S = 2.5  # time (s) over which a person's place is a hint where the person appears again
_DRIFT = 2.0  # speed (body sizes per second) at which that place gets uncertain
_OTHER_SIZE = 2.2  # ratio of sizes in one scene that certainly are two people's
_SAME = 1.0  # largest cost of two pieces of one person
_LEAST_S, _LEAST_SHARE = 0.8, 0.15  # time (s), and share of the clip, for which a person is seen
_ENOUGH_S = 3.0  # time (s) that is enough in any clip
_CENTRAL = 0.6  # prominence at the side of the picture, of that in the middle


@dataclass(frozen=True, kw_only=True, eq=False)
class Person:
    """A person of a clip, in ``F`` frames.

    Parameters
    ----------
    values : (F, 33, 7)
        Poses as in `d2m.perception.region_tracker.RegionPose`; NaN where not seen.
    colours : (2, 512)
        Mean colours of the clothes.
    prominence
        Sum over the frames of the size (frame heights), weighted by how central the person is.
    """

    values: FloatArray
    colours: FloatArray
    prominence: float

    @property
    def found(self) -> NDArray[np.bool_]:
        """Whether the person is seen in each frame, (F,)."""
        return np.asarray(np.isfinite(self.values[:, 0, 0]))


def identify_people(
    pieces: Sequence[Piece], n_frames: int, fps: float, aspect: float
) -> list[Person]:
    """Join the pieces of each person.

    Parameters
    ----------
    pieces
        From `d2m.perception.person_tracks.track_people`.
    n_frames
        Number of frames of the clip, ``F``.
    fps
        Frames per second (Hz).
    aspect
        Width of the picture over its height.

    Returns
    -------
    list of Person
        The most prominent first, at most `MAX_PEOPLE`. Those who are seen only for a moment,
        and reflections, are left out.
    """
    groups = [[piece] for piece in _split_changes(pieces)]
    while len(groups) > 1:
        costs = {
            (one, other): _group_cost(groups[one], groups[other], fps)
            for one in range(len(groups))
            for other in range(one)
        }
        one, other = min(costs, key=lambda pair: costs[pair])
        if costs[one, other] > _SAME:
            break
        groups[other] += groups.pop(one)
    people = [_person(group, n_frames, aspect) for group in groups]
    people.sort(key=lambda person: -person.prominence)
    length_s = n_frames / fps
    least = min(_ENOUGH_S, max(_LEAST_S, _LEAST_SHARE * length_s), 0.5 * length_s) * fps
    kept: list[Person] = []
    for person in people:
        is_seen = person.found.sum() >= least
        if is_seen and not any(_is_reflection(person, one) for one in kept):
            kept.append(person)
    return kept[:MAX_PEOPLE] if kept else people[:1]


def _is_reflection(person: Person, other: Person) -> bool:
    """Return whether a person seems to be another's reflection, in the same clothes."""
    distance = colour_distance(person.colours, other.colours)
    return not distance > _SAME_COLOURS and moves_as_reflection(person.values, other.values)


def _split_changes(pieces: Sequence[Piece]) -> list[Piece]:
    """Split pieces where the clothes change: the tracker has moved on to another person."""
    whole, queue = list[Piece](), list(pieces)
    while queue:
        piece = queue.pop()
        change = _colour_change(piece)
        if change is None:
            whole.append(piece)
        else:
            queue += _halves(piece, change)
    return whole


def _colour_change(piece: Piece) -> int | None:
    """Return the frame at which a piece's clothes change most, if they change."""
    best, at = _CHANGED_COLOURS, None
    measured = piece.colours
    for place in range(_CHANGE_MEASURED, len(measured) - _CHANGE_MEASURED + 1):
        before = mean_colours([one for _, one in measured[place - _CHANGE_MEASURED : place]])
        after = mean_colours([one for _, one in measured[place : place + _CHANGE_MEASURED]])
        distance = colour_distance(before, after)
        if distance > best:
            best, at = distance, measured[place][0]
    return at


def _halves(piece: Piece, frame: int) -> tuple[Piece, Piece]:
    place = piece.frames.index(frame)
    return tuple(  # type: ignore[return-value]
        Piece(
            scene=piece.scene,
            frames=piece.frames[part],
            poses=piece.poses[part],
            colours=[one for one in piece.colours if (one[0] >= frame) == late],
        )
        for late, part in ((False, slice(0, place)), (True, slice(place, None)))
    )


def _group_cost(one: list[Piece], other: list[Piece], fps: float) -> float:
    """Return how unlikely it is that two groups of pieces show one person; `_SAME` is even."""
    frames = [{frame for piece in group for frame in piece.frames} for group in (one, other)]
    if len(frames[0] & frames[1]) > _OVERLAP_S * fps:
        return np.inf
    colours = colour_distance(*(_colours(group) for group in (one, other)))
    colours = colours / _OTHER_COLOURS if np.isfinite(colours) else 0.5
    nearest = min((_place_cost(a, b, fps) for a in one for b in other), key=abs, default=np.inf)
    if not np.isfinite(nearest):  # nothing but the clothes is known
        return colours * 1.3
    return 0.6 * colours + 0.6 * nearest


def _colours(group: list[Piece]) -> FloatArray:
    return mean_colours([one for piece in group for _, one in piece.colours])


def _place_cost(one: Piece, other: Piece, fps: float) -> float:
    """Return how far a piece begins from where another of its scene ended; 1 is very far."""
    if one.scene != other.scene:
        return float("inf")
    first, later = (one, other) if one.frames[0] < other.frames[0] else (other, one)
    gap_s = max(0, later.frames[0] - first.frames[-1]) / fps
    if gap_s > _GAP_S:
        return float("inf")
    before, after = first.poses[-1], later.poses[0]
    if gap_s == 0 and first.frames[-1] <= later.frames[-1]:
        after = later.poses[first.frames[-1] - later.frames[0]]
    size = max(body_size(before), body_size(after))
    expected = torso_centre(before) + _velocity(first, fps) * min(gap_s, 0.7)
    distance = float(np.linalg.norm(torso_centre(after) - expected)) / size
    ratio = abs(np.log(body_size(after) / body_size(before))) / np.log(_OTHER_SIZE)
    return distance / (0.8 + _DRIFT * gap_s) + 0.5 * float(ratio)


def _velocity(piece: Piece, fps: float) -> FloatArray:
    """Return the velocity of the torso before a piece ends (frame heights per second)."""
    last = max(0, len(piece.frames) - 1 - round(0.3 * fps))
    seconds = (piece.frames[-1] - piece.frames[last]) / fps
    if seconds <= 0:
        return np.zeros(2)
    return (torso_centre(piece.poses[-1]) - torso_centre(piece.poses[last])) / seconds


def _person(group: list[Piece], n_frames: int, aspect: float) -> Person:
    values = np.full((n_frames, N_LANDMARKS, 7), np.nan)
    prominence = 0.0
    for piece in sorted(group, key=lambda piece: len(piece.frames)):
        for frame, pose in zip(piece.frames, piece.poses, strict=True):
            values[frame] = pose
            aside = abs(torso_centre(pose)[0] / aspect - 0.5) * 2
            prominence += body_size(pose) * (1 - (1 - _CENTRAL) * min(1.0, float(aside)))
    return Person(values=values, colours=_colours(group), prominence=prominence)
