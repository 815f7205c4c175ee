"""Cameras around a dancer: their places and focal lengths from the dancer's own joints."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from d2m.perception.rotations import normalise_vectors, rotation_about_axis
from d2m.training.data.affine_views import factorise_views

FloatArray = NDArray[np.float64]

START_FOCAL = 1.0
"""Focal length from which the solution starts, in picture widths: a view of 53 degrees. Chosen
by hand; 0.7 and 1.6 lead to the same cameras."""
FOCAL_SPREAD = 0.5
"""Standard deviation of the logarithm of the focal length around the start. Chosen by hand:
wide, it only excludes cameras at infinity."""
CAMERA_ROUNDS = 40
"""Rounds of the Levenberg-Marquardt solution. Chosen by hand."""
ERROR_SCALE = 0.004
"""Error of a joint in a picture (picture widths; 8 px of 1,920) from which its weight falls
(Cauchy). Chosen by hand."""
N_CAMERA_VALUES = 7
"""Values of a camera: rotation (3), translation (3), logarithm of the focal length."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ViewCameras:
    """``V`` pinhole cameras: x right, y down, z away from the camera.

    Parameters
    ----------
    rotations : (V, 3, 3)
        From the space's axes to those of the cameras.
    shifts : (V, 3)
        Position of the space's origin in each camera's axes.
    focals : (V,)
        Focal lengths (picture widths).
    """

    rotations: FloatArray
    shifts: FloatArray
    focals: FloatArray

    def locate(self, places: FloatArray) -> FloatArray:
        """Return points (P, 3) of the space in the axes of each camera, (V, P, 3)."""
        turned: FloatArray = np.einsum("vij,pj->vpi", self.rotations, places)
        return turned + self.shifts[:, None]

    def project(self, places: FloatArray) -> FloatArray:
        """Return the images (V, P, 2) of points (P, 3), in picture widths from the middle."""
        inside = self.locate(places)
        return np.asarray(self.focals[:, None, None] * inside[..., :2] / inside[..., 2:])


def start_cameras(images: FloatArray, weights: FloatArray) -> tuple[ViewCameras, FloatArray]:
    """Estimate cameras and joints as if the cameras were far away.

    Parameters
    ----------
    images : (V, F, J, 2)
        Joints in picture widths from the middle of the picture.
    weights : (V, F, J)
        Weights of the joints.

    Returns
    -------
    cameras
        Cameras whose distances fit the sizes of the dancer at the focal length `START_FOCAL`.
    places : (F * J, 3)
        Joints; they and the cameras may be mirrored.
    """
    n_views, n_frames = images.shape[:2]
    share = weights[..., None] / np.maximum(weights.sum(axis=2)[..., None, None], 1e-9)
    centre = (share * images).sum(axis=2)
    rows, body = factorise_views(
        (images - centre[:, :, None]).reshape(n_views, -1, 2), weights.reshape(n_views, -1)
    )
    middle = np.median(centre, axis=1)
    walk = (centre - middle[:, None]).transpose(1, 0, 2).reshape(n_frames, -1)
    path = walk @ np.linalg.pinv(rows.reshape(-1, 3)).T
    places = (body.reshape(n_frames, -1, 3) + path[:, None]).reshape(-1, 3)
    scales = np.linalg.norm(rows, axis=2).mean(axis=1)
    # The nearest rotations of the two rows; the third row follows.
    left, _, right = np.linalg.svd(rows, full_matrices=False)
    first = left @ right
    rotations = np.concatenate([first, np.cross(first[:, :1], first[:, 1:])], axis=1)
    depth = START_FOCAL / scales
    shifts = np.concatenate([middle / scales[:, None], depth[:, None]], axis=1)
    focals = np.full(n_views, START_FOCAL)
    return ViewCameras(rotations=rotations, shifts=shifts, focals=focals), places


def mirrored_cameras(cameras: ViewCameras, places: FloatArray) -> tuple[ViewCameras, FloatArray]:
    """Return the other solution of distant cameras: everything mirrored in depth."""
    flip = np.diag([1.0, 1.0, -1.0])
    return replace(cameras, rotations=flip @ cameras.rotations @ flip), places @ flip


def refine_cameras(
    cameras: ViewCameras, places: FloatArray, images: FloatArray, weights: FloatArray
) -> tuple[ViewCameras, FloatArray]:
    """Refine cameras and points together so that their images fit (bundle adjustment).

    The squared errors have weights that fall for outliers (Cauchy). Each round eliminates the
    points from the equations (Schur complement), so that only the cameras' values are solved
    for together.

    Parameters
    ----------
    cameras, places
        From `start_cameras`; ``places`` (P, 3).
    images : (V, P, 2)
        Images in picture widths from the middle.
    weights : (V, P)
        Weights of the images.
    """
    damping = 1e-3
    cost = _cost(cameras, places, images, weights)
    for _ in range(CAMERA_ROUNDS):
        step = _step(cameras, places, images, weights, damping)
        moved, moved_places = _moved(cameras, step[0]), places + step[1]
        new_cost = _cost(moved, moved_places, images, weights)
        if np.isfinite(new_cost) and new_cost < cost:
            done = cost - new_cost < 1e-6 * cost
            cameras, places, cost = moved, moved_places, new_cost
            damping = max(damping / 5, 1e-9)
            if done:
                break
        elif damping > 1e3:
            break
        else:
            damping *= 10
    return cameras, places


def robust_weights(
    cameras: ViewCameras, places: FloatArray, images: FloatArray, weights: FloatArray
) -> FloatArray:
    """Return the weights (V, P) of images, reduced for those that do not fit (Cauchy)."""
    error = np.linalg.norm(cameras.project(places) - images, axis=-1) / ERROR_SCALE
    return np.asarray(weights / (1 + error**2))


def point_equations(
    cameras: ViewCameras, places: FloatArray, images: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Linearise the errors of the images in the points.

    Returns
    -------
    slopes : (V, P, 2, 3)
        Derivatives of the images by the points, times the square roots of the robust weights.
    inner : (V, P, 2, 3)
        Derivatives by the points in the axes of the cameras, with the same factors.
    errors : (V, P, 2)
        Measured minus projected, with the same factors.
    """
    inside = cameras.locate(places)
    depth = inside[..., 2]
    scale = cameras.focals[:, None] / depth
    root = np.sqrt(robust_weights(cameras, places, images, weights) * (depth > 0))[..., None]
    inner = np.zeros((*depth.shape, 2, 3))
    inner[..., 0, 0] = inner[..., 1, 1] = scale
    inner[..., 2] = -scale[..., None] * inside[..., :2] / depth[..., None]
    inner *= root[..., None]
    errors = root * (images - scale[..., None] * inside[..., :2])
    return inner @ cameras.rotations[:, None], inner, errors


def _cost(
    cameras: ViewCameras, places: FloatArray, images: FloatArray, weights: FloatArray
) -> float:
    error = np.linalg.norm(cameras.project(places) - images, axis=-1) / ERROR_SCALE
    prior = (np.log(cameras.focals / START_FOCAL) / FOCAL_SPREAD) ** 2
    return float((weights * np.log1p(error**2)).sum() + prior.sum())


def _step(
    cameras: ViewCameras,
    places: FloatArray,
    images: FloatArray,
    weights: FloatArray,
    damping: float,
) -> tuple[FloatArray, FloatArray]:
    """Return a step of the cameras' values (V, 7) and of the points (P, 3)."""
    n_views, n_points = images.shape[:2]
    slopes, inner, errors = point_equations(cameras, places, images, weights)
    slopes, inner, errors = (part / ERROR_SCALE for part in (slopes, inner, errors))
    turned = cameras.locate(places) - cameras.shifts[:, None]
    by_camera = np.empty((n_views, n_points, 2, N_CAMERA_VALUES))
    by_camera[..., :3] = np.cross(turned[..., None, :], inner)
    by_camera[..., 3:6] = inner
    by_camera[..., 6] = (inner[..., :2] @ cameras.locate(places)[..., :2, None])[..., 0]

    own = np.einsum("vpij,vpik->vjk", by_camera, by_camera)
    right = np.einsum("vpij,vpi->vj", by_camera, errors)
    own[:, 6, 6] += FOCAL_SPREAD**-2
    right[:, 6] -= np.log(cameras.focals / START_FOCAL) * FOCAL_SPREAD**-2
    own += damping * np.eye(N_CAMERA_VALUES) * np.einsum("vjj->vj", own)[:, None] + 1e-9
    points = np.einsum("vpij,vpik->pjk", slopes, slopes)
    points += damping * np.eye(3) * np.einsum("pjj->pj", points)[:, None]
    inverse = np.linalg.inv(points + 1e-6 * np.eye(3))
    pull = np.einsum("vpij,vpi->pj", slopes, errors)
    mixed = np.einsum("vpij,vpik->pvjk", by_camera, slopes).reshape(n_points, -1, 3)

    through = mixed @ inverse
    system = -np.tensordot(through, mixed, axes=([0, 2], [0, 2]))
    for view in range(n_views):
        part = slice(view * N_CAMERA_VALUES, (view + 1) * N_CAMERA_VALUES)
        system[part, part] += own[view]
    known = right.reshape(-1) - np.einsum("pij,pj->i", through, pull)
    moved = np.linalg.lstsq(system, known, rcond=1e-12)[0]
    shift = (inverse @ (pull - np.einsum("pij,i->pj", mixed, moved))[..., None])[..., 0]
    return moved.reshape(n_views, N_CAMERA_VALUES), shift


def _moved(cameras: ViewCameras, step: FloatArray) -> ViewCameras:
    angle = np.linalg.norm(step[:, :3], axis=1)
    turn = rotation_about_axis(normalise_vectors(step[:, :3], np.array([1.0, 0, 0])), angle)
    return ViewCameras(
        rotations=turn @ cameras.rotations,
        shifts=cameras.shifts + step[:, 3:6],
        focals=cameras.focals * np.exp(step[:, 6]),
    )
