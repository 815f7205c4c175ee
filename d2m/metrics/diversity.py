"""Diversity metrics: how much pieces of music differ from each other.

Distances are symmetric matrices, ``(N, N)``. The mean over all pairs corresponds to the
multimodality of "Dancing to Music" (Lee et al., NeurIPS 2019, Sec. 4.3), with the roles
swapped: here several pieces of music are generated for one dance. A mean distance needs a
reference to be interpreted, for instance the mean distance between different songs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.core.levels import SAMPLE_RATE
from d2m.metrics.codec import log_mel_l1

FloatArray = NDArray[np.float64]


def mean_pair_distance(distances: NDArray[Any]) -> float:
    """Average the distances over all pairs of different pieces.

    Parameters
    ----------
    distances : (N, N)
        Symmetric matrix.

    Returns
    -------
    float
        In the unit of the distances; 0 for fewer than two pieces.

    Raises
    ------
    DataError
        If the matrix is not square.
    """
    table = np.asarray(distances, dtype=float)
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise DataError(f"Distances of the shape {table.shape} are not a square matrix (N, N).")
    pairs = table[np.triu_indices(len(table), 1)]
    return float(pairs.mean()) if len(pairs) else 0.0


def embedding_distances(embeddings: NDArray[Any]) -> FloatArray:
    """Compute the Euclidean distances between all pairs of embeddings.

    Parameters
    ----------
    embeddings : (N, D)
        All dimensions on one scale.

    Returns
    -------
    (N, N)
        Symmetric matrix.

    Raises
    ------
    DataError
        If the embeddings are not a matrix.
    """
    table = np.asarray(embeddings, dtype=float)
    if table.ndim != 2:
        raise DataError(f"Embeddings of the shape {table.shape}: expected one per row, (N, D).")
    # Row by row, since the (N, N, D) differences of a corpus are large.
    rows = [np.linalg.norm(table - one, axis=1) for one in table]
    return np.array(rows, dtype=float).reshape(len(table), len(table))


def log_mel_distances(sounds: Sequence[NDArray[Any]], sample_rate: int = SAMPLE_RATE) -> FloatArray:
    """Compute `d2m.metrics.codec.log_mel_l1` (decades) between all pairs of pieces.

    Frames are compared at equal times, so a copy shifted by one beat counts as different.

    Parameters
    ----------
    sounds : N times (T,)
        Mono audio; of each pair the longer one is cut to the length of the shorter.
    sample_rate
        Sample rate of all pieces (Hz).

    Returns
    -------
    (N, N)
        Symmetric matrix.

    Raises
    ------
    AudioError
        If a piece is empty, not mono or not finite.
    """
    table = np.zeros((len(sounds), len(sounds)))
    for i, one in enumerate(sounds):
        for j in range(i):
            table[i, j] = table[j, i] = log_mel_l1(one, sounds[j], sample_rate)
    return table
