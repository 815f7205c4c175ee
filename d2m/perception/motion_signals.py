"""Turn keypoints of any layout into clean movement signals at one fixed rate.

Rhythm estimation works on these signals only, so that it does not depend on frame rate, unit,
missing joints or the direction of the vertical axis. ``E`` is the number of samples at
`SIGNAL_RATE`; lengths are in body sizes: the spread of the joints around their mean.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.perception import skeleton

FloatArray = NDArray[np.float64]

SIGNAL_RATE = 60.0
"""Sampling rate of all movement signals (Hz). Chosen by hand."""
MIN_KEYPOINT_SCORE = 0.2
"""Score (0 to 1) from which a joint counts as found. Chosen by hand."""
SMOOTHING_S = 0.035
"""Standard deviation (s) of the Gaussian filter against detector jitter. Chosen by hand."""

_MAX_SCORE = 1.1  # published scores reach 1.02
_MIN_PIXEL_RANGE = 10.0  # x or y range from which a third channel may be a score, not depth
_MIN_FRAME_SHARE = 0.25  # share of frames in which a joint must be found; chosen by hand
_MEDIAN_REACH_S = 1 / 30  # half width (s) of the median filter against outliers; chosen by hand
# Smoothing and half width of the difference (s) for offsets; chosen by hand.
_OFFSET_SMOOTHING_S, _OFFSET_LAG_S = 0.04, 0.05

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
"""Joint indices by limb in COCO, BODY_25 and MediaPipe, by the number of joints."""


def mask_low_scores(keypoints: FloatArray) -> FloatArray:
    """Set joints that were not found to NaN, and remove the score channel if there is one.

    A third channel is a score, not depth, if it stays within [0, 1.1] while x or y ranges
    over more than 10 units.

    Parameters
    ----------
    keypoints : (F, J, 2 or 3)
        Positions, or 2-D positions and a score. NaN and infinity mean missing.

    Returns
    -------
    (F, J, 2 or 3)
        Positions, NaN where missing.
    """
    points = np.where(np.isfinite(keypoints), keypoints, np.nan)
    points[np.isnan(points).any(axis=2)] = np.nan
    if points.shape[2] < 3 or np.isnan(points).all():
        return points
    third = points[..., 2]
    plane = max(float(np.nanmax(points[..., c]) - np.nanmin(points[..., c])) for c in (0, 1))
    is_score = np.nanmin(third) >= 0.0 and 0.0 < np.nanmax(third) <= _MAX_SCORE
    if is_score and plane > _MIN_PIXEL_RANGE:
        points = np.where((third >= MIN_KEYPOINT_SCORE)[..., None], points, np.nan)[..., :2]
    return points


def interpolate_missing(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Interpolate missing joints linearly in time, and drop joints that are mostly missing.

    Unlike `d2m.perception.skeleton.fill_gaps`, it always returns finite positions: joints
    that are found in less than a quarter of the frames become 0.

    Parameters
    ----------
    points : (F, J, D)
        Positions, NaN where missing.

    Returns
    -------
    filled : (F, J, D)
        Finite positions.
    coverage : (F,)
        Share of the joints that were found in each frame, 0 to 1.
    """
    frames = np.arange(len(points))
    valid = ~np.isnan(points).any(axis=2)
    filled = np.zeros_like(points)
    for joint in np.flatnonzero(valid.mean(axis=0) >= _MIN_FRAME_SHARE):
        known = frames[valid[:, joint]]
        for axis in range(points.shape[2]):
            filled[:, joint, axis] = np.interp(frames, known, points[known, joint, axis])
    return filled, valid.mean(axis=1)


def resample_to_signal_rate(values: FloatArray, fps: float) -> FloatArray:
    """Resample values (F, ...) linearly in time from ``fps`` (Hz) to `SIGNAL_RATE`, (E, ...)."""
    if abs(fps - SIGNAL_RATE) < 1e-6 and len(values) > 1:
        return values
    n_out = max(2, round(len(values) / fps * SIGNAL_RATE))
    position = np.clip(np.arange(n_out) * fps / SIGNAL_RATE, 0, len(values) - 1)
    low = np.minimum(position.astype(int), max(0, len(values) - 2))
    weight = (position - low).reshape(-1, *([1] * (values.ndim - 1)))
    high = np.minimum(low + 1, len(values) - 1)
    return np.asarray((1 - weight) * values[low] + weight * values[high])


def clean_keypoints(keypoints: FloatArray, fps: float) -> tuple[FloatArray, FloatArray]:
    """Fill gaps, remove outliers, smooth, scale and resample keypoints.

    Parameters
    ----------
    keypoints : (F, J, 2 or 3)
        As for `d2m.perception.rhythm.estimate_rhythm`.
    fps
        Frames per second (Hz).

    Returns
    -------
    positions : (E, J, D)
        In body sizes.
    coverage : (E,)
        Share of the joints that were found, 0 to 1.
    """
    from scipy.ndimage import gaussian_filter1d, median_filter

    points, coverage = interpolate_missing(mask_low_scores(np.asarray(keypoints, dtype=float)))
    used = np.ptp(points, axis=0).max(axis=-1) > 0
    body = points[:, used] if used.any() else points
    spread = np.sqrt(body.var(axis=1).sum(axis=-1))
    scale = float(np.median(spread)) or 1.0
    # A median over a few frames removes one-frame jumps to another limb or person.
    width = 2 * max(1, round(fps * _MEDIAN_REACH_S)) + 1
    points = median_filter(points, size=(width, 1, 1), mode="nearest") / scale
    points = gaussian_filter1d(
        resample_to_signal_rate(points, fps), SMOOTHING_S * SIGNAL_RATE, axis=0, mode="nearest"
    )
    return points, resample_to_signal_rate(coverage, fps)


def limb_joints(positions: FloatArray) -> dict[str, list[int]]:
    """Return the joint indices of each limb.

    In an unknown layout, joints are ranked by how much they move: the lowest third serves as
    hips and shoulders, the highest third as wrists and ankles, the rest as knees.

    Parameters
    ----------
    positions : (E, J, D)
        Joint positions in any unit.

    Returns
    -------
    dict
        Indices for ``shoulders``, ``wrists``, ``hips``, ``knees`` and ``ankles``.
    """
    n_joints = positions.shape[1]
    if n_joints in _LAYOUTS:
        return {name: list(joints) for name, joints in _LAYOUTS[n_joints].items()}
    order = list(np.argsort(positions.var(axis=0).sum(axis=-1)))
    third = max(1, n_joints // 3)
    core, middle, far = order[:third], order[third:-third] or order, order[-third:]
    return {"shoulders": core, "wrists": far, "hips": core, "knees": middle, "ankles": far}


def mean_speed(positions: FloatArray, joints: list[int] | slice = slice(None)) -> FloatArray:
    """Return the mean speed (E,) of joints of positions (E, J, D), in body sizes per second."""
    velocity = np.gradient(positions[:, joints], 1 / SIGNAL_RATE, axis=0)
    return np.asarray(np.linalg.norm(velocity, axis=-1).mean(axis=1))


def pose_signals(positions: FloatArray) -> dict[str, FloatArray]:
    """Compute the movement signals of a pose that may be periodic at the beat.

    Parameters
    ----------
    positions : (E, J, D)
        From `clean_keypoints`; index 1 of the last axis is vertical.

    Returns
    -------
    dict of (E,)
        Speeds and velocities (body sizes per second) and the mean acceleration (body sizes
        per second squared).
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
    """Measure how suddenly movement stops, summed over directions.

    Follows "Dancing to Music" (Lee et al., NeurIPS 2019, Sec. 3.1, Eq. 1-2): the displacements
    of the joints are summed by their direction in the image plane, and kinematic beats appear
    as sudden drops of these sums.

    Parameters
    ----------
    positions : (E, J, D)
        From `clean_keypoints`; the first two coordinates are used.
    n_bins
        Number of directions.

    Returns
    -------
    (E,)
        See `directogram_offsets`, in body sizes per second.
    """
    velocity = np.gradient(positions[..., :2], 1 / SIGNAL_RATE, axis=0)
    amount = np.linalg.norm(velocity, axis=-1)
    angle = np.arctan2(velocity[..., 1], velocity[..., 0])
    bins = np.floor((angle + np.pi) / (2 * np.pi) * n_bins).astype(int) % n_bins
    directogram = np.stack([(amount * (bins == b)).sum(axis=1) for b in range(n_bins)], axis=1)
    return directogram_offsets(directogram)


def directogram_offsets(directogram: FloatArray) -> FloatArray:
    """Sum the sudden drops of a directogram over its direction bins.

    Parameters
    ----------
    directogram : (E, bins)
        Amount of movement in each direction.

    Returns
    -------
    (E,)
        Decrease over about 0.1 s, in the unit of the directogram.
    """
    from scipy.ndimage import gaussian_filter1d

    smooth = gaussian_filter1d(
        directogram, _OFFSET_SMOOTHING_S * SIGNAL_RATE, axis=0, mode="nearest"
    )
    lag = max(1, round(_OFFSET_LAG_S * SIGNAL_RATE))
    drop = np.zeros_like(smooth)
    drop[lag:-lag] = smooth[: -2 * lag] - smooth[2 * lag :]
    return np.asarray(np.maximum(drop, 0).sum(axis=1))


def flow_signals(directogram: FloatArray) -> dict[str, FloatArray]:
    """Compute movement signals of the optical flow, which replace those of a pose.

    Parameters
    ----------
    directogram : (E, bins)
        Optical flow by direction (Davis and Agrawala, "Visual Rhythm and Beat", 2018).

    Returns
    -------
    dict of (E,)
        ``flow`` is the total, ``change`` its absolute change over all directions (per
        second), ``bin_0`` and so on the single directions.
    """
    from scipy.ndimage import gaussian_filter1d

    smooth = gaussian_filter1d(directogram, SMOOTHING_S * SIGNAL_RATE, axis=0, mode="nearest")
    change = np.abs(np.gradient(smooth, 1 / SIGNAL_RATE, axis=0)).sum(axis=1)
    by_bin = {f"bin_{index}": smooth[:, index] for index in range(smooth.shape[1])}
    return {"flow": smooth.sum(axis=1), "change": change, **by_bin}
