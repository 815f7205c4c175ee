"""Statistics over clips: means with bootstrap intervals, calibration of probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
"""Bootstrap samples of the clips. Chosen by hand."""
CONFIDENCE_LEVEL = 0.95
"""Share of the bootstrap means inside the interval."""
N_BINS = 5
"""Number of equal ranges of a probability. Chosen by hand: there are few clips."""


@dataclass(frozen=True, kw_only=True)
class MeanInterval:
    """A mean over clips with its bootstrap interval.

    Parameters
    ----------
    mean, low, high
        Mean, and the ends of the 95 % interval; NaN without values.
    clips
        Number of values.
    """

    mean: float
    low: float
    high: float
    clips: int

    def as_text(self) -> str:
        """Format the mean and the interval."""
        if not self.clips:
            return "–"
        return f"{self.mean:.2f} [{self.low:.2f}, {self.high:.2f}]"


def mean_interval(values: Sequence[float], seed: int = 0) -> MeanInterval:
    """Average values over clips, with a percentile bootstrap over the clips.

    Parameters
    ----------
    values : (N,)
        One value for each clip; those that are not finite are left out.
    seed
        Seed of the bootstrap.
    """
    finite = np.array([value for value in values if np.isfinite(value)], dtype=float)
    if not len(finite):
        return MeanInterval(mean=np.nan, low=np.nan, high=np.nan, clips=0)
    index = np.random.default_rng([seed, len(finite)]).integers(
        0, len(finite), (RESAMPLES, len(finite))
    )
    outside = 50.0 * (1.0 - CONFIDENCE_LEVEL)
    low, high = np.percentile(finite[index].mean(axis=1), [outside, 100.0 - outside])
    return MeanInterval(
        mean=float(finite.mean()), low=float(low), high=float(high), clips=len(finite)
    )


@dataclass(frozen=True, kw_only=True)
class CalibrationBin:
    """Predictions of a range of probabilities, and how many of them came true.

    Parameters
    ----------
    low, high
        The range; only the last one includes its upper end.
    count
        Number of predictions.
    predicted, found
        Mean of the predictions, and share that came true.
    """

    low: float
    high: float
    count: int
    predicted: float
    found: float


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How well probabilities agree with what came true.

    Parameters
    ----------
    bins
        The ranges with predictions, ascending.
    brier
        Mean squared error of the predictions; NaN without any.
    base_brier
        The same for a constant prediction, the share of all that came true.
    """

    bins: tuple[CalibrationBin, ...]
    brier: float
    base_brier: float


def calibrate(predicted: Sequence[float], came_true: Sequence[bool]) -> Calibration:
    """Compare predicted probabilities with what came true, in `N_BINS` equal ranges.

    Parameters
    ----------
    predicted, came_true : (N,), (N,)
        Probabilities from 0 to 1, and whether each prediction came true.
    """
    chance: NDArray[np.float64] = np.asarray(predicted, dtype=float)
    truth: NDArray[np.float64] = np.asarray(came_true, dtype=float)
    if not len(chance):
        return Calibration(bins=(), brier=np.nan, base_brier=np.nan)
    number = np.clip((chance * N_BINS).astype(int), 0, N_BINS - 1)
    bins = tuple(
        CalibrationBin(
            low=one / N_BINS,
            high=(one + 1) / N_BINS,
            count=int((number == one).sum()),
            predicted=float(chance[number == one].mean()),
            found=float(truth[number == one].mean()),
        )
        for one in range(N_BINS)
        if (number == one).any()
    )
    return Calibration(
        bins=bins,
        brier=float(((chance - truth) ** 2).mean()),
        base_brier=float(((truth.mean() - truth) ** 2).mean()),
    )


def shift_histogram(shifts: Sequence[float]) -> dict[float, int]:
    """Count shifts (beats) by the nearest eighth of a beat, from -3/8 to 1/2.

    Shifts of a whole beat are none, so -1/2 counts as 1/2. Shifts that are not finite are left
    out.
    """
    counts = {number / 8: 0 for number in range(-3, 5)}
    for shift in shifts:
        if np.isfinite(shift):
            number = round(8 * shift) % 8
            counts[(number - 8 if number > 4 else number) / 8] += 1
    return counts
