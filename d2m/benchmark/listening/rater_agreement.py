"""How well raters agree: Krippendorff's alpha and the intraclass correlation.

Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011. Shrout and Fleiss, "Intraclass
correlations: uses in assessing rater reliability", Psychological Bulletin 1979.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

ORDINAL, INTERVAL = "ordinal", "interval"
"""Scales of ratings: their order counts, or their differences count too."""


def krippendorff_alpha(ratings: FloatArray, scale: str = INTERVAL) -> float:
    """Return Krippendorff's alpha, 1 for perfect agreement, about 0 for chance.

    Parameters
    ----------
    ratings : (R, U)
        Ratings by rater and unit; NaN where a rater did not rate a unit.
    scale
        ``"ordinal"`` or ``"interval"``.

    Returns
    -------
    float
        Alpha; NaN if no unit has two ratings, or all ratings are equal.
    """
    values = np.unique(ratings[np.isfinite(ratings)])
    counts = np.array([(ratings == value).sum(axis=0) for value in values], dtype=float)
    counts = counts.reshape(len(values), ratings.shape[1])
    counts = counts[:, counts.sum(axis=0) >= 2]
    if not counts.size:
        return float("nan")
    per_unit = counts.sum(axis=0)
    coincidences = (counts / (per_unit - 1)) @ counts.T
    coincidences -= np.diag((counts / (per_unit - 1)).sum(axis=1))
    totals = coincidences.sum(axis=1)
    distances = _squared_distances(values, totals, scale)
    expected = float(totals @ distances @ totals) / (float(totals.sum()) - 1.0)
    if expected <= 0.0:
        return float("nan")
    return 1.0 - float((coincidences * distances).sum()) / expected


def _squared_distances(values: FloatArray, totals: FloatArray, scale: str) -> FloatArray:
    """Return the squared difference (V, V) of each pair of values on a scale."""
    # On an ordinal scale, the distance is the number of ratings between the two values.
    places = values if scale == INTERVAL else np.cumsum(totals) - totals / 2.0
    return np.asarray((places[:, None] - places[None, :]) ** 2)


def intraclass_correlation(ratings: FloatArray) -> float:
    """Return ICC(2,k): how reliable the mean of these raters is, raters drawn at random.

    Parameters
    ----------
    ratings : (R, U)
        Ratings by rater and unit.

    Returns
    -------
    float
        The correlation, at most 1; NaN unless all raters rated all units, with at least two of
        each, or if no unit differs.
    """
    raters, units = ratings.shape
    if raters < 2 or units < 2 or not np.isfinite(ratings).all():
        return float("nan")
    mean = ratings.mean()
    of_units = raters * ((ratings.mean(axis=0) - mean) ** 2).sum() / (units - 1)
    of_raters = units * ((ratings.mean(axis=1) - mean) ** 2).sum() / (raters - 1)
    rest = ratings - ratings.mean(axis=0) - ratings.mean(axis=1, keepdims=True) + mean
    error = (rest**2).sum() / ((units - 1) * (raters - 1))
    total = of_units + (of_raters - error) / units
    return float((of_units - error) / total) if total > 0 else float("nan")
