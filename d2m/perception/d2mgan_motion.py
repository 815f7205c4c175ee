"""Motion input of the published D2M-GAN networks, from a tracked pose.

The inputs are arrays of a `d2m.perception.pose.PoseTrack`, whose gaps are filled. Frame ``g``
of a motion at ``r`` Hz is the pose at ``g / r`` s. A motion is as long as its clip; the last
pose is held to the end. ``F`` is the number of frames of the pose, ``G`` that of the motion.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import PoseError
from d2m.perception.rotations import slerp
from d2m.perception.skeleton import (
    MEDIAPIPE_HIPS,
    MEDIAPIPE_TORSO,
    body25_from_mediapipe,
)
from d2m.perception.smpl import JOINTS, joint_rotations, smpl_joints_from_mediapipe

FloatArray = NDArray[np.float64]
Motion = NDArray[np.float32]

AIST_MOTION_FPS, TIKTOK_MOTION_FPS = 60.0, 30.0
"""Frame rates (Hz) that the published networks were trained on, see
`d2m.models.d2mgan.DATASETS`."""
REST_PELVIS = (0.0, -0.23, 0.03)
"""Position (m) of the pelvis of SMPL's mean body at translation 0."""

_FEET = tuple(i for i, name in enumerate(JOINTS) if name.endswith(("ankle", "foot")))
# All chosen by hand:
_FLOOR_QUANTILE = 0.05  # share of frames with a foot below the floor: tolerates tracking errors
_FOCAL_LENGTH = 1.2  # of any camera, in frame heights: a vertical field of view of 45 degrees
_DEPTH_WINDOW_S = 1.0  # over which sizes are averaged for the distance to the camera
_MAX_SIZE_SCATTER = 0.05  # relative deviation from that average above which depth is not used
_MAX_DEPTH_M = 3.0  # largest distance of the dancer from the median depth


def aist_motion(
    world: NDArray[Any], landmarks: NDArray[Any], fps: float, *, out_fps: float = AIST_MOTION_FPS
) -> Motion:
    """Convert a pose track to the motion input of the AIST++ networks.

    Rotations are computed at the frames of the pose and then interpolated (slerp).
    Interpolating positions first would shorten limbs that move fast.

    Parameters
    ----------
    world : (F, 33, 3)
        World landmarks (m), y down, without gaps.
    landmarks : (F, 33, 2 or 3)
        Image landmarks in frame heights, y down, without gaps.
    fps
        Frame rate of both (Hz).
    out_fps
        Frame rate of the motion (Hz).

    Returns
    -------
    (G, 219)
        See `pack_aist`. The translation (m) puts SMPL's pelvis at the position that
        `root_translation` returns.

    Raises
    ------
    PoseError
        If the dancer was found in no frame, or the torso has no size in the picture.
    ValueError
        If a rate is not positive, or the shapes do not match.
    """
    world, landmarks = np.asarray(world, dtype=float), np.asarray(landmarks, dtype=float)
    if world.shape[1:] != (33, 3) or landmarks.shape[:2] != world.shape[:2]:
        raise ValueError(f"expected landmarks of one clip, not {world.shape} and {landmarks.shape}")
    _check_found(world, landmarks[..., :2])
    joints = smpl_joints_from_mediapipe(world)
    times = _times(len(world), fps, out_fps)
    root = _linear(root_translation(joints, world, landmarks, fps), times)
    rotations = joint_rotations(joints)
    before, after, fraction = _neighbours(times)
    resampled = slerp(rotations[before], rotations[after], fraction)
    return pack_aist(root - REST_PELVIS, resampled)


def pack_aist(root: NDArray[Any], rotations: NDArray[Any]) -> Motion:
    """Concatenate root translation and rotations in the order of the AIST++ motion features.

    The order is inferred from the preprocessing of FACT (Li et al., "AI Choreographer", ICCV
    2021): the root translation, then the rotation matrices of the joints, each row by row.

    Parameters
    ----------
    root : (G, 3)
        Root translation (m), y up.
    rotations : (G, 24, 3, 3)
        Rotations relative to the parent, in SMPL's joint order.

    Returns
    -------
    (G, 219)
        float32.
    """
    flat = np.reshape(np.asarray(rotations), (len(rotations), -1))
    return np.concatenate([np.asarray(root), flat], axis=1, dtype=np.float32)


def root_translation(
    joints: NDArray[Any], world: NDArray[Any], landmarks: NDArray[Any], fps: float
) -> FloatArray:
    """Estimate the position of the pelvis by weak perspective.

    The scale (m per frame height) is the median over the clip of the torso's size in m, as
    seen by the camera, over its size in the picture. x is 0 at the median position of the
    hips. y is 0 at the floor, which 5 % of the frames may have a foot below. z follows slow
    changes of the scale if they are steady enough, else the hips stay at z = 0. The camera is
    assumed to be level and still, with a focal length of 1.2 frame heights.

    Parameters
    ----------
    joints : (F, 24, 3)
        From `smpl_joints_from_mediapipe` (m), y up, relative to the midpoint of the hips.
    world, landmarks : (F, 33, 3), (F, 33, 2 or 3)
        As for `aist_motion`.
    fps
        Frame rate (Hz).

    Returns
    -------
    (F, 3)
        Position (m): x to the right of the picture, y up, z towards the camera.

    Raises
    ------
    PoseError
        If the torso has no size in the picture.
    """
    image = np.asarray(landmarks, dtype=float)[..., :2]
    sizes = [_spread(points[:, list(MEDIAPIPE_TORSO), :2]) for points in (np.asarray(world), image)]
    measurable = (sizes[1] > 1e-6) & (sizes[0] > 1e-6)
    if not measurable.any():
        raise PoseError(
            "The dancer's torso can't be measured in the clip: shoulders and hips should be "
            "visible; try a clip that shows the whole body."
        )
    frames = np.flatnonzero(measurable)
    scales = np.interp(np.arange(len(image)), frames, sizes[0][frames] / sizes[1][frames])
    hips = image[:, list(MEDIAPIPE_HIPS)].mean(axis=1) * [1.0, -1.0] * float(np.median(scales))
    root = np.asarray(joints)[:, 0].astype(float)
    root[:, :2] += hips
    root[:, 0] -= np.median(hips[:, 0])
    root[:, 2] += _depth(scales, fps)
    lowest = (np.asarray(joints)[:, list(_FEET), 1] - np.asarray(joints)[:, :1, 1]).min(axis=1)
    root[:, 1] -= np.quantile(root[:, 1] + lowest, _FLOOR_QUANTILE)
    return root


def tiktok_motion(
    landmarks: NDArray[Any],
    visibility: NDArray[Any],
    fps: float,
    *,
    height_px: float,
    out_fps: float = TIKTOK_MOTION_FPS,
) -> Motion:
    """Convert a pose track to the motion input of the TikTok networks.

    It is assumed that they were trained on OpenPose's default output: x and y in px of the
    source frame, from its upper left corner. Nothing published states the unit.

    Parameters
    ----------
    landmarks : (F, 33, 2 or 3)
        Image landmarks in frame heights, y down, without gaps.
    visibility : (F, 33)
        Confidence, 0 to 1; 0 in filled frames.
    fps
        Frame rate of both (Hz).
    height_px
        Height of the source frames (px).
    out_fps
        Frame rate of the motion (Hz).

    Returns
    -------
    (G, 75)
        x, y (px) and confidence of each BODY_25 joint, float32. Positions are interpolated;
        confidences are those of the nearest frame.

    Raises
    ------
    PoseError
        If the dancer was found in no frame.
    ValueError
        If a rate or the height is not positive, or the shapes do not match.
    """
    points = np.asarray(landmarks, dtype=float)[..., :2]
    confidence = np.asarray(visibility, dtype=float)
    if points.shape != (*confidence.shape, 2) or confidence.shape[1:] != (33,):
        raise ValueError(
            f"expected landmarks of one clip, not {points.shape} and {confidence.shape}"
        )
    if not height_px > 0:
        raise ValueError("height_px must be positive")
    _check_found(points, confidence)
    body = body25_from_mediapipe(points, confidence)
    times = _times(len(body), fps, out_fps)
    motion = _linear(body, times)
    motion[..., :2] *= height_px
    motion[..., 2] = body[np.floor(times + 0.5).astype(int), :, 2]
    return motion.reshape(len(motion), -1).astype(np.float32)


def cut_segments(
    motion: NDArray[Any], starts_s: NDArray[Any], fps: float, n_frames: int
) -> NDArray[Any]:
    """Cut segments of equal length from a motion.

    Parameters
    ----------
    motion : (G, C)
        At least one frame.
    starts_s : (S,)
        Start times (s); each segment begins at the nearest frame.
    fps
        Frame rate of the motion (Hz).
    n_frames
        Frames per segment.

    Returns
    -------
    (S, n_frames, C)
        Beyond the ends of the motion, its first or last frame is held.

    Raises
    ------
    ValueError
        If the motion has no frames.
    """
    if not len(motion):
        raise ValueError("a motion without frames has no segments")
    first = np.floor(np.asarray(starts_s, dtype=float).reshape(-1) * fps + 0.5).astype(int)
    frames = first[:, None] + np.arange(n_frames)
    return np.asarray(motion[np.clip(frames, 0, len(motion) - 1)])


def _check_found(*arrays: FloatArray) -> None:
    if not all(len(array) and np.isfinite(array).all() for array in arrays):
        raise PoseError(
            "No dancer was found in the clip: a person should be visible from head to foot in "
            "some of it; try a brighter or closer clip."
        )


def _times(n_frames: int, fps: float, out_fps: float) -> FloatArray:
    """Return the times (G,) of the motion's frames, in frames of the pose."""
    if not (fps > 0 and out_fps > 0):
        raise ValueError("frame rates must be positive")
    count = max(1, int(np.floor(n_frames * out_fps / fps + 0.5)))
    return np.minimum(np.arange(count) * fps / out_fps, n_frames - 1)


def _neighbours(times: FloatArray) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]:
    """Return the frames before and after each time, and the fraction of the way between."""
    before = np.floor(times).astype(int)
    return before, np.ceil(times).astype(int), times - before


def _linear(values: FloatArray, times: FloatArray) -> FloatArray:
    """Interpolate values (F, ...) linearly at times (G,) in frames."""
    before, after, fraction = _neighbours(times)
    fraction = fraction.reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray((1 - fraction) * values[before] + fraction * values[after])


def _spread(points: FloatArray) -> FloatArray:
    """Return the root-mean-square distance (F,) of points (F, P, 2) from their centre."""
    centred = points - points.mean(axis=1, keepdims=True)
    return np.asarray(np.sqrt((centred**2).sum(axis=-1).mean(axis=-1)))


def _depth(scales: FloatArray, fps: float) -> FloatArray:
    """Return the movement towards the camera (m) from slow changes of the scale (F,)."""
    from scipy.ndimage import gaussian_filter1d, median_filter

    width = 2 * int(_DEPTH_WINDOW_S * fps / 2) + 1
    slow = median_filter(scales, size=width, mode="nearest")
    slow = gaussian_filter1d(slow, width / 4, mode="nearest")
    if np.median(np.abs(scales - slow) / slow) > _MAX_SIZE_SCATTER:
        return np.zeros_like(scales)
    depth = -_FOCAL_LENGTH * (slow - np.median(slow))
    return np.asarray(np.clip(depth, -_MAX_DEPTH_M, _MAX_DEPTH_M))
