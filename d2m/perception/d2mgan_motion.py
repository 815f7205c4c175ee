"""The motion that the published D2M-GAN networks read, from any clip's pose.

Both kinds are made of a `d2m.perception.pose.PoseTrack`'s arrays, whose gaps are filled: its
``found`` tells which frames were seen and its ``coverage`` their share; how few are too few
is for the caller to judge. Frame ``g`` of a motion at ``r`` Hz is the pose at
``g / r`` s; a motion lasts as long as its clip and holds the last pose to the end.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import PoseError
from d2m.perception.rotations import slerp
from d2m.perception.skeleton import body25_from_mediapipe
from d2m.perception.smpl import JOINTS, joint_rotations, smpl_joints_from_mediapipe

FloatArray = NDArray[np.float64]
Motion = NDArray[np.float32]

AIST_MOTION_FPS, AIST_FRAMES = 60.0, 120
"""Rate (Hz) and number of frames that the AIST++ networks read at once: two seconds."""
TIKTOK_MOTION_FPS, TIKTOK_FRAMES = 30.0, 60
"""The same of the TikTok networks."""

REST_PELVIS = (0.0, -0.23, 0.03)
"""Where SMPL's mean body has its pelvis (m) when its translation is 0."""

_TORSO_OF_33 = (11, 12, 23, 24)
_HIPS_OF_33 = (23, 24)
_FEET = tuple(i for i, name in enumerate(JOINTS) if name.endswith(("ankle", "foot")))
_FLOOR_QUANTILE = 0.05
"""Share of the frames that may have a foot below the floor, so that one slip doesn't set it."""
_FOCAL = 1.2
"""Focal length taken for any camera, in frame heights (45 degrees from top to bottom)."""
_SLOW_S = 1.0
"""Distance to the camera is taken from sizes averaged over so long."""
_LEAST_STEADY = 0.05
"""Relative scatter of the sizes around that average beyond which they tell no distance."""
_FARTHEST_M = 3.0
"""No dancer is believed to come nearer or go farther than this from the clip's middle."""


def aist_motion(
    world: NDArray[Any], landmarks: NDArray[Any], fps: float, *, out_fps: float = AIST_MOTION_FPS
) -> Motion:
    """Describe a dance as the AIST++ networks read it.

    Rotations are found in the frames that were seen and then interpolated along the shortest
    arc (slerp), not the positions before: positions in between would shorten fast limbs, and
    rotations of a steady turn keep its speed.

    Parameters
    ----------
    world : (F, 33, 3)
        World landmarks (m), y down; gaps filled.
    landmarks : (F, 33, 2 or 3)
        Image landmarks in frame heights, y down; gaps filled.
    fps
        Frames a second (Hz) of both.
    out_fps
        Frames a second (Hz) of the motion.

    Returns
    -------
    (G, 219)
        See `pack_aist`; the translation brings SMPL's pelvis to where `root_translation` says.

    Raises
    ------
    PoseError
        If the dancer is in no frame.
    ValueError
        If a rate is not positive or the shapes don't agree.
    """
    world, landmarks = np.asarray(world, dtype=float), np.asarray(landmarks, dtype=float)
    if world.shape[1:] != (33, 3) or landmarks.shape[:2] != world.shape[:2]:
        raise ValueError(f"{world.shape} and {landmarks.shape} are no landmarks of one clip")
    _check_seen(world, landmarks[..., :2])
    joints = smpl_joints_from_mediapipe(world)
    times = _times(len(world), fps, out_fps)
    root = _linear(root_translation(joints, world, landmarks, fps), times)
    rotations = joint_rotations(joints)
    before, after, share = _between(times)
    turned = slerp(rotations[before], rotations[after], share)
    return pack_aist(root - REST_PELVIS, turned)


def pack_aist(root: NDArray[Any], rotations: NDArray[Any]) -> Motion:
    """Lay out a motion in the order of the published AIST++ features.

    The order is inferred from how the preprocessing of FACT (Li et al., "AI Choreographer",
    ICCV 2021) concatenates them: the root translation, then joint by joint the rotation
    matrices, each row by row.

    Parameters
    ----------
    root : (G, 3)
        Root translation (m), y up.
    rotations : (G, 24, 3, 3)
        Relative to the parent's, in SMPL's joint order.

    Returns
    -------
    (G, 219)
    """
    flat = np.reshape(np.asarray(rotations), (len(rotations), -1))
    return np.concatenate([np.asarray(root), flat], axis=1, dtype=np.float32)


def root_translation(
    joints: NDArray[Any], world: NDArray[Any], landmarks: NDArray[Any], fps: float
) -> FloatArray:
    """Find where the pelvis is, by weak perspective.

    The scale (m per frame height) is the clip's median of the torso's size in m, as seen from
    the camera, over its size in the picture. x is 0 at the median place of the hips; y is 0 at
    the floor, which feet seldom pass; the hips' z, towards the camera, follows slow changes
    of the scale if that is steady enough to tell, else it is 0. The camera is taken to be level
    and still; the depth also takes a focal length of 1.2 frame heights.

    Parameters
    ----------
    joints : (F, 24, 3)
        The body by `smpl_joints_from_mediapipe` (m), y up, 0 in the middle of the hips.
    world, landmarks : (F, 33, 3), (F, 33, 2 or 3)
        As for `aist_motion`.
    fps
        Frames a second (Hz).

    Returns
    -------
    (F, 3)
        m, y up, x to the right of the picture, z towards the camera.

    Raises
    ------
    PoseError
        If the torso has no size in the picture.
    """
    image = np.asarray(landmarks, dtype=float)[..., :2]
    sizes = [_spread(points[:, list(_TORSO_OF_33), :2]) for points in (np.asarray(world), image)]
    shown = (sizes[1] > 1e-6) & (sizes[0] > 1e-6)
    if not shown.any():
        raise PoseError(
            "The dancer's torso can't be measured in the clip: shoulders and hips should both "
            "be seen; try a clip that shows the whole body."
        )
    there = np.flatnonzero(shown)
    scales = np.interp(np.arange(len(image)), there, sizes[0][there] / sizes[1][there])
    hips = image[:, list(_HIPS_OF_33)].mean(axis=1) * [1.0, -1.0] * float(np.median(scales))
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
    """Describe a dance as the TikTok networks read it.

    Assumption: the networks were trained on OpenPose's output as it comes by default, x and y
    in px of the source picture from its upper left corner; nothing published tells otherwise.

    Parameters
    ----------
    landmarks : (F, 33, 2 or 3)
        Image landmarks in frame heights, y down; gaps filled.
    visibility : (F, 33)
        Confidence 0 to 1; 0 in filled frames, which it stays.
    fps
        Frames a second (Hz) of both.
    height_px
        Height of the source picture (px).
    out_fps
        Frames a second (Hz) of the motion.

    Returns
    -------
    (G, 75)
        x, y (px) and confidence of each of BODY_25's joints, joint by joint. Positions are
        interpolated, confidences those of the nearest frame.

    Raises
    ------
    PoseError
        If the dancer is in no frame.
    ValueError
        If a rate or the height is not positive or the shapes don't agree.
    """
    points, seen = np.asarray(landmarks, dtype=float)[..., :2], np.asarray(visibility, dtype=float)
    if points.shape != (*seen.shape, 2) or seen.shape[1:] != (33,):
        raise ValueError(f"{points.shape} and {seen.shape} are no landmarks of one clip")
    if not height_px > 0:
        raise ValueError("height_px must be positive")
    _check_seen(points, seen)
    body = body25_from_mediapipe(points, seen)
    times = _times(len(body), fps, out_fps)
    motion = _linear(body, times)
    motion[..., :2] *= height_px
    motion[..., 2] = body[np.floor(times + 0.5).astype(int), :, 2]
    return motion.reshape(len(motion), -1).astype(np.float32)


def cut_segments(
    motion: NDArray[Any], starts_s: NDArray[Any], fps: float, n_frames: int
) -> NDArray[Any]:
    """Cut windows out of a motion.

    Parameters
    ----------
    motion : (G, C)
        At least one frame.
    starts_s : (S,)
        Start times (s); each window begins at the nearest frame.
    fps
        Frames a second (Hz) of the motion.
    n_frames
        Frames in a window, ``AIST_FRAMES`` or ``TIKTOK_FRAMES``.

    Returns
    -------
    (S, n_frames, C)
        What lies outside the motion holds its first or last frame.

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


def _check_seen(*arrays: FloatArray) -> None:
    if not all(len(array) and np.isfinite(array).all() for array in arrays):
        raise PoseError(
            "No dancer was followed in the clip: a person should be seen from head to foot in "
            "some of it; try a brighter or closer clip."
        )


def _times(n_frames: int, fps: float, out_fps: float) -> FloatArray:
    """Return the places (G,) in a clip's frames of a motion's, clamped to the last."""
    if not (fps > 0 and out_fps > 0):
        raise ValueError("frame rates must be positive")
    count = max(1, int(np.floor(n_frames * out_fps / fps + 0.5)))
    return np.minimum(np.arange(count) * fps / out_fps, n_frames - 1)


def _between(times: FloatArray) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]:
    """Return the frames before and after each time, and how far from one to the other it is."""
    before = np.floor(times).astype(int)
    return before, np.ceil(times).astype(int), times - before


def _linear(values: FloatArray, times: FloatArray) -> FloatArray:
    """Interpolate (F, ...) at places in its frames."""
    before, after, share = _between(times)
    share = share.reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray((1 - share) * values[before] + share * values[after])


def _spread(points: FloatArray) -> FloatArray:
    """Measure how far points (F, P, 2) lie around their middle (F,), root mean square."""
    around = points - points.mean(axis=1, keepdims=True)
    return np.asarray(np.sqrt((around**2).sum(axis=-1).mean(axis=-1)))


def _depth(scales: FloatArray, fps: float) -> FloatArray:
    """Return the way towards the camera (m) that slow changes of the scale (F,) tell."""
    from scipy.ndimage import gaussian_filter1d, median_filter

    width = 2 * int(_SLOW_S * fps / 2) + 1
    slow = median_filter(scales, size=width, mode="nearest")
    slow = gaussian_filter1d(slow, width / 4, mode="nearest")
    if np.median(np.abs(scales - slow) / slow) > _LEAST_STEADY:
        return np.zeros_like(scales)
    depth = -_FOCAL * (slow - np.median(slow))
    return np.asarray(np.clip(depth, -_FARTHEST_M, _FARTHEST_M))
