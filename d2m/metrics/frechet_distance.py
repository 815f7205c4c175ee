"""Frechet distance between two sets of features.

Features are rows of a matrix, one for each dance or piece, ``(N, D)``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError

FloatArray = NDArray[np.float64]


def frechet_distance(generated: NDArray[Any], real: NDArray[Any]) -> float:
    """Compute the Frechet distance of two normal distributions fitted to features.

    ``|m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))`` with means m and covariances S (Heusel et
    al., NIPS 2017). It is too large for few rows, so compare sets of one size.

    Parameters
    ----------
    generated, real : (N, D), (M, D)
        Features of at least two dances or pieces each.

    Returns
    -------
    float
        In the square of the features' unit.

    Raises
    ------
    DataError
        If a side has fewer than two rows, the numbers of dimensions differ, or a value is not
        finite.
    """
    ours, theirs = np.asarray(generated, dtype=float), np.asarray(real, dtype=float)
    if min(ours.ndim, theirs.ndim) < 2 or min(len(ours), len(theirs)) < 2:
        raise DataError("A Frechet distance needs two rows of features on each side.")
    if ours.shape[1] != theirs.shape[1]:
        raise DataError(
            f"Features of {ours.shape[1]} and {theirs.shape[1]} dimensions can't be compared: "
            "compute both alike."
        )
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        raise DataError("A feature is not finite: compute features of finite input.")
    first, second = (np.atleast_2d(np.cov(one, rowvar=False)) for one in (ours, theirs))
    root = _square_root(first)
    # S1 S2 and S1^(1/2) S2 S1^(1/2) have the same eigenvalues; the latter is symmetric.
    values = np.linalg.eigvalsh(root @ second @ root)
    overlap = np.sqrt(np.maximum(values, 0)).sum()
    shift = np.square(ours.mean(axis=0) - theirs.mean(axis=0)).sum()
    return float(shift + np.trace(first) + np.trace(second) - 2 * overlap)


def _square_root(matrix: FloatArray) -> FloatArray:
    """Return the square root of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)
