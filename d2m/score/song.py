"""A song as material: eight-bar phrases in parts that an arrangement switches on and off."""

from __future__ import annotations

from dataclasses import dataclass

PART_STEMS = {
    "kick": "drums",
    "snare": "drums",
    "ghosts": "drums",
    "hats": "drums",
    "busy_hats": "drums",
    "extra_kick": "drums",
    "percussion": "drums",
    "busy_percussion": "drums",
    "bass": "bass",
    "busy_bass": "bass",
    "chords": "chords",
    "pad": "chords",
    "riff": "chords",
    "hook": "lead",
    "response": "lead",
    "stab": "chords",
    "effects": "effects",
}
"""The stem that each part belongs to.

``ghosts`` are soft snare notes; ``busy_*`` and ``extra_kick`` add notes when the dance is
energetic. ``chords`` is the comping instrument, ``pad`` sustains the same chords, ``riff`` is
a short repeated figure. ``hook`` is the main melody, ``response`` answers in its rests.
``stab`` holds the chord of each half bar, for hits. ``effects`` is written by the arrangement:
risers, impacts, reversed cymbals.
"""
PHRASE_NAMES = ("groove", "drop", "break")
"""Phrases of a song. Intro, build and outro are arranged from these."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepNote:
    """A note of a phrase.

    Parameters
    ----------
    step
        Onset in 16th steps from the start of the phrase; a fraction for 32nds and triplets.
    length
        Length in 16th steps.
    pitch
        MIDI note number; in drum parts, the General MIDI drum.
    velocity
        MIDI velocity, 1 to 127.
    """

    step: float
    length: float
    pitch: int
    velocity: int


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """Eight bars of music.

    Parameters
    ----------
    parts
        Notes of each part by its name in `PART_STEMS`, sorted by step. Parts that the phrase
        leaves out are missing.
    """

    parts: dict[str, tuple[StepNote, ...]]


@dataclass(frozen=True, kw_only=True)
class Groove:
    """How a style places its notes against the grid.

    Parameters
    ----------
    swing_percent
        Length of the first of two swung notes in percent of the pair: 50 is straight, 67 a
        triplet.
    swing_steps
        Which notes swing: 1 for 16ths, 2 for 8ths.
    delays_ms
        Mean delay of each part (ms), negative for early, such as ``{"snare": 8.0}``.
    looseness_ms
        Standard deviation of each note's human timing (ms).
    """

    swing_percent: float
    swing_steps: int
    delays_ms: dict[str, float]
    looseness_ms: float


@dataclass(frozen=True, kw_only=True)
class Song:
    """A song without form: what its sections are arranged from.

    Parameters
    ----------
    style, sub_genre
        Name of the style; name of the sub-genre, for people.
    seed
        Its seed.
    key
        Pitch class of the key note, 0 (C) to 11 (B).
    mode
        Name of its scale, a key of `d2m.score.harmony.SCALES`.
    groove
        Timing.
    instruments
        Instrument of each part (a key of `d2m.score.instruments.INSTRUMENTS`); all drum parts
        have the same kit. Parts without an entry are not played.
    phrases
        The phrases of `PHRASE_NAMES`.
    fills
        Drum fills of one bar (steps 0 to 15), from short and light to long and heavy.
    roll
        A snare roll or similar of one bar that leads into a drop.
    ending
        The notes of the final chord by part (all at step 0).
    full_energy
        Energy (0 to 1) of a dance at which this sub-genre plays all its parts.
    """

    style: str
    sub_genre: str
    seed: int
    key: int
    mode: str
    groove: Groove
    instruments: dict[str, str]
    phrases: dict[str, Phrase]
    fills: tuple[tuple[StepNote, ...], ...]
    roll: tuple[StepNote, ...]
    ending: dict[str, tuple[StepNote, ...]]
    full_energy: float
