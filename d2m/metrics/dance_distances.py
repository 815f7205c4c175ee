"""Distances between sets of dances: Frechet distance, diversity and multimodality.

Features are rows of a matrix, one for each dance, ``(N, D)``; distances are Euclidean and have
the unit of the features. The definitions are those of "Dancing to Music" (Lee et al., NeurIPS
2019, Sec. 4.3). Distances of other features, or of other data, can't be compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.metrics.diversity import embedding_distances, mean_pair_distance

FloatArray = NDArray[np.float64]

DIVERSITY_DANCES = 50
"""Dances among which pairs are drawn (Sec. 4.3)."""
DIVERSITY_PAIRS = 200
"""Random pairs of the diversity (Sec. 4.3)."""


def frechet_distance(generated: NDArray[Any], real: NDArray[Any]) -> float:
    """Compute the Frechet distance of two normal distributions fitted to features.

    ``|m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))`` with means m and covariances S (Heusel et
    al., NIPS 2017). It is too large for few dances, so compare sets of one size.

    Parameters
    ----------
    generated, real : (N, D), (M, D)
        Features of at least two dances each.

    Raises
    ------
    DataError
        If a side has fewer than two rows, or the numbers of dimensions differ.
    """
    ours, theirs = np.asarray(generated, dtype=float), np.asarray(real, dtype=float)
    if min(ours.ndim, theirs.ndim) < 2 or min(len(ours), len(theirs)) < 2:
        raise DataError("A Frechet distance needs the features of two dances on each side.")
    if ours.shape[1] != theirs.shape[1]:
        raise DataError(
            f"Features of {ours.shape[1]} and {theirs.shape[1]} dimensions can't be compared: "
            "compute both alike."
        )
    first, second = (np.atleast_2d(np.cov(one, rowvar=False)) for one in (ours, theirs))
    root = _square_root(first)
    # S1 S2 and S1^(1/2) S2 S1^(1/2) have the same eigenvalues; the latter is symmetric.
    values = np.linalg.eigvalsh(root @ second @ root)
    overlap = np.sqrt(np.maximum(values, 0)).sum()
    shift = np.square(ours.mean(axis=0) - theirs.mean(axis=0)).sum()
    return float(shift + np.trace(first) + np.trace(second) - 2 * overlap)


def diversity(features: NDArray[Any], rng: np.random.Generator) -> float:
    """Compute the mean distance of `DIVERSITY_PAIRS` random pairs among dances.

    Parameters
    ----------
    features : (N, D)
        Of dances to different songs; `DIVERSITY_DANCES` of them are drawn if there are more.
    rng
        Draws dances and pairs.

    Returns
    -------
    float
        0 for fewer than two dances.
    """
    table = np.asarray(features, dtype=float)
    if len(table) < 2:
        return 0.0
    some = table[rng.permutation(len(table))[:DIVERSITY_DANCES]]
    first = rng.integers(len(some), size=DIVERSITY_PAIRS)
    second = (first + rng.integers(1, len(some), size=DIVERSITY_PAIRS)) % len(some)
    return float(np.linalg.norm(some[first] - some[second], axis=1).mean())


def multimodality(features_by_song: list[NDArray[Any]]) -> list[float]:
    """Compute the mean distance of all pairs of the dances to each song, one number a song.

    Parameters
    ----------
    features_by_song : (N, D) each
        Features of the dances to one song; the paper has five. Songs with fewer than two
        dances are left out.
    """
    return [
        mean_pair_distance(embedding_distances(each)) for each in features_by_song if len(each) > 1
    ]


def _square_root(matrix: FloatArray) -> FloatArray:
    """Return the square root of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)
