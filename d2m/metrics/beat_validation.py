"""Check beat times before they are measured."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError

FloatArray = NDArray[np.float64]


def validate_beats(beats_s: NDArray[Any], name: str = "beats") -> FloatArray:
    """Return beat times as floats after checking them.

    Parameters
    ----------
    beats_s : (B,)
        Beat times (s); there may be none.
    name
        What they are called in an error.

    Returns
    -------
    (B,)

    Raises
    ------
    DataError
        If they are not one-dimensional, not finite, negative, or not strictly ascending.
    """
    beats = np.asarray(beats_s, dtype=float)
    if beats.ndim != 1:
        raise DataError(f"The {name} have the shape {beats.shape}: expected one time each, (B,).")
    if not np.isfinite(beats).all():
        raise DataError(f"The {name} hold times that are not finite: expected seconds.")
    if len(beats) and beats[0] < 0:
        raise DataError(
            f"The {name} start at {beats[0]:.3f} s: expected no time before the start of the clip."
        )
    steps = np.flatnonzero(np.diff(beats) <= 0)
    if len(steps):
        first, second = beats[steps[0]], beats[steps[0] + 1]
        raise DataError(
            f"The {name} are not ascending: {second:.3f} s follows {first:.3f} s. Sort them and "
            "leave out repeated times."
        )
    return beats
