"""Bass lines: rhythms locked to the bass drum, on chord tones, leading into the next chord."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from d2m.core.metrical_grid import STEPS_PER_BAR, STEPS_PER_BEAT
from d2m.score.song import StepNote
from d2m.score.step_rhythms import PHRASE_BARS, Hit, eight_bars, mixed_bars

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from d2m.score.harmony import Chord
    from d2m.score.sub_genres.sub_genre import BassGrammar

HIGHEST_OCTAVE = 50
"""Highest upper octave of a root (MIDI note number): above, a bass sounds thin. By ear."""
_TOTAL = PHRASE_BARS * STEPS_PER_BAR
_HALF = 8
_NAMED = "RUFTSA"
_VELOCITY, _BUSY_VELOCITY, _OFF_BEAT = 98, 70, 0.9
# A last note may lead into a chord from at most this many steps before it.
_LEAD_STEPS = 4
# Roots stay in this many semitones above the lowest.
_WINDOW = 12
_APPROACHES = ("below", "below", "above", "fifth", "scale")


@dataclass(frozen=True, kw_only=True)
class _Planned:
    """A bass note before its pitch is known: its tone is named as in the grammar."""

    step: float
    length: float
    velocity: int
    tone: str


def compose_bass(
    rng: np.random.Generator,
    grammar: BassGrammar,
    harmony: Mapping[str, Sequence[Chord]],
    kicks: Mapping[str, Sequence[StepNote]],
    pitches: tuple[int, int],
) -> dict[str, dict[str, tuple[StepNote, ...]]]:
    """Draw the bass of the three phrases of a song.

    Parameters
    ----------
    rng
        Source of randomness; what it draws doesn't depend on the key.
    grammar
        How this bass moves.
    harmony
        Chord of each half bar by phrase name.
    kicks
        Bass drum by phrase name.
    pitches
        Lowest and highest pitch of the instrument.

    Returns
    -------
    dict
        Parts ``bass`` and ``busy_bass`` by phrase name; together they are one line.
    """
    rhythms = {
        "groove": grammar.rhythms,
        "drop": grammar.drop_rhythms,
        "break": grammar.break_rhythms,
    }
    parts = {}
    for name, text in rhythms.items():
        chords = harmony[name]
        locked = grammar.lock if name != "break" else 0.0
        plan = _plan(rng, grammar, text, chords, [k.step for k in kicks.get(name, ())], locked)
        line = _realise(plan, chords, grammar.low, pitches)
        parts[name] = {"bass": line}
        if name != "break":
            busy = _busy(rng, grammar, line, chords, pitches)
            if busy:
                parts[name]["busy_bass"] = busy
    return parts


def place_root(pitch_class: int, before: int | None, low: int, pitches: tuple[int, int]) -> int:
    """Return the root nearest to the one before it, in the register above ``low``."""
    lowest = max(low, pitches[0])
    first = lowest + (pitch_class - lowest) % 12
    options = [p for p in (first, first + 12) if p <= min(lowest + _WINDOW, pitches[1])]
    options = options or [first]
    return min(options, key=lambda p: (abs(p - (first if before is None else before)), p))


def _plan(
    rng: np.random.Generator,
    grammar: BassGrammar,
    rhythms: str,
    chords: Sequence[Chord],
    kicks: Sequence[float],
    lock: float,
) -> list[_Planned]:
    drawn = {h.step: h for h in mixed_bars(rng, rhythms)}
    draws = rng.random((2, STEPS_PER_BAR, 3))
    for step in kicks:
        locked = draws[int(step // STEPS_PER_BAR) % 2, int(step) % STEPS_PER_BAR, 0] < lock
        near = any(abs(step - other) < 2 for other in drawn)
        if locked and not near:
            drawn[step] = Hit(step=step, length=1, level=1.0, mark="x")
    hits = _vary(rng, [drawn[step] for step in sorted(drawn)])
    plan = []
    for number, hit in enumerate(hits):
        following = hits[number + 1].step if number + 1 < len(hits) else _TOTAL
        gap = following - hit.step
        draw = draws[int(hit.step // STEPS_PER_BAR) % 2, int(hit.step) % STEPS_PER_BAR]
        length = hit.length if hit.length > 1 else min(grammar.longest, gap * grammar.gate)
        tone = _tone(grammar, chords, hit, following, draw)
        if tone == "A" or tone in _APPROACHES:
            length = min(length, _HALF - hit.step % _HALF)
        plan.append(
            _Planned(
                step=hit.step,
                length=round(max(0.6, min(length, gap)), 2),
                velocity=_velocity(hit, draw[0]),
                tone=tone,
            )
        )
    return plan


def _velocity(hit: Hit, draw: float) -> int:
    """Return a note's velocity: softer off the beat, with an accent of the song's own."""
    on_beat = 1.0 if hit.step % STEPS_PER_BEAT == 0 else _OFF_BEAT
    return int(min(124, round(_VELOCITY * hit.level * on_beat * (0.94 + 0.12 * draw))))


def _vary(rng: np.random.Generator, hits: list[Hit]) -> list[Hit]:
    """Return a rhythm of eight bars with a small change in each second bar.

    A note off the beat comes a 16th earlier, is left out, or is added in a long rest.
    """
    kind, place = int(rng.integers(4)), int(rng.integers(STEPS_PER_BAR))
    varied: list[Hit] = []
    for number, hit in enumerate(hits):
        following = hits[number + 1].step if number + 1 < len(hits) else _TOTAL
        step = int(hit.step)
        second = (step // STEPS_PER_BAR) % 2 == 1
        here = second and step % STEPS_PER_BAR // 4 == place // 4 and step % 4 != 0
        near = bool(varied) and hit.step - varied[-1].step < 2
        if here and kind == 0 and hit.mark not in "RA":
            continue
        if here and kind == 1 and not near:
            hit = replace(hit, step=hit.step - 1)
        varied.append(hit)
        room = following - hit.step - hit.length
        at = step - step % STEPS_PER_BAR + place
        if second and kind > 1 and hit.step + hit.length <= at < following - 1 and room > 2:
            varied.append(Hit(step=at, length=1, level=0.9, mark="x"))
    return varied


def _tone(
    grammar: BassGrammar,
    chords: Sequence[Chord],
    hit: Hit,
    following: float,
    draw: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> str:
    """Return the name of the tone that a note plays, or how it leads into the next chord."""
    half = int(hit.step // _HALF)
    if hit.mark in _NAMED:
        return hit.mark
    upcoming = chords[(half + 1) % len(chords)]
    change = (half + 1) * _HALF
    is_last = following >= change and change - hit.step <= _LEAD_STEPS
    if is_last and upcoming.symbol != chords[half].symbol and draw[1] < grammar.approach:
        return _APPROACHES[int(draw[2] * len(_APPROACHES))]
    if hit.step % STEPS_PER_BAR == 0:
        return "R"
    starts_chord = chords[half].symbol != chords[half - 1].symbol
    if hit.step % _HALF == 0 and starts_chord:
        return "R"
    return grammar.tones[int(draw[1] * len(grammar.tones))]


def _realise(
    plan: Sequence[_Planned], chords: Sequence[Chord], low: int, pitches: tuple[int, int]
) -> tuple[StepNote, ...]:
    roots: list[int] = []
    for chord in chords:
        roots.append(place_root(chord.bass, roots[-1] if roots else None, low, pitches))
    notes = []
    for note in plan:
        half = int(note.step // _HALF)
        after = (half + 1) % len(chords)
        pitch = tone_pitch(note.tone, chords[half], roots[half], roots[after], chords[after])
        while pitch < pitches[0]:
            pitch += 12
        while pitch > pitches[1]:
            pitch -= 12
        notes.append(
            StepNote(step=note.step, length=note.length, pitch=pitch, velocity=note.velocity)
        )
    return tuple(notes)


def tone_pitch(tone: str, chord: Chord, root: int, next_root: int, upcoming: Chord) -> int:
    """Return the pitch of a named tone of a bass line.

    Parameters
    ----------
    tone
        A letter of the grammar (``"R"``, ``"U"``, ``"F"``, ``"T"``, ``"S"``, ``"A"``), or an
        approach to the next root: ``"below"``, ``"above"``, ``"fifth"`` or ``"scale"``.
    chord, root
        The chord and where its bass lies.
    next_root, upcoming
        Where the next chord's bass lies, and that chord.
    """
    if tone in ("A", "below"):
        return next_root - 1
    if tone == "above":
        return next_root + (1 if (next_root + 1 - chord.tones[0]) % 12 in (0, 3, 4, 7, 10) else 2)
    if tone == "fifth":
        return next_root - 5
    if tone == "scale":
        # The scale's note below the next root; its offsets count from the key note.
        key_note = (upcoming.tones[0] - upcoming.offsets[upcoming.degrees[0]]) % 12
        steps = [(next_root - key_note - offset) % 12 for offset in chord.offsets]
        return next_root - min(step for step in steps if step > 0)
    if tone == "U":
        return root + 12 if root + 12 <= HIGHEST_OCTAVE else root
    if tone == "R" or chord.bass != chord.tones[0]:
        return root
    index = {"T": 1, "F": 2, "S": 3}[tone]
    if index >= len(chord.tones) or (index == 3 and len(chord.tones) < 4):
        return root
    interval = (chord.tones[index] - chord.tones[0]) % 12
    return root + interval if interval < 8 else root + interval - 12


def _busy(
    rng: np.random.Generator,
    grammar: BassGrammar,
    line: Sequence[StepNote],
    chords: Sequence[Chord],
    pitches: tuple[int, int],
) -> tuple[StepNote, ...]:
    """Return short notes in the rests of a line: octaves and repeated roots."""
    sounding = {
        step for note in line for step in range(int(note.step), int(note.step + note.length + 0.99))
    }
    notes = []
    for hit in eight_bars(rng, grammar.busy):
        if int(hit.step) in sounding:
            continue
        chord = chords[int(hit.step // _HALF)]
        root = place_root(chord.bass, None, grammar.low, pitches)
        up = root + 12 if hit.mark in "UX" and root + 12 <= pitches[1] else root
        velocity = round(_BUSY_VELOCITY * hit.level)
        notes.append(StepNote(step=hit.step, length=0.8, pitch=up, velocity=velocity))
    return tuple(notes)
