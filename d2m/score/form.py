"""The form of a piece: sections on bar lines where the dance changes, and where the piece ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from d2m.core.metrical_grid import BEATS_PER_BAR, STEPS_PER_BAR, STEPS_PER_BEAT
from d2m.perception.conditioning import Conditioning
from d2m.score.final_hit import final_hit_worth
from d2m.score.movement import Movement, dance_changes
from d2m.score.options import ScoreOptions
from d2m.score.section_names import name_sections
from d2m.score.timeline import Timeline

FloatArray = NDArray[np.float64]

MAX_SECTION_BARS = 16
"""Longest section (bars). Chosen by hand."""
MIN_SECTION_BARS = 2
"""Shortest section (bars), but for the only one of a short piece. Chosen by hand."""

# What a length in bars is worth to the form, in the unit of a section change on the strongest
# change of the dance; other even and odd lengths, and half a bar more. Chosen by hand.
_LENGTH_WORTH = {8: 0.15, 4: 0.1, 16: -0.1, 2: -0.05}
_EVEN_WORTH, _ODD_WORTH, _HALF_BAR_WORTH = -0.05, -0.15, -0.3
_CHANGE_COST = 0.2  # of a section change
_NEARBY = 0.85  # worth of a change one beat away, of one on the bar line
_LEAST_PEAK = 0.3  # change that is worth 1 at least
_SURE_WORTH = 0.1  # of the weakest change
_CHOICE = 0.03  # how much chance adds to a change
_PICKUP_COST = 0.25  # of starting with an incomplete bar
_GRID_WORTH = 0.15  # of keeping the bars of the dance's grid
_HIT_WORTH = 0.06  # of a strong hit on a bar line
_BAR_ENDS = {0: 0.8, 2: 0.3}  # worth of ending on a bar line or in the middle of a bar


@dataclass(frozen=True, kw_only=True)
class FormSection:
    """A section in 16th steps.

    Parameters
    ----------
    name
        One of `d2m.score.notes.SECTION_NAMES`.
    start, end
        First step, and the step after the last.
    energy
        Mean energy of the dance, 0 to 1.
    level
        Energy relative to the other sections, 0 to 1.
    """

    name: str
    start: int
    end: int
    energy: float
    level: float


@dataclass(frozen=True, kw_only=True)
class Form:
    """The form of a piece.

    Parameters
    ----------
    sections
        Consecutive. The last is the outro, which may consist of the last hit alone and is then
        empty.
    bars
        The first step of each bar. The first bar may be incomplete.
    end
        Step of the last hit.
    """

    sections: tuple[FormSection, ...]
    bars: tuple[int, ...]
    end: int


def form_of(
    dance: Conditioning,
    movement: Movement,
    timeline: Timeline,
    options: ScoreOptions,
    rng: np.random.Generator,
) -> Form:
    """Cut a dance into named sections.

    Section changes and the last hit are chosen together, by dynamic programming over the
    beats: changes of the dance near bar lines, groups of four and eight bars, hits on bar
    lines and a tail of suitable length are each worth something.

    Parameters
    ----------
    dance, movement, timeline
        The dance, and its movement along the music.
    options
        Their ending, intro and ``fixed_bars`` are used.
    rng
        Varies what is undecided.
    """
    first_worth = _first_bar_worth(dance, timeline, options)
    ends = final_hit_worth(movement, timeline, options)
    beats, strengths = dance_changes(movement, timeline)
    strengths = strengths + rng.uniform(0.0, _CHOICE, len(beats))
    change = _change_worth(beats, strengths, max(ends))
    on_bars = _on_bars(_beat_hits(movement, timeline, max(ends)))
    cuts = _best_cuts(change, on_bars, first_worth, ends)
    pickup = cuts[1] % BEATS_PER_BAR if len(cuts) > 2 else 0
    if len(cuts) == 2:
        pickup = _best_pickup(cuts[1], first_worth)[1]
    steps = [beat * STEPS_PER_BEAT for beat in cuts]
    spans = list(pairwise(steps))
    energies = [movement.mean("energy", a, b) for a, b in spans] or [0.0]
    bars = [(b - a) / STEPS_PER_BAR for a, b in spans]
    names, levels = name_sections(energies, bars, options.intro, rng)
    sections = [
        FormSection(name=name, start=a, end=b, energy=energy, level=level)
        for (a, b), name, energy, level in zip(spans, names, energies, levels, strict=False)
    ]
    if not sections or sections[-1].name != "outro":
        end = steps[-1]
        last = FormSection(name="outro", start=end, end=end, energy=energies[-1], level=0.0)
        sections.append(last)
    return Form(
        sections=tuple(sections), bars=_bar_lines(spans, pickup * STEPS_PER_BEAT), end=steps[-1]
    )


def section_at(form: Form, step: float) -> FormSection:
    """Return the section that a step belongs to."""
    for section in form.sections:
        if step < section.end:
            return section
    return replace(form.sections[-1], end=form.end)


def _bar_lines(spans: list[tuple[int, int]], pickup: int) -> tuple[int, ...]:
    """Return the first step of each bar; the first may be a part of a bar, of ``pickup`` steps."""
    lines: list[int] = []
    for index, (start, end) in enumerate(spans):
        first = start + pickup * (index == 0)
        lines += [start] if first > start else []
        lines += range(first, end, STEPS_PER_BAR)
    return tuple(lines) or (0,)


def _beat_hits(movement: Movement, timeline: Timeline, last: int) -> FloatArray:
    """Return the strength of the hits at each beat up to the last, (last + 1,)."""
    hits = np.zeros(last + 1)
    events = movement.events
    position = timeline.steps(events.hits_s) / STEPS_PER_BEAT
    for at, strength in zip(position, events.hit_strengths, strict=True):
        beat = round(float(at))
        if abs(at - beat) < 0.2 and 0 <= beat <= last:
            hits[beat] = max(hits[beat], strength)
    return hits


def _first_bar_worth(
    dance: Conditioning, timeline: Timeline, options: ScoreOptions
) -> dict[int, float]:
    """Return what it is worth that the first bar line is 0, 1, 2 or 3 beats after the start."""
    steps = dance.grid.times[:-1][dance.grid.position % STEPS_PER_BAR == 0]
    steps = steps[steps >= timeline.beats_s[0] - 1e-3]
    of_grid = round(timeline.step(float(steps[0])) / STEPS_PER_BEAT) if len(steps) else 0
    of_grid %= BEATS_PER_BAR
    if options.fixed_bars:
        return {of_grid: 0.0}
    short = max(1.0, 12.0 / dance.duration_s)
    worth = {beats: -_PICKUP_COST * short * (beats > 0) for beats in range(BEATS_PER_BAR)}
    worth[of_grid] += _GRID_WORTH
    return worth


def _best_cuts(
    change: FloatArray,
    on_bars: FloatArray,
    first_worth: dict[int, float],
    ends: dict[int, float],
) -> list[int]:
    """Return the beats at which sections begin, from 0, and the beat of the last hit."""
    last = max(ends)
    best, before = np.full(last + 1, -np.inf), np.zeros(last + 1, dtype=int)
    best[0] = 0.0
    least, most = MIN_SECTION_BARS * BEATS_PER_BAR, MAX_SECTION_BARS * BEATS_PER_BAR
    for beat in range(least, last + 1):
        for start in range(max(0, beat - most - 3), beat - least + 1):
            worth = _length_worth(beat - start, start, first_worth)
            if worth is None or not np.isfinite(best[start]):
                continue
            bars = on_bars[beat] - on_bars[start] if not (beat - start) % BEATS_PER_BAR else 0.0
            total = best[start] + worth + change[beat] + bars
            if total > best[beat]:
                best[beat], before[beat] = total, start
    result, chosen = -np.inf, (0, last)
    for end, worth in ends.items():
        for start in range(max(0, end - most - 3), end + 1):
            total = best[start] + worth + _last_worth(end - start, start, first_worth)
            if total > result:
                result, chosen = total, (start, end)
    start, end = chosen
    cuts = [end] if end > start else []
    while start > 0:
        cuts.append(start)
        start = int(before[start])
    return [0, *reversed(cuts)] if cuts or end == 0 else [0, end]


def _change_worth(beats: NDArray[np.int64], strengths: FloatArray, last: int) -> FloatArray:
    """Return what a section change at each beat up to the last is worth, (last + 1,)."""
    worth = np.zeros(last + 3)
    strongest = max(float(strengths.max(initial=0.0)), _LEAST_PEAK)
    for beat, strength in zip(beats, strengths, strict=True):
        if beat <= last:
            own = _SURE_WORTH + (1.0 - _SURE_WORTH) * strength / strongest
            around = worth[beat : beat + 3]
            around[:] = np.maximum(around, own * np.array([_NEARBY, 1.0, _NEARBY]))
    return worth[1:-1] - _CHANGE_COST


def _on_bars(hits: FloatArray) -> FloatArray:
    """Return running sums over every fourth beat of the hits, so that differences count them."""
    total = _HIT_WORTH * (hits - hits.mean())
    for beat in range(BEATS_PER_BAR, len(total)):
        total[beat] += total[beat - BEATS_PER_BAR]
    return np.asarray(total)


def _length_worth(beats: int, start: int, first_worth: dict[int, float]) -> float | None:
    """Return what a section of a length is worth; None if it does not end on a bar line."""
    bars, rest = divmod(beats, BEATS_PER_BAR)
    worth = 0.0
    if start == 0:
        if rest not in first_worth:
            return None
        worth = first_worth[rest]
    elif rest == 2:
        worth = _HALF_BAR_WORTH
    elif rest:
        return None
    return worth + _LENGTH_WORTH.get(bars, _ODD_WORTH if bars % 2 else _EVEN_WORTH)


def _last_worth(beats: int, start: int, first_worth: dict[int, float]) -> float:
    """Return what the length of the last section, or of the only one, is worth."""
    if start == 0:
        return _best_pickup(beats, first_worth)[0]
    bars, rest = divmod(beats, BEATS_PER_BAR)
    worth = _BAR_ENDS.get(rest, 0.0)
    if bars < MIN_SECTION_BARS:
        return worth - 0.9
    return worth + _LENGTH_WORTH.get(bars, _ODD_WORTH if bars % 2 else _EVEN_WORTH)


def _best_pickup(beats: int, first_worth: dict[int, float]) -> tuple[float, int]:
    """Return what a piece of one section is worth, and the beats before its first bar line."""
    worths = {
        pickup: worth + _BAR_ENDS.get((beats - pickup) % BEATS_PER_BAR, 0.0)
        for pickup, worth in first_worth.items()
        if pickup < max(beats, 1)
    } or {0: 0.0}
    best = max(worths, key=worths.__getitem__)
    return worths[best], best
