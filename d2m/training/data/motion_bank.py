"""A bank of motion: the features of dances in each 16th step, to pair with songs.

The beats of the dances are known. Features measured on the grid of these beats fit a song of
any tempo: moving them step by step to the song's grid is the time-warp to regular beats of
"Dancing to Music" (Lee et al. 2019, Sec. 3.1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.core.metrical_grid import STEPS_PER_BAR
from d2m.perception.conditioning import condition, known_rhythm
from d2m.training.data.dances import AnnotatedDance, load_aist, load_cmu, procedural_dance, view

N_PROCEDURAL = 160
"""Number of procedural dances in the bank. Chosen by hand."""
PROCEDURAL_BARS = 16
"""Length of a procedural dance (bars). Chosen by hand."""
_CMU_YAWS_RAD = (-0.6, 0.0, 0.6)  # camera angles for each CMU take, chosen by hand


@dataclass(frozen=True, kw_only=True)
class MotionFeatures:
    """Features of one dance in each of its 16th steps, in whole bars.

    Parameters
    ----------
    name, source
        Name and source of the dance, see `d2m.training.data.dances.AnnotatedDance`.
    features : (S, 11)
        Movement features, see `d2m.perception.step_features.MOVEMENT_FEATURES`.
    visual : (S, 8)
        Directogram.
    held_out
        Whether the dance is excluded from training.
    """

    name: str
    source: str
    features: NDArray[np.float32]
    visual: NDArray[np.float32]
    held_out: bool


def measure_dance(dance: AnnotatedDance, *, held_out: bool) -> MotionFeatures | None:
    """Measure a dance on the grid of its beats; return None if it has less than one whole bar."""
    if len(dance.beats_s) < 2:
        return None
    rhythm = known_rhythm(dance.beats_s, dance.downbeats_s)
    measured = condition(dance.keypoints, dance.fps, rhythm=rhythm)
    grid = measured.grid
    first = int(-grid.position[0] % STEPS_PER_BAR)
    bars = (grid.n_steps - first) // STEPS_PER_BAR
    if bars < 1:
        return None
    whole = slice(first, first + bars * STEPS_PER_BAR)
    return MotionFeatures(
        name=dance.name,
        source=dance.source,
        features=measured.features[whole].astype(np.float32),
        visual=measured.visual[whole].astype(np.float32),
        held_out=held_out,
    )


def load_motion_bank(aist: Path | None, cmu: Path | None) -> list[MotionFeatures]:
    """Measure the procedural dances, and motion capture if its files are given.

    Parameters
    ----------
    aist, cmu
        Files for `d2m.training.data.dances.load_aist` and
        `d2m.training.data.dances.load_cmu`.

    Returns
    -------
    list of MotionFeatures
        Held out are the last AIST++ choreography, every sixth CMU take and every eighth
        procedural dance.

    Raises
    ------
    DataError
        If a file is not of the expected form.
    """
    measured = list(_procedural())
    if aist is not None:
        dances = load_aist(aist)
        last = max(_choreography(dance.name) for dance in dances)
        measured += [measure_dance(d, held_out=_choreography(d.name) == last) for d in dances]
    if cmu is not None:
        for i, dance in enumerate(load_cmu(cmu)):
            measured += [
                measure_dance(view(dance, yaw), held_out=i % 6 == 5) for yaw in _CMU_YAWS_RAD
            ]
    return [motion for motion in measured if motion is not None]


def _procedural() -> Iterable[MotionFeatures | None]:
    """Measure procedural dances at random tempi, seen from random angles."""
    for seed in range(N_PROCEDURAL):
        rng = np.random.default_rng([7, seed])
        tempo = float(rng.uniform(66.0, 145.0))
        duration = PROCEDURAL_BARS * 240.0 / tempo
        dance = procedural_dance(seed, tempo_bpm=tempo, duration_s=duration)
        yield measure_dance(view(dance, float(rng.uniform(-0.7, 0.7))), held_out=seed % 8 == 7)


def _choreography(name: str) -> str:
    """Return the part of a dance's name that all views of a choreography share."""
    return name.split(" ")[0]


def sample_motion(
    bank: list[MotionFeatures], n_bars: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Choose the motion for some bars of music at random.

    Dances follow each other until the bars are full, each from a random bar to its end. All
    sources are equally likely, however many dances each has.

    Parameters
    ----------
    bank
        Dances to choose from.
    n_bars
        Number of bars.
    rng
        Random generator.

    Returns
    -------
    features : (16 n_bars, 11)
        Movement features.
    visual : (16 n_bars, 8)
        Directogram.
    """
    sources = sorted({motion.source for motion in bank})
    features: list[NDArray[np.float32]] = []
    visual: list[NDArray[np.float32]] = []
    missing = n_bars * STEPS_PER_BAR
    while missing > 0:
        source = sources[int(rng.integers(len(sources)))]
        choices = [motion for motion in bank if motion.source == source]
        motion = choices[int(rng.integers(len(choices)))]
        first = int(rng.integers(len(motion.features) // STEPS_PER_BAR)) * STEPS_PER_BAR
        excerpt = slice(first, first + missing)
        features.append(motion.features[excerpt])
        visual.append(motion.visual[excerpt])
        missing -= len(features[-1])
    return np.concatenate(features), np.concatenate(visual)
