"""What a whole dance looks like in a few numbers, from which its style is told."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.perception.skeleton import ANKLES, ELBOWS, HIPS, KNEES, SHOULDERS, WRISTS

FloatArray = NDArray[np.float64]

STYLE_FEATURES = (
    *("legs_share", "speed", "arm_speed"),
    *("hands_height", "hands_over", "hands_high", "reach_out", "elbow_height"),
    *("crouch", "on_floor", "upside_down", "hands_down"),
    *("travel", "bob", "bob_speed", "stance", "kick", "together"),
)
"""Names of the features, in order. Lengths are in torso lengths, speeds in torso lengths a second.

- ``legs_share``: share of knees and feet in the speed of the limbs, seen from the body.
- ``speed``, ``arm_speed``: logarithms of the mean speeds of the body and of the arms.
- ``hands_height``, ``hands_high``, ``elbow_height``: over the shoulders; the mean, or the 95th
  percentile of the hands. ``hands_over``: share of the time above the shoulders.
- ``reach_out``: mean distance of the hands to the side.
- ``crouch``: mean loss of the hips' height; ``on_floor``: share of the time below 0.6 of it.
- ``upside_down``, ``hands_down``: share of the time with the head below the hips, or a hand
  below the knees.
- ``travel``, ``bob``, ``bob_speed``: logarithms of how far the hips move to the side and up and
  down, and of how fast up and down.
- ``stance``, ``kick``: mean distance of the feet to the side, and 90th percentile of that up.
- ``together``: correlation of the speeds of arms and legs.
"""
_SMOOTHING_S = 0.05  # standard deviation (s) of the filter against jitter; chosen by hand
_FLOOR = 0.6  # share of the standing hips' height; chosen by hand
_LEAST_SPEED = 0.05  # torso lengths a second, of a still body; chosen by hand
_LIMBS = SHOULDERS + ELBOWS + WRISTS + HIPS + KNEES + ANKLES


def style_features(keypoints: NDArray[np.floating[Any]], fps: float) -> FloatArray:
    """Measure the features of a whole dance.

    Parameters
    ----------
    keypoints : (F, 17, 2 or 3)
        COCO-17 joints without gaps, x to the right, y down, in any unit; only x and y are used.
    fps
        Frame rate (Hz).

    Returns
    -------
    (18,)
        The features of `STYLE_FEATURES`.
    """
    points = _in_torso_lengths(np.asarray(keypoints, dtype=float)[..., :2], fps)
    velocity = np.gradient(points, 1 / fps, axis=0) if len(points) > 1 else 0 * points
    shoulders, hips = points[:, SHOULDERS].mean(axis=1), points[:, HIPS].mean(axis=1)
    seen = np.linalg.norm(
        velocity - np.median(velocity[:, SHOULDERS + HIPS], axis=1, keepdims=True), axis=-1
    )
    arms, legs = seen[:, ELBOWS + WRISTS].mean(axis=1), seen[:, KNEES + ANKLES].mean(axis=1)
    lifted = shoulders[:, None, 1] - points[:, WRISTS, 1]
    height = points[:, ANKLES, 1].mean(axis=1) - hips[:, 1]
    standing = max(float(np.percentile(height, 90)), 1.2)
    knees_y = points[:, KNEES, 1].mean(axis=1)
    feet = np.abs(points[:, ANKLES[0]] - points[:, ANKLES[1]])
    features = {
        "legs_share": legs.mean() / (legs.mean() + arms.mean() + 1e-6),
        "speed": np.log(np.linalg.norm(velocity[:, _LIMBS], axis=-1).mean() + _LEAST_SPEED),
        "arm_speed": np.log(arms.mean() + _LEAST_SPEED),
        "hands_height": lifted.mean(),
        "hands_over": (lifted > 0).mean(),
        "hands_high": np.percentile(lifted, 95),
        "reach_out": np.abs(points[:, WRISTS, 0] - shoulders[:, None, 0]).mean(),
        "elbow_height": (shoulders[:, None, 1] - points[:, ELBOWS, 1]).mean(),
        "crouch": 1 - np.clip(height / standing, -1, 1).mean(),
        "on_floor": (height < _FLOOR * standing).mean(),
        "upside_down": (points[:, 0, 1] > hips[:, 1]).mean(),
        "hands_down": (points[:, WRISTS, 1].max(axis=1) > knees_y).mean(),
        "travel": np.log(hips[:, 0].std() + 0.1),
        "bob": np.log(hips[:, 1].std() + 0.03),
        "bob_speed": np.log(np.abs(velocity[:, HIPS, 1].mean(axis=1)).mean() + _LEAST_SPEED),
        "stance": feet[:, 0].mean(),
        "kick": np.percentile(feet[:, 1], 90),
        "together": _correlation(arms, legs),
    }
    return np.array([features[name] for name in STYLE_FEATURES], dtype=float)


def _in_torso_lengths(points: FloatArray, fps: float) -> FloatArray:
    """Return smoothed points (F, 17, 2) divided by the median length of the torso."""
    from scipy.ndimage import gaussian_filter1d

    smooth = gaussian_filter1d(points, _SMOOTHING_S * fps, axis=0, mode="nearest")
    torso = smooth[:, SHOULDERS].mean(axis=1) - smooth[:, HIPS].mean(axis=1)
    length = float(np.median(np.linalg.norm(torso, axis=1)))
    return np.asarray(smooth / (length or 1.0))


def _correlation(one: FloatArray, other: FloatArray) -> float:
    """Return the correlation of two speeds (F,), 0 where one doesn't change."""
    if one.std() < 1e-9 or other.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
