"""Judge whether tracked beats are those of music: how the sound itself supports them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

LAG_BEATS = (1, 2, 4)
"""Lags (beats) at which a sound is compared with itself: something repeats every beat, every
second, or every bar."""
OTHER_LAGS_S = (0.25, 3.0)
"""Range of the lags (s) that are no beats."""
_MEAN_S = 1.0  # rises are compared with their mean over this time (s)
_SMOOTHED = np.array([0.1, 0.25, 0.3, 0.25, 0.1])  # weights of neighbouring frames


@dataclass(frozen=True, kw_only=True)
class BeatEvidence:
    """What speaks for the beats of a sound.

    Parameters
    ----------
    repetition
        Largest correlation of the sound's rise with itself one, two or four beats later.
    likeness
        The same for the rises of all bands, so for the timbre too.
    strength
        Mean activation on the beats, 0 to 1.
    elsewhere
        Mean activation away from the beats, 0 to 1.
    agreement
        F-measure of the beats with those of another tracker, half and double tempo allowed.
    unsteadiness
        Median distance of the onsets from steady beats (s).
    duration_s
        Length of the sound (s).
    """

    repetition: float
    likeness: float
    strength: float
    elsewhere: float
    agreement: float
    unsteadiness: float
    duration_s: float


def rises_above_mean(rise: NDArray[np.float32], fps: float) -> FloatArray:
    """Return the rises of bands (T, K) above their mean nearby, smoothed over neighbours."""
    width = max(1, min(len(rise), 2 * round(_MEAN_S * fps / 2) + 1))
    total = np.cumsum(np.pad(rise.astype(float), ((width // 2 + 1, width // 2), (0, 0))), axis=0)
    above = rise - (total[width:] - total[:-width])[: len(rise)] / width
    padded = np.pad(above, ((2, 2), (0, 0)))
    smooth: FloatArray = np.sum(
        [w * padded[i : i + len(rise)] for i, w in enumerate(_SMOOTHED)], axis=0
    )
    return smooth


def repetition(rises: FloatArray, fps: float, beat_s: float) -> float:
    """Return how alike the rises of a sound are to those some beats later.

    Parameters
    ----------
    rises : (T, K)
        From `rises_above_mean`.
    fps
        Frames in a second (Hz).
    beat_s
        Time between beats (s).

    Returns
    -------
    float
        Largest autocorrelation coefficient near the lags of `LAG_BEATS`, at most 1.
    """
    centred = rises - rises.mean(axis=0)
    power = float(np.square(centred).sum())
    if power <= 0:
        return 0.0
    best = 0.0
    for beats in LAG_BEATS:
        middle = round(beats * beat_s * fps)
        for lag in range(max(1, middle - 1), middle + 2):
            if lag < 0.75 * len(centred):
                best = max(best, float(np.vdot(centred[:-lag], centred[lag:])) / power)
    return best
