"""Movement features of a dance in each 16th step of the music, which the composer reads.

Speeds are measured in torso lengths per second and divided by a high percentile of the clip,
so that the size of the dancer in the picture does not matter. All features are in [0, 1].
``S`` is the number of steps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.core.metrical_grid import STEPS_PER_BAR, STEPS_PER_BEAT, StepGrid
from d2m.perception.skeleton import ANKLES, HIPS, LOWER, SHOULDERS, UPPER, WRISTS

FloatArray = NDArray[np.float64]

MOVEMENT_FEATURES = (
    "energy",
    "upper",
    "lower",
    "accent",
    "turn",
    "reach",
    "bar_energy",
    "bar_upper",
    "bar_lower",
    "bar_reach",
    "freeze",
)
"""Names of the movement features, in order.

- ``energy``, ``upper``, ``lower``: speed of the whole body, the upper and the lower body.
- ``accent``: strength of a hit, limbs that stop abruptly.
- ``turn``: sharpness of a change of direction of hands or feet.
- ``reach``: height of the hands, 0 at the hips and 1 well above the head.
- ``bar_*``: mean of that feature over the half bar of the step.
- ``freeze``: whether the body stands still for the whole beat.
"""
N_DIRECTIONS = 8
"""Number of direction bins of a directogram."""

_SMOOTHING_S = 0.03  # standard deviation (s) of the filter against jitter; chosen by hand
_STOP_S = 0.05  # half the time (s) over which a limb must slow down in a hit; chosen by hand
_STRONG_PERCENTILE = 90  # of a clip's speeds or flow, which becomes 1; chosen by hand
# Lowest strong speed (torso lengths per second): it keeps the features of calm clips low.
# Chosen by hand.
_CALM_SPEED = 0.4
_FROZEN_ENERGY = 0.16  # mean energy of a beat at which ``freeze`` is 0.5; chosen by hand
_BEAT_ACCENT = 0.8  # accent that `accentuate_beats` puts on beats; chosen by hand
_MAX_TURN = 0.4  # turn that `accentuate_beats` leaves; chosen by hand


def movement_features(keypoints: FloatArray, fps: float, grid: StepGrid) -> FloatArray:
    """Measure the movement features of each step of a grid.

    Parameters
    ----------
    keypoints : (F, 17, D)
        COCO-17 joints without gaps, x to the right, y down, in any unit; only x and y are
        used.
    fps
        Frames per second (Hz).
    grid
        Steps over the same time.

    Returns
    -------
    (S, 11)
        The features of `MOVEMENT_FEATURES`, in [0, 1].
    """
    points = _normalise(np.asarray(keypoints, dtype=float)[..., :2], fps)
    velocity = np.gradient(points, 1.0 / fps, axis=0) if len(points) > 1 else points * 0.0
    speed = np.linalg.norm(velocity, axis=-1)
    column = {
        "energy": _relative(_per_step(speed[:, UPPER + LOWER].mean(1), fps, grid)),
        "upper": _relative(_per_step(speed[:, UPPER].mean(1), fps, grid)),
        "lower": _relative(_per_step(speed[:, LOWER].mean(1), fps, grid)),
        "accent": _accents(speed, fps, grid),
        "turn": _turns(velocity, fps, grid),
        "reach": _reach(points, fps, grid),
    }
    half_bar = _block_indices(grid, STEPS_PER_BAR // 2)
    for name in ("energy", "upper", "lower", "reach"):
        column[f"bar_{name}"] = _block_mean(column[name], half_bar)
    beat = _block_mean(column["energy"], _block_indices(grid, STEPS_PER_BEAT))
    column["freeze"] = np.clip(1.5 - beat / _FROZEN_ENERGY, 0.0, 1.0)
    return np.stack([column[name] for name in MOVEMENT_FEATURES], axis=1)


def accentuate_beats(features: FloatArray, grid: StepGrid) -> FloatArray:
    """Put a strong accent on every beat, and remove accents between beats.

    Slow music with many accents between beats is perceived at another tempo, by listeners
    and by beat trackers: in triple metre, or twice as fast.

    Parameters
    ----------
    features : (S, 11)
        From `movement_features`.
    grid
        The steps.

    Returns
    -------
    (S, 11)
        A changed copy.
    """
    accented = features.copy()
    accent, turn = MOVEMENT_FEATURES.index("accent"), MOVEMENT_FEATURES.index("turn")
    on_beat = grid.position % STEPS_PER_BEAT == 0
    accented[:, accent] = np.where(on_beat, np.maximum(accented[:, accent], _BEAT_ACCENT), 0.0)
    accented[:, turn] = np.minimum(accented[:, turn], _MAX_TURN)
    return accented


def scale_contrast(features: FloatArray, response: float) -> FloatArray:
    """Scale the deviation of features from their mean over the clip.

    Parameters
    ----------
    features : (S, C)
        Values in [0, 1].
    response
        Factor of the deviation: 0 leaves only the mean, 1 changes nothing, 2 doubles it.

    Returns
    -------
    (S, C)
        Values clipped to [0, 1].
    """
    if response == 1.0:
        return features
    mean = features.mean(axis=0)
    return np.asarray(np.clip(mean + response * (features - mean), 0.0, 1.0))


def directogram_features(directogram: FloatArray, fps: float, grid: StepGrid) -> FloatArray:
    """Average a directogram over each step of a grid, relative to the clip's strong movement.

    Parameters
    ----------
    directogram : (F, 8)
        Amount of movement in each direction, of optical flow or of joints, in any unit.
    fps
        Frames per second (Hz).
    grid
        Steps over the same time.

    Returns
    -------
    (S, 8)
        Values in [0, 1].
    """
    steps = np.stack([_per_step(column, fps, grid) for column in directogram.T], axis=1)
    strong = float(np.percentile(steps.sum(1), _STRONG_PERCENTILE)) + 1e-9
    return np.asarray(np.clip(steps / strong, 0.0, 1.0))


def joint_directogram(keypoints: FloatArray, fps: float) -> FloatArray:
    """Sum joint speeds by direction of movement ("Dancing to Music", Lee et al. 2019, Eq. 1).

    Parameters
    ----------
    keypoints : (F, 17, D)
        COCO-17 joints without gaps, in any unit; only x and y are used.
    fps
        Frames per second (Hz).

    Returns
    -------
    (F, 8)
        In torso lengths per second.
    """
    points = _normalise(np.asarray(keypoints, dtype=float)[..., :2], fps)
    velocity = np.gradient(points, 1.0 / fps, axis=0)
    angle = np.arctan2(velocity[..., 1], velocity[..., 0])
    bins = np.floor((angle / (2 * np.pi) + 0.5) * N_DIRECTIONS).astype(int) % N_DIRECTIONS
    speed = np.linalg.norm(velocity, axis=-1)
    return np.stack([(speed * (bins == b)).sum(1) for b in range(N_DIRECTIONS)], axis=1)


def _normalise(points: FloatArray, fps: float) -> FloatArray:
    """Smooth points (F, 17, 2) against jitter, and scale them to torso lengths."""
    from scipy.ndimage import gaussian_filter1d

    shoulders = points[:, SHOULDERS].mean(1)
    hips = points[:, HIPS].mean(1)
    torso = float(np.median(np.linalg.norm(shoulders - hips, axis=-1))) + 1e-9
    smooth: FloatArray = gaussian_filter1d(points, _SMOOTHING_S * fps, axis=0, mode="nearest")
    return smooth / torso


def _per_step(signal: FloatArray, fps: float, grid: StepGrid) -> FloatArray:
    """Average a signal (F,) over each step; steps outside it get its nearest value."""
    total = np.concatenate([[0.0], np.cumsum(signal)]) / fps
    times = np.clip(grid.times, 0.0, len(signal) / fps)
    integral = np.interp(times, np.arange(len(total)) / fps, total)
    width = np.diff(times)
    nearest = signal[np.clip((times[:-1] * fps).astype(int), 0, len(signal) - 1)]
    return np.where(width > 0.5 / fps, np.diff(integral) / np.maximum(width, 1e-9), nearest)


def _relative(speed: FloatArray) -> FloatArray:
    """Divide speeds (S,) by their high percentile, at least `_CALM_SPEED`, and clip to [0, 1]."""
    strong = float(np.percentile(speed, _STRONG_PERCENTILE))
    return np.clip(speed / max(strong, _CALM_SPEED), 0.0, 1.0)


def _accents(speed: FloatArray, fps: float, grid: StepGrid) -> FloatArray:
    """Return the strength of hits in each step (S,), at most one in a beat and a half."""
    shift = max(1, round(_STOP_S * fps))
    padded = np.pad(speed, ((shift, shift), (0, 0)), mode="edge")
    drop = np.maximum(padded[: -2 * shift] - padded[2 * shift :], 0.0)[:, UPPER + LOWER].mean(1)
    # A movement ends, and is seen as a hit, shortly after its strongest deceleration.
    times = np.arange(len(drop)) / fps + _STOP_S / 2
    nearest = np.searchsorted((grid.times[:-1] + grid.times[1:]) / 2, times)
    strength = np.zeros(grid.n_steps)
    np.maximum.at(strength, np.clip(nearest, 0, grid.n_steps - 1), drop)
    reach = STEPS_PER_BEAT + 2
    padded_strength = np.pad(strength, reach)
    windows = np.lib.stride_tricks.sliding_window_view(padded_strength, 2 * reach + 1)
    strength = np.where(strength >= windows.max(1), strength, 0.0)
    strong = max(float(np.percentile(drop, 99.5)), _CALM_SPEED / 2)
    return np.clip(strength / strong, 0.0, 1.0) ** 1.5


def _turns(velocity: FloatArray, fps: float, grid: StepGrid) -> FloatArray:
    """Return how sharply hands and feet change direction from one step to the next, (S,)."""
    turns = np.zeros(grid.n_steps)
    for joint in WRISTS + ANKLES:
        step = np.stack([_per_step(velocity[:, joint, i], fps, grid) for i in (0, 1)], axis=1)
        size = np.linalg.norm(step, axis=1)
        before, after = step[:-1], step[1:]
        cosine = (before * after).sum(1) / (size[:-1] * size[1:] + 1e-9)
        weight = _relative(np.minimum(size[:-1], size[1:]))
        turns[1:] = np.maximum(turns[1:], 0.5 * (1.0 - cosine) * weight)
    return turns


def _reach(points: FloatArray, fps: float, grid: StepGrid) -> FloatArray:
    """Return the height of the hands, (S,): 0 at the hips, 1 well above the head."""
    lift = points[:, SHOULDERS, 1].mean(1) - points[:, WRISTS, 1].mean(1)
    return np.clip((_per_step(lift, fps, grid) + 1.0) / 1.8, 0.0, 1.0)


def _block_indices(grid: StepGrid, size: int) -> NDArray[np.int64]:
    """Return for each step (S,) the index of its block of ``size`` steps of the phrase."""
    block = grid.position // size
    return np.concatenate([[0], np.cumsum(np.diff(block) != 0)])


def _block_mean(values: FloatArray, block: NDArray[np.int64]) -> FloatArray:
    """Replace values (S,) by the mean over their block."""
    mean = np.bincount(block, values) / np.bincount(block)
    return np.asarray(mean[block])
