"""Points in space from several distant views: factorisation after Tomasi and Kanade (1992)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

FACTOR_ROUNDS = 60
"""Rounds of alternating least squares; the factors hardly change after 40. Chosen by hand."""
MIN_EIGENVALUE = 1e-4
"""Smallest eigenvalue of the metric, relative to the largest: keeps the metric positive where
noise would make it indefinite. Chosen by hand."""


def factorise_views(points: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Recover points and views from images of distant (scaled orthographic) cameras.

    The images of ``P`` points in ``V`` views form a matrix of rank 3 (Tomasi and Kanade, "Shape
    and motion from image streams under orthography", IJCV 1992). It is factorised by weighted
    alternating least squares, because points may be hidden in views. The factors are determined
    up to a linear map; it is chosen so that the two rows of each view are perpendicular and of
    equal length. The result and its mirror image explain the views equally well.

    Parameters
    ----------
    points : (V, P, 2)
        Image points, relative to one common point in every view.
    weights : (V, P)
        Weights of the points, 0 where a point is hidden.

    Returns
    -------
    rows : (V, 2, 3)
        Rows that map a point in space to x and y of each view: its scale times the first two
        rows of a rotation.
    places : (P, 3)
        Points in space.
    """
    n_views = len(points)
    measured = np.moveaxis(points, 2, 1).reshape(2 * n_views, -1)
    weight = np.repeat(weights, 2, axis=0)
    # The first factors come from the matrix with hidden points at the weighted mean of the rest.
    mean = (weight * measured).sum(1, keepdims=True) / np.maximum(weight.sum(1, keepdims=True), 1)
    start = np.linalg.svd(np.where(weight > 0, measured, mean), full_matrices=False)
    rows = start[0][:, :3] * start[1][:3] / np.sqrt(measured.shape[1])
    places = np.zeros((3, measured.shape[1]))
    for _ in range(FACTOR_ROUNDS):
        places = _weighted_solution(rows, measured, weight).T
        rows = _weighted_solution(places.T, measured.T, weight.T)
    metric = _metric(rows.reshape(n_views, 2, 3))
    return rows.reshape(n_views, 2, 3) @ metric, np.linalg.solve(metric, places).T


def _weighted_solution(factor: FloatArray, target: FloatArray, weight: FloatArray) -> FloatArray:
    """Solve ``factor @ x = target`` for every column of the target by weighted least squares.

    ``factor`` is (N, 3), ``target`` and ``weight`` are (N, M); the result is (M, 3).
    """
    products = (factor[:, :, None] * factor[:, None, :]).reshape(len(factor), 9)
    normal = (weight.T @ products).reshape(-1, 3, 3)
    ridge = 1e-9 * np.trace(normal, axis1=1, axis2=2)[:, None, None] + 1e-12
    right = (weight * target).T @ factor
    return np.asarray(np.linalg.solve(normal + ridge * np.eye(3), right[..., None])[..., 0])


def _metric(rows: FloatArray) -> FloatArray:
    """Return the map (3, 3) that makes the rows (V, 2, 3) of each view rotations with a scale."""
    first, second = rows[:, 0], rows[:, 1]
    scale = np.sqrt((first**2).sum(1) + (second**2).sum(1))[:, None]
    first, second = first / scale, second / scale
    equations = np.concatenate(
        [_products(first, first) - _products(second, second), _products(first, second)]
    )
    # The overall size is free: fix the mean squared length of the rows.
    size = (_products(first, first) + _products(second, second)).mean(axis=0)
    matrix = np.vstack([equations, len(rows) * size])
    target = np.zeros(len(matrix))
    target[-1] = len(rows)
    a, b, c, d, e, f = np.linalg.lstsq(matrix, target, rcond=None)[0]
    values, vectors = np.linalg.eigh(np.array([[a, b, c], [b, d, e], [c, e, f]]))
    values = np.maximum(values, MIN_EIGENVALUE * np.abs(values).max())
    return np.asarray(vectors * np.sqrt(values))


def _products(one: FloatArray, other: FloatArray) -> FloatArray:
    """Return the coefficients (V, 6) of ``one @ metric @ other`` in a symmetric metric."""
    x, y, z = one.T
    u, v, w = other.T
    return np.stack([x * u, x * v + y * u, x * w + z * u, y * v, y * w + z * v, z * w], axis=1)
