"""Dances as a network makes them: noisy units of different dances in a row, at 15 fps."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from d2m.choreography.beat_warper import warp_to_beats
from d2m.choreography.dance_units import BEATS_OF_UNIT, POSES_PER_BEAT, UNIT_POSES, cut_units
from d2m.choreography.joints import coco_from_joints14, hip_middle, joints14_from_coco
from d2m.training.data.dances import procedural_dance

FloatArray = NDArray[np.float64]
FPS = 30.0
NOISE = 0.03


@cache
def known_units() -> FloatArray:
    """Return the units (U, 32, 14, 3) of a few procedural dances."""
    units = []
    for seed in range(4):
        dance = procedural_dance(seed + 100, tempo_bpm=90 + 15 * seed, duration_s=24)
        joints = joints14_from_coco(dance.keypoints)
        units.append(cut_units(joints, dance.fps, dance.beats_s, dance.downbeats_s))
    return np.concatenate(units)


def noisy_chain(count: int, seed: int) -> FloatArray:
    """Return a chain of units (31 * count + 1, 14, 3); the first pose of each is only near."""
    rng = np.random.default_rng(seed)
    rows: list[FloatArray] = []
    for unit in known_units()[rng.integers(len(known_units()), size=count)]:
        last = rows[-1] if rows else unit[0]
        placed = unit + (hip_middle(last) - hip_middle(unit[0])) * [1.0, 0.0, 1.0]
        share = (1 - np.arange(UNIT_POSES) / 8).clip(0)[:, None, None] ** 2
        placed = placed + share * (last - placed[0])
        rows += list(placed[1:] if rows else placed)
    chain = np.array(rows)
    noise = uniform_filter1d(rng.normal(size=chain.shape), 3, axis=0)
    return chain + NOISE * 3**0.5 * noise


def chained_dance(
    beats_s: FloatArray, duration_s: float, seed: int
) -> tuple[FloatArray, list[int]]:
    """Return COCO-17 joints of a chain on beats, and the first frames of its later units."""
    units = -(-(len(beats_s) - 1) // BEATS_OF_UNIT)
    source = np.arange(len(beats_s)) * POSES_PER_BEAT
    joints = warp_to_beats(noisy_chain(units, seed), source, beats_s, duration_s=duration_s)
    joins = np.round(beats_s[BEATS_OF_UNIT::BEATS_OF_UNIT] * FPS).astype(int)
    return coco_from_joints14(joints), joins.tolist()
