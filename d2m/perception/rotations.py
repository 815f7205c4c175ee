"""Rotations as matrices (..., 3, 3), and the vectors that they turn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_PRIOR = 1e-7
"""Weight of the parent's rotation in a rigid fit, for bones that leave it open."""


def kabsch(source: FloatArray, target: FloatArray, prior: FloatArray) -> FloatArray:
    """Return the proper rotations (F, 3, 3) that best turn ``source`` (K, 3) to ``target``."""
    moment = np.swapaxes(target, -1, -2) @ source
    scale = np.linalg.norm(moment, axis=(-2, -1), keepdims=True)
    left, _, right = np.linalg.svd(moment + (_PRIOR * scale + 1e-12) * prior)
    left[..., 2] *= np.linalg.det(left @ right)[..., None]
    return np.asarray(left @ right)


def rotation_about_axis(axis: FloatArray, angle: FloatArray) -> FloatArray:
    """Return rotations (F, 3, 3) about unit axes (F, 3) by angles (F,) (rad)."""
    cross = np.zeros((*axis.shape, 3))
    cross[..., [2, 0, 1], [1, 2, 0]] = axis
    cross -= np.swapaxes(cross, -1, -2)
    sine, cosine = np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    return np.asarray(np.eye(3) + sine * cross + (1 - cosine) * (cross @ cross))


def slerp(start: FloatArray, end: FloatArray, share: FloatArray) -> FloatArray:
    """Interpolate between rotations (F, J, 3, 3) by shares (F,), along the shortest arc."""
    from scipy.spatial.transform import Rotation

    first = Rotation.from_matrix(start.reshape(-1, 3, 3))
    last = Rotation.from_matrix(end.reshape(-1, 3, 3))
    arc = (first.inv() * last).as_rotvec() * np.repeat(share, start.shape[1])[:, None]
    return np.asarray((first * Rotation.from_rotvec(arc)).as_matrix().reshape(start.shape))


def normalise_vectors(vectors: FloatArray, instead: FloatArray | None = None) -> FloatArray:
    """Scale vectors (..., 3) to length 1; those of no length become ``instead``, or 0."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    known = length > 1e-9
    scaled = vectors / np.where(known, length, 1)
    return np.asarray(np.where(known, scaled, 0.0 if instead is None else instead))
