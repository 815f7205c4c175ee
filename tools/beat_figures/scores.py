"""Compare tracked beats with known ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.metrics.beats import beat_f_measure

FloatArray = NDArray[np.float64]

LENIENT_S = 0.1
"""A wider tolerance (s)."""
TEMPO_TOLERANCE = 0.04
"""Largest relative error of a tempo that is right."""


@dataclass(frozen=True, kw_only=True)
class BeatScores:
    """How right some beats are.

    Parameters
    ----------
    f
        F-measure with a tolerance of 70 ms.
    octave_f
        The best one of the beats as they are, at half tempo (either half), and at double.
    tempo_right
        Whether the tempo is right within 4 %, half and double allowed.
    bias_s
        Median distance from the true beats (s), of beats within 70 ms; NaN without any.
    """

    f: float
    octave_f: float
    tempo_right: bool
    bias_s: float


def score_beats(found_s: FloatArray, true_s: FloatArray, end_s: float = np.inf) -> BeatScores:
    """Compare beats with the true ones, up to a time (s)."""
    found_s, true_s = found_s[found_s <= end_s + 0.05], true_s[true_s <= end_s + 0.05]
    if len(found_s) < 2:
        return BeatScores(f=0.0, octave_f=0.0, tempo_right=False, bias_s=np.nan)
    middles = np.interp(np.arange(2 * len(found_s) - 1) / 2, np.arange(len(found_s)), found_s)
    variants = (found_s, found_s[::2], found_s[1::2], middles)
    ratio = float(np.median(np.diff(true_s)) / np.median(np.diff(found_s)))
    errors = found_s - true_s[np.abs(found_s[:, None] - true_s).argmin(axis=1)]
    near = errors[np.abs(errors) <= 0.07]
    return BeatScores(
        f=beat_f_measure(found_s, true_s),
        octave_f=max(beat_f_measure(one, true_s) for one in variants),
        tempo_right=any(abs(ratio / o - 1) <= TEMPO_TOLERANCE for o in (0.5, 1.0, 2.0)),
        bias_s=float(np.median(near)) if len(near) else np.nan,
    )
