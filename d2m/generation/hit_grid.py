"""Lay the accents and the 16th steps that a network plays on the dancer's hits.

A network answers an accent with a stab, a crash and a kick at the start of its step. So each
hit gives the nearest step an accent, and a step between beats is moved a little towards its
hit. Beats stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import SAMPLE_RATE
from d2m.core.metrical_grid import FRAME, STEPS_PER_BEAT, StepGrid
from d2m.perception.body_events import BodyEvents
from d2m.perception.conditioning import SLOW_BPM, Conditioning
from d2m.perception.step_features import MOVEMENT_FEATURES

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MAX_STEP_BEND_S = 0.025
"""Most that a step between beats, or a 32nd after it in slow music, is moved towards a hit (s).
Of the strongest hits of ten real dances, 94 % are within 45 ms of a step moved so far, and 68 %
of a step that stays."""
LONG_STEP_S = 0.15
"""Length of a step (s), that of 100 BPM, from which hits are met on 32nds too: 16ths are too far
apart. Chosen by hand; the score does the same."""
NETWORK_LAG_S = 0.008
"""Time (s) from the start of a step to the attack that a network plays there: the median at both
levels on 16 procedural dances."""
HIT_STEP_ACCENT = 0.8
"""Feature ``accent`` (0 to 1) of a step with a hit. The networks learned to answer from 0.5, and
always alike."""
LEAST_RESPONSE = 0.3
"""Product of a hit's strength (0 to 1) and the response under which networks do not answer it:
the strength of the weakest hits."""

_MIN_STEP_FRAMES = 8  # shortest step: 46 ms
_ACCENT, _FREEZE = MOVEMENT_FEATURES.index("accent"), MOVEMENT_FEATURES.index("freeze")


@dataclass(frozen=True, kw_only=True, eq=False)
class AnsweredHits:
    """What a network is given so that it answers the hits of a dance.

    Parameters
    ----------
    grid
        ``S`` steps, some of them moved towards hits.
    features : (S, 11)
        Movement features with an accent on the step of each hit. Other accents are only on the
        beats of slow dances.
    hits_s : (A,)
        When the answers to the hits sound (s).
    """

    grid: StepGrid
    features: FloatArray
    hits_s: FloatArray


def answer_hits(dance: Conditioning) -> AnsweredHits:
    """Choose the steps that answer the hits of a dance, and move them towards the hits.

    Parameters
    ----------
    dance
        Its grid, features and events are used. Without hits, nothing changes.

    Returns
    -------
    AnsweredHits
    """
    grid, features = dance.grid, np.array(dance.features, dtype=float)
    bends_s = _largest_bends(grid)
    steps, hits_s = _choose_steps(grid, dance.events, bends_s)
    if not len(steps):
        return AnsweredHits(grid=grid, features=features, hits_s=hits_s)
    grid = _bend(grid, steps, hits_s, bends_s)
    on_beat = grid.position % STEPS_PER_BEAT == 0
    kept = on_beat if dance.rhythm.tempo_bpm < SLOW_BPM else np.zeros_like(on_beat)
    features[~kept, _ACCENT] = 0.0
    features[steps, _ACCENT] = HIT_STEP_ACCENT
    features[steps, _FREEZE] = 0.0  # a pause would silence the answer
    return AnsweredHits(grid=grid, features=features, hits_s=grid.times[steps] + NETWORK_LAG_S)


def hits_within_response(events: BodyEvents, response: float) -> BodyEvents:
    """Leave out the hits that are too weak for a response.

    Parameters
    ----------
    events
        Events of the body.
    response
        How strongly the movement steers the music: 1 keeps all hits, 0 none.
    """
    kept = events.hit_strengths * response >= LEAST_RESPONSE - 1e-9
    return replace(events, hits_s=events.hits_s[kept], hit_strengths=events.hit_strengths[kept])


def _largest_bends(grid: StepGrid) -> FloatArray:
    """Return how far each step may be moved (s), (S,): beats and both ends not at all."""
    lengths_s = np.diff(grid.times)
    bends_s = np.where(lengths_s > LONG_STEP_S, lengths_s / 2 + MAX_STEP_BEND_S, MAX_STEP_BEND_S)
    bends_s[grid.position % STEPS_PER_BEAT == 0] = 0.0
    bends_s[[0, -1]] = 0.0
    return np.asarray(bends_s)


def _choose_steps(
    grid: StepGrid, events: BodyEvents, bends_s: FloatArray
) -> tuple[IntArray, FloatArray]:
    """Return steps (A,), ascending, and the hits (s) that they answer: one each, the strongest.

    A hit takes the nearest of the steps that can be moved to it, else the step that gets
    nearest.
    """
    times_s = grid.times[:-1] + NETWORK_LAG_S
    chosen: dict[int, float] = {}
    for index in np.argsort(-events.hit_strengths, kind="stable"):
        hit_s = float(events.hits_s[index])
        distances = np.abs(times_s - hit_s)
        left = np.maximum(distances - bends_s, 0.0)
        chosen.setdefault(int(np.lexsort((distances, left))[0]), hit_s)
    steps = sorted(chosen)
    return np.array(steps, dtype=np.int64), np.array([chosen[step] for step in steps])


def _bend(grid: StepGrid, steps: IntArray, hits_s: FloatArray, bends_s: FloatArray) -> StepGrid:
    """Move steps (A,) towards hits (s); no step gets shorter than `_MIN_STEP_FRAMES`."""
    starts = grid.starts.copy()
    goals = np.round((hits_s - NETWORK_LAG_S) * SAMPLE_RATE / FRAME).astype(np.int64)
    most = np.floor(bends_s * SAMPLE_RATE / FRAME + 0.5).astype(np.int64)
    for step, goal in zip(steps.tolist(), goals.tolist(), strict=True):
        if not most[step]:
            continue
        earliest = max(starts[step] - most[step], starts[step - 1] + _MIN_STEP_FRAMES, 1)
        latest = min(
            starts[step] + most[step], starts[step + 1] - _MIN_STEP_FRAMES, grid.n_frames - 1
        )
        if earliest <= latest:
            starts[step] = min(max(goal, earliest), latest)
    return replace(grid, starts=starts)
