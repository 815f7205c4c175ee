"""Make scores to draw and to write, without composing them."""

from __future__ import annotations

from typing import Any

import numpy as np

from d2m.score.instruments import CLOSED_HAT, KICK, RISER, SNARE
from d2m.score.notes import Note, Score, Section, Track

PARTS = {
    "drums": ("kick", "kit_house"),
    "bass": ("bass", "synth_bass"),
    "chords": ("chords", "electric_piano"),
    "lead": ("hook", "square_lead"),
    "effects": ("effects", "effects"),
}
"""A part and an instrument of each stem."""


def note(start_s: float, duration_s: float, pitch: int, velocity: int = 100) -> Note:
    return Note(start_s=start_s, duration_s=duration_s, pitch=pitch, velocity=velocity)


def track(stem: str, *notes: Note, **changes: Any) -> Track:
    part, instrument = PARTS[stem]
    named = {"name": stem, "part": part, "stem": stem, "instrument": instrument}
    return Track(**{**named, "notes": notes, **changes})


def plain_score(duration_s: float = 8.0, **changes: Any) -> Score:
    """Return a score at 120 BPM: an intro, then a drop from its second bar on."""
    beats = np.arange(0.5, duration_s - 0.5, 0.5)
    drums = [
        note(float(time), 0.1, pitch)
        for number, time in enumerate(beats)
        for pitch in (KICK, CLOSED_HAT, *[SNARE] * (number % 2))
    ]
    values = {
        "style": "house",
        "sub_genre": "Deep house",
        "seed": 0,
        "arrangement": 0,
        "key": "D minor",
        "tempo_bpm": 120.0,
        "swing_percent": 54.0,
        "tracks": (
            track("drums", *drums),
            track("bass", *(note(float(time), 0.4, 38) for time in beats)),
            track("chords", *(note(float(time), 1.8, 62) for time in beats[::4])),
            track("lead", note(3.0, 0.5, 74), note(5.0, 0.5, 81)),
            track("effects", note(0.5, 2.0, RISER)),
        ),
        "sections": (
            Section(name="intro", start_s=0.5, end_s=2.5, energy=0.3),
            Section(name="drop", start_s=2.5, end_s=duration_s, energy=0.9),
        ),
        "beats_s": beats,
        "downbeats_s": beats[::4],
        "hits_s": np.array([3.25]),
        "end_s": float(beats[-1]),
        "duration_s": duration_s,
    }
    return Score(**{**values, **changes})
