"""Melodies: the hook of a song in its three phrases, and the answers to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from d2m.core.metrical_grid import STEPS_PER_BAR
from d2m.score.melodic_register import chord_index, double_octave, play_melody
from d2m.score.motif import (
    CELL_STEPS,
    UNIT_STEPS,
    Motif,
    MotifNote,
    best_unit,
    displaced,
    draw_cell,
    fold_range,
    invert_tail,
    shifted,
    thinned,
    transposed,
)
from d2m.score.song import StepNote
from d2m.score.step_rhythms import PHRASE_BARS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from d2m.score.harmony import Chord
    from d2m.score.sub_genres.sub_genre import HookGrammar

RANGE_DEGREES = 9
"""Widest range of a melody in scale degrees: a tenth."""
_TOTAL = PHRASE_BARS * STEPS_PER_BAR
# Forms of four units. A: the motif; a: its tail inverted; D: it comes later; S: a sequence;
# T: thinned; B: the contrast; C: the cadence; _: a rest, for answers.
_DROP_FORMS = ("AaAC", "ASBC", "AABC", "ABAC", "AaBC", "AADC", "SABC")
_GROOVE_FORMS = ("T_TC", "A_aC", "T_DC", "A_SC", "TaTC", "A_TC")
_PEAK_UNIT = 2
# Onsets and lengths of the slow melody of a break, in its four units of two bars.
_SLOW_UNITS = (
    ((0, 11), (12, 7), (20, 9)),
    ((0, 14), (16, 12)),
    ((0, 11), (12, 7), (20, 9)),
    ((0, 7), (8, 7), (16, 14)),
)
_TRIAD = (0, 2, 4)
# Degrees that a pentatonic scale lacks, for scales with a minor and a major third.
_MINOR_AVOIDED, _MAJOR_AVOIDED = (1, 5), (3, 6)
_SHORTEST_GAP = 6
_RESPONSE_LEVEL = 0.86

Melody = dict[str, tuple[StepNote, ...]]


def compose_melody(
    rng: np.random.Generator,
    grammar: HookGrammar,
    harmony: Mapping[str, Sequence[Chord]],
    instruments: Mapping[str, str],
    *,
    key: int,
    minor_third: bool,
) -> dict[str, Melody]:
    """Draw the hook and its answers in the three phrases of a song.

    Parameters
    ----------
    rng
        Source of randomness; what it draws doesn't depend on the key.
    grammar
        How the melodies are built.
    harmony
        Chord of each half bar by phrase name.
    instruments
        Instrument of each part.
    key
        Pitch class of the key note.
    minor_third
        Whether the sub-genre's own scale has a minor third.
    """
    units, answer = _draw_units(rng, grammar)
    avoided = (_MINOR_AVOIDED if minor_third else _MAJOR_AVOIDED) if grammar.pentatonic else ()
    forms = {
        "groove": _GROOVE_FORMS[int(rng.integers(len(_GROOVE_FORMS)))],
        "drop": _DROP_FORMS[int(rng.integers(len(_DROP_FORMS)))],
    }
    plans = {name: _join([units[letter] for letter in form]) for name, form in forms.items()}
    plans["drop"] = _with_peak(plans["drop"])
    plans["break"] = _augmented(units["A"])
    parts: dict[str, Melody] = {}
    for name, plan in plans.items():
        chords = harmony[name]
        line = fit_chords(fold_range(plan, RANGE_DEGREES), chords, avoided)
        hook = play_melody(line, chords, key, instruments["hook"], grammar.velocity, grammar.gate)
        parts[name] = {"hook": hook}
        if "response" in instruments and name != "break":
            replies = fit_chords(_answers(line, answer), chords, avoided)
            level = grammar.velocity * _RESPONSE_LEVEL
            parts[name]["response"] = play_melody(
                replies, chords, key, instruments["response"], level, grammar.gate
            )
        if name == "drop" and grammar.octave:
            parts[name]["hook"] = double_octave(hook, instruments["hook"])
    return {p: {k: v for k, v in found.items() if v} for p, found in parts.items()}


def _draw_units(rng: np.random.Generator, grammar: HookGrammar) -> tuple[dict[str, Motif], Motif]:
    """Draw the units of two bars that forms name, and the figure of the answers."""
    start = int(rng.choice([0, 2, 4, 4]))
    motif = best_unit(rng, grammar, start=start)
    contrast = best_unit(rng, grammar, start=start + int(rng.choice([2, 2, 3])))
    shift = int(rng.choice([1, 1, 2, -1]))
    delay = int(rng.choice([2, 2, 4]))
    answer = draw_cell(rng, grammar, start=int(rng.choice([0, 2, 4])))
    while len(answer) < 2:
        answer = draw_cell(rng, grammar, start=int(rng.choice([0, 2, 4])))
    units: dict[str, Motif] = {
        "A": motif,
        "a": invert_tail(motif),
        "D": displaced(motif, delay),
        "S": transposed(motif, shift),
        "T": thinned(motif),
        "B": contrast,
        "C": _cadence(motif),
        "_": (),
    }
    return units, answer


def fit_chords(
    notes: Sequence[MotifNote], chords: Sequence[Chord], avoided: Sequence[int]
) -> list[MotifNote]:
    """Return a melody whose strong and long notes are tones of their chords.

    The last note becomes one of the key's triad where its chord allows.
    """
    fitted: list[MotifNote] = []
    for number, note in enumerate(notes):
        stable = chords[chord_index(note.step, note.length)].stable_degrees
        is_last = number == len(notes) - 1
        if is_last:
            stable = tuple(d for d in stable if d in _TRIAD) or stable
        planned = note.degree - notes[number - 1].degree if number else 0
        before = fitted[-1].degree if fitted else note.degree
        if is_last or note.step % CELL_STEPS == 0 or note.length >= 3:
            degree = _nearest(note.degree, stable, before, planned)
        else:
            degree = _passing(note.degree, stable, avoided, before, planned)
        if abs(degree - before) > 7:
            degree += 7 if degree < before else -7
        fitted.append(replace(note, degree=degree))
    return fitted


def _nearest(degree: int, stable: Sequence[int], before: int, planned: int) -> int:
    """Return the chord tone nearest to a degree that keeps the contour.

    Parameters
    ----------
    degree
        The planned one.
    stable
        Degrees of the chord, 0 to 6.
    before, planned
        The degree of the note before, and the planned interval from it.
    """
    options = [d for d in range(degree - 5, degree + 6) if d % 7 in stable]
    kept = [d for d in options if np.sign(d - before) == np.sign(planned)]
    near = [d for d in kept if abs(d - degree) <= 3] or options
    return min(near, key=lambda d: (2 * abs(d - degree) + abs(d - before), d))


def _passing(
    degree: int, stable: Sequence[int], avoided: Sequence[int], before: int, planned: int
) -> int:
    """Return a weak note: as planned, but it moves where the plan moves."""
    direction = int(np.sign(planned))
    if direction and degree == before:
        degree += direction
    if degree % 7 in avoided and degree % 7 not in stable:
        degree += direction or -1
    return degree


def _join(units: Sequence[Motif]) -> list[MotifNote]:
    return [n for number, unit in enumerate(units) for n in shifted(unit, number * UNIT_STEPS)]


def _cadence(motif: Motif) -> Motif:
    """Return a motif whose second bar is one long note."""
    first = tuple(n for n in motif if n.step < STEPS_PER_BAR - 2) or motif[:2]
    first = tuple(replace(n, length=min(n.length, STEPS_PER_BAR - n.step)) for n in first)
    last = MotifNote(step=STEPS_PER_BAR, length=8, degree=first[-1].degree, level=1.1)
    return (*first, last)


def _with_peak(notes: list[MotifNote]) -> list[MotifNote]:
    """Return a melody with the third of its four units raised above the others."""
    first, last = _PEAK_UNIT * UNIT_STEPS, (_PEAK_UNIT + 1) * UNIT_STEPS
    inside = [n.degree for n in notes if first <= n.step < last]
    others = [n.degree for n in notes if not first <= n.step < last]
    if not inside or not others:
        return notes
    lift = min(max(0, max(others) + 1 - max(inside)), 3)
    return [
        replace(n, degree=n.degree + lift, level=n.level * 1.05) if first <= n.step < last else n
        for n in notes
    ]


def _augmented(motif: Motif) -> list[MotifNote]:
    """Return the different notes of a motif, in their order, as a slow melody of eight bars."""
    degrees = list(dict.fromkeys(n.degree for n in motif))
    degrees = [*degrees, degrees[-1] + 1, degrees[-1] + 2][:5]
    slow = []
    for number, places in enumerate(_SLOW_UNITS):
        for place, (step, length) in enumerate(places):
            degree = degrees[(place + (number > 1)) % len(degrees)] + (number == 2)
            at = number * UNIT_STEPS + step
            slow.append(MotifNote(step=at, length=length, degree=degree, level=0.85))
    return slow


def _answers(line: Sequence[MotifNote], answer: Motif) -> list[MotifNote]:
    """Return a figure in each long enough rest of a melody, upside down every second time."""
    replies: list[MotifNote] = []
    ends = [n.step + n.length for n in line]
    nexts = [n.step for n in line[1:]] + [_TOTAL]
    starts = [(0.0, line[0].step)] if line and line[0].step >= 2 * _SHORTEST_GAP else []
    gaps = starts + [(e, n) for e, n in zip(ends, nexts, strict=True) if n - e >= _SHORTEST_GAP]
    for number, (end, following) in enumerate(gaps):
        begin = -(-(end + 1) // 2) * 2
        figure = invert_tail(answer) if number % 2 else answer
        room = following - begin - 1
        while begin + 16 <= following - 8:
            begin += 8 if room < 24 else 16
            room = following - begin - 1
            break
        replies += [
            replace(n, step=n.step + begin, level=n.level)
            for n in figure
            if n.step + n.length <= room
        ]
    return replies
