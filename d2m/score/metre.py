"""The metre: beats are stronger than what lies between them, and each beat is marked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from d2m.core.metrical_grid import STEPS_PER_BEAT
from d2m.score.draft import DRUM_PARTS, PITCHED_PARTS, Draft
from d2m.score.instruments import (
    CLAP,
    CLOSED_HAT,
    KICK,
    KICK_2,
    RIM,
    SNARE,
    SNARE_2,
)
from d2m.score.song import PART_STEMS
from d2m.score.transitions import Place

MARK_VELOCITY = 75
"""Velocity from which a kick, snare or clap on a beat marks it. Chosen by hand."""

# Factors of the velocities halfway between beats and on the other steps, by part or stem.
# Chosen on rendered pieces: beat trackers and listeners find the beat, and hits stand out.
_BETWEEN = {
    "hats": (0.75, 0.6),
    "busy_hats": (0.7, 0.55),
    "percussion": (0.75, 0.65),
    "busy_percussion": (0.7, 0.6),
    "kick": (0.85, 0.85),
    "extra_kick": (0.75, 0.75),
    "snare": (0.9, 0.9),
    "ghosts": (0.9, 0.9),
    "bass": (0.85, 0.85),
    "chords": (0.8, 0.8),
    "lead": (0.92, 0.92),
}
_QUICK_BPM, _SLOW_BPM = 118.0, 84.0  # tempi (BPM) from and to which they are softer still
_SLOW_SOFTER, _SLOW_CYMBALS = 0.35, 0.5
_CYMBAL_PARTS = ("hats", "busy_hats", "percussion", "busy_percussion")
# Weight of the attack of each part or stem: how much it stands out in the spectral flux.
# Chosen by hand.
_ATTACKS = {
    "drums": 1.0,
    "hats": 0.8,
    "busy_hats": 0.8,
    "percussion": 0.7,
    "busy_percussion": 0.7,
    "bass": 0.6,
    "chords": 0.35,
    "pad": 0.1,
    "lead": 0.7,
    "effects": 0.0,
}
_MOST_BETWEEN, _SOFTEST_BETWEEN = 0.18, 0.5  # share of the attack on beats; least factor
_MARKS = (KICK, KICK_2, SNARE, SNARE_2, CLAP)
_QUIET_MARK, _MARK = 72, 92  # velocities of added or raised marks
# Chosen among six ways on eight real clips, with their own and with moved beats, and eight
# procedural dances.
_ANSWER_MARK = 100  # velocity of a kick on a beat beside an answer; softer ones do not count
_LEAST_ANSWER_MARK = 90
_BESIDE_ANSWERS = 0.75  # factor of the velocities between these beats, but not of the answers
_RESTRUCK = 0.9  # velocity of notes that are struck again on a beat, of their own


def weigh_metre(draft: Draft, tempo_bpm: float) -> None:
    """Soften the notes between beats, at slow tempi more: there, they are heard as beats.

    Parameters
    ----------
    draft
        Its notes change, but not those that answer the dancer.
    tempo_bpm
        Tempo (BPM) of the music.
    """
    slowness = float(np.clip((_QUICK_BPM - tempo_bpm) / (_QUICK_BPM - _SLOW_BPM), 0.0, 1.0))
    for part, notes in draft.notes.items():
        own = _BETWEEN.get(part, _BETWEEN.get(PART_STEMS[part]))
        if own is None or part == "stab":
            continue
        softer = _SLOW_CYMBALS if part in _CYMBAL_PARTS else _SLOW_SOFTER
        factors = tuple(factor * (1.0 - softer * slowness) for factor in own)
        draft.notes[part] = [
            note
            if note.step % STEPS_PER_BEAT == 0 or note.step in draft.bends_s
            else replace(
                note,
                velocity=max(1, round(note.velocity * factors[note.step % STEPS_PER_BEAT != 2])),
            )
            for note in notes
        ]


def balance_metre(draft: Draft) -> None:
    """Soften what lies between the beats of a song whose beats would not stand out otherwise.

    The attack of a step is the sum of the squared velocities of its notes, weighted by part.
    Where the attack halfway between beats, or on the other steps, exceeds its share of that on
    the beats, all its notes become softer.

    Parameters
    ----------
    draft
        Its notes change, but not those that answer the dancer.
    """
    attacks = np.zeros(STEPS_PER_BEAT)
    for part, notes in draft.notes.items():
        weight = _ATTACKS.get(part, _ATTACKS[PART_STEMS[part]])
        for note in notes:
            attacks[int(note.step) % STEPS_PER_BEAT] += weight * note.velocity**2
    halfway, other = STEPS_PER_BEAT // 2, [1, STEPS_PER_BEAT - 1]
    allowed = attacks[0] * _MOST_BETWEEN
    factors = np.ones(STEPS_PER_BEAT)
    factors[halfway] = _softening(attacks[halfway], allowed)
    factors[other] = _softening(float(attacks[other].max()), allowed)
    for part, notes in draft.notes.items():
        draft.notes[part] = [
            note
            if note.step in draft.bends_s
            else replace(
                note,
                velocity=max(1, round(note.velocity * factors[int(note.step) % STEPS_PER_BEAT])),
            )
            for note in notes
        ]


def _softening(attack: float, allowed: float) -> float:
    """Return the factor of velocities that brings an attack down to what is allowed."""
    return float(np.clip(np.sqrt(allowed / max(attack, 1e-9)), _SOFTEST_BETWEEN, 1.0))


def set_off_answers(place: Place, answers: list[float], end: int) -> None:
    """Make the beats on both sides of an answer between beats stand out, and soften the rest.

    Otherwise many answers between beats would hide the beat, and what plays between beats
    would hide the answers.

    Parameters
    ----------
    place
        The piece.
    answers
        Steps with an answer to the dancer.
    end
        Step of the last hit.
    """
    draft = place.draft
    before = {int(s // STEPS_PER_BEAT) * STEPS_PER_BEAT for s in answers if s % STEPS_PER_BEAT}
    beats = {b for first in before for b in (first, first + STEPS_PER_BEAT) if 0 <= b < end}
    for part, notes in draft.notes.items():
        draft.notes[part] = [
            replace(note, velocity=max(1, round(note.velocity * _BESIDE_ANSWERS)))
            if part != "stab"
            and note.step % STEPS_PER_BEAT
            and note.step not in draft.bends_s
            and note.step // STEPS_PER_BEAT * STEPS_PER_BEAT in beats
            else note
            for note in notes
        ]
    if not place.has_drums:
        return
    marked = {
        note.step
        for part in DRUM_PARTS
        for note in draft.notes[part]
        if note.pitch in (KICK, KICK_2) and note.velocity >= _LEAST_ANSWER_MARK
    }
    for step in sorted(beats - marked):
        draft.add("kick", step, 1, KICK, _ANSWER_MARK)


def mark_beats(place: Place, end: int, sparse: list[tuple[int, int]]) -> None:
    """Add a drum to each beat without kick or snare; without drums, strike notes again.

    Parameters
    ----------
    place
        The piece.
    end
        Step of the last hit.
    sparse
        Spans of steps in which only a rim click marks the beats.
    """
    timeline, draft = place.timeline, place.draft
    steps = np.round(timeline.steps(timeline.dance_beats_s)).astype(int)
    beats = {int(s) for s in steps if 0 <= s < end} | set(range(0, end, STEPS_PER_BEAT))
    if not place.has_drums:
        _strike_again(place, beats)
        return
    marked = {
        int(n.step)
        for part in DRUM_PARTS
        for n in draft.notes[part]
        if n.pitch in _MARKS and n.velocity >= MARK_VELOCITY and n.step == int(n.step)
    }
    for step in sorted(beats - marked):
        quiet = any(a <= step < b for a, b in sparse)
        draft.add(
            "percussion",
            step,
            1,
            RIM if quiet else CLOSED_HAT,
            _QUIET_MARK if quiet else _MARK,
        )


def _strike_again(place: Place, beats: set[int]) -> None:
    """Divide sounding notes at beats on which nothing begins, of the lowest stem that plays."""
    draft = place.draft
    struck = {int(n.step) for p in PITCHED_PARTS for n in draft.notes[p] if n.step == int(n.step)}
    for step in sorted(beats - struck):
        for part in ("bass", "chords", "pad", "riff", "hook"):
            sounding = [n for n in draft.sounding(part, step) if n.step < step]
            if not sounding:
                continue
            draft.clear((part,), step, step)
            for note in sounding:
                left = note.step + note.length - step
                draft.add(part, step, left, note.pitch, note.velocity * _RESTRUCK)
            break
