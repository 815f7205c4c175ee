"""Drum parts of a song, drawn from the grammar of its sub-genre."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from d2m.core.metrical_grid import STEPS_PER_BAR, STEPS_PER_BEAT
from d2m.score.instruments import (
    BLOCK,
    CLAP,
    CLAVES,
    CLOSED_HAT,
    COWBELL,
    HIGH_CONGA,
    KICK,
    OPEN_HAT,
    PEDAL_HAT,
    RIDE,
    RIDE_BELL,
    RIM,
    SHAKER,
    SNAP,
    SNARE,
    SNARE_2,
)
from d2m.score.song import StepNote
from d2m.score.step_rhythms import PHRASE_BARS, Hit, eight_bars
from d2m.score.sub_genres.sub_genre import Layers, layer_options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from d2m.score.sub_genres.sub_genre import DrumGrammar

# Percussion whose 16ths a song may change.
_TOGGLED_PERCUSSION = (HIGH_CONGA, SHAKER, BLOCK, RIM, COWBELL, CLAVES)
_HI_HATS = (CLOSED_HAT, OPEN_HAT)
_VELOCITIES = {
    "kick": 102,
    "extra_kick": 84,
    "snare": 99,
    "ghosts": 40,
    "hats": 74,
    "busy_hats": 58,
    "percussion": 70,
    "busy_percussion": 62,
}
# Part of each drum that a break names.
_BREAK_PARTS = {
    **dict.fromkeys((SNARE, SNARE_2, CLAP, RIM, SNAP), "snare"),
    **dict.fromkeys((CLOSED_HAT, PEDAL_HAT, OPEN_HAT, RIDE, RIDE_BELL, SHAKER), "hats"),
    KICK: "kick",
}
# Onsets of the notes of a roll, in steps: two 32nds; three notes in the time of two 16ths.
_ROLLS = {"r": (0.0, 0.5), "t": (0.0, 2 / 3, 4 / 3)}
# What the hi-hat may do in the last beat of bars 4 and 8: drums and velocities by step.
_HAT_TURNS: tuple[dict[int, str], ...] = ({}, {14: "O"}, {13: "o", 15: "o"}, {14: "r"}, {14: "-"})
# Velocity of cymbals on and off the beat (ratios, chosen by hand).
_BEAT_ACCENT, _OFF_BEAT = 1.08, 0.84
# The phrase grows a little from its first to its last bar (ratios).
_FIRST_LEVEL, _LAST_LEVEL = 0.95, 1.04

Drums = dict[str, tuple[StepNote, ...]]


def compose_drums(rng: np.random.Generator, grammar: DrumGrammar) -> dict[str, Drums]:
    """Draw the drum parts of the three phrases of a song.

    Returns
    -------
    dict
        Parts by phrase name. Groove and drop share bass drum and backbeat; the drop has
        its own time-keeping cymbals and a busier bass drum.
    """
    kicks = _drawn(
        rng, ((KICK, str(rng.choice(grammar.kicks.split()))),), "kick", counts=grammar.kick_count
    )
    backbeat = _drawn(rng, _pick(rng, grammar.backbeats), "snare")
    ghosts = _drawn(rng, ((SNARE, grammar.ghosts),), "ghosts")
    hats = _drawn(rng, _pick(rng, grammar.hats), "hats")
    drop_hats = _drawn(rng, _pick(rng, grammar.drop_hats), "hats")
    hats, drop_hats = _turned(rng, hats), _turned(rng, drop_hats)
    if grammar.sixteenths:
        hats, drop_hats = _toggled(rng, hats), _toggled(rng, drop_hats)
    busy_hats = _drawn(rng, _pick(rng, grammar.busy_hats), "busy_hats")
    extra = _drawn(rng, ((KICK, grammar.extra_kick),), "extra_kick")
    drop_extra = _drawn(rng, ((KICK, grammar.extra_kick),), "extra_kick")
    percussion = _drawn(rng, _pick(rng, grammar.percussion), "percussion")
    if grammar.sixteenths:
        percussion = _toggled(rng, percussion)
    busy_percussion = _drawn(rng, _pick(rng, grammar.busy_percussion), "busy_percussion")
    shared = {
        "snare": backbeat,
        "ghosts": without(ghosts, backbeat),
        "percussion": percussion,
        "busy_percussion": without(busy_percussion, percussion),
    }
    groove = shared | {
        "kick": kicks,
        "hats": hats,
        "busy_hats": without(busy_hats, hats, any_drum=True),
        "extra_kick": _apart(extra, (*kicks, *backbeat)),
    }
    drop = shared | {
        "kick": merge(kicks, _apart(_second_bars(drop_extra), (*kicks, *backbeat))),
        "hats": drop_hats,
        "busy_hats": without(busy_hats, drop_hats, any_drum=True),
    }
    drop["extra_kick"] = _apart(extra, (*drop["kick"], *backbeat))
    light = _break_drums(rng, _pick(rng, grammar.break_drums))
    return {"groove": _filled(groove), "drop": _filled(drop), "break": _filled(light)}


def merge(*groups: Iterable[StepNote]) -> tuple[StepNote, ...]:
    """Return all notes sorted by step; of the same drum at one step, the loudest."""
    found: dict[tuple[float, int], StepNote] = {}
    for note in (n for group in groups for n in group):
        place = (note.step, note.pitch)
        if place not in found or found[place].velocity < note.velocity:
            found[place] = note
    return tuple(found[place] for place in sorted(found))


def without(
    notes: Iterable[StepNote], others: Iterable[StepNote], *, any_drum: bool = False
) -> tuple[StepNote, ...]:
    """Return the notes that don't meet another of the same drum, or of any, at their step."""
    places = {(o.step, 0 if any_drum else o.pitch) for o in others}
    return tuple(n for n in notes if (n.step, 0 if any_drum else n.pitch) not in places)


def drum_notes(hits: Iterable[Hit], drum: int, velocity: float) -> list[StepNote]:
    """Return a rhythm as notes of a drum; ``O`` opens a hi-hat, ``r`` and ``t`` are rolls."""
    notes = []
    for hit in hits:
        pitch = OPEN_HAT if hit.mark == "O" else drum
        for number, offset in enumerate(_ROLLS.get(hit.mark, (0.0,))):
            level = velocity * hit.level * (1 - 0.14 * (number % 2))
            notes.append(
                StepNote(
                    step=hit.step + offset,
                    length=1 if hit.mark not in _ROLLS else 0.5,
                    pitch=pitch,
                    velocity=int(min(127, max(12, round(level)))),
                )
            )
    return notes


def _pick(rng: np.random.Generator, text: str) -> Layers:
    options = layer_options(text)
    return options[int(rng.integers(len(options)))]


def _drawn(
    rng: np.random.Generator,
    layers: Layers,
    part: str,
    *,
    counts: tuple[int, int] | None = None,
) -> tuple[StepNote, ...]:
    notes: list[StepNote] = []
    for drum, rhythm in layers:
        hits = eight_bars(rng, rhythm, counts=counts)
        if part == "hats":
            hits = tuple(_accented(hit) for hit in hits)
        notes += drum_notes(hits, drum, _VELOCITIES[part])
    return _grown(merge(notes))


def _accented(hit: Hit) -> Hit:
    """Return a note of the time-keeping cymbals, softer off the beat, so that beats stand out."""
    if hit.step % STEPS_PER_BEAT == 0:
        return replace(hit, level=hit.level * _BEAT_ACCENT)
    return replace(hit, level=hit.level * _OFF_BEAT) if hit.mark in "xo" else hit


def _toggled(rng: np.random.Generator, notes: tuple[StepNote, ...]) -> tuple[StepNote, ...]:
    """Return a part with up to two 16ths of each bar, off the eighths, added or left out."""
    steps = rng.choice(np.arange(1, STEPS_PER_BAR, 2), size=2, replace=False)
    steps = steps[: rng.integers(3)]
    if not notes or len({n.pitch for n in notes} & {CLOSED_HAT, *_TOGGLED_PERCUSSION}) == 0:
        return notes
    drum = next(n.pitch for n in notes if n.pitch in (CLOSED_HAT, *_TOGGLED_PERCUSSION))
    softest = int(min(n.velocity for n in notes) * 0.9)
    for step in (int(s) for s in steps):
        there = any(n.step % STEPS_PER_BAR == step for n in notes)
        if there:
            notes = tuple(n for n in notes if n.step % STEPS_PER_BAR != step)
        else:
            places = range(step, PHRASE_BARS * STEPS_PER_BAR, STEPS_PER_BAR)
            added = [StepNote(step=at, length=1, pitch=drum, velocity=softest) for at in places]
            notes = merge(notes, added)
    return notes


def _apart(notes: Iterable[StepNote], others: Iterable[StepNote]) -> tuple[StepNote, ...]:
    """Return the notes that lie two steps or more from all others."""
    places = {int(o.step) for o in others}
    return tuple(n for n in notes if not places & {int(n.step) + d for d in (-1, 0, 1)})


def _second_bars(notes: Iterable[StepNote]) -> tuple[StepNote, ...]:
    return tuple(n for n in notes if n.step // STEPS_PER_BAR % 2 == 1)


def _turned(rng: np.random.Generator, notes: tuple[StepNote, ...]) -> tuple[StepNote, ...]:
    """Return a hi-hat part whose bars 4 and 8 end differently."""
    turns = rng.integers(len(_HAT_TURNS), size=2)
    if not any(n.pitch == CLOSED_HAT for n in notes):
        return notes
    for bar, turn in zip((3, 7), turns, strict=True):
        for step, mark in _HAT_TURNS[turn].items():
            place = bar * STEPS_PER_BAR + step
            hit = Hit(step=place, length=1, level=0.95, mark=mark)
            notes = tuple(n for n in notes if n.step != place or n.pitch not in _HI_HATS)
            if mark != "-":
                notes = merge(notes, drum_notes([hit], CLOSED_HAT, _VELOCITIES["hats"]))
    return notes


def _grown(notes: tuple[StepNote, ...]) -> tuple[StepNote, ...]:
    """Return notes of a phrase, slightly louder towards its end."""
    total = PHRASE_BARS * STEPS_PER_BAR
    grown = []
    for note in notes:
        level = _FIRST_LEVEL + (_LAST_LEVEL - _FIRST_LEVEL) * note.step / total
        velocity = int(min(127, max(12, round(note.velocity * level))))
        grown.append(
            StepNote(step=note.step, length=note.length, pitch=note.pitch, velocity=velocity)
        )
    return tuple(grown)


def _break_drums(rng: np.random.Generator, layers: Layers) -> Drums:
    parts: dict[str, tuple[StepNote, ...]] = {}
    for drum, rhythm in layers:
        part = _BREAK_PARTS.get(drum, "percussion")
        parts[part] = merge(parts.get(part, ()), _drawn(rng, ((drum, rhythm),), part))
    return parts


def _filled(parts: Drums) -> Drums:
    return {name: notes for name, notes in parts.items() if notes}
