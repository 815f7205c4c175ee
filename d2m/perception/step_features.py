"""What the body does in each 16th step of the music: the generator's view of the dance.

Speeds are measured in torso lengths a second and then divided by what is strong for
this clip, so that a small dancer far away and a large one near count alike. Values lie
in [0, 1].
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

``energy``, ``upper`` and ``lower`` are speeds of the whole body and of its halves;
``accent`` is the strength of a hit (limbs that stop short), ``turn`` of a change of
direction, ``reach`` how high the hands are. ``bar_*`` are means over the half bar that
the step belongs to, and ``freeze`` tells that the body stands still for the whole beat.
"""
N_DIRECTIONS = 8
"""Bins of movement direction in a directogram."""

_SMOOTH_S = 0.03
_STOP_S = 0.05
_STILL = 0.4
"""Torso lengths a second: a clip whose strong movements are slower than this is calm."""
_FROZEN = 0.16
_MARK = 0.8
_MILD_TURN = 0.4


def movement_features(keypoints: FloatArray, fps: float, grid: StepGrid) -> FloatArray:
    """Measure the movement in each step of a grid.

    Parameters
    ----------
    keypoints : (F, 17, D)
        COCO-17 joints without gaps, x to the right, y down, in any one unit; only the
        first two axes are read.
    fps
        Frames a second (Hz).
    grid
        ``S`` steps over the same time.

    Returns
    -------
    (S, 11)
        The values named in `FEATURES`.
    """
    points = _scaled(np.asarray(keypoints, dtype=float)[..., :2], fps)
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
    half_bar = _blocks(grid, STEPS_PER_BAR // 2)
    for name in ("energy", "upper", "lower", "reach"):
        column[f"bar_{name}"] = _block_mean(column[name], half_bar)
    beat = _block_mean(column["energy"], _blocks(grid, STEPS_PER_BEAT))
    column["freeze"] = np.clip(1.5 - beat / _FROZEN, 0.0, 1.0)
    return np.stack([column[name] for name in MOVEMENT_FEATURES], axis=1)


def accentuate_beats(features: FloatArray, grid: StepGrid) -> FloatArray:
    """Return features (S, 11) with a hit on every beat and none between.

    Slow music with many hits between its beats is heard at another tempo, by people and
    by beat trackers: in threes, or twice as fast.
    """
    marked = features.copy()
    accent, turn = MOVEMENT_FEATURES.index("accent"), MOVEMENT_FEATURES.index("turn")
    on_beat = grid.position % STEPS_PER_BEAT == 0
    marked[:, accent] = np.where(on_beat, np.maximum(marked[:, accent], _MARK), 0.0)
    marked[:, turn] = np.minimum(marked[:, turn], _MILD_TURN)
    return marked


def scale_contrast(features: FloatArray, response: float) -> FloatArray:
    """Return features (S, C) that stand out less or more against their mean.

    Parameters
    ----------
    features
        Values in [0, 1].
    response
        0 leaves the mean alone, 1 the features, 2 doubles their distance from the mean.
    """
    if response == 1.0:
        return features
    mean = features.mean(axis=0)
    return np.asarray(np.clip(mean + response * (features - mean), 0.0, 1.0))


def directogram_features(directogram: FloatArray, fps: float, grid: StepGrid) -> FloatArray:
    """Average a directogram over each step of a grid.

    Parameters
    ----------
    directogram : (F, 8)
        Amount of movement in each direction, of optical flow or of joints.
    fps
        Frames a second (Hz).
    grid
        ``S`` steps over the same time.

    Returns
    -------
    (S, 8)
        Shares of the clip's strong total movement.
    """
    steps = np.stack([_per_step(column, fps, grid) for column in directogram.T], axis=1)
    strong = float(np.percentile(steps.sum(1), 90)) + 1e-9
    return np.asarray(np.clip(steps / strong, 0.0, 1.0))


def joint_directogram(keypoints: FloatArray, fps: float) -> FloatArray:
    """Sum joint speeds by direction of movement (Lee et al. 2019, Eq. 1), (F, 8).

    Parameters
    ----------
    keypoints : (F, 17, D)
        Joints without gaps; only the first two axes are read.
    fps
        Frames a second (Hz).
    """
    points = _scaled(np.asarray(keypoints, dtype=float)[..., :2], fps)
    velocity = np.gradient(points, 1.0 / fps, axis=0)
    angle = np.arctan2(velocity[..., 1], velocity[..., 0])
    bins = np.floor((angle / (2 * np.pi) + 0.5) * N_DIRECTIONS).astype(int) % N_DIRECTIONS
    speed = np.linalg.norm(velocity, axis=-1)
    return np.stack([(speed * (bins == b)).sum(1) for b in range(N_DIRECTIONS)], axis=1)


def _scaled(points: FloatArray, fps: float) -> FloatArray:
    """Smooth over 30 ms against tracking jitter, and measure in torso lengths."""
    from scipy.ndimage import gaussian_filter1d

    shoulders = points[:, SHOULDERS].mean(1)
    hips = points[:, HIPS].mean(1)
    torso = float(np.median(np.linalg.norm(shoulders - hips, axis=-1))) + 1e-9
    smooth: FloatArray = gaussian_filter1d(points, _SMOOTH_S * fps, axis=0, mode="nearest")
    return smooth / torso


def _per_step(signal: FloatArray, fps: float, grid: StepGrid) -> FloatArray:
    """Average a signal over each step; steps outside it take its nearest value."""
    total = np.concatenate([[0.0], np.cumsum(signal)]) / fps
    times = np.clip(grid.times, 0.0, len(signal) / fps)
    integral = np.interp(times, np.arange(len(total)) / fps, total)
    width = np.diff(times)
    nearest = signal[np.clip((times[:-1] * fps).astype(int), 0, len(signal) - 1)]
    return np.where(width > 0.5 / fps, np.diff(integral) / np.maximum(width, 1e-9), nearest)


def _relative(speed: FloatArray) -> FloatArray:
    return np.clip(speed / max(float(np.percentile(speed, 90)), _STILL), 0.0, 1.0)


def _accents(speed: FloatArray, fps: float, grid: StepGrid) -> FloatArray:
    """Return the strength of hits: limbs that stop short, at most one in two beats."""
    shift = max(1, round(_STOP_S * fps))
    padded = np.pad(speed, ((shift, shift), (0, 0)), mode="edge")
    drop = np.maximum(padded[: -2 * shift] - padded[2 * shift :], 0.0)[:, UPPER + LOWER].mean(1)
    # Movement ends a little after its steepest braking; that is what the eye hears.
    times = np.arange(len(drop)) / fps + _STOP_S / 2
    nearest = np.searchsorted((grid.times[:-1] + grid.times[1:]) / 2, times)
    strength = np.zeros(grid.n_steps)
    np.maximum.at(strength, np.clip(nearest, 0, grid.n_steps - 1), drop)
    reach = STEPS_PER_BEAT + 2
    around = np.pad(strength, reach)
    windows = np.lib.stride_tricks.sliding_window_view(around, 2 * reach + 1)
    strength = np.where(strength >= windows.max(1), strength, 0.0)
    strong = max(float(np.percentile(drop, 99.5)), _STILL / 2)
    return np.clip(strength / strong, 0.0, 1.0) ** 1.5


def _turns(velocity: FloatArray, fps: float, grid: StepGrid) -> FloatArray:
    """Return how sharply hands and feet change direction from one step to the next."""
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
    """Return the hands' height: 0 at the hips, 1 well above the head."""
    lift = points[:, SHOULDERS, 1].mean(1) - points[:, WRISTS, 1].mean(1)
    return np.clip((_per_step(lift, fps, grid) + 1.0) / 1.8, 0.0, 1.0)


def _blocks(grid: StepGrid, size: int) -> NDArray[np.int64]:
    """Return for each step the number of its run of steps that share a block."""
    block = grid.position // size
    return np.concatenate([[0], np.cumsum(np.diff(block) != 0)])


def _block_mean(values: FloatArray, block: NDArray[np.int64]) -> FloatArray:
    mean = np.bincount(block, values) / np.bincount(block)
    return np.asarray(mean[block])
