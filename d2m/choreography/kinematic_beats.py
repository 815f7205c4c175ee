"""Kinematic beats: moments at which a dancer's movement stops or turns (Lee et al., Eq. 1-2).

A beat is a sudden decrease of the motion in some direction: a joint stops, or goes on in another
direction. The beat lies where that decrease ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.choreography.joints import joints14_from_coco
from d2m.perception.skeleton import COCO17

FloatArray = NDArray[np.float64]

UNIT_FPS = 15.0
"""Frame rate at which kinematic beats are found (Hz; Sec. 4)."""
ANGLE_BINS = 8
"""Bins of the angle of a joint's motion (Eq. 1; count). The paper does not state it; chosen by
hand."""
SMOOTHING_FRAMES = 1.0
"""Standard deviation (frames at `UNIT_FPS`) by which the motion is smoothed. Chosen by hand on real
and procedural dances whose beats are known."""
LEAST_DECREASE = 0.2
"""Least decrease of the motion from one frame to the next (Eq. 2) before a beat, as a share of the
dance's usual motion. The paper does not state its threshold; chosen by hand likewise."""
DECREASE_FRAMES = 3
"""Frames before a beat in which the motion must decrease (0.2 s). Chosen by hand."""
LEAST_MOTION = 1e-4
"""A dance that moves less a frame in all joints together (unit of the joints) stands still."""
LEAST_GAP_S = 0.2
"""Shortest time between two kinematic beats (s), chosen by hand: 300 beats a minute."""


@dataclass(frozen=True, kw_only=True, eq=False)
class KinematicBeats:
    """The kinematic beats of a dance.

    Parameters
    ----------
    beats_s : (N,)
        Their times (s).
    offsets : (F,)
        Decrease of the motion at each frame (Eq. 2), as a share of the dance's usual motion.
    fps
        Frame rate of the offsets (Hz).
    """

    beats_s: FloatArray
    offsets: FloatArray
    fps: float


def find_kinematic_beats(joints: FloatArray, fps: float) -> KinematicBeats:
    """Find the kinematic beats of a dance as it is seen by the camera.

    Parameters
    ----------
    joints : (F, J, D)
        Joints in any unit, whose first two coordinates are those of the image. Of COCO-17 joints
        the 14 of the paper count, so that the head counts once.
    fps
        Frame rate (Hz).

    Returns
    -------
    KinematicBeats
        At `UNIT_FPS`, to which other rates are resampled.
    """
    from scipy.ndimage import gaussian_filter1d

    counted = joints14_from_coco(joints) if joints.shape[1] == len(COCO17) else joints
    flat = resample_joints(counted[..., :2], fps, UNIT_FPS)
    none = KinematicBeats(beats_s=np.zeros(0), offsets=np.zeros(len(flat)), fps=UNIT_FPS)
    if len(flat) < 3:
        return none
    motion = gaussian_filter1d(directional_motion(flat), SMOOTHING_FRAMES, axis=0, mode="nearest")
    total = motion.sum(axis=1)
    if total.mean() < LEAST_MOTION:
        return none
    decrease = np.maximum(motion[:-1] - motion[1:], 0).sum(axis=1) / total.mean()
    # The motion of index t leads from pose t to pose t + 1, so its decrease lies at pose t + 1.
    offsets = np.concatenate([[0.0], decrease, [0.0]])
    return KinematicBeats(beats_s=_stops(total, decrease), offsets=offsets, fps=UNIT_FPS)


def directional_motion(joints: FloatArray) -> FloatArray:
    """Return the motion of all joints in each direction, D of Eq. 1.

    Parameters
    ----------
    joints : (F, J, 2)
        Joints in the image.

    Returns
    -------
    (F - 1, ANGLE_BINS)
        Sum of the distances that joints move in each bin of angles, from one frame to the next.
    """
    steps = np.diff(joints, axis=0)
    angles = np.arctan2(steps[..., 1], steps[..., 0])
    bins = np.floor((angles + np.pi) / (2 * np.pi) * ANGLE_BINS).astype(int) % ANGLE_BINS
    lengths = np.linalg.norm(steps, axis=-1)
    one_hot = bins[..., None] == np.arange(ANGLE_BINS)
    return np.asarray((lengths[..., None] * one_hot).sum(axis=1))


def resample_joints(joints: FloatArray, fps: float, new_fps: float) -> FloatArray:
    """Return joints ``(F, J, D)`` at another frame rate, by cubic interpolation."""
    if fps == new_fps or len(joints) < 2:
        return joints
    from scipy.interpolate import CubicSpline

    times = np.arange(len(joints)) / fps
    new = np.arange(int(np.floor(times[-1] * new_fps + 1e-6)) + 1) / new_fps
    return np.asarray(CubicSpline(times, joints, axis=0)(new))


def _stops(total: FloatArray, decrease: FloatArray) -> FloatArray:
    """Return the times (s) at which a decrease of the motion ends.

    Parameters
    ----------
    total : (F - 1,)
        Motion in all directions.
    decrease : (F - 2,)
        Its decrease, as in `KinematicBeats.offsets`.
    """
    from scipy.signal import find_peaks

    least, _ = find_peaks(-total)
    before = np.array([decrease[max(0, at - DECREASE_FRAMES) : at].max() for at in least])
    least, before = least[before >= LEAST_DECREASE], before[before >= LEAST_DECREASE]
    kept = np.zeros(len(total), dtype=bool)
    gap = int(np.ceil(LEAST_GAP_S * UNIT_FPS))
    for at in least[np.argsort(-before)]:
        kept[at] |= not kept[max(0, at - gap + 1) : at + gap].any()
    return (np.flatnonzero(kept) + 0.5) / UNIT_FPS
