"""Compose the songs: sixty eight-bar phrases, six for each style."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from d2m.core.metrical_grid import BARS_PER_PHRASE, STEPS_PER_BAR
from d2m.core.styles import SONGS_PER_STYLE, STYLES
from d2m.score.genres import GENRES, Genre

N_SONGS = SONGS_PER_STYLE * len(STYLES)
"""Songs that generators learn: 0 to 59, six consecutive ones share a style."""
UNSEEN_SONGS = range(N_SONGS, N_SONGS + len(STYLES))
"""A seventh song for each style, kept from all training: what codecs are measured on."""

VELOCITIES = {"X": 118, "x": 92, "o": 58}

# General MIDI drum notes.
KICK, SNARE, CLAP, RIM = 36, 38, 39, 37
CLOSED_HAT, OPEN_HAT, CRASH = 42, 46, 49
SHAKER, CONGA = 70, 63


@dataclass(frozen=True, kw_only=True)
class Note:
    """One note of a layer: onset and length in steps of the phrase."""

    step: int
    length: int
    pitch: int
    velocity: int


@dataclass(frozen=True, kw_only=True)
class Song:
    """An eight-bar phrase in layers that an arrangement switches.

    Parameters
    ----------
    style
        Name of its style.
    kit, bass, chord, lead, stab
        Programs of the drum kit and of the melodic layers.
    layers
        Notes of each layer by name: ``kick, snare, hats, busy_hats, extra_kick, bass,
        busy_bass, chords, lead, percussion`` and, for accents, ``stab`` (one note list a
        bar's chord, all at that bar's first step).
    swing
        Frames by which every second 16th is late.
    """

    style: str
    kit: int
    bass: int
    chord: int
    lead: int
    stab: int
    layers: dict[str, tuple[Note, ...]]
    swing: int


def style_of_song(index: int) -> str:
    """Return the style name of a song index, see `N_SONGS` and `UNSEEN_SONGS`."""
    unseen = index in UNSEEN_SONGS
    return list(STYLES)[index - N_SONGS if unseen else index // SONGS_PER_STYLE]


def compose(index: int) -> Song:
    """Compose one song. The same index always gives the same song.

    Parameters
    ----------
    index
        See `N_SONGS` and `UNSEEN_SONGS`.
    """
    style = style_of_song(index)
    genre = GENRES[style]
    rng = np.random.default_rng([2022, index])
    number = SONGS_PER_STYLE if index in UNSEEN_SONGS else index % SONGS_PER_STYLE
    scale = genre.scales[number % len(genre.scales)]
    key = 36 + int(rng.permutation(12)[0])
    progression = genre.progressions[number % len(genre.progressions)]
    chords = tuple(progression) * (BARS_PER_PHRASE // len(progression))
    harmony = [_chord(key, scale, degree, sevenths=genre.sevenths) for degree in chords]
    layers = _drums(genre, rng)
    layers |= _bass(genre, rng, key, scale, chords)
    layers["chords"] = _comping(_pick(rng, genre.chord_rhythms), harmony)
    layers["lead"] = _melody(genre, rng, key, scale, chords)
    layers["stab"] = tuple(
        Note(step=bar * STEPS_PER_BAR, length=2, pitch=pitch + 12, velocity=112)
        for bar, notes in enumerate(harmony)
        for pitch in notes[:3]
    )
    return Song(
        style=style,
        kit=genre.kits[number % len(genre.kits)],
        bass=genre.basses[number % len(genre.basses)],
        chord=genre.chords[number % len(genre.chords)],
        lead=genre.leads[(number + number // 3) % len(genre.leads)],
        stab=genre.stabs[number % len(genre.stabs)],
        layers=layers,
        swing=genre.swing,
    )


def _pick(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]


def _pitch(key: int, scale: tuple[int, ...], degree: int) -> int:
    octave, step = divmod(degree, len(scale))
    return key + 12 * octave + scale[step]


def _chord(key: int, scale: tuple[int, ...], degree: int, *, sevenths: bool) -> list[int]:
    thirds = (0, 2, 4, 6) if sevenths else (0, 2, 4)
    pitches = [_pitch(key, scale, degree + third) + 12 for third in thirds]
    # Close position around middle C keeps the hand still from chord to chord.
    return sorted(52 + (pitch - 52) % 12 for pitch in pitches)


def _repeat(rhythm: str, pitch: int, length: int = 1) -> tuple[Note, ...]:
    """Play one bar's rhythm on one pitch in all eight bars."""
    return tuple(
        Note(step=bar * STEPS_PER_BAR + i, length=length, pitch=pitch, velocity=VELOCITIES[mark])
        for bar in range(BARS_PER_PHRASE)
        for i, mark in enumerate(rhythm)
        if mark != "."
    )


def _drums(genre: Genre, rng: np.random.Generator) -> dict[str, tuple[Note, ...]]:
    snare = CLAP if rng.random() < 0.25 else SNARE
    hats = _pick(rng, genre.hats)
    busy = "".join("o" if mark == "." else "." for mark in hats)
    percussion = SHAKER if rng.random() < 0.5 else CONGA
    return {
        "kick": _repeat(_pick(rng, genre.kicks), KICK),
        "snare": _repeat(_pick(rng, genre.snares), snare),
        "hats": _repeat(hats, CLOSED_HAT),
        "busy_hats": _repeat(busy, CLOSED_HAT),
        "extra_kick": _repeat(_pick(rng, genre.extra_kicks), KICK),
        "percussion": _repeat(_pick(rng, genre.percussion), percussion),
    }


def _bass(
    genre: Genre,
    rng: np.random.Generator,
    key: int,
    scale: tuple[int, ...],
    chords: tuple[int, ...],
) -> dict[str, tuple[Note, ...]]:
    """Write the plain bass and the notes that a busy bass adds between them."""
    rhythm = _pick(rng, genre.bass_lines)
    onsets = [i for i, mark in enumerate(rhythm) if mark != "."]
    steps = rng.choice([0, 0, 4, 7], size=STEPS_PER_BAR)
    plain, busy = [], []
    for bar, degree in enumerate(chords):
        root = 28 + (_pitch(key, scale, degree) - 28) % 12
        for i in onsets:
            gap = min([j for j in onsets if j > i] + [STEPS_PER_BAR]) - i
            offset = 0 if i % 8 == 0 else _diatonic(scale, degree, int(steps[i]))
            plain.append(
                Note(
                    step=bar * STEPS_PER_BAR + i,
                    length=min(gap, 3),
                    pitch=root + offset,
                    velocity=104 if i % 4 == 0 else 90,
                )
            )
        busy += [
            Note(step=bar * STEPS_PER_BAR + i, length=1, pitch=root + 12, velocity=84)
            for i in range(2, STEPS_PER_BAR, 4)
            if i not in onsets
        ]
    return {"bass": tuple(plain), "busy_bass": tuple(busy)}


def _diatonic(scale: tuple[int, ...], degree: int, third_steps: int) -> int:
    """Return the semitones from a degree to the note some scale steps above it."""
    above = {0: 0, 4: 2, 7: 4}[third_steps]
    return _pitch(0, scale, degree + above) - _pitch(0, scale, degree)


def _comping(rhythm: str, harmony: list[list[int]]) -> tuple[Note, ...]:
    onsets = [i for i, mark in enumerate(rhythm) if mark != "."]
    notes = []
    for bar, pitches in enumerate(harmony):
        for i in onsets:
            gap = min([j for j in onsets if j > i] + [STEPS_PER_BAR]) - i
            notes += [
                Note(step=bar * STEPS_PER_BAR + i, length=min(gap, 4), pitch=pitch, velocity=78)
                for pitch in pitches
            ]
    return tuple(notes)


def _melody(
    genre: Genre,
    rng: np.random.Generator,
    key: int,
    scale: tuple[int, ...],
    chords: tuple[int, ...],
) -> tuple[Note, ...]:
    """Write a melody of two-bar motifs in the form A A' B A'."""
    rhythms = [genre.lead_rhythms[i] for i in rng.permutation(len(genre.lead_rhythms))[:3]]
    form = [(0, 1), (0, 2), (2, 1), (0, 2)]
    contours = {i: rng.integers(-2, 3, size=STEPS_PER_BAR) for i in range(3)}
    notes = []
    for bar in range(BARS_PER_PHRASE):
        motif = form[bar // 2][bar % 2]
        onsets = [i for i, mark in enumerate(rhythms[motif]) if mark != "."]
        position = 0
        for i in onsets:
            gap = min([j for j in onsets if j > i] + [STEPS_PER_BAR]) - i
            position = int(np.clip(position + contours[motif][i], -3, 6))
            # Strong steps take chord tones (even distances from the root).
            place = position - position % 2 if i % 4 == 0 else position
            pitch = _pitch(key, scale, chords[bar] + place)
            notes.append(
                Note(
                    step=bar * STEPS_PER_BAR + i,
                    length=min(gap, 4),
                    pitch=64 + (pitch - 64) % 12 + 12 * (place > 4),
                    velocity=100 if i % 4 == 0 else 88,
                )
            )
    return tuple(notes)
