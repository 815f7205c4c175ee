"""Diversity: how different the pieces are that one dance can get.

The other way round than the multimodality of "Dancing to Music" (Lee et al., NeurIPS 2019,
Sec. 4.3), the mean distance of dances made for one music. A mean distance alone says
nothing to a reader, so it is given over that of different songs of the corpus: 1 if pieces
for one dance differ as much as two songs do, 0 if they are all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.core.levels import SAMPLE_RATE
from d2m.metrics.codec import log_mel_l1

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Diversity:
    """How different pieces are.

    Parameters
    ----------
    distance
        Mean distance of two pieces, in the unit of the distances.
    song_distance
        Mean distance of two segments of different songs of the corpus.
    ratio
        The first over the second; 0 if the corpus has no two songs that differ.
    """

    distance: float
    song_distance: float
    ratio: float


def diversity(
    pieces: NDArray[Any], corpus: NDArray[Any], songs: NDArray[Any] | None = None
) -> Diversity:
    """Compare the distances among pieces for one dance with those among songs.

    Both by the same measure: `embedding_distances` of embeddings that were standardised
    by the corpus, or `log_mel_distances`.

    Parameters
    ----------
    pieces : (N, N)
        Distances among the pieces, of several seeds or styles; under two have diversity 0.
    corpus : (M, M)
        Distances among segments of the corpus.
    songs : (M,), optional
        Song of each segment: those of one song aren't compared. By default each is a song.

    Raises
    ------
    DataError
        If the distances are not square, or there is not one song a segment.
    """
    within = mean_pair_distance(pieces)
    between = mean_pair_distance(corpus, songs)
    ratio = within / between if between else 0.0
    return Diversity(distance=within, song_distance=between, ratio=ratio)


def mean_pair_distance(distances: NDArray[Any], groups: NDArray[Any] | None = None) -> float:
    """Return the mean distance of all pairs, of different groups only where there are such.

    Parameters
    ----------
    distances : (N, N)
        Symmetric.
    groups : (N,), optional
        Pairs within a group don't count. By default each is a group of its own.

    Returns
    -------
    float
        0 where there is no pair.

    Raises
    ------
    DataError
        If the distances are not square, or there is not one group each.
    """
    table = np.asarray(distances, dtype=float)
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise DataError(f"Distances of the shape {table.shape} are not those among N pieces.")
    groups = np.arange(len(table)) if groups is None else np.asarray(groups)
    if groups.shape != (len(table),):
        raise DataError(f"{len(table)} pieces need as many groups, but have {groups.shape}.")
    pairs = np.triu(groups[:, None] != groups, 1)
    return float(table[pairs].mean()) if pairs.any() else 0.0


def embedding_distances(embeddings: NDArray[Any]) -> FloatArray:
    """Return the Euclidean distances (N, N) among embeddings.

    Parameters
    ----------
    embeddings : (N, D)
        Standardised, unless their dimensions have one scale already.

    Raises
    ------
    DataError
        If the shape is another.
    """
    table = np.asarray(embeddings, dtype=float)
    if table.ndim != 2:
        raise DataError(f"Embeddings of the shape {table.shape}: expected one a row.")
    # Row by row, since the (N, N, D) differences of a corpus are large.
    rows = [np.linalg.norm(table - one, axis=1) for one in table]
    return np.array(rows, dtype=float).reshape(len(table), len(table))


def log_mel_distances(sounds: Sequence[NDArray[Any]], sample_rate: int = SAMPLE_RATE) -> FloatArray:
    """Return `d2m.metrics.codec.log_mel_l1` (decades) among sounds, (N, N).

    Moment by moment, so the same song a beat later is a different piece; two silences are
    0 apart.

    Parameters
    ----------
    sounds : N times (T,)
        Mono audio; of two the longer one's end is left out.
    sample_rate
        Of all (Hz).

    Raises
    ------
    AudioError
        If one is empty, not mono or not finite.
    """
    table = np.zeros((len(sounds), len(sounds)))
    for i, one in enumerate(sounds):
        for j in range(i):
            table[i, j] = table[j, i] = log_mel_l1(one, sounds[j], sample_rate)
    return table
