"""A bank of movement: what dancers do in each 16th step, to pair with songs.

Dances come with their beats. Measured on the grid of their own beats they are ready for
a song of any tempo: laying step by step on the song's grid is the time-warp to regular
beats of "Dancing to Music" (Lee et al. 2019, Sec. 3.1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.core.metrical_grid import STEPS_PER_BAR, grid_from_beats
from d2m.perception.step_features import joint_directogram, movement_features, visual_features
from d2m.training.data.dances import AnnotatedDance, load_aist, load_cmu, procedural_dance, view

N_PROCEDURAL = 160
PROCEDURAL_BARS = 16
_YAWS = (-0.6, 0.0, 0.6)


@dataclass(frozen=True, kw_only=True)
class Movement:
    """One dance, step by step, whole bars only.

    Parameters
    ----------
    name, source
        Where it comes from.
    features : (S, 11)
        See `d2m.perception.step_features.FEATURES`.
    visual : (S, 8)
        Directogram.
    held_out
        Whether training must not see it.
    """

    name: str
    source: str
    features: NDArray[np.float32]
    visual: NDArray[np.float32]
    held_out: bool


def measure(dance: AnnotatedDance, *, held_out: bool) -> Movement | None:
    """Measure a dance on its own beats; None if it has less than one whole bar."""
    duration = len(dance.keypoints) / dance.fps
    if len(dance.beats_s) < 2:
        return None
    downbeat = float(dance.downbeats_s[0]) if len(dance.downbeats_s) else None
    grid = grid_from_beats(dance.beats_s, duration, downbeat_s=downbeat)
    features = movement_features(dance.keypoints, dance.fps, grid)
    visual = visual_features(joint_directogram(dance.keypoints, dance.fps), dance.fps, grid)
    first = int(-grid.position[0] % STEPS_PER_BAR)
    bars = (grid.n_steps - first) // STEPS_PER_BAR
    if bars < 1:
        return None
    whole = slice(first, first + bars * STEPS_PER_BAR)
    return Movement(
        name=dance.name,
        source=dance.source,
        features=features[whole].astype(np.float32),
        visual=visual[whole].astype(np.float32),
        held_out=held_out,
    )


def movement_bank(aist: Path | None, cmu: Path | None) -> list[Movement]:
    """Measure all dances: procedural ones, and motion capture where its files are given.

    Parameters
    ----------
    aist, cmu
        Files that `load_aist` and `load_cmu` read.

    Returns
    -------
    list of Movement
        Held out: the last AIST++ choreography, every sixth CMU take, every eighth
        procedural dancer.
    """
    measured = list(_procedural())
    if aist is not None:
        dances = load_aist(aist)
        last = max(_choreography(dance.name) for dance in dances)
        measured += [measure(d, held_out=_choreography(d.name) == last) for d in dances]
    if cmu is not None:
        for i, dance in enumerate(load_cmu(cmu)):
            measured += [measure(view(dance, yaw), held_out=i % 6 == 5) for yaw in _YAWS]
    return [movement for movement in measured if movement is not None]


def _procedural() -> Iterable[Movement | None]:
    for seed in range(N_PROCEDURAL):
        rng = np.random.default_rng([7, seed])
        tempo = float(rng.uniform(66.0, 145.0))
        duration = PROCEDURAL_BARS * 240.0 / tempo
        dance = procedural_dance(seed, tempo_bpm=tempo, duration_s=duration)
        yield measure(view(dance, float(rng.uniform(-0.7, 0.7))), held_out=seed % 8 == 7)


def _choreography(name: str) -> str:
    """Return the part of a dance's name that all views of a choreography share."""
    return name.split(" ")[0]


def draw_movement(
    bank: list[Movement], n_bars: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draw movement for some bars of music, dance after dance from a random bar on.

    Sources count alike, however many dances each has.

    Returns
    -------
    features : (16 n_bars, 11)
    visual : (16 n_bars, 8)
    """
    sources = sorted({movement.source for movement in bank})
    features: list[NDArray[np.float32]] = []
    visual: list[NDArray[np.float32]] = []
    missing = n_bars * STEPS_PER_BAR
    while missing > 0:
        source = sources[int(rng.integers(len(sources)))]
        choices = [movement for movement in bank if movement.source == source]
        movement = choices[int(rng.integers(len(choices)))]
        first = int(rng.integers(len(movement.features) // STEPS_PER_BAR)) * STEPS_PER_BAR
        taken = slice(first, first + missing)
        features.append(movement.features[taken])
        visual.append(movement.visual[taken])
        missing -= len(features[-1])
    return np.concatenate(features), np.concatenate(visual)
