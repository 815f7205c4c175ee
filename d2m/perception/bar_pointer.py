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
TEMPO_STEADINESS = 200.0
"""How unlikely a change of tempo is: its weight falls as exp(-this * relative change). Chosen
among 100 (as in the paper), 150, 200, 300 and 500 on noisy recordings of this project's music."""
USUAL_TEMPO_BPM = 115.0
"""Where beats are most often felt (BPM). Chosen by hand."""
USUAL_TEMPO_WEIGHT = 2.0
"""How much less likely a beat is at an unusual tempo: the log of its weight falls by this times
the square of the octaves from `USUAL_TEMPO_BPM`. It decides between half and double tempo where
little else does. Chosen among 0, 1, 3 and 6 on noisy recordings of this project's music and on
real clips; 1 and 3 do equally well."""
LARGEST_CHANGE = 0.12
"""Largest relative change of the tempo from one beat to the next. Chosen by hand: a larger one
would have a weight of less than 1e-5."""
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

    A *group* is one beat of a bar; a *part* is a group at one tempo. Parts are numbered in the
    order of their states.
    """

    lengths: IntArray  # (L,) frames of a beat at each tempo
    first: IntArray  # (P,) first state of each part
    last: IntArray  # (P,) last state of each part
    previous: IntArray  # (G,) the group before each group
    beat_of: IntArray  # (G,) position in the bar of each group
    beats: IntArray  # the states on a beat that starts no bar
    downbeats: IntArray  # the states on a downbeat
    change: FloatArray  # (2 * reach + 1, L) log probability of arriving at a tempo, from nearby


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
    return _States(
        lengths=lengths,
        first=first,
        last=first + sizes - 1,
        previous=previous,
        beat_of=beat_of,
        beats=np.flatnonzero(on_beat & ~downbeat),
        downbeats=np.flatnonzero(on_beat & downbeat),
        change=_tempo_changes(lengths, 60 * fps / lengths),
    )


def _tempo_changes(lengths: IntArray, tempi_bpm: FloatArray) -> FloatArray:
    """Return the log weight of arriving at each tempo (2 * reach + 1, L) from those nearby.

    Larger changes than `LARGEST_CHANGE` are left out: they are practically impossible.
    """
    unusual = USUAL_TEMPO_WEIGHT * np.square(np.log2(tempi_bpm / USUAL_TEMPO_BPM))
    reach = int(np.ceil(LARGEST_CHANGE * lengths[-1]))
    weight = np.exp(-TEMPO_STEADINESS * np.abs(lengths[None, :] / lengths[:, None] - 1.0))
    weight /= weight.sum(axis=1, keepdims=True)
    change = np.full((2 * reach + 1, len(lengths)), -np.inf)
    for row, offset in enumerate(range(-reach, reach + 1)):
        to = np.arange(max(0, -offset), min(len(lengths), len(lengths) - offset))
        change[row, to] = np.log(weight[to + offset, to]) - unusual[to]
    return change


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
    score, came_from = _forward(_log_odds(activations), states)
    frames, positions = _backward(int(score.argmax()), came_from, states)
    advantage = float(score.max()) / max(1, len(frames))
    return BarPath(frames=frames, positions=positions, advantage=advantage)


def _log_odds(activations: FloatArray) -> FloatArray:
    """Return how much likelier each frame (T, 2) is on a beat, and on a downbeat, than between."""
    likely = np.clip(activations, _SMALLEST, 1.0)
    between = np.maximum(1.0 - activations.sum(axis=1), _SMALLEST) / (1 / BEAT_PART - 1)
    odds: FloatArray = np.log(likely / between[:, None])
    return odds


def _forward(odds: FloatArray, states: _States) -> tuple[FloatArray, NDArray[np.uint8]]:
    """Return the score of each state at the end (S,), and whence each part came (T, G, L)."""
    n_tempi, n_groups = len(states.lengths), len(states.beat_of)
    reach = len(states.change) // 2
    n_states = int(states.last[-1]) + 1
    score, moved = np.full(n_states, -np.log(n_states)), np.empty(n_states)
    came_from = np.zeros((len(odds), n_groups, n_tempi), dtype=np.uint8)
    ending = np.full((n_groups, n_tempi + 2 * reach), -np.inf)
    nearby = np.lib.stride_tricks.sliding_window_view(ending, n_tempi, axis=1)
    for frame, (beat, downbeat) in enumerate(odds):
        if frame:
            of_parts = score[states.last].reshape(n_groups, n_tempi)
            ending[:, reach : reach + n_tempi] = of_parts[states.previous]
            arriving = nearby + states.change
            best = arriving.argmax(axis=1)
            came_from[frame] = best
            moved[1:] = score[:-1]
            moved[states.first] = np.take_along_axis(arriving, best[:, None], axis=1).ravel()
            score, moved = moved, score
        score[states.beats] += beat
        score[states.downbeats] += downbeat
    return score, came_from


def _backward(
    state: int, came_from: NDArray[np.uint8], states: _States
) -> tuple[IntArray, IntArray]:
    """Return the frames (N,) of the beats that lead to a state, and their positions (N,)."""
    n_tempi, reach = len(states.lengths), len(states.change) // 2
    frames, positions = [], []
    part = int(np.searchsorted(states.first, state, side="right")) - 1
    frame = len(came_from) - 1 - (state - int(states.first[part]))
    while frame >= 0:
        group, tempo = divmod(part, n_tempi)
        frames.append(frame)
        positions.append(int(states.beat_of[group]))
        before = tempo + int(came_from[frame, group, tempo]) - reach
        part = int(states.previous[group]) * n_tempi + before
        frame -= int(states.lengths[before])
    return np.array(frames[::-1], dtype=int), np.array(positions[::-1], dtype=int)
