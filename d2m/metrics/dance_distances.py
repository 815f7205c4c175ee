"""Distances between dances: diversity and multimodality.

Features are rows of a matrix, one for each dance, ``(N, D)``; distances are Euclidean and have
the unit of the features. The definitions are those of "Dancing to Music" (Lee et al., NeurIPS
2019, Sec. 4.3). Distances of other features, or of other data, can't be compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.metrics.diversity import embedding_distances, mean_pair_distance

DIVERSITY_DANCES = 50
"""Dances among which pairs are drawn (Sec. 4.3)."""
DIVERSITY_PAIRS = 200
"""Random pairs of the diversity (Sec. 4.3)."""


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
