"""An embedding of our own that tells genres, fitted on music whose genre is known.

Linear discriminant analysis (Fisher, 1936) with a shrunken covariance (Friedman, "Regularized
Discriminant Analysis", 1989): the directions in which segments of different genres lie apart,
measured by how far segments of one genre lie apart.
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


@dataclass(frozen=True, kw_only=True, eq=False)
class GenreEmbedding:
    """A fitted embedding.

    Parameters
    ----------
    centre, scale : (D,), (D,)
        From embeddings to standard scores; a scale of 0 is of what never varied.
    projection : (D, K)
        From standard scores to K directions, at most one less than there are genres.
    """

    centre: FloatArray
    scale: FloatArray
    projection: FloatArray

    def __call__(self, embeddings: NDArray[Any]) -> FloatArray:
        """Return where segments (N, D) lie, (N, K); distances are Euclidean.

        Raises
        ------
        DataError
            If their dimensions are others.
        """
        given = np.asarray(embeddings, dtype=float)
        if given.ndim != 2 or given.shape[1] != len(self.centre):
            raise DataError(
                f"Embeddings of the shape {given.shape} can't be placed: expected "
                f"{len(self.centre)} numbers each, as in the fit."
            )
        placed: FloatArray = ((given - self.centre) * self.scale) @ self.projection
        return placed


def fit_genre_embedding(
    embeddings: NDArray[Any], genres: NDArray[Any], shrinkage: float = SHRINKAGE
) -> GenreEmbedding:
    """Find the directions in which genres lie apart.

    Parameters
    ----------
    embeddings : (M, D)
        Of originals, such as `d2m.metrics.genre.timbre_embedding`.
    genres : (M,)
        Genre of each.
    shrinkage
        Share, above 0 to 1, of the covariance within genres that is taken to be the same in
        all directions; it keeps directions in which few originals vary from deciding.

    Raises
    ------
    DataError
        If there are not as many genres as embeddings, or a value is no number.
    """
    originals = np.asarray(embeddings, dtype=float)
    names, index = np.unique(np.asarray(genres), return_inverse=True)
    if len(index) != len(originals):
        raise DataError(f"{len(originals)} originals need as many genres, but have {len(index)}.")
    scores = standardised(originals, originals)
    means = np.stack([scores[index == one].mean(axis=0) for one in range(len(names))])
    rest = scores - means[index]
    within = rest.T @ rest / len(rest)
    size = len(within)
    even = np.trace(within) / size or 1.0  # one original a genre: nothing varies within it
    within = (1.0 - shrinkage) * within + shrinkage * even * np.eye(size)
    whitening = np.linalg.cholesky(np.linalg.inv(within))
    centred = (means - means.mean(axis=0)) @ whitening
    directions = np.linalg.svd(centred, full_matrices=False)[2][: max(1, len(names) - 1)]
    centre, scale = standard_scale(originals)
    return GenreEmbedding(centre=centre, scale=scale, projection=whitening @ directions.T)
