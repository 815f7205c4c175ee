"""Where melodies lie: the register of each instrument, and pitches from scale degrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from d2m.core.metrical_grid import PHRASE_STEPS
from d2m.score.instruments import INSTRUMENTS
from d2m.score.motif import CELL_STEPS
from d2m.score.song import StepNote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from d2m.score.harmony import Chord
    from d2m.score.motif import MotifNote

REGISTERS = {
    "alto_sax": (58, 77),
    "brass": (60, 80),
    "cello": (50, 70),
    "choir": (58, 77),
    "clarinet": (60, 82),
    "clean_guitar": (59, 80),
    "distorted_guitar": (57, 76),
    "electric_piano": (64, 86),
    "flute": (69, 91),
    "fm_bell": (70, 91),
    "grand_piano": (67, 88),
    "jazz_guitar": (58, 79),
    "kalimba": (65, 86),
    "muted_trumpet": (62, 81),
    "orchestra_hit": (55, 74),
    "organ": (62, 82),
    "pluck": (67, 88),
    "sine_lead": (70, 90),
    "square_lead": (64, 84),
    "strings": (65, 86),
    "super_saw": (64, 84),
    "synth_brass": (60, 80),
    "trumpet": (62, 82),
    "vibraphone": (65, 86),
    "violin": (65, 88),
}
"""Registers (MIDI note numbers) in which instruments sing best. Chosen by hand."""
_LOWEST_OCTAVE = 55
# A lower octave that doubles a melody stays above the bass (MIDI note number).


def chord_index(step: float, length: float) -> int:
    """Return the half bar whose chord a note belongs to: the one it mostly sounds in."""
    half = int(step // CELL_STEPS)
    change = (half + 1) * CELL_STEPS
    if change - step <= 2 and step + length > change and change < PHRASE_STEPS:
        return half + 1
    return half


def play_melody(
    notes: Sequence[MotifNote],
    chords: Sequence[Chord],
    key: int,
    instrument: str,
    velocity: float,
    gate: float,
) -> tuple[StepNote, ...]:
    """Return a melody as pitches in an instrument's register, with a phrase's dynamics.

    Parameters
    ----------
    notes
        In scale degrees.
    chords
        Chord of each half bar; its alterations count.
    key
        Pitch class of the key note.
    instrument
        A key of `REGISTERS`.
    velocity
        Of a normal note.
    gate
        Share of a written length that sounds.
    """
    raw = []
    for note in notes:
        chord = chords[chord_index(note.step, note.length)]
        octave, degree = divmod(note.degree, 7)
        raw.append(key + 12 * octave + chord.offsets[degree])
    if not raw:
        return ()
    info = INSTRUMENTS[instrument]
    lowest, highest = info.lowest, info.highest
    shift = 12 * round((sum(REGISTERS[instrument]) - min(raw) - max(raw)) / 24)
    played = []
    for note, number in zip(notes, raw, strict=True):
        pitch = number + shift
        while pitch < lowest:
            pitch += 12
        while pitch > highest:
            pitch -= 12
        level = note.level * (0.95 + 0.1 * note.step / PHRASE_STEPS)
        played.append(
            StepNote(
                step=note.step,
                length=round(max(0.6, note.length * gate), 2),
                pitch=pitch,
                velocity=int(max(24, min(124, round(velocity * level)))),
            )
        )
    return tuple(played)


def double_octave(notes: Sequence[StepNote], instrument: str) -> tuple[StepNote, ...]:
    """Return a melody with its octave: above where the instrument reaches it, else below."""
    highest = min(REGISTERS[instrument][1] + 5, INSTRUMENTS[instrument].highest)
    lowest = max(_LOWEST_OCTAVE, INSTRUMENTS[instrument].lowest)
    if all(n.pitch + 12 <= highest for n in notes):
        move = 12
    elif all(n.pitch - 12 >= lowest for n in notes):
        move = -12
    else:
        return tuple(notes)
    doubled = [
        StepNote(
            step=n.step, length=n.length, pitch=n.pitch + move, velocity=max(20, n.velocity - 18)
        )
        for n in notes
    ]
    return tuple(sorted([*notes, *doubled], key=lambda n: (n.step, n.pitch)))
