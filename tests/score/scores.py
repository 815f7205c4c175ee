"""A small hand-made score."""

from __future__ import annotations

from typing import Any

import numpy as np

from d2m.score.instruments import KICK, SNARE
from d2m.score.notes import Note, Score, Section, Track

BEAT_S = 0.5
FIRST_BEAT_S = 0.3
N_BEATS = 14
"""Two pick-up beats, then three bars."""


def beat(number: float) -> float:
    """Return the time (s) of a beat, counted from 0."""
    return FIRST_BEAT_S + BEAT_S * number


def notes(*places: tuple[float, int], length_s: float = 0.2) -> tuple[Note, ...]:
    """Return notes from pairs of a beat and a pitch."""
    return tuple(
        Note(start_s=beat(number), duration_s=length_s, pitch=pitch, velocity=100)
        for number, pitch in places
    )


def small_score(**changes: Any) -> Score:
    """Return a score of eight seconds with four instruments, at 120 BPM."""
    beats = np.array([beat(number) for number in range(N_BEATS)])
    drums = [(number, SNARE if number % 2 else KICK) for number in range(N_BEATS - 1)]
    tracks = (
        Track(name="Drums", part="drums", stem="drums", instrument="kit_funk", notes=notes(*drums)),
        Track(
            name="Fingered bass",
            part="bass",
            stem="bass",
            instrument="finger_bass",
            notes=notes((2, 38), (4, 38), (6, 45), (10, 38)),
        ),
        Track(
            name="Electric piano",
            part="chords",
            stem="chords",
            instrument="electric_piano",
            notes=notes((2, 62), (2, 65), (2, 69), (6, 60), (6, 64), (6, 69), length_s=1.5),
        ),
        Track(
            name="Trumpet",
            part="hook",
            stem="lead",
            instrument="trumpet",
            notes=notes((6, 74), (7, 77), (8, 76), (9.5, 74)),
        ),
    )
    sections = (
        Section(name="intro", start_s=beat(0), end_s=beat(2), energy=0.3),
        Section(name="groove", start_s=beat(2), end_s=beat(10), energy=0.6),
        Section(name="outro", start_s=beat(10), end_s=beat(13), energy=0.4),
    )
    values: dict[str, Any] = {
        "style": "lock",
        "sub_genre": "funk",
        "seed": 3,
        "arrangement": 1,
        "key": "D minor",
        "tempo_bpm": 60 / BEAT_S,
        "swing_percent": 54.0,
        "tracks": tracks,
        "sections": sections,
        "beats_s": beats,
        "downbeats_s": beats[2::4],
        "hits_s": np.array([beat(6)]),
        "end_s": beat(12),
        "duration_s": 8.0,
    }
    return Score(**(values | changes))
