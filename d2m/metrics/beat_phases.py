"""Beat phases: where in the beat of a dance the beats of music lie.

Times are in seconds, ascending. A phase is in beats of the dance, from -0.5 to below 0.5: 0 is on
the beat, 0.25 a quarter of a beat late, and -0.5 midway between beats. Means are circular
(Mardia and Jupp, "Directional Statistics", 2000, Sec. 2.2), since -0.5 and 0.5 are one phase.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.metrics.beat_validation import validate_beats

FloatArray = NDArray[np.float64]

PHASE_BINS = 24
"""Bins of a histogram of phases. Halves, thirds, quarters and eighths of a beat lie in the
middle of a bin."""
_NO_DIRECTION = 1e-9  # concentration from which there is a mean phase


def beat_phases(music_beats_s: NDArray[Any], dance_beats_s: NDArray[Any]) -> FloatArray:
    """Compute the phase of each beat of music against the beats of a dance.

    The phase grows linearly from a beat of the dance to the next. The first and the last beat of
    the dance have half a beat of their neighbour's length around them; beats of the music outside
    are left out.

    Parameters
    ----------
    music_beats_s, dance_beats_s : (M,), (D,)
        Ascending beat times (s).

    Returns
    -------
    (N,)
        Phases (beats), -0.5 to below 0.5; positive if the music is late. Empty with fewer than
        two beats of the dance, or without beats of the music.

    Raises
    ------
    DataError
        If times are not finite, negative or not ascending.
    """
    music = validate_beats(music_beats_s, "beats of the music")
    dance = validate_beats(dance_beats_s, "beats of the dance")
    if len(dance) < 2:
        return np.zeros(0)
    before, after = 2 * dance[0] - dance[1], 2 * dance[-1] - dance[-2]
    number = np.interp(music, [before, *dance, after], np.arange(-1.0, len(dance) + 1))
    inside = (number >= -0.5) & (number <= len(dance) - 0.5)
    return _wrapped(number[inside])


def phase_counts(phases: NDArray[Any], bins: int = PHASE_BINS) -> NDArray[np.int64]:
    """Count phases in bins of equal width.

    Parameters
    ----------
    phases : (N,)
        Phases (beats).
    bins
        Number of bins, an even one.

    Returns
    -------
    (bins,)
        Counts. The middle of the first bin is -0.5 and that of bin ``bins // 2`` is 0.

    Raises
    ------
    DataError
        If a phase is not finite.
    """
    index = np.round(_validated(phases) * bins).astype(np.int64) + bins // 2
    return np.bincount(index % bins, minlength=bins).astype(np.int64)


def phase_concentration(phases: NDArray[Any]) -> float:
    """Compute how much phases agree: the length of their mean on the unit circle.

    Any constant shift scores 1, half a beat too: see `mean_phase`. ``N`` phases at random score
    about ``0.9 / sqrt(N)``, so short clips never score 0.

    Parameters
    ----------
    phases : (N,)
        Phases (beats).

    Returns
    -------
    float
        0 (spread evenly) to 1 (all alike). 0 for fewer than two phases: one agrees with nothing.

    Raises
    ------
    DataError
        If a phase is not finite.
    """
    return float(min(1.0, abs(_mean_vector(phases)))) if len(phases) > 1 else 0.0


def mean_phase(phases: NDArray[Any]) -> float:
    """Compute the circular mean of phases.

    Parameters
    ----------
    phases : (N,)
        Phases (beats).

    Returns
    -------
    float
        -0.5 to below 0.5 (beats); NaN without phases, or if they are spread evenly.

    Raises
    ------
    DataError
        If a phase is not finite.
    """
    if not len(phases):
        return float("nan")
    mean = _mean_vector(phases)
    if abs(mean) < _NO_DIRECTION:
        return float("nan")
    return float(_wrapped(np.angle([mean]) / (2 * np.pi))[0])


def _wrapped(phases: FloatArray) -> FloatArray:
    """Bring phases (beats) into the range from -0.5 to below 0.5."""
    return np.asarray(phases - np.floor(phases + 0.5))


def _mean_vector(phases: NDArray[Any]) -> complex:
    return complex(np.exp(2j * np.pi * _validated(phases)).mean())


def _validated(phases: NDArray[Any]) -> FloatArray:
    values = np.asarray(phases, dtype=float)
    if not np.isfinite(values).all():
        raise DataError("A phase is not finite: compute phases with beat_phases.")
    return values
