"""Genre metrics: nearest-neighbour genre accuracy in an embedding space.

Embeddings are rows of a matrix, ``(N, D)``, and distances are Euclidean. Genres are names
or numbers, one for each row. The generated segments come first and the originals second.
The metric follows D2M-GAN (Zhu et al., ECCV 2022, Sec. 4.2), which compares segments by VGG
features learned on AudioSet (Hershey et al., 2017; `d2m.models.vggish`). Its weights are
not bundled; without them, embeddings of `d2m.metrics.timbre` take their place. Report the
embedding with the score.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError

FloatArray = NDArray[np.float64]


def standardised(embeddings: NDArray[Any], originals: NDArray[Any]) -> FloatArray:
    """Convert embeddings to z-scores with the mean and standard deviation of originals.

    Parameters
    ----------
    embeddings : (N, D)
        Embeddings to scale.
    originals : (M, D)
        Embeddings that define mean and deviation. A dimension that is constant among them
        becomes 0.

    Returns
    -------
    (N, D)

    Raises
    ------
    DataError
        If there are no originals, or the numbers of dimensions differ.
    """
    ours, theirs = _checked_pair(embeddings, originals)
    mean, inverse_deviation = standard_scale(theirs)
    scores: FloatArray = (ours - mean) * inverse_deviation
    return scores


def standard_scale(originals: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute mean and inverse standard deviation of each dimension of originals (M, D).

    Returns
    -------
    mean, inverse_deviation : (D,), (D,)
        The inverse deviation of a constant dimension is 0.
    """
    deviation = originals.std(axis=0)
    # Rounding errors of a constant dimension must not be scaled up to a deviation of 1.
    varies = deviation > 1e-9 * np.maximum(1.0, np.abs(originals).max(axis=0))
    return originals.mean(axis=0), varies / np.where(varies, deviation, 1.0)


def nearest_genres(
    generated: NDArray[Any],
    originals: NDArray[Any],
    genres: NDArray[Any],
    excluded: NDArray[np.bool_] | None = None,
) -> NDArray[Any]:
    """Look up the genre of the nearest original of each generated segment.

    Parameters
    ----------
    generated, originals : (N, D), (M, D)
        Embeddings. Of equally near originals the first one counts.
    genres : (M,)
        Genre of each original.
    excluded : (N, M), optional
        True for pairs that must not be matched, such as a segment and the original music of
        its own dance.

    Returns
    -------
    (N,)
        Of the same type as ``genres``; empty if there are no generated segments.

    Raises
    ------
    DataError
        If shapes do not match, a value is not finite, or all originals are excluded for a
        segment.
    """
    ours, theirs = _checked_pair(generated, originals)
    genres = np.asarray(genres)
    shape = (len(ours), len(theirs))
    allowed = np.ones(shape, bool) if excluded is None else ~np.asarray(excluded, dtype=bool)
    if genres.shape != shape[1:] or allowed.shape != shape:
        raise DataError(
            f"{shape[0]} segments and {shape[1]} originals need {shape[1]} genres and exclusions "
            f"of the shape {shape}, but have {genres.shape} and {allowed.shape}."
        )
    if not allowed.any(axis=1).all():
        raise DataError("All originals of a segment are excluded: leave at least one.")
    nearest = [
        int(np.argmin(np.where(candidates, np.square(theirs - one).sum(axis=1), np.inf)))
        for one, candidates in zip(ours, allowed, strict=True)
    ]
    found: NDArray[Any] = genres[np.array(nearest, dtype=int)]
    return found


def genre_accuracy(
    generated: NDArray[Any],
    wanted: NDArray[Any],
    originals: NDArray[Any],
    genres: NDArray[Any],
    excluded: NDArray[np.bool_] | None = None,
) -> float:
    """Compute the share of segments whose nearest original has the genre of their dance.

    With ten equally frequent genres, chance is 0.1. The metric of the paper excludes no
    originals.

    Parameters
    ----------
    generated, originals : (N, D), (M, D)
        Embeddings.
    wanted, genres : (N,), (M,)
        Genre of each segment's dance, and of each original.
    excluded : (N, M), optional
        See `nearest_genres`.

    Returns
    -------
    float
        0 to 1; 0 if there are no generated segments.

    Raises
    ------
    DataError
        As in `nearest_genres`, or if the number of wanted genres differs from that of the
        segments.
    """
    found = nearest_genres(generated, originals, genres, excluded)
    wanted = np.asarray(wanted)
    if wanted.shape != found.shape:
        raise DataError(f"{len(found)} segments need as many genres, but have {wanted.shape}.")
    return float(np.mean(found == wanted)) if len(found) else 0.0


def _checked_pair(
    embeddings: NDArray[Any], originals: NDArray[Any]
) -> tuple[FloatArray, FloatArray]:
    """Check embeddings and originals, and return them as floats (N, D), (M, D)."""
    ours, theirs = np.asarray(embeddings, dtype=float), np.asarray(originals, dtype=float)
    if theirs.ndim != 2 or not len(theirs):
        raise DataError(
            f"The originals have the shape {theirs.shape}: expected one embedding per row and at "
            "least one row."
        )
    if not ours.size:
        ours = ours.reshape(0, theirs.shape[1])
    if ours.ndim != 2 or ours.shape[1] != theirs.shape[1]:
        raise DataError(
            f"Embeddings of the shape {ours.shape} can't be compared with originals of the shape "
            f"{theirs.shape}: compute both with the same embedding."
        )
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        raise DataError("An embedding contains non-finite values: compute it from finite audio.")
    return ours, theirs
