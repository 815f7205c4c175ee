"""Answers to single moments of the dance: hits, freezes, jumps and drops of the body."""

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
    RIM,
    SNARE,
    SUB_DROP,
)
from d2m.score.movement import Movement
from d2m.score.transitions import Place, add_effect

MAX_BEND_S = 0.025
"""Most that the music is moved towards a hit (s): 94 % of the strongest hits of real dances are
met within 45 ms so, and 68 % without. On a beat it is half of that."""
FINE_BPM = 100.0
"""Tempo (BPM) below which hits are also met on 32nds, because 16ths are too far apart."""
BIG_HIT, MEDIUM_HIT, SMALL_HIT = 0.75, 0.5, 0.35
"""Strengths (0 to 1) from which hits get a stab with a crash, a stab, and a drum accent. Chosen
by hand."""

_BEAT_BEND_S = 0.012
_BIG_GAP, _MEDIUM_GAP, _SMALL_GAP = STEPS_PER_BAR, 3, 2  # steps between hits of one size
_MIN_STOP_BEATS, _MAX_STOP_BEATS = 1.5, 4  # of the silence in a freeze
_MAX_FREEZE_BEATS = 16  # who stands still for longer does not freeze
_STOP_GAP_BEATS = 4.0  # music between two stops
_STOP_SHARE = 0.3  # of the piece that may be stopped
_LIGHT_HIT = 66  # velocity of a light answer
_CLICK = 64  # velocity of the clicks that keep the beat
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
        Time (s) from that step towards the exact moment, at most `MAX_BEND_S`.
    strength
        Of the dancer's hit, 0 to 1.
    size
        3 for a stab with a crash, 2 for a stab, 1 for a drum accent.
    """

    step: float
    bend_s: float
    strength: float
    size: int


@dataclass(frozen=True, kw_only=True)
class Stop:
    """What the music does during a freeze.

    Parameters
    ----------
    start, end
        First and last step of the silence; the last hit is shortly before.
    resume
        Step at which the dancer moves again. In between, only chords and cymbals play.
    """

    start: int
    end: int
    resume: int


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
    timeline, events = place.timeline, movement.events
    steps = timeline.steps(events.hits_s)
    unit = 0.5 if timeline.tempo_bpm < FINE_BPM else 1.0
    found: list[DanceHit] = []
    least = MEDIUM_HIT if density < 0.5 else SMALL_HIT
    for index in np.argsort(-events.hit_strengths, kind="stable"):
        strength = float(events.hit_strengths[index])
        step = round(float(steps[index]) / unit) * unit
        if step % STEPS_PER_BEAT in (0.5, STEPS_PER_BEAT - 0.5):
            step = float(round(float(steps[index])))  # a stab this near a beat blurs it
        if strength < least or not 0 <= step < form.end - 1:
            continue
        quiet = section_at(form, step).name in ("intro", "break")
        size = 3 if strength >= BIG_HIT and not quiet else 2 if strength >= MEDIUM_HIT else 1
        follows = any(step < hit.step <= step + 6 for hit in found)
        size = min(size, 2) if follows or _near(found, step, _BIG_GAP, 3) else size
        size = min(size, 1) if _near(found, step, _MEDIUM_GAP, 2) else size
        if not _near(found, step, _SMALL_GAP, 1):
            late = float(events.hits_s[index]) - timeline.time_s(step)
            most = MAX_BEND_S if step % STEPS_PER_BEAT else _BEAT_BEND_S
            bend = float(np.clip(late, -most, most))
            found.append(DanceHit(step=step, bend_s=bend, strength=strength, size=size))
    return _few_off_beats(found)


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


def add_hits(place: Place, hits: list[DanceHit], stops: list[Stop]) -> list[float]:
    """Write the answers to hits, and return the steps that got one.

    A stab takes the place of the chords around it, and bass and drums strike with it.
    """
    answered = []
    for hit in hits:
        if any(stop.start <= hit.step < stop.end for stop in stops):
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


def choose_stops(place: Place, movement: Movement, form: Form) -> list[Stop]:
    """Choose the freezes that stop the music: the longest, with music between them."""
    timeline = place.timeline
    spans = timeline.steps(movement.events.freezes_s.ravel()).reshape(-1, 2)
    stops: list[Stop] = []
    stopped = 0
    for start, end in sorted(spans.tolist(), key=lambda s: s[0] - s[1]):
        first = max(0, round(start))
        # The music goes on with the beat on which the dancer moves again.
        last = round(end / STEPS_PER_BEAT) * STEPS_PER_BEAT
        last = min(last, first + _MAX_FREEZE_BEATS * STEPS_PER_BEAT)
        silent = (first // STEPS_PER_BEAT + _MAX_STOP_BEATS) * STEPS_PER_BEAT
        silent = silent if last - silent >= 2 * STEPS_PER_BEAT else last
        gap = _STOP_GAP_BEATS * STEPS_PER_BEAT
        clash = any(first < s.resume + gap and s.start - gap < last for s in stops)
        long = last - first >= _MIN_STOP_BEATS * STEPS_PER_BEAT
        too_much = stopped + last - first > _STOP_SHARE * form.end
        # A freeze at the start is an intro, and one at the end is the ending.
        inside = first >= 2 * STEPS_PER_BEAT and last <= form.end - STEPS_PER_BEAT
        if long and inside and not clash and not too_much:
            stops.append(Stop(start=first + 2, end=silent, resume=last))
            stopped += last - first
    return sorted(stops, key=lambda stop: stop.start)


def add_stops(place: Place, stops: list[Stop]) -> None:
    """Write the stops: a last hit, clicks on the beats, and a crash when the music goes on."""
    draft = place.draft
    for stop in stops:
        add_stab(place, stop.start - 2, 3)
        draft.clear(DRUM_PARTS, stop.start, stop.end)
        draft.clear(PITCHED_PARTS, stop.start, stop.end, resume=True)
        moving = ("kick", "extra_kick", "snare", "ghosts", "bass", "busy_bass", "hook", "response")
        draft.clear(moving, stop.end, stop.resume, resume=True)
        if not place.has_drums:
            continue
        first_beat = -(-stop.start // STEPS_PER_BEAT) * STEPS_PER_BEAT
        for step in range(first_beat, stop.end, STEPS_PER_BEAT):
            draft.add("percussion", step, 1, RIM, _CLICK)
        if stop.resume - stop.start >= 2 * STEPS_PER_BEAT:
            for step, velocity in ((-2, 82), (-1, 92)):
                draft.add("snare", stop.resume + step, 1, SNARE, velocity)
        draft.add("hats", stop.resume, 1, CRASH, 100)
        draft.add("kick", stop.resume, 1, KICK, 110)


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
        late = end - timeline.time_s(step)
        most = MAX_BEND_S if step % STEPS_PER_BEAT else _BEAT_BEND_S
        at = timeline.time_s(step) + float(np.clip(late, -most, most))
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
        place.draft.bends_s.setdefault(step, at - timeline.time_s(step))
