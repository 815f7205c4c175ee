"""Say in words who of several people is followed."""

from __future__ import annotations

import numpy as np

from d2m.core.common_settings import MAX_PEOPLE
from d2m.perception.people import People

_NEARER_RATIO = 1.5  # height over the largest other's, from which the dancer is nearer
_LEAST_TOGETHER = 0.2  # share of the dancer's time with others for which a place has a meaning
_SIDE_SHARE = 0.2  # mean share of the others on the dancer's left, from which that is the side


def people_sentence(people: People) -> str:
    """Say how many people are in a clip and who of them is followed; empty for a solo."""
    if people.count < 2:
        return ""
    more = " or more" if people.count >= MAX_PEOPLE else ""
    subject = f"{people.count}{more} people are in the clip"
    if len(people.followed) > 1:
        return f"{subject}: the music follows all of them."
    number = people.followed[0]
    position, is_nearest = _place_among(people, number)
    where = f", the one {position}" if position else ""
    nearest = ", who is the nearest" if is_nearest else ""
    return f"{subject}: the music follows number {number}{where}{nearest}."


def _place_among(people: People, number: int) -> tuple[str, bool]:
    """Return a person's usual place among the others in words, and whether it is the nearest.

    The words are empty if the person is rarely seen together with others.
    """
    centre = (people.boxes[..., 0] + people.boxes[..., 2]) / 2
    height = people.boxes[..., 3] - people.boxes[..., 1]
    own = centre[:, number - 1]
    others = np.delete(centre, number - 1, axis=1)
    n_others = np.isfinite(others).sum(axis=1)
    together = np.isfinite(own) & (n_others > 0)
    if not together.any() or together.sum() < _LEAST_TOGETHER * np.isfinite(own).sum():
        return "", False
    n_left = (others < own[:, None]).sum(axis=1)
    share = float((n_left[together] / n_others[together]).mean())
    if share < _SIDE_SHARE:
        position = "on the left"
    elif share > 1 - _SIDE_SHARE:
        position = "on the right"
    else:
        position = "in the middle" if people.count > 2 else ""
    tallest = np.nanmax(np.delete(height, number - 1, axis=1)[together], axis=1)
    ratio = float(np.median(height[together, number - 1] / np.maximum(tallest, 1e-6)))
    return position, ratio > _NEARER_RATIO
