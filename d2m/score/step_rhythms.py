"""Drawing rhythms from their grammars, in 16th steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from d2m.core.metrical_grid import STEPS_PER_BAR

if TYPE_CHECKING:
    import numpy as np

PHRASE_BARS = 8
"""Bars of a phrase."""
_LEVELS = {"X": 1.2, "x": 1.0, "o": 0.76, "-": 0.5, "O": 0.9, "r": 0.88, "t": 0.84}
"""Velocity of each character over that of a normal note (ratios, chosen by hand)."""
# Bars of two rhythms in a phrase.
_PLANS = ("AAAAAAAA", "AAABAAAB", "ABABABAB", "AAAAAAAB", "AABAAABA", "AAABAABB")
_METRE = (1.06, 0.94, 0.99, 0.93, 1.02, 0.94, 0.99, 0.93)
"""Velocity by 16th step within a half bar (ratios): beats over eighths over 16ths."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """A note of a drawn rhythm.

    Parameters
    ----------
    step, length
        Onset and length in 16th steps.
    level
        Velocity over that of a normal note.
    mark
        The character that wrote it.
    """

    step: float
    length: float
    level: float
    mark: str


def draw_hits(
    rng: np.random.Generator, rhythm: str, *, counts: tuple[int, int] | None = None
) -> tuple[Hit, ...]:
    """Draw a rhythm from a grammar.

    Parameters
    ----------
    rng
        Source of randomness.
    rhythm
        As described in `d2m.score.sub_genres.sub_genre`.
    counts
        Least and most notes a bar; drawing is repeated a few times until they are met.
    """
    bars = max(1, len(rhythm) // STEPS_PER_BAR)
    hits: tuple[Hit, ...] = ()
    for _ in range(12):
        hits = _draw(rng, rhythm)
        if counts is None or counts[0] * bars <= len(hits) <= counts[1] * bars:
            break
    return hits


def _draw(rng: np.random.Generator, rhythm: str) -> tuple[Hit, ...]:
    chances = rng.random(len(rhythm))
    hits = []
    for step, mark in enumerate(rhythm):
        if mark in ".=":
            continue
        if mark.isdigit() and chances[step] * 10 >= int(mark):
            continue
        held = len(rhythm[step + 1 :]) - len(rhythm[step + 1 :].lstrip("="))
        level = _LEVELS.get(mark, 0.84 if mark.isdigit() else 1.0)
        hits.append(
            Hit(step=step, length=1 + held, level=level * _METRE[step % 8], mark=mark),
        )
    return tuple(hits)


def vary_tail(
    rng: np.random.Generator, hits: tuple[Hit, ...], rhythm: str, *, start: int
) -> tuple[Hit, ...]:
    """Return a one-bar rhythm whose end, from a step on, is drawn anew."""
    again = _draw(rng, rhythm[-STEPS_PER_BAR:])
    return tuple(h for h in hits if h.step < start) + tuple(h for h in again if h.step >= start)


def _moved(hit: Hit, steps: float) -> Hit:
    return Hit(step=hit.step + steps, length=hit.length, level=hit.level, mark=hit.mark)


def bars_of(hits: tuple[Hit, ...], rhythm: str) -> tuple[tuple[Hit, ...], tuple[Hit, ...]]:
    """Return the two bars of a rhythm of one or two; a single bar is both."""
    if len(rhythm) <= STEPS_PER_BAR:
        return hits, hits
    second = (_moved(h, -STEPS_PER_BAR) for h in hits if h.step >= STEPS_PER_BAR)
    return tuple(h for h in hits if h.step < STEPS_PER_BAR), tuple(second)


def phrase_of(bars: list[tuple[Hit, ...]]) -> tuple[Hit, ...]:
    """Return bars in a row as one rhythm."""
    return tuple(
        _moved(hit, STEPS_PER_BAR * number) for number, bar in enumerate(bars) for hit in bar
    )


def mixed_bars(rng: np.random.Generator, rhythms: str) -> tuple[Hit, ...]:
    """Draw a rhythm of eight bars from one of some grammars, with bars of another among them.

    Parameters
    ----------
    rng
        Source of randomness.
    rhythms
        Options, divided by spaces.
    """
    options = rhythms.split()
    main, other = rng.integers(len(options), size=2)
    plan = _PLANS[int(rng.integers(len(_PLANS)))]
    drawn = {"A": eight_bars(rng, options[main]), "B": eight_bars(rng, options[other])}
    return tuple(
        hit
        for number, letter in enumerate(plan)
        for hit in drawn[letter]
        if number * STEPS_PER_BAR <= hit.step < (number + 1) * STEPS_PER_BAR
    )


def eight_bars(
    rng: np.random.Generator, rhythm: str, *, counts: tuple[int, int] | None = None
) -> tuple[Hit, ...]:
    """Draw a rhythm of eight bars: two that alternate, with changes in bars 4 and 8.

    The second bar keeps the start of the first where the grammar has a single bar.
    """
    first, second = bars_of(draw_hits(rng, rhythm, counts=counts), rhythm)
    if len(rhythm) <= STEPS_PER_BAR:
        second = vary_tail(rng, first, rhythm, start=8)
    fourth = vary_tail(rng, second, rhythm, start=8)
    last = vary_tail(rng, second, rhythm, start=10)
    return phrase_of([first, second, first, fourth, first, second, first, last])
