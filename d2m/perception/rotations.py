"""Rotation matrices (..., 3, 3) and the vectors they act on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_PRIOR_WEIGHT = 1e-7
"""Weight of the prior rotation, relative to the vectors' moment. Small enough not to change a
fit, large enough to decide where the vectors leave the rotation open. Chosen by hand."""


def kabsch(source: FloatArray, target: FloatArray, prior: FloatArray) -> FloatArray:
    """Fit proper rotations to pairs of vectors by least squares (Kabsch 1976).

    Parameters
    ----------
    source : (K, 3)
        Vectors before the rotation.
    target : (F, K, 3)
        Vectors after it.
    prior : (F, 3, 3) or (3, 3)
        Rotations to prefer where the vectors do not determine one.

    Returns
    -------
    (F, 3, 3)
        Rotations with determinant 1.
    """
    moment = np.swapaxes(target, -1, -2) @ source
    scale = np.linalg.norm(moment, axis=(-2, -1), keepdims=True)
    left, _, right = np.linalg.svd(moment + (_PRIOR_WEIGHT * scale + 1e-12) * prior)
    left[..., 2] *= np.linalg.det(left @ right)[..., None]
    return np.asarray(left @ right)


def rotation_about_axis(axis: FloatArray, angle: FloatArray) -> FloatArray:
    """Return rotations (F, 3, 3) about unit axes (F, 3) by angles (F,) in rad (Rodrigues)."""
    cross = np.zeros((*axis.shape, 3))
    cross[..., [2, 0, 1], [1, 2, 0]] = axis
    cross -= np.swapaxes(cross, -1, -2)
    sine, cosine = np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    return np.asarray(np.eye(3) + sine * cross + (1 - cosine) * (cross @ cross))


def slerp(start: FloatArray, end: FloatArray, fraction: FloatArray) -> FloatArray:
    """Interpolate rotations along the shortest arc (spherical linear interpolation).

    Parameters
    ----------
    start, end : (F, J, 3, 3)
        Rotations at fractions 0 and 1.
    fraction : (F,)
        Where to interpolate, 0 to 1.

    Returns
    -------
    (F, J, 3, 3)
    """
    from scipy.spatial.transform import Rotation

    first = Rotation.from_matrix(start.reshape(-1, 3, 3))
    last = Rotation.from_matrix(end.reshape(-1, 3, 3))
    arc = (first.inv() * last).as_rotvec() * np.repeat(fraction, start.shape[1])[:, None]
    return np.asarray((first * Rotation.from_rotvec(arc)).as_matrix().reshape(start.shape))


def normalise_vectors(vectors: FloatArray, default: FloatArray | None = None) -> FloatArray:
    """Scale vectors (..., 3) to length 1; vectors shorter than 1e-9 become ``default``, or 0."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    known = length > 1e-9
    scaled = vectors / np.where(known, length, 1)
    return np.asarray(np.where(known, scaled, 0.0 if default is None else default))
