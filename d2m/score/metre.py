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
"""Velocity from which a kick, snare or clap on a beat marks it. Chosen by ear."""

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
_MARKS = (KICK, KICK_2, SNARE, SNARE_2, CLAP)
_QUIET_MARK, _MARK = 72, 92  # velocities of added or raised marks
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
