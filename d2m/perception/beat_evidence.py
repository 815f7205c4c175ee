"""Judge whether tracked beats are those of music: how the sound itself supports them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

LAG_BEATS = (1, 2, 4)
"""Lags (beats) at which the rise of the sound is compared with itself: something repeats every
beat, every second, or every bar."""
_MEAN_S = 1.0  # the rise is compared with its mean over this time (s)
_SMOOTHED = np.array([0.1, 0.25, 0.3, 0.25, 0.1])  # weights of neighbouring frames


@dataclass(frozen=True, kw_only=True)
class BeatEvidence:
    """What speaks for the beats of a sound.

    Parameters
    ----------
    repetition
        Largest correlation of the sound's rise with itself, one, two or four beats later.
    strength
        Mean activation on the beats, 0 to 1.
    elsewhere
        Mean activation away from the beats, 0 to 1.
    rise_on_beats
        Mean rise of the sound on the beats (standard deviations).
    agreement
        F-measure of the beats with those of another tracker, half and double tempo allowed.
    """

    repetition: float
    strength: float
    elsewhere: float
    rise_on_beats: float
    agreement: float


def repetition(rise: FloatArray, fps: float, beat_s: float) -> float:
    """Return how much the rise of a sound repeats itself.

    Parameters
    ----------
    rise : (T,)
        From `detrended_rise`.
    fps
        Frames in a second (Hz).
    beat_s
        Time between beats (s).

    Returns
    -------
    float
        Largest autocorrelation coefficient near the lags of `LAG_BEATS`, at most 1.
    """
    centred = rise - rise.mean()
    power = float(np.square(centred).sum())
    best = 0.0
    for beats in LAG_BEATS:
        middle = round(beats * beat_s * fps)
        for lag in range(max(1, middle - 1), middle + 2):
            if lag < 0.75 * len(centred) and power > 0:
                best = max(best, float(centred[:-lag] @ centred[lag:]) / power)
    return best


def detrended_rise(rise: NDArray[np.float32], fps: float) -> FloatArray:
    """Return the rise of a sound above its mean nearby.

    Parameters
    ----------
    rise : (T, K)
        Rise of each band since the frame before.
    fps
        Frames in a second (Hz).

    Returns
    -------
    (T,)
        Smoothed, with a standard deviation of 1 before that; 0 where it is below the mean.
    """
    total = np.asarray(rise.sum(axis=1), dtype=float)
    width = min(len(total), 2 * round(_MEAN_S * fps / 2) + 1)
    above = np.maximum(total - np.convolve(total, np.ones(width) / width, "same"), 0.0)
    spread = float(above.std())
    scaled = above / spread if spread > 0 else above
    return np.convolve(scaled, _SMOOTHED, "same")
