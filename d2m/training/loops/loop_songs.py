"""Compose songs by rule: eight-bar phrases, six for each style and a seventh held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from d2m.core.metrical_grid import BARS_PER_PHRASE, STEPS_PER_BAR
from d2m.core.styles import SONGS_PER_STYLE, STYLES
from d2m.training.loops.loop_templates import LOOP_TEMPLATES, LoopTemplate

N_SONGS = SONGS_PER_STYLE * len(STYLES)
"""Number of songs that generators learn: indices 0 to 59, six consecutive ones per style."""
UNSEEN_SONGS = range(N_SONGS, N_SONGS + len(STYLES))
"""Indices of the seventh song of each style: never trained on, used to evaluate codecs."""

VELOCITIES = {"X": 118, "x": 92, "o": 58}
"""MIDI velocity (1 to 127) of each mark of a rhythm pattern. Chosen by hand."""

KICK, SNARE, CLAP, RIM = 36, 38, 39, 37
"""General MIDI note numbers of drums (bass drum 1, acoustic snare, hand clap, side stick)."""
CLOSED_HAT, CRASH = 42, 49
"""General MIDI note numbers of the closed hi-hat and crash cymbal 1."""
SHAKER, CONGA = 70, 63
"""General MIDI note numbers of maracas and open high conga."""

# Lowest MIDI pitches of the parts: each is folded into the octave above. Chosen by hand.
_LOWEST_KEY = 36  # C2
_LOWEST_BASS = 28  # E1
_LOWEST_CHORD = 52  # E3
_LOWEST_LEAD = 64  # E4


@dataclass(frozen=True, kw_only=True)
class LoopNote:
    """One note of a layer.

    Parameters
    ----------
    step, length
        Onset in the phrase and duration, in 16th steps.
    pitch
        MIDI note number.
    velocity
        MIDI velocity, 1 to 127.
    """

    step: int
    length: int
    pitch: int
    velocity: int


@dataclass(frozen=True, kw_only=True)
class LoopSong:
    """An eight-bar phrase in layers that an arrangement switches on and off.

    Parameters
    ----------
    style
        Name of its style, see `d2m.core.styles.STYLES`.
    kit, bass, chord, lead, stab
        General MIDI programs (from 0) of the drum kit and of the melodic channels.
    layers
        Notes of each layer by name: ``kick, snare, hats, busy_hats, extra_kick, bass,
        busy_bass, chords, lead, percussion``, and ``stab``, which holds each bar's chord at
        the first step of the bar.
    swing
        Delay of every second 16th step, in frames of the code grid.
    """

    style: str
    kit: int
    bass: int
    chord: int
    lead: int
    stab: int
    layers: dict[str, tuple[LoopNote, ...]]
    swing: int


def style_of_song(index: int) -> str:
    """Return the style name of a song index: 0 to 59, or one of `UNSEEN_SONGS`."""
    unseen = index in UNSEEN_SONGS
    return list(STYLES)[index - N_SONGS if unseen else index // SONGS_PER_STYLE]


def compose_loop(index: int) -> LoopSong:
    """Compose the song of an index. The same index always gives the same song.

    Parameters
    ----------
    index
        0 to 59 for the songs that generators learn, or one of `UNSEEN_SONGS`.
    """
    style = style_of_song(index)
    template = LOOP_TEMPLATES[style]
    rng = np.random.default_rng([2022, index])
    number = SONGS_PER_STYLE if index in UNSEEN_SONGS else index % SONGS_PER_STYLE
    scale = template.scales[number % len(template.scales)]
    key = _LOWEST_KEY + int(rng.permutation(12)[0])
    progression = template.progressions[number % len(template.progressions)]
    chords = tuple(progression) * (BARS_PER_PHRASE // len(progression))
    harmony = [_chord(key, scale, degree, sevenths=template.sevenths) for degree in chords]
    layers = _drum_layers(template, rng)
    layers |= _bass_layers(template, rng, key, scale, chords)
    layers["chords"] = _chord_layer(_choose(rng, template.chord_rhythms), harmony)
    layers["lead"] = _melody(template, rng, key, scale, chords)
    layers["stab"] = tuple(
        LoopNote(step=bar * STEPS_PER_BAR, length=2, pitch=pitch + 12, velocity=112)
        for bar, notes in enumerate(harmony)
        for pitch in notes[:3]
    )
    return LoopSong(
        style=style,
        kit=template.kits[number % len(template.kits)],
        bass=template.basses[number % len(template.basses)],
        chord=template.chords[number % len(template.chords)],
        lead=template.leads[(number + number // 3) % len(template.leads)],
        stab=template.stabs[number % len(template.stabs)],
        layers=layers,
        swing=template.swing,
    )


def _choose(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]


def _pitch(key: int, scale: tuple[int, ...], degree: int) -> int:
    """Return the MIDI pitch of a scale degree (0 is the key note, 7 the octave above it)."""
    octave, step = divmod(degree, len(scale))
    return key + 12 * octave + scale[step]


def _fold(pitch: int, lowest: int) -> int:
    """Transpose a pitch by octaves into the octave that starts at ``lowest``."""
    return lowest + (pitch - lowest) % 12


def _chord(key: int, scale: tuple[int, ...], degree: int, *, sevenths: bool) -> list[int]:
    """Return the pitches of the triad or seventh chord on a degree, in ascending order."""
    intervals = (0, 2, 4, 6) if sevenths else (0, 2, 4)
    pitches = [_pitch(key, scale, degree + interval) for interval in intervals]
    # Close position within one octave keeps the voices from leaping between chords.
    return sorted(_fold(pitch, _LOWEST_CHORD) for pitch in pitches)


def _onsets(rhythm: str) -> list[int]:
    """Return the steps of a one-bar rhythm that have a mark."""
    return [step for step, mark in enumerate(rhythm) if mark != "."]


def _gap(onsets: list[int], step: int) -> int:
    """Return the number of steps from an onset to the next one, or to the end of the bar."""
    return min([onset for onset in onsets if onset > step] + [STEPS_PER_BAR]) - step


def _repeat(rhythm: str, pitch: int, length: int = 1) -> tuple[LoopNote, ...]:
    """Play one bar's rhythm on one pitch in all eight bars."""
    return tuple(
        LoopNote(
            step=bar * STEPS_PER_BAR + i, length=length, pitch=pitch, velocity=VELOCITIES[mark]
        )
        for bar in range(BARS_PER_PHRASE)
        for i, mark in enumerate(rhythm)
        if mark != "."
    )


def _drum_layers(
    template: LoopTemplate, rng: np.random.Generator
) -> dict[str, tuple[LoopNote, ...]]:
    snare = CLAP if rng.random() < 0.25 else SNARE
    hats = _choose(rng, template.hats)
    busy = "".join("o" if mark == "." else "." for mark in hats)
    percussion = SHAKER if rng.random() < 0.5 else CONGA
    return {
        "kick": _repeat(_choose(rng, template.kicks), KICK),
        "snare": _repeat(_choose(rng, template.snares), snare),
        "hats": _repeat(hats, CLOSED_HAT),
        "busy_hats": _repeat(busy, CLOSED_HAT),
        "extra_kick": _repeat(_choose(rng, template.extra_kicks), KICK),
        "percussion": _repeat(_choose(rng, template.percussion), percussion),
    }


def _bass_layers(
    template: LoopTemplate,
    rng: np.random.Generator,
    key: int,
    scale: tuple[int, ...],
    chords: tuple[int, ...],
) -> dict[str, tuple[LoopNote, ...]]:
    """Write the bass line, and the off-beat octaves that a busy bass adds to it."""
    onsets = _onsets(_choose(rng, template.bass_rhythms))
    intervals = rng.choice([0, 0, 4, 7], size=STEPS_PER_BAR)
    plain, busy = [], []
    for bar, degree in enumerate(chords):
        root = _fold(_pitch(key, scale, degree), _LOWEST_BASS)
        for i in onsets:
            offset = 0 if i % 8 == 0 else _chord_tone_offset(scale, degree, int(intervals[i]))
            plain.append(
                LoopNote(
                    step=bar * STEPS_PER_BAR + i,
                    length=min(_gap(onsets, i), 3),
                    pitch=root + offset,
                    velocity=104 if i % 4 == 0 else 90,
                )
            )
        busy += [
            LoopNote(step=bar * STEPS_PER_BAR + i, length=1, pitch=root + 12, velocity=84)
            for i in range(2, STEPS_PER_BAR, 4)
            if i not in onsets
        ]
    return {"bass": tuple(plain), "busy_bass": tuple(busy)}


def _chord_tone_offset(scale: tuple[int, ...], degree: int, interval: int) -> int:
    """Return the semitones from a degree to its chord's root (0), third (4) or fifth (7)."""
    above = {0: 0, 4: 2, 7: 4}[interval]
    return _pitch(0, scale, degree + above) - _pitch(0, scale, degree)


def _chord_layer(rhythm: str, harmony: list[list[int]]) -> tuple[LoopNote, ...]:
    """Play each bar's chord in a one-bar rhythm."""
    onsets = _onsets(rhythm)
    return tuple(
        LoopNote(
            step=bar * STEPS_PER_BAR + i, length=min(_gap(onsets, i), 4), pitch=pitch, velocity=78
        )
        for bar, pitches in enumerate(harmony)
        for i in onsets
        for pitch in pitches
    )


def _melody(
    template: LoopTemplate,
    rng: np.random.Generator,
    key: int,
    scale: tuple[int, ...],
    chords: tuple[int, ...],
) -> tuple[LoopNote, ...]:
    """Write a melody of two-bar motifs in the form A A' B A'."""
    order = rng.permutation(len(template.lead_rhythms))[:3]
    rhythms = [template.lead_rhythms[i] for i in order]
    form = [(0, 1), (0, 2), (2, 1), (0, 2)]
    contours = {i: rng.integers(-2, 3, size=STEPS_PER_BAR) for i in range(3)}
    notes = []
    for bar in range(BARS_PER_PHRASE):
        motif = form[bar // 2][bar % 2]
        onsets = _onsets(rhythms[motif])
        position = 0
        for i in onsets:
            position = int(np.clip(position + contours[motif][i], -3, 6))
            # Notes on a beat are chord tones: an even number of scale steps above the root.
            degree = position - position % 2 if i % 4 == 0 else position
            pitch = _fold(_pitch(key, scale, chords[bar] + degree), _LOWEST_LEAD)
            notes.append(
                LoopNote(
                    step=bar * STEPS_PER_BAR + i,
                    length=min(_gap(onsets, i), 4),
                    pitch=pitch + 12 * (degree > 4),
                    velocity=100 if i % 4 == 0 else 88,
                )
            )
    return tuple(notes)
