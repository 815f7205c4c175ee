"""From keypoints of any layout to clean movement signals at one fixed rate.

Everything that judges rhythm works on these, so nothing after this module knows about
frame rates, units, missing joints or which way the vertical axis points.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.perception import skeleton

FloatArray = NDArray[np.float64]

SIGNAL_RATE = 60.0
"""Samples a second of all movement signals (Hz)."""
MIN_KEYPOINT_SCORE = 0.2
"""A joint seen with less confidence than this counts as missing."""
SMOOTHING_S = 0.035
"""Standard deviation (s) of the Gaussian that takes detector jitter off positions."""

_LIMBS = ("shoulders", "wrists", "hips", "knees", "ankles")
_LAYOUTS: dict[int, dict[str, tuple[int, ...]]] = {
    17: dict(
        zip(
            _LIMBS,
            (
                skeleton.SHOULDERS,
                skeleton.WRISTS,
                skeleton.HIPS,
                skeleton.KNEES,
                skeleton.ANKLES,
            ),
            strict=True,
        )
    ),
    25: dict(zip(_LIMBS, ((2, 5), (4, 7), (9, 12), (10, 13), (11, 14)), strict=True)),
    33: dict(zip(_LIMBS, ((11, 12), (15, 16), (23, 24), (25, 26), (27, 28)), strict=True)),
}
"""Joint indices by limb for COCO, BODY_25 and MediaPipe, known by their joint count."""


def mask_low_scores(keypoints: FloatArray) -> FloatArray:
    """Return positions with unseen joints as NaN, and without a score channel.

    A third channel is a score, not depth, when it stays within [0, 1] (a little over is
    allowed: published scores reach 1.02) while the other two span far more.

    Parameters
    ----------
    keypoints : (F, J, 2 or 3)
        Positions, or 2-D positions and a score. NaN and infinity mean missing.

    Returns
    -------
    (F, J, 2 or 3)
    """
    points = np.where(np.isfinite(keypoints), keypoints, np.nan)
    points[np.isnan(points).any(axis=2)] = np.nan
    if points.shape[2] < 3 or np.isnan(points).all():
        return points
    third = points[..., 2]
    plane = max(float(np.nanmax(points[..., c]) - np.nanmin(points[..., c])) for c in (0, 1))
    if np.nanmin(third) >= 0.0 and 0.0 < np.nanmax(third) <= 1.1 and plane > 10.0:
        points = np.where((third >= MIN_KEYPOINT_SCORE)[..., None], points, np.nan)[..., :2]
    return points


def interpolate_missing(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Interpolate missing joints in time.

    Joints that are seen in fewer than a quarter of the frames are left out.

    Parameters
    ----------
    points : (F, J, D)
        Positions with NaN where missing.

    Returns
    -------
    filled : (F, J, D)
        Joints never usable stay constant at zero.
    seen : (F,)
        Share of the joints that were seen in each frame.
    """
    frames = np.arange(len(points))
    valid = ~np.isnan(points).any(axis=2)
    filled = np.zeros_like(points)
    for joint in np.flatnonzero(valid.mean(axis=0) >= 0.25):
        known = frames[valid[:, joint]]
        for axis in range(points.shape[2]):
            filled[:, joint, axis] = np.interp(frames, known, points[known, joint, axis])
    return filled, valid.mean(axis=1)


def resample_to_signal_rate(values: FloatArray, fps: float) -> FloatArray:
    """Resample ``values`` (F, ...) linearly in time from ``fps`` to `RATE`."""
    if abs(fps - SIGNAL_RATE) < 1e-6 and len(values) > 1:
        return values
    n_out = max(2, round(len(values) / fps * SIGNAL_RATE))
    where = np.clip(np.arange(n_out) * fps / SIGNAL_RATE, 0, len(values) - 1)
    low = np.minimum(where.astype(int), max(0, len(values) - 2))
    share = (where - low).reshape(-1, *([1] * (values.ndim - 1)))
    high = np.minimum(low + 1, len(values) - 1)
    return np.asarray((1 - share) * values[low] + share * values[high])


def clean_keypoints(keypoints: FloatArray, fps: float) -> tuple[FloatArray, FloatArray]:
    """Return smooth positions in body sizes at `RATE`, and the share of joints seen.

    Parameters
    ----------
    keypoints : (F, J, 2 or 3)
        As given to `d2m.perception.rhythm.estimate_rhythm`.
    fps
        Frames a second (Hz).

    Returns
    -------
    positions : (E, J, D)
    seen : (E,)
    """
    from scipy.ndimage import gaussian_filter1d, median_filter

    points, seen = interpolate_missing(mask_low_scores(np.asarray(keypoints, dtype=float)))
    used = np.ptp(points, axis=0).max(axis=-1) > 0
    body = points[:, used] if used.any() else points
    spread = np.sqrt(body.var(axis=1).sum(axis=-1))
    scale = float(np.median(spread)) or 1.0
    # A median over five frames takes off one-frame jumps to a wrong limb or person.
    width = 2 * max(1, round(fps / 60 * 2)) + 1
    points = median_filter(points, size=(width, 1, 1), mode="nearest") / scale
    points = gaussian_filter1d(
        resample_to_signal_rate(points, fps), SMOOTHING_S * SIGNAL_RATE, axis=0, mode="nearest"
    )
    return points, resample_to_signal_rate(seen, fps)


def limb_joints(positions: FloatArray) -> dict[str, list[int]]:
    """Return joint indices by limb: the known layouts', or by how much joints move.

    In an unknown layout the third of the joints that moves least stands for hips and
    shoulders, the third that moves most for wrists and ankles.
    """
    n_joints = positions.shape[1]
    if n_joints in _LAYOUTS:
        return {name: list(joints) for name, joints in _LAYOUTS[n_joints].items()}
    order = list(np.argsort(positions.var(axis=0).sum(axis=-1)))
    third = max(1, n_joints // 3)
    core, middle, far = order[:third], order[third:-third] or order, order[-third:]
    return {"shoulders": core, "wrists": far, "hips": core, "knees": middle, "ankles": far}


def mean_speed(positions: FloatArray, joints: list[int] | slice = slice(None)) -> FloatArray:
    """Return the mean speed (E,) of some joints, in body sizes a second."""
    velocity = np.gradient(positions[:, joints], 1 / SIGNAL_RATE, axis=0)
    return np.asarray(np.linalg.norm(velocity, axis=-1).mean(axis=1))


def pose_signals(positions: FloatArray) -> dict[str, FloatArray]:
    """Return the signals whose periodicity gives away the beat, each (E,).

    Parameters
    ----------
    positions : (E, J, D)
        From `clean`; axis 1 of the last dimension is vertical.
    """
    parts = limb_joints(positions)
    velocity = np.gradient(positions, 1 / SIGNAL_RATE, axis=0)
    acceleration = np.gradient(velocity, 1 / SIGNAL_RATE, axis=0)
    vertical = {name: velocity[:, parts[name], 1].mean(axis=1) for name in ("hips", "shoulders")}
    moving = [int(joint) for joint in np.flatnonzero(np.ptp(positions, axis=0).any(axis=-1))]
    return {
        "all": mean_speed(positions, moving or slice(None)),
        "acceleration": np.linalg.norm(acceleration, axis=-1).mean(axis=1),
        "wrists": mean_speed(positions, parts["wrists"]),
        "ankles": mean_speed(positions, parts["ankles"]),
        "knees": mean_speed(positions, parts["knees"]),
        "hip_bounce": np.abs(vertical["hips"]),
        "hips": vertical["hips"],
        "shoulders": vertical["shoulders"],
    }


def kinematic_offsets(positions: FloatArray, n_bins: int = 8) -> FloatArray:
    """Return how suddenly movement in some direction stops, (E,).

    Follows "Dancing to Music" (Lee et al., NeurIPS 2019, Sec. 3.1, Eq. 1-2): the joints'
    displacements are summed by the direction of movement in the image plane, and a beat
    shows as a sudden drop of some of these sums.
    """
    velocity = np.gradient(positions[..., :2], 1 / SIGNAL_RATE, axis=0)
    amount = np.linalg.norm(velocity, axis=-1)
    angle = np.arctan2(velocity[..., 1], velocity[..., 0])
    bins = np.floor((angle + np.pi) / (2 * np.pi) * n_bins).astype(int) % n_bins
    directogram = np.stack([(amount * (bins == b)).sum(axis=1) for b in range(n_bins)], axis=1)
    return directogram_offsets(directogram)


def directogram_offsets(directogram: FloatArray) -> FloatArray:
    """Return the summed sudden drops (E,) of a directogram (E, bins) at `RATE`."""
    from scipy.ndimage import gaussian_filter1d

    smooth = gaussian_filter1d(directogram, 0.04 * SIGNAL_RATE, axis=0, mode="nearest")
    lag = max(1, round(0.05 * SIGNAL_RATE))
    drop = np.zeros_like(smooth)
    drop[lag:-lag] = smooth[: -2 * lag] - smooth[2 * lag :]
    return np.asarray(np.maximum(drop, 0).sum(axis=1))


def flow_signals(directogram: FloatArray) -> dict[str, FloatArray]:
    """Return signals (E,) of a directogram (E, bins) at `RATE`, to be used for a pose's.

    Parameters
    ----------
    directogram : (E, bins)
        Optical flow summed by direction (after Davis and Agrawala, "Visual Rhythm and
        Beat", 2018).
    """
    from scipy.ndimage import gaussian_filter1d

    smooth = gaussian_filter1d(directogram, SMOOTHING_S * SIGNAL_RATE, axis=0, mode="nearest")
    change = np.abs(np.gradient(smooth, 1 / SIGNAL_RATE, axis=0)).sum(axis=1)
    by_bin = {f"bin_{index}": smooth[:, index] for index in range(smooth.shape[1])}
    return {"flow": smooth.sum(axis=1), "change": change, **by_bin}
