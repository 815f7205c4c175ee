"""Drum parts of a song, drawn from the grammar of its sub-genre."""

from __future__ import annotations

from typing import TYPE_CHECKING

from d2m.core.metrical_grid import STEPS_PER_BAR
from d2m.score.instruments import (
    CLAP,
    CLOSED_HAT,
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

    import numpy as np

    from d2m.score.sub_genres.sub_genre import DrumGrammar

_VELOCITIES = {
    "kick": 98,
    "extra_kick": 84,
    "snare": 96,
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
    busy_hats = _drawn(rng, _pick(rng, grammar.busy_hats), "busy_hats")
    extra = _drawn(rng, ((KICK, grammar.extra_kick),), "extra_kick")
    drop_extra = _drawn(rng, ((KICK, grammar.extra_kick),), "extra_kick")
    percussion = _drawn(rng, _pick(rng, grammar.percussion), "percussion")
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
        "extra_kick": without(extra, kicks),
    }
    drop = shared | {
        "kick": merge(kicks, drop_extra[: len(drop_extra) // 2]),
        "hats": drop_hats,
        "busy_hats": without(busy_hats, drop_hats, any_drum=True),
    }
    drop["extra_kick"] = without(extra, drop["kick"])
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
    """Return a rhythm as notes of a drum; ``O`` opens a hi-hat."""
    return [
        StepNote(
            step=hit.step,
            length=1,
            pitch=OPEN_HAT if hit.mark == "O" else drum,
            velocity=int(min(127, max(12, round(velocity * hit.level)))),
        )
        for hit in hits
    ]


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
        notes += drum_notes(hits, drum, _VELOCITIES[part])
    return _grown(merge(notes))


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
