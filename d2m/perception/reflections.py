"""Tell the reflection of a person from a second person."""

from __future__ import annotations

import numpy as np

from d2m.perception.person_search import body_size
from d2m.perception.pose import FloatArray

_LEAST_FRAMES = 30  # frames that both must share; chosen by hand
_STEP = 3  # every which frame is compared; chosen by hand
# Correlation (0 to 1) of the heights of all limbs from which two bodies move as one. People
# who dance in unison reached at most 0.71, measured on real groups.
_AS_ONE = 0.8
_SMALLER = 0.95  # largest size of a reflection over that of the person; chosen by hand
_LIMBS = ((15, 16), (13, 14), (25, 26), (27, 28))
_NOSE, _HIPS, _SHOULDERS = 0, (23, 24), (11, 12)


def moves_as_reflection(values: FloatArray, other: FloatArray) -> bool:
    """Return whether a body moves like the reflection of another, for example in a mirror.

    A reflection is smaller, because it is farther away, and lifts and lowers all its limbs at the
    same moments and by the same amounts as the person. Which of its hands is called the left one
    depends on the mirror's place.

    Parameters
    ----------
    values : (F, 33, 7)
        Poses of the one that may be a reflection, NaN where not seen.
    other : (F, 33, 7)
        Poses of the other.
    """
    both = np.flatnonzero(np.isfinite(values[:, 0, 0]) & np.isfinite(other[:, 0, 0]))[::_STEP]
    if len(both) * _STEP < _LEAST_FRAMES:
        return False
    sizes = [np.median([body_size(pose) for pose in track[both]]) for track in (values, other)]
    if sizes[0] > _SMALLER * sizes[1]:
        return False
    one, two = _heights(values[both]), _heights(other[both])
    straight = _likeness(one, two)
    crossed = _likeness(one, two.reshape(len(two), -1, 2)[..., ::-1].reshape(len(two), -1))
    return max(straight, crossed) > _AS_ONE


def _heights(values: FloatArray) -> FloatArray:
    """Return the heights (F, 8) of limbs over the hips, in torso lengths, pair by pair."""
    hips = values[:, list(_HIPS), 1].mean(axis=1)
    size = np.median(hips - values[:, list(_SHOULDERS), 1].mean(axis=1))
    joints = [joint for pair in _LIMBS for joint in pair]
    return np.asarray((hips[:, None] - values[:, joints, 1]) / max(1e-3, float(size)))


def _likeness(one: FloatArray, other: FloatArray) -> float:
    """Return the correlation of two bodies' movements, each limb around its own mean."""
    a, b = one - one.mean(axis=0), other - other.mean(axis=0)
    return float((a * b).sum() / (np.sqrt((a * a).sum() * (b * b).sum()) + 1e-9))
