"""Motifs: short rhythms with a contour, and what phrases make of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from d2m.score.step_rhythms import draw_hits

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from d2m.score.sub_genres.sub_genre import HookGrammar

CELL_STEPS = 8
"""Length of a cell: half a bar, in 16th steps."""
UNIT_STEPS = 32
"""Length of a unit of a phrase: two bars, in 16th steps."""
# Order of cells in a unit; a rest gives the answer room. Cells that return are remembered.
_UNIT_FORMS = ("aab_", "aba_", "abc_", "ab__", "aba_", "aac_", "a_ab", "abac", "ab_c")
_CANDIDATES = 8
# Shift in scale degrees of a cell that returns in its unit: a sequence.
_SEQUENCES = (0, 0, -1, 1, -2)


@dataclass(frozen=True, kw_only=True, slots=True)
class MotifNote:
    """A note of a melody before it meets its chord.

    Parameters
    ----------
    step, length
        Onset and length in 16th steps.
    degree
        Scale degree counted from the key note, 0; 7 is its octave.
    level
        Velocity over that of a normal note.
    """

    step: float
    length: float
    degree: int
    level: float


Motif = tuple[MotifNote, ...]


def draw_cell(rng: np.random.Generator, grammar: HookGrammar, *, start: int) -> Motif:
    """Draw half a bar of melody that starts on a degree.

    Steps prevail; a leap is followed by a step back.
    """
    rhythm = str(rng.choice(grammar.cells.split()))
    degree = start
    notes: list[MotifNote] = []
    leap = 0
    for hit in draw_hits(rng, rhythm):
        if notes:
            move = _move(rng, grammar, leap)
            leap = move if abs(move) > 2 else 0
            degree += move
        notes.append(MotifNote(step=hit.step, length=hit.length, degree=degree, level=hit.level))
    return tuple(notes)


def draw_unit(rng: np.random.Generator, grammar: HookGrammar, *, start: int) -> Motif:
    """Draw two bars of melody out of cells that return, with a rest to breathe."""
    form = _UNIT_FORMS[int(rng.integers(len(_UNIT_FORMS)))]
    cells: dict[str, Motif] = {}
    notes: list[MotifNote] = []
    degree = start
    for position, letter in enumerate(form):
        if letter == "_":
            continue
        if letter in cells:
            cell = transposed(cells[letter], int(rng.choice(_SEQUENCES)))
        else:
            cell = draw_cell(rng, grammar, start=degree)
            cells[letter] = cell
        notes += shifted(cell, position * CELL_STEPS)
        if cell:
            degree = cell[-1].degree + int(rng.choice([-1, 0, 1]))
    return tuple(notes)


def best_unit(rng: np.random.Generator, grammar: HookGrammar, *, start: int) -> Motif:
    """Draw some units of two bars, and return the one that is easiest to sing."""
    return max((draw_unit(rng, grammar, start=start) for _ in range(_CANDIDATES)), key=singability)


def singability(motif: Motif) -> float:
    """Return how easy a unit is to sing and to remember, by rules of thumb.

    It moves, but not far; few notes repeat or leap; it neither only zigzags nor runs on; its
    last note is long, and there is a rest to breathe.
    """
    if len(motif) < 4:
        return -10.0
    degrees = [n.degree for n in motif]
    moves = [b - a for a, b in pairwise(degrees)]
    extent = max(degrees) - min(degrees)
    score = -0.5 * abs(extent - 5) - 0.5 * max(0, 4 - len(set(degrees)))
    score -= 3.0 * max(0.0, moves.count(0) / len(moves) - 0.3)
    score -= sum(
        0.7 for a, b, c in zip(moves, moves[1:], moves[2:], strict=False) if a == b == c == 0
    )
    score -= sum(0.4 for move in moves if abs(move) > 4)
    turns = sum(1 for a, b in pairwise(moves) if a * b < 0)
    score -= 2.0 * max(0.0, turns / len(moves) - 0.6)
    score -= 0.25 * max(0, len(motif) - 12)
    score += 0.4 * (motif[-1].length >= 3) + 0.4 * any(n.length >= 3 for n in motif[:-1])
    room = UNIT_STEPS - motif[-1].step - motif[-1].length
    return score + 0.5 * (room >= 4)


def transposed(motif: Motif, degrees: int) -> Motif:
    """Return a motif moved by scale degrees."""
    return tuple(replace(n, degree=n.degree + degrees) for n in motif)


def shifted(motif: Motif, steps: float) -> Motif:
    """Return a motif moved in time, in 16th steps."""
    return tuple(replace(n, step=n.step + steps) for n in motif)


def invert_tail(motif: Motif) -> Motif:
    """Return a motif whose second half goes the other way around its first note."""
    middle = len(motif) // 2
    if len(motif) < 3:
        return transposed(motif, 1)
    axis = motif[middle].degree
    tail = (replace(n, degree=2 * axis - n.degree) for n in motif[middle:])
    return (*motif[:middle], *tail)


def displaced(motif: Motif, steps: float, limit: float = UNIT_STEPS) -> Motif:
    """Return a motif that comes later; what would pass the limit is left out."""
    return tuple(
        replace(n, step=n.step + steps) for n in motif if n.step + steps + n.length <= limit
    )


def thinned(motif: Motif) -> Motif:
    """Return a motif without its weakest notes: off-beat 16ths between others."""
    kept: list[MotifNote] = []
    for note in motif:
        if kept and note.step % 2 and note.step - kept[-1].step < 2:
            kept[-1] = replace(kept[-1], length=note.step + note.length - kept[-1].step)
        else:
            kept.append(note)
    return tuple(kept)


def fold_range(notes: Sequence[MotifNote], widest: int) -> list[MotifNote]:
    """Return notes folded by octaves into a range of degrees around their middle."""
    if not notes:
        return []
    ordered = sorted(n.degree for n in notes)
    middle = ordered[len(ordered) // 2]
    low, high = middle - widest // 2, middle + (widest + 1) // 2
    folded = []
    for note in notes:
        degree = note.degree
        while degree > high:
            degree -= 7
        while degree < low:
            degree += 7
        folded.append(replace(note, degree=degree))
    return folded


def _move(rng: np.random.Generator, grammar: HookGrammar, leap: int) -> int:
    chance, size, direction = rng.random(3)
    if leap:
        return -1 if leap > 0 else 1
    sign = 1 if direction < 0.5 else -1
    if chance < grammar.repeats:
        return 0
    if chance > 1 - grammar.leaps:
        return sign * (2, 2, 2, 3, 4)[int(size * 5)]
    return sign
