"""Answers to single moments of the dance: hits, jumps and drops of the body."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from d2m.core.metrical_grid import STEPS_PER_BAR, STEPS_PER_BEAT
from d2m.score.draft import DRUM_PARTS, PITCHED_PARTS
from d2m.score.form import Form, section_at
from d2m.score.instruments import (
    CRASH,
    DOWNLIFTER,
    IMPACT,
    KICK,
    NOISE_SWELL,
    SNARE,
    SUB_DROP,
)
from d2m.score.movement import Movement
from d2m.score.timeline import Timeline
from d2m.score.transitions import Place, add_effect

MAX_BEND_S = 0.025
"""Most that the music is moved towards a hit (s): 94 % of the strongest hits of real dances are
met within 45 ms so, and 68 % without. Beats stay where they are."""
FINE_BPM = 100.0
"""Tempo (BPM) below which hits are also met on 32nds, because 16ths are too far apart."""
BIG_HIT, MEDIUM_HIT, SMALL_HIT = 0.75, 0.5, 0.3
"""Strengths (0 to 1) from which hits get a stab with a crash, a stab, and a drum accent. Chosen
by hand; the last is that of the weakest hits."""
APART_S = 0.045
"""Time (s) from a beat from which a hit does not sound with it: the tolerance of
`d2m.metrics.hits.HIT_TOLERANCE_S`."""

_BIG_GAP, _MEDIUM_GAP, _SMALL_GAP = STEPS_PER_BAR, 3, 1  # steps between hits of one size
_BY_BEAT = (0.5, STEPS_PER_BEAT - 0.5)  # places of the 32nds next to a beat
_LIGHT_HIT = 66  # velocity of a light answer
_STRONG_JUMP, _STRONG_DROP = 0.3, 0.4
_GESTURE_GAP_S = 3.0  # least time between two effects of jumps or drops
_SWELL_BEATS, _IMPACT_S, _SUB_S = 2.0, 1.2, 1.6


@dataclass(frozen=True, kw_only=True)
class DanceHit:
    """A hit of the dancer that the music answers.

    Parameters
    ----------
    step
        The nearest 16th step, or 32nd at a slow tempo.
    bend_s
        Time (s) from that step towards the exact moment, at most `MAX_BEND_S`; 0 on a beat.
    strength
        Of the dancer's hit, 0 to 1.
    size
        3 for a stab with a crash, 2 for a stab, 1 for a drum accent.
    """

    step: float
    bend_s: float
    strength: float
    size: int


def choose_hits(place: Place, movement: Movement, form: Form, density: float) -> list[DanceHit]:
    """Choose which hits get an answer: the strongest, with time between them.

    Of hits in close succession, which are a phrase, only the last may be big.

    Parameters
    ----------
    place, movement, form
        The piece, its dance and its form.
    density
        Of the options, 0 to 2; under 0.5 the small hits are left out.
    """
    events = movement.events
    found: list[DanceHit] = []
    least = MEDIUM_HIT if density < 0.5 else SMALL_HIT
    for index in np.argsort(-events.hit_strengths, kind="stable"):
        strength = float(events.hit_strengths[index])
        step, bend_s = nearest_step(place.timeline, float(events.hits_s[index]))
        if strength < least - 1e-9 or not 0 <= step < form.end - 1:
            continue
        quiet = section_at(form, step).name in ("intro", "break")
        size = 3 if strength >= BIG_HIT and not quiet else 2 if strength >= MEDIUM_HIT else 1
        follows = any(step < hit.step <= step + 6 for hit in found)
        size = min(size, 2) if follows or _near(found, step, _BIG_GAP, 3) else size
        by_beat = step % STEPS_PER_BEAT in _BY_BEAT  # a stab this near a beat blurs it
        size = min(size, 1) if by_beat or _near(found, step, _MEDIUM_GAP, 2) else size
        if not _near(found, step, _SMALL_GAP, 1):
            found.append(DanceHit(step=step, bend_s=bend_s, strength=strength, size=size))
    return _few_off_beats(found)


def nearest_step(timeline: Timeline, time_s: float) -> tuple[float, float]:
    """Return the step that can be moved nearest to a moment, and how far it moves (s).

    Parameters
    ----------
    timeline
        Times of the steps: 16ths, and 32nds at a slow tempo. Those next to a beat are only
        chosen for moments that are apart from it.
    time_s
        The moment (s).
    """
    unit = 0.5 if timeline.tempo_bpm < FINE_BPM else 1.0
    nearest = round(timeline.step(time_s) / unit) * unit
    choices = []
    for step in (nearest, nearest - unit, nearest + unit):
        late_s = time_s - timeline.time_s(step)
        most_s = MAX_BEND_S if step % STEPS_PER_BEAT else 0.0
        bend_s = float(np.clip(late_s, -most_s, most_s))
        left_s = abs(late_s - bend_s)
        if step % STEPS_PER_BEAT in _BY_BEAT:
            left_s += APART_S
        choices.append((left_s, abs(late_s), step, bend_s))
    _, _, step, bend_s = min(choices)
    return step, bend_s


def _few_off_beats(hits: list[DanceHit]) -> list[DanceHit]:
    """Return hits in order, with one stab between beats in a bar; more would hide the beat."""
    stabs: set[int] = set()
    kept = []
    for hit in sorted(hits, key=lambda hit: -hit.strength):
        bar = int(hit.step // STEPS_PER_BAR)
        is_off = hit.step % STEPS_PER_BEAT != 0 and hit.size >= 2
        kept.append(replace(hit, size=1) if is_off and bar in stabs else hit)
        stabs |= {bar} if is_off else set()
    return sorted(kept, key=lambda hit: hit.step)


def _near(found: list[DanceHit], step: float, gap: int, size: int) -> bool:
    return any(abs(hit.step - step) < gap and hit.size >= size for hit in found)


def add_hits(
    place: Place, hits: list[DanceHit], silences: list[tuple[float, float]]
) -> list[float]:
    """Write the answers to hits outside of silences, and return the steps that got one.

    A stab takes the place of the chords around it, and bass and drums strike with it.
    """
    answered = []
    for hit in hits:
        if any(start <= hit.step < end for start, end in silences):
            continue
        if hit.size >= 2:
            add_stab(place, hit.step, hit.size)
        else:
            _add_accent(place, hit.step)
        place.draft.bends_s[hit.step] = hit.bend_s
        answered.append(hit.step)
    return answered


def _add_accent(place: Place, step: float) -> None:
    """Write a light answer to a hit: kick and snare, and what is played there gets louder."""
    draft = place.draft
    if place.has_drums:
        _isolate(place, step, 0.0)
        draft.add("snare", step, 1, SNARE, _LIGHT_HIT)
        draft.add("kick", step, 1, KICK, _LIGHT_HIT)
    draft.scale(PITCHED_PARTS, step, step + 0.5, 1.2)


def _isolate(place: Place, step: float, gap: float) -> None:
    """Clear ``gap`` steps before a hit, and cymbals around it, but never the beats."""
    before = (step - 0.01) // STEPS_PER_BEAT * STEPS_PER_BEAT + 0.01
    after = (step // STEPS_PER_BEAT + 1) * STEPS_PER_BEAT
    if gap:
        place.draft.clear(DRUM_PARTS, max(step - gap, before), step)
        place.draft.clear_short(("chords", "riff"), max(step - gap, before), step)
    cymbals = ("hats", "busy_hats", "percussion", "busy_percussion")
    place.draft.clear(cymbals, max(step - 1.0, before), step)
    place.draft.clear(cymbals, step + 0.5, min(step + 2.0, after))


def add_stab(place: Place, step: float, size: int, *, length: float = 2.0) -> None:
    """Write a stab at a step: chord, bass and kick, and a crash if it is big."""
    draft = place.draft
    chord = draft.chord_at(step) if "chords" in place.stems else []
    velocity = 104 if size < 3 else 116
    _isolate(place, step, 1.0 if size >= 3 else 0.5)
    if chord:
        draft.clear_short(("chords", "riff"), step, step + 2)
        for note in chord:
            draft.add("stab", step, length, note.pitch, velocity)
    bass = draft.sounding("bass", step) or draft.sounding("bass", step - 1)
    if bass:
        pitch = min(note.pitch for note in bass)
        draft.clear(("bass", "busy_bass"), step, step + 2, resume=True)
        draft.add("bass", step, length, pitch, velocity)
    if place.has_drums:
        draft.clear(("kick", "snare", "ghosts", "extra_kick"), step, step + 1)
        draft.add("kick", step, 1, KICK, velocity)
        draft.add("snare", step, 1, SNARE, velocity - 8)
        if size >= 3:
            draft.add("hats", step, 1, CRASH, 104)


def add_gestures(place: Place, movement: Movement, form: Form) -> None:
    """Write swells that end with the landing of jumps, and falling effects for body drops."""
    events, timeline = movement.events, place.timeline
    end_s = timeline.time_s(form.end)
    moments = [
        (float(strength), float(a), float(b), kind)
        for spans, strengths, least, kind in (
            (events.jumps_s, events.jump_strengths, _STRONG_JUMP, "jump"),
            (events.drops_s, events.drop_strengths, _STRONG_DROP, "drop"),
        )
        for (a, b), strength in zip(spans, strengths, strict=True)
        if strength >= least and timeline.beats_s[0] + 1.0 <= b < end_s - 0.3
    ]
    taken: list[float] = []
    for strength, start, end, kind in sorted(moments, reverse=True):
        if any(abs(end - other) < _GESTURE_GAP_S for other in taken):
            continue
        taken.append(end)
        step = round(timeline.step(end))
        late = float(np.clip(end - timeline.time_s(step), -MAX_BEND_S, MAX_BEND_S))
        at = timeline.time_s(step) + late
        velocity = round(70 + 30 * strength)
        if kind == "jump":
            swell = max(0.0, min(start, at - _SWELL_BEATS * timeline.beat_length_s))
            add_effect(place, swell, at, NOISE_SWELL, velocity)
            add_effect(place, at, at + _IMPACT_S, IMPACT, velocity)
        else:
            add_effect(place, start, at, DOWNLIFTER, velocity)
            add_effect(place, at, at + _SUB_S, SUB_DROP, velocity)
        if place.has_drums:
            place.draft.clear(("kick", "extra_kick"), step, step + 1)
            place.draft.add("kick", step, 1, KICK, 112)
        place.draft.bends_s.setdefault(step, late if step % STEPS_PER_BEAT else 0.0)
