"""The joints of a dancer in space from several views with known cameras."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.perception.skeleton import ANKLES, ELBOWS, HIPS, KNEES, SHOULDERS, WRISTS
from d2m.training.data.dances.mocap import MIN_AIST_SCORE
from d2m.training.data.view_cameras import ViewCameras, point_equations

FloatArray = NDArray[np.float64]

AIST_PICTURE = (1920, 1080)
"""Width and height (px) of AIST's videos."""
MIN_VIEWS = 3
"""Views of a choreography that are needed. Two would find the cameras as well, but not which
of them is wrong."""
ARMS = (*zip(SHOULDERS, ELBOWS, strict=True), *zip(ELBOWS, WRISTS, strict=True))
"""Joints at both ends of upper arms and forearms."""
STIFF_LIMBS = (
    *ARMS,
    *zip(HIPS, KNEES, strict=True),
    *zip(KNEES, ANKLES, strict=True),
)
"""Joints at both ends of the limbs, which keep their lengths."""
MAX_VIEW_ERROR = 0.008
"""Median error (picture widths; 15 px of 1,920) over which a view is left out: it shows another
moment or person. Two of the 45 views of break dance do, at 60 and 36 px; the others have at
most 7 px."""
STIFFNESS = 4.0
"""Weight of the squared acceleration of a joint (per frame), relative to its median weight in a
frame: it damps movement over about 7 Hz at 60 frames per second. Chosen by hand."""
LIMB_LENGTH_WEIGHT = 1.0
"""Weight of a limb's length, relative to the median weight of its joint in a frame. Chosen by
hand: joints move by a fifth of the keypoints' own error."""
JOINT_ROUNDS = 8
"""Rounds in which joints and weights are found from each other. Chosen by hand: after 6, joints
move by less than 0.1 % of the torso."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SeenDance:
    """A dance found from several views.

    Parameters
    ----------
    joints : (F, 17, 3)
        Joints in the axes of the cameras' space.
    errors : (V, F, 17)
        Distances (picture widths) between the joints in the views and the keypoints given;
        NaN where the joint has no weight.
    used : (V,)
        Whether a view was used.
    """

    joints: FloatArray
    errors: FloatArray
    used: NDArray[np.bool_]


def join_views(cameras: ViewCameras, views: FloatArray) -> SeenDance:
    """Find the joints of a dance from all views (V, F, 17, 3) with x, y (px) and score.

    Wrong keypoints get less weight (Cauchy). Where few views show a joint, its movement is
    bridged smoothly.
    """
    images, weights = view_images(views)
    n_views, n_frames, n_joints = weights.shape
    images, weights = images.reshape(n_views, -1, 2), weights.reshape(n_views, -1)
    used = np.ones(n_views, dtype=bool)
    joints = _triangulate(cameras, images, weights)
    errors = np.zeros_like(weights)
    for round_ in range(JOINT_ROUNDS):
        normal, target = _pulls(cameras, joints, images, weights * used[:, None])
        if round_ > JOINT_ROUNDS // 2:
            _keep_lengths(joints, normal, target, n_joints=n_joints)
        joints = _smooth(normal, target, n_joints=n_joints)
        errors = np.linalg.norm(cameras.project(joints) - images, axis=-1)
        errors[weights == 0] = np.nan
        if round_ == JOINT_ROUNDS // 2:
            used = np.nanmedian(errors, axis=1) < MAX_VIEW_ERROR
            used |= used.sum() < MIN_VIEWS
    placed = joints.reshape(n_frames, n_joints, 3)
    # Hands are often taken for the other hand in several views. Feet stay as they are seen,
    # because the errors of hips would make them slide.
    for near, far in ARMS:
        arm = placed[:, far] - placed[:, near]
        length = np.linalg.norm(arm, axis=-1, keepdims=True)
        shift = (np.median(length) / np.maximum(length, 1e-9) - 1) * arm
        placed[:, far] += shift
    return SeenDance(
        joints=placed,
        errors=errors.reshape(n_views, n_frames, n_joints),
        used=used,
    )


def view_images(views: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return keypoints in picture widths from the picture's middle, and their weights."""
    known = (views[..., 2] >= MIN_AIST_SCORE) & np.isfinite(views).all(axis=-1)
    middle = np.array(AIST_PICTURE) / 2
    images = (np.where(known[..., None], views[..., :2], middle) - middle) / AIST_PICTURE[0]
    return np.asarray(images), np.asarray(np.where(known, views[..., 2], 0.0) ** 2)


def _triangulate(cameras: ViewCameras, images: FloatArray, weights: FloatArray) -> FloatArray:
    """Find points (P, 3) from their images (V, P, 2) by linear least squares.

    Points without images lie at the median of the others.
    """
    focal = cameras.focals[:, None, None]
    rows = focal[..., None] * cameras.rotations[:, None, :2]
    rows = rows - images[..., None] * cameras.rotations[:, None, 2:]
    known = images * cameras.shifts[:, None, 2:] - focal * cameras.shifts[:, None, :2]
    matrix = np.einsum("vp,vpij,vpik->pjk", weights, rows, rows)
    right = np.einsum("vp,vpij,vpi->pj", weights, rows, known)
    places = np.linalg.solve(matrix + 1e-9 * np.eye(3), right[..., None])[..., 0]
    enough = (weights > 0).sum(axis=0) >= 2
    places[~enough] = np.median(places[enough], axis=0)
    return np.asarray(places)


def _pulls(
    cameras: ViewCameras, places: FloatArray, images: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the normal equations (P, 3, 3) and (P, 3) of the places that fit the images."""
    slopes, _, errors = point_equations(cameras, places, images, weights)
    normal = np.einsum("vpij,vpik->pjk", slopes, slopes)
    step = np.einsum("vpij,vpi->pj", slopes, errors)
    return normal, np.einsum("pij,pj->pi", normal, places) + step


def _keep_lengths(
    places: FloatArray, normal: FloatArray, target: FloatArray, *, n_joints: int
) -> None:
    """Add equations, in place, that pull each limb to its median length, along its direction."""
    joints, targets = places.reshape(-1, n_joints, 3), target.reshape(-1, n_joints, 3)
    normals = normal.reshape(-1, n_joints, 3, 3)
    weight = LIMB_LENGTH_WEIGHT * np.median(np.trace(normals, axis1=2, axis2=3), axis=0) / 3
    for near, far in STIFF_LIMBS:
        limb = joints[:, far] - joints[:, near]
        length = np.linalg.norm(limb, axis=-1, keepdims=True)
        along = limb / np.maximum(length, 1e-9)
        rest = np.median(length) * along
        square = along[:, :, None] * along[:, None, :]
        for joint, wanted in ((far, joints[:, near] + rest), (near, joints[:, far] - rest)):
            normals[:, joint] += weight[joint] * square
            targets[:, joint] += weight[joint] * (along * wanted).sum(-1, keepdims=True) * along


def _smooth(normal: FloatArray, target: FloatArray, *, n_joints: int) -> FloatArray:
    """Solve for the places of all frames, each joint with a penalty on its acceleration."""
    from scipy.linalg import solveh_banded

    n_frames = len(target) // n_joints
    normal = normal.reshape(n_frames, n_joints, 3, 3)
    target = target.reshape(n_frames, n_joints, 3)
    solved = np.empty((n_frames, n_joints, 3))
    for joint in range(n_joints):
        stiffness = STIFFNESS * max(float(np.median(np.trace(normal[:, joint], 0, 1, 2))) / 3, 1e-6)
        bands = _bands(normal[:, joint], stiffness)
        solved[:, joint] = solveh_banded(bands, target[:, joint].reshape(-1), lower=True).reshape(
            -1, 3
        )
    return solved.reshape(-1, 3)


def _bands(normal: FloatArray, stiffness: float) -> FloatArray:
    """Return the lower bands (7, 3 F) of the equations of one joint in all frames."""
    n_frames = len(normal)
    bands = np.zeros((7, n_frames, 3))
    for row in range(3):
        for column in range(row + 1):
            bands[row - column, :, column] = normal[:, row, column]
    weight = np.ones(max(n_frames - 2, 0))
    for offsets, factor in (((0, 0), 1), ((1, 1), 4), ((2, 2), 1), ((0, 1), -2), ((1, 2), -2),
                            ((0, 2), 1)):  # fmt: skip
        first, last = offsets
        bands[3 * (last - first), first : first + len(weight)] += (
            stiffness * factor * weight[:, None]
        )
    bands[0] += 1e-9 * stiffness
    return bands.reshape(7, 3 * n_frames)
