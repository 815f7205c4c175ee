"""The people in a clip: where each is at sampled times, and which are followed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def _no_times() -> FloatArray:
    return np.zeros(0)


def _no_boxes() -> FloatArray:
    return np.zeros((0, 0, 4))


@dataclass(frozen=True, kw_only=True, eq=False)
class People:
    """The ``P`` people of a clip at ``T`` sampled times, the most prominent first.

    People are numbered from 1 in the order of their prominence: how large, how central and for
    how long they are in the picture.

    Parameters
    ----------
    times_s : (T,)
        Ascending times (s) at which frames were searched for people.
    boxes : (T, P, 4)
        Left, upper, right and lower end of the box around each person, in frame heights from the
        upper left corner; NaN at times at which a person is not seen.
    followed
        Numbers of the people whose movement makes the music: one, or all.
    """

    times_s: FloatArray = field(default_factory=_no_times)
    boxes: FloatArray = field(default_factory=_no_boxes)
    followed: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """Number of people, ``P``."""
        return int(self.boxes.shape[1])

    def boxes_at(self, time_s: float) -> FloatArray:
        """Return the boxes (P, 4) at the sampled time nearest to a time (s)."""
        if not len(self.times_s):
            return np.full((self.count, 4), np.nan)
        return np.asarray(self.boxes[int(np.argmin(np.abs(self.times_s - time_s)))])
