"""Frechet audio distance: how far music is, as a set, from reference music.

Embeddings are rows of a matrix, one for each clip, ``(N, D)``. The generated music comes first
and the reference second. The definition is that of Kilgour et al., "Frechet Audio Distance",
Interspeech 2019, on one embedding a clip. The value depends on the embedding, on the reference set
and on the number of clips: say all three beside it, and compare only values that share them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.metrics.frechet_distance import frechet_distance

FEWEST_CLIPS = 50
"""Clips on each side under which a value comes with a warning. Chosen by hand: of few clips, the
distance is too large and changes with each of them."""


@dataclass(frozen=True, kw_only=True)
class FrechetAudioDistance:
    """A Frechet audio distance.

    Parameters
    ----------
    value
        The distance, in the square of the embedding's unit, from 0; NaN with fewer than two
        clips on a side.
    n, n_reference
        Clips of generated and of reference music.
    warning
        Why the value is uncertain; empty if it is not.
    """

    value: float
    n: int
    n_reference: int
    warning: str = ""


def frechet_audio_distance(
    embeddings: NDArray[Any], reference: NDArray[Any]
) -> FrechetAudioDistance:
    """Compute the Frechet audio distance of embeddings.

    Parameters
    ----------
    embeddings, reference : (N, D), (M, D)
        Embeddings of generated and of reference music, computed alike.

    Returns
    -------
    FrechetAudioDistance
        With a warning if there are fewer than `FEWEST_CLIPS` on a side.

    Raises
    ------
    DataError
        If the numbers of dimensions differ, or a value is not finite.
    """
    n, n_reference = len(embeddings), len(reference)
    fewest = min(n, n_reference)
    if fewest < 2:
        return FrechetAudioDistance(
            value=float("nan"),
            n=n,
            n_reference=n_reference,
            warning="A Frechet audio distance needs at least two clips on each side.",
        )
    few = (
        f"Computed from {n} clips and {n_reference} references: under {FEWEST_CLIPS}, the distance "
        "is too large and uncertain. Compare it only with distances of as many clips."
    )
    value = frechet_distance(embeddings, reference)
    return FrechetAudioDistance(
        value=float(np.maximum(value, 0.0)),  # rounding errors of equal sets are negative
        n=n,
        n_reference=n_reference,
        warning=few if fewest < FEWEST_CLIPS else "",
    )
