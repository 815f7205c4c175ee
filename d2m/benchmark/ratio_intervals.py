"""Means and ratios over pieces with their intervals by bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BOOTSTRAPS = 2000
"""Resamples of the pieces for an interval."""
_PERCENTILES = (2.5, 97.5)  # of a 95 % interval


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A figure over pieces.

    Parameters
    ----------
    value
        The mean, or the ratio of two means.
    lower, upper
        Its 95 % interval.
    n
        Number of pieces.
    """

    value: float
    lower: float
    upper: float
    n: int


def estimate(values: list[float], over: list[float] | None = None) -> Estimate | None:
    """Return the mean of values, or its ratio to the mean of others, with its interval.

    Pieces are drawn with replacement; with a denominator, both values of a piece together.

    Parameters
    ----------
    values
        One for each piece; pieces with NaN are left out.
    over
        Denominators of the same pieces.

    Returns
    -------
    Estimate or None
        None if no piece has a value.
    """
    table = np.array([values, over or [1.0] * len(values)], dtype=float)
    table = table[:, np.isfinite(table).all(axis=0)]
    n = table.shape[1]
    if not n:
        return None
    drawn = np.random.default_rng([31, n]).integers(n, size=(BOOTSTRAPS, n))
    lower, upper = np.percentile(_ratio(table[:, drawn]), _PERCENTILES)
    return Estimate(value=float(_ratio(table)), lower=float(lower), upper=float(upper), n=n)


def _ratio(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ratio of the means (2, ..., N) over the last axis."""
    tops, bottoms = table.mean(axis=-1)
    return np.asarray(tops / np.maximum(bottoms, 1e-12))
