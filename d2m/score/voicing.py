"""Voicings of chords that move as little as possible from one to the next."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from d2m.score.harmony import Chord

FloatArray = NDArray[np.float64]

_LOW_LIMIT = 52
# Intervals under this many semitones sound muddy below the low limit.
_LOW_SPACING = 5
_WIDEST = 19


def voice_lead(
    chords: Sequence[Chord], *, voices: int, low: int, high: int
) -> list[tuple[int, ...]]:
    """Return a voicing for each chord, by least movement within a register.

    Parameters
    ----------
    chords
        In their order in time.
    voices
        Notes of a voicing. The fifth is left out first, then the root: the bass has it.
    low, high
        Register (MIDI note numbers).

    Returns
    -------
    list
        Rising MIDI note numbers. The sequence as a whole costs least: movement of all
        voices, with the top voice counted twice, and distance from the register's middle.
    """
    options = [_candidates(chord, voices, low, high) for chord in chords]
    middle = (low + high) / 2
    costs = [np.array([_own_cost(v, middle) for v in vs]) for vs in options]
    total = costs[0]
    back = []
    for (before, after), own in zip(pairwise(options), costs[1:], strict=True):
        moves = _movements(np.array(before), np.array(after)) + total[None, :]
        back.append(np.argmin(moves, axis=1))
        total = moves.min(axis=1) + own
    path = [int(np.argmin(total))]
    for pointers in reversed(back):
        path.append(int(pointers[path[-1]]))
    return [vs[i] for vs, i in zip(options, reversed(path), strict=True)]


def _selected(chord: Chord, voices: int) -> list[int]:
    """Return the pitch classes that a voicing contains, root first."""
    tones = list(dict.fromkeys(chord.tones))
    if len(tones) > voices and len(tones) > 3:
        fifth = (tones[0] + 7) % 12
        tones = [t for t in tones if t != fifth]
    if len(tones) > voices and len(tones) > 3:
        tones = tones[1:]
    return tones[:voices] if len(tones) > voices else tones


def _candidates(chord: Chord, voices: int, low: int, high: int) -> list[tuple[int, ...]]:
    tones = _selected(chord, voices)
    found = set()
    for inversion in range(len(tones)):
        order = [tones[(inversion + i) % len(tones)] for i in range(len(tones))]
        order = sorted(order, key=lambda t, first=order[0]: (t - first) % 12)  # type: ignore[misc]
        order = [order[i % len(order)] for i in range(voices)]
        start = low + (order[0] - low) % 12
        for lowest in range(start, high, 12):
            pitches = [lowest]
            for tone in order[1:]:
                pitches.append(pitches[-1] + ((tone - pitches[-1]) % 12 or 12))
            found |= _spread(pitches, low, high)
    return sorted(found) or [_squeezed(tones, low)]


def _spread(pitches: list[int], low: int, high: int) -> set[tuple[int, ...]]:
    """Return the close position, and the one with its second voice from the top dropped."""
    dropped = sorted([*pitches[:-2], pitches[-2] - 12, pitches[-1]])
    kept = set()
    for option in (pitches, dropped) if len(pitches) > 3 else (pitches,):
        inside = low <= option[0] and option[-1] <= high
        if inside and option[-1] - option[0] <= _WIDEST and len(set(option)) == len(option):
            kept.add(tuple(option))
    return kept


def _squeezed(tones: list[int], low: int) -> tuple[int, ...]:
    return tuple(sorted(low + (tone - low) % 12 for tone in tones))


def _own_cost(voicing: tuple[int, ...], middle: float) -> float:
    cost = abs(sum(voicing) / len(voicing) - middle) * 0.35
    for below, above in pairwise(voicing):
        if above - below < _LOW_SPACING and below < _LOW_LIMIT:
            cost += 3.0
        if above - below == 1:
            cost += 1.5
    # A second at the top hides the upper voice.
    return cost + (2.0 if len(voicing) > 2 and voicing[-1] - voicing[-2] <= 2 else 0.0)


def _movements(before: NDArray[np.int_], after: NDArray[np.int_]) -> FloatArray:
    """Return the cost of going from each voicing ``(A, V)`` to each other ``(B, V)``, (B, A)."""
    if before.shape[1] != after.shape[1]:
        return 2.0 * np.abs(after[:, None, -1] - before[None, :, -1]) + 4.0
    moves = after[:, None, :] - before[None, :, :]
    top = np.abs(moves[..., -1])
    parallel = (np.ptp(moves, axis=-1) == 0) & (top > 2)
    return np.asarray(np.abs(moves).sum(axis=-1) + top + 3.0 * parallel, dtype=float)
