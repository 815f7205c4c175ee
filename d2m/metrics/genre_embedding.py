"""Genre embedding: a linear projection that separates genres, fitted to labelled embeddings.

Linear discriminant analysis (Fisher, 1936) with a shrunken covariance (Friedman,
"Regularized Discriminant Analysis", 1989). Embeddings are rows of a matrix, ``(N, D)``;
distances between projections are Euclidean and in standard deviations within a genre.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.metrics.genre import standard_scale, standardised

FloatArray = NDArray[np.float64]

SHRINKAGE = 0.05
"""Share of the within-genre covariance replaced by its isotropic mean. Chosen by hand."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GenreEmbedding:
    """A fitted projection.

    Parameters
    ----------
    mean, inverse_deviation : (D,), (D,)
        Convert embeddings to z-scores; the inverse deviation of a constant dimension is 0.
    projection : (D, K)
        From z-scores to K dimensions, at most one fewer than there are genres.
    """

    mean: FloatArray
    inverse_deviation: FloatArray
    projection: FloatArray

    def __call__(self, embeddings: NDArray[Any]) -> FloatArray:
        """Project embeddings (N, D) to (N, K).

        Raises
        ------
        DataError
            If the number of dimensions differs from that of the fit.
        """
        given = np.asarray(embeddings, dtype=float)
        if given.ndim != 2 or given.shape[1] != len(self.mean):
            raise DataError(
                f"Embeddings of the shape {given.shape} can't be projected: expected "
                f"{len(self.mean)} numbers per row, as in the fit."
            )
        projected: FloatArray = ((given - self.mean) * self.inverse_deviation) @ self.projection
        return projected


def fit_genre_embedding(
    embeddings: NDArray[Any], genres: NDArray[Any], shrinkage: float = SHRINKAGE
) -> GenreEmbedding:
    """Fit the projection that best separates genres.

    Parameters
    ----------
    embeddings : (M, D)
        Embeddings of original music, such as `d2m.metrics.timbre.timbre_embedding`.
    genres : (M,)
        Genre of each.
    shrinkage
        Share, above 0 and up to 1, of the within-genre covariance that is replaced by its
        isotropic mean. It keeps directions with little variance from dominating.

    Returns
    -------
    GenreEmbedding

    Raises
    ------
    DataError
        If the numbers of genres and embeddings differ, or a value is not finite.
    """
    originals = np.asarray(embeddings, dtype=float)
    names, index = np.unique(np.asarray(genres), return_inverse=True)
    if len(index) != len(originals):
        raise DataError(f"{len(originals)} originals need as many genres, but have {len(index)}.")
    scores = standardised(originals, originals)
    means = np.stack([scores[index == one].mean(axis=0) for one in range(len(names))])
    residual = scores - means[index]
    within = residual.T @ residual / len(residual)
    size = len(within)
    isotropic = np.trace(within) / size or 1.0  # 0 with one original per genre: none varies
    within = (1.0 - shrinkage) * within + shrinkage * isotropic * np.eye(size)
    whitening = np.linalg.cholesky(np.linalg.inv(within))
    centred = (means - means.mean(axis=0)) @ whitening
    directions = np.linalg.svd(centred, full_matrices=False)[2][: max(1, len(names) - 1)]
    mean, inverse_deviation = standard_scale(originals)
    return GenreEmbedding(
        mean=mean, inverse_deviation=inverse_deviation, projection=whitening @ directions.T
    )
