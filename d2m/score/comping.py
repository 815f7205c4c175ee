"""Chords, pads, riffs and stabs: the harmony as it is played."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from d2m.core.metrical_grid import STEPS_PER_BAR, STEPS_PER_BEAT
from d2m.score.song import StepNote
from d2m.score.step_rhythms import PHRASE_BARS, Hit, mixed_bars
from d2m.score.voicing import voice_lead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from d2m.score.harmony import Chord
    from d2m.score.sub_genres.sub_genre import CompGrammar, RiffGrammar

_HALF = 8
_TOTAL = PHRASE_BARS * STEPS_PER_BAR
_PAD_VELOCITY, _STAB_VELOCITY = 62, 104
# Velocity off the beat (ratio): the beat stays the drums'.
_OFF_BEAT = 0.86
_HARSH = (1, 13)  # semitones
# Orders in which an arpeggio visits four voices, from the lowest (0).
_ORDERS = (
    (0, 1, 2, 3),
    (0, 1, 2, 3, 2, 1),
    (0, 2, 1, 3),
    (0, 3, 2, 1),
    (0, 2, 1, 2),
    (3, 2, 1, 0),
    (0, 1, 3, 2),
)

Voicings = list[tuple[int, ...]]


def voicings_of(chords: Sequence[Chord], *, voices: int, low: int, high: int) -> Voicings:
    """Return the voicing of each half bar; a chord that stays keeps its voicing."""
    changes = [i for i, c in enumerate(chords) if i == 0 or c.symbol != chords[i - 1].symbol]
    found = voice_lead([chords[i] for i in changes], voices=voices, low=low, high=high)
    by_half: Voicings = []
    for i in range(len(chords)):
        by_half.append(found[sum(change <= i for change in changes) - 1])
    return by_half


def compose_comping(
    rng: np.random.Generator,
    grammar: CompGrammar,
    rhythms: str,
    chords: Sequence[Chord],
    pitches: tuple[int, int],
) -> tuple[StepNote, ...]:
    """Draw the comping of a phrase.

    Parameters
    ----------
    rng
        Source of randomness; what it draws doesn't depend on the key.
    grammar
        Texture, register and loudness.
    rhythms
        Options for the rhythm, divided by spaces.
    chords
        Chord of each half bar.
    pitches
        Lowest and highest pitch of the instrument.
    """
    low, high = max(grammar.low, pitches[0]), min(grammar.high, pitches[1])
    voicings = voicings_of(chords, voices=grammar.voices, low=low, high=high)
    hits = mixed_bars(rng, rhythms)
    order = _ORDERS[int(rng.integers(len(_ORDERS)))]
    notes = []
    position = 0
    for number, hit in enumerate(hits):
        following = hits[number + 1].step if number + 1 < len(hits) else _TOTAL
        half, end = _span(hit, chords)
        voicing = voicings[half]
        length = round(max(0.6, min(hit.length - 0.1 * (hit.length == 1), end - hit.step)), 2)
        position = 0 if hit.step % STEPS_PER_BAR == 0 else position
        played = _texture(grammar.texture, voicing, hit, order[position % len(order)])
        position += 1
        if grammar.texture == "arpeggio":
            length = min(max(length, 2), end - hit.step, following - hit.step + 2)
        off = 1.0 if hit.step % STEPS_PER_BEAT == 0 or hit.mark == "X" else _OFF_BEAT
        velocity = int(max(20, min(120, round(grammar.velocity * hit.level * off))))
        notes += [
            StepNote(step=hit.step, length=length, pitch=pitch, velocity=velocity - 3 * voice)
            for voice, pitch in enumerate(reversed(played))
        ]
    return tuple(sorted(notes, key=lambda n: (n.step, n.pitch)))


def compose_pad(chords: Sequence[Chord], pitches: tuple[int, int]) -> tuple[StepNote, ...]:
    """Return the chords of a phrase as long notes without ninths; common tones are tied."""
    low, high = max(53, pitches[0]), min(79, pitches[1])
    plain = [replace(c, tones=c.tones[:4], degrees=c.degrees[:4]) for c in chords]
    voicings = voicings_of(plain, voices=4, low=low, high=high)
    notes = []
    for half, voicing in enumerate(voicings):
        for voice, pitch in enumerate(reversed(voicing)):
            if half and pitch in voicings[half - 1] and half % 4:
                continue
            last = half + 1
            while last < len(voicings) and pitch in voicings[last] and last % 4:
                last += 1
            velocity = _PAD_VELOCITY + (4 if voice == 0 else 0) + half // 4
            notes.append(
                StepNote(
                    step=half * _HALF, length=(last - half) * _HALF, pitch=pitch, velocity=velocity
                )
            )
    return tuple(sorted(notes, key=lambda n: (n.step, n.pitch)))


def compose_riff(
    rng: np.random.Generator,
    grammar: RiffGrammar,
    chords: Sequence[Chord],
    pitches: tuple[int, int],
) -> tuple[StepNote, ...]:
    """Draw a repeated figure of one or two bars that follows the chords."""
    low, high = max(grammar.low, pitches[0]), min(grammar.high, pitches[1])
    hits = mixed_bars(rng, grammar.rhythms)
    moves = rng.choice([-2, -1, -1, 0, 1, 1, 2], size=(2, STEPS_PER_BAR))
    middle = (low + high) / 2
    notes = []
    for number, hit in enumerate(hits):
        following = hits[number + 1].step if number + 1 < len(hits) else _TOTAL
        half, end = _span(hit, chords)
        ladder = chord_ladder(chords[half], low, high)
        centre = int(np.argmin([abs(p - middle) for p in ladder]))
        bar = int(hit.step // STEPS_PER_BAR) % 2
        offset = int(moves[bar, int(hit.step) % STEPS_PER_BAR]) if grammar.voices == 1 else 0
        first = min(max(0, centre + offset), max(0, len(ladder) - grammar.voices))
        length = min(hit.length if hit.length > 1 else 0.8, end - hit.step, following - hit.step)
        off = 1.0 if hit.step % STEPS_PER_BEAT == 0 or hit.mark == "X" else _OFF_BEAT
        velocity = int(max(20, min(120, round(grammar.velocity * hit.level * off))))
        notes += [
            StepNote(step=hit.step, length=round(length, 2), pitch=pitch, velocity=velocity)
            for pitch in ladder[first : first + grammar.voices]
        ]
    return tuple(sorted(notes, key=lambda n: (n.step, n.pitch)))


def compose_stabs(chords: Sequence[Chord], pitches: tuple[int, int]) -> tuple[StepNote, ...]:
    """Return the chord of each half bar as a tight voicing, for hits."""
    low, high = max(55, pitches[0]), min(76, pitches[1])
    notes = []
    for half, voicing in enumerate(voicings_of(chords, voices=4, low=low, high=high)):
        notes += [
            StepNote(step=half * _HALF, length=2, pitch=pitch, velocity=_STAB_VELOCITY)
            for pitch in voicing
        ]
    return tuple(notes)


def give_way(notes: Sequence[StepNote], melody: Sequence[StepNote]) -> tuple[StepNote, ...]:
    """Leave out notes of chords that rub against a melody.

    A note goes if a melody note on a beat lies a half step or a minor ninth from it while both
    sound.
    """
    strong: dict[int, list[StepNote]] = {}
    for m in melody:
        if m.step % STEPS_PER_BEAT == 0:
            for interval in _HARSH:
                for pitch in (m.pitch - interval, m.pitch + interval):
                    strong.setdefault(pitch, []).append(m)
    return tuple(
        note
        for note in notes
        if not any(
            note.step < m.step + m.length and m.step < note.step + note.length
            for m in strong.get(note.pitch, ())
        )
    )


def chord_ladder(chord: Chord, low: int, high: int) -> list[int]:
    """Return all pitches of a chord in a register, without its ninth and above."""
    tones = set(chord.tones[:4])
    return [pitch for pitch in range(low, high + 1) if pitch % 12 in tones]


def _span(hit: Hit, chords: Sequence[Chord]) -> tuple[int, float]:
    """Return the half bar whose chord a note plays, and where it must end.

    A note just before a new chord that lasts into it anticipates it.
    """
    half = int(hit.step // _HALF)
    change = (half + 1) * _HALF
    if hit.step + hit.length > change and change - hit.step <= 2 and half + 1 < len(chords):
        half += 1
    end = half + 1
    while end < len(chords) and chords[end].symbol == chords[half].symbol:
        end += 1
    return half, end * _HALF


def _texture(texture: str, voicing: tuple[int, ...], hit: Hit, voice: int) -> tuple[int, ...]:
    if texture == "arpeggio":
        return (voicing[min(voice, len(voicing) - 1)],)
    if texture == "broken":
        return voicing[:1] if hit.step % _HALF == 0 else voicing[1:]
    if texture == "strum" and hit.level < 0.9:
        return voicing[1:]  # an upstroke misses the lowest string
    return voicing
