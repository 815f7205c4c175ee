"""Find beats and downbeats from activations with a bar-pointer model.

The hidden states are positions in a bar at a tempo, so beats are evenly spaced and bars have
an equal number of beats, while the tempo may drift (F. Krebs, S. Böck, G. Widmer, "An efficient
state-space model for joint tempo and meter tracking", ISMIR 2015). The most probable path is
found with the Viterbi algorithm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BAR_LENGTHS = (3, 4)
"""Beats that a bar may have. Chosen by hand."""
SLOWEST_BEAT_BPM, FASTEST_BEAT_BPM = 55.0, 215.0
"""Range of the tempo (BPM), as in the paper."""
TEMPO_STEADINESS = 100.0
"""How unlikely a change of tempo is: its weight falls as exp(-this * relative change). As in the
paper."""
BEAT_PART = 1 / 16
"""Share of a beat in which the activation of the beat is expected, as in the paper."""
_SMALLEST = 1e-4  # probability that no activation falls below: bounds the cost of one frame


@dataclass(frozen=True, kw_only=True, eq=False)
class BarPath:
    """The most probable path through the bars of a sound.

    Parameters
    ----------
    frames : (N,)
        Ascending frames in which a beat starts.
    positions : (N,)
        Position of each beat in its bar; 0 is the downbeat.
    advantage
        Log-likelihood of the path minus that of a sound without beats, per beat (nats).
    """

    frames: IntArray
    positions: IntArray
    advantage: float


@dataclass(frozen=True, eq=False)
class _States:
    """All states in a row: by bar length, beat of the bar, tempo, and place in the beat.

    A *part* is one beat of a bar at one tempo; parts are numbered in the order of states.
    """

    lengths: IntArray  # (L,) frames of a beat at each tempo
    first: IntArray  # (P,) first state of each part
    last: IntArray  # (P,) last state of each part
    previous: IntArray  # (G,) the group (beat of a bar) before each group
    beat_of: IntArray  # (G,) position in the bar of each group
    kind: NDArray[np.int8]  # (S,) 0 between beats, 1 on a beat, 2 on a downbeat
    change: FloatArray  # (L, L) log probability of a change of tempo, from row to column


@cache
def _states(fps: float, bars: tuple[int, ...]) -> _States:
    shortest, longest = 60 * fps / FASTEST_BEAT_BPM, 60 * fps / SLOWEST_BEAT_BPM
    lengths = np.arange(int(np.floor(shortest)), int(np.ceil(longest)) + 1)
    beat_of = np.concatenate([np.arange(bar) for bar in bars])
    starts = np.concatenate([[0], np.cumsum(bars)[:-1]])
    previous = np.arange(len(beat_of)) - 1
    previous[starts] = starts + np.array(bars) - 1
    sizes = np.tile(lengths, len(beat_of))
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    place = np.arange(sizes.sum()) - np.repeat(first, sizes)
    on_beat = place < np.repeat(np.maximum(1, np.round(sizes * BEAT_PART)), sizes)
    downbeat = np.repeat(np.repeat(beat_of == 0, len(lengths)), sizes)
    ratio = lengths[None, :] / lengths[:, None]
    change = -TEMPO_STEADINESS * np.abs(ratio - 1.0)
    change -= np.log(np.exp(change).sum(axis=1, keepdims=True))
    kind = np.where(on_beat, np.where(downbeat, 2, 1), 0).astype(np.int8)
    return _States(lengths, first, first + sizes - 1, previous, beat_of, kind, change)


def decode_bars(
    activations: FloatArray, fps: float, *, bars: tuple[int, ...] = BAR_LENGTHS
) -> BarPath:
    """Find the most probable beats and downbeats.

    Parameters
    ----------
    activations : (T, 2)
        Probability in each frame of a beat that starts no bar, and of a downbeat.
    fps
        Frames in a second (Hz).
    bars
        Beats that a bar may have; all bars of a sound have the same number.

    Returns
    -------
    BarPath
        Every beat from the first to the last frame, also where nothing is heard.
    """
    if not len(activations):
        return BarPath(frames=np.zeros(0, int), positions=np.zeros(0, int), advantage=0.0)
    states = _states(fps, bars)
    odds = _log_odds(activations)
    score, came_from = _forward(odds, states)
    frames, positions = _backward(int(score.argmax()), came_from, states)
    advantage = float(score.max() - odds[:, 0].sum()) / max(1, len(frames))
    return BarPath(frames=frames, positions=positions, advantage=advantage)


def _log_odds(activations: FloatArray) -> FloatArray:
    """Return the log-likelihood of each frame (T, 3) between beats, on a beat, on a downbeat."""
    likely = np.clip(activations, _SMALLEST, 1.0)
    between = np.maximum(1.0 - activations.sum(axis=1), _SMALLEST) / (1 / BEAT_PART - 1)
    odds: FloatArray = np.log(np.column_stack((between, likely)))
    return odds


def _forward(odds: FloatArray, states: _States) -> tuple[FloatArray, NDArray[np.uint8]]:
    """Return the score of each state at the end (S,), and whence each part came (T, G, L)."""
    n_tempi, n_groups = len(states.lengths), len(states.beat_of)
    score = np.full(len(states.kind), -np.log(len(states.kind)))
    came_from = np.zeros((len(odds), n_groups, n_tempi), dtype=np.uint8)
    moved = np.empty_like(score)
    for frame, odd in enumerate(odds):
        if frame:
            ending = score[states.last].reshape(n_groups, n_tempi)[states.previous]
            arriving = ending[:, :, None] + states.change
            best = arriving.argmax(axis=1)
            came_from[frame] = best
            moved[1:] = score[:-1]
            entered = np.take_along_axis(arriving, best[:, None, :], axis=1)
            moved[states.first] = entered.ravel()
            score, moved = moved, score
        score += odd[states.kind]
    return score, came_from


def _backward(
    state: int, came_from: NDArray[np.uint8], states: _States
) -> tuple[IntArray, IntArray]:
    """Return the frames (N,) of the beats that lead to a state, and their positions (N,)."""
    n_tempi = len(states.lengths)
    frames, positions = [], []
    part = int(np.searchsorted(states.first, state, side="right")) - 1
    frame = len(came_from) - 1 - (state - int(states.first[part]))
    while frame >= 0:
        group, tempo = divmod(part, n_tempi)
        frames.append(frame)
        positions.append(int(states.beat_of[group]))
        before = int(came_from[frame, group, tempo])
        part = int(states.previous[group]) * n_tempi + before
        frame -= int(states.lengths[before])
    return np.array(frames[::-1], dtype=int), np.array(positions[::-1], dtype=int)
