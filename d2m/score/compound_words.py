"""Music as compound words, as the Controllable Music Transformer (CMT) reads and writes it.

Di et al., "Video Background Music Generation with Controllable Music Transformer" (ACM MM 2021),
Sec. 4. A *simu-note* is all notes that begin on one of the 16 ticks of a bar. The *density* of a
bar is its number of simu-notes; the *strength* of a simu-note is its number of notes. Three kinds
of words follow each other: a bar with its density, a beat with its tick and its strength, and a
note with instrument, pitch and duration.

Here the density of a beat counts the simu-notes that still follow in the bar, and the strength
of a note counts the notes that still follow on its tick, so that a small network can tell when a
bar or a chord is complete. Keys are moved to C for the same reason. Shapes: ``N`` notes, ``W``
words, ``K`` bars.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from d2m.core.metrical_grid import BEATS_PER_BAR, STEPS_PER_BAR, STEPS_PER_BEAT
from d2m.score.instruments import INSTRUMENTS, InstrumentInfo
from d2m.score.notes import Note, Score, Track

IntegerTable = NDArray[np.int64]

BAR_WORD, BEAT_WORD, NOTE_WORD = 0, 1, 2
"""Kinds of words."""
MAX_STRENGTH = 15
"""Most notes on one tick; the others are left out. Chosen by hand."""
MAX_DURATION = 16
"""Longest note (ticks): a bar."""
WORD_FIELDS = {
    "kind": 3,
    "tick": STEPS_PER_BAR + 1,
    "density": STEPS_PER_BAR + 1,
    "strength": MAX_STRENGTH + 1,
    "instrument": 6,
    "pitch": 128,
    "duration": MAX_DURATION + 1,
}
"""Fields of a compound word, in order, with the number of their values. 0 stands for none in all
but the pitch and the kind."""
GROUPS = ("", "drums", "bass", "piano", "guitar", "strings")
"""What a word's instrument stands for: CMT's five instruments, from 1."""
GROUP_INSTRUMENTS = {
    "drums": ("kit_funk", "kick", "drums", 96),
    "bass": ("finger_bass", "bass", "bass", 92),
    "piano": ("grand_piano", "chords", "chords", 72),
    "guitar": ("clean_guitar", "hook", "lead", 88),
    "strings": ("strings", "pad", "chords", 60),
}
"""Instrument, part, stem and MIDI velocity that each of `GROUPS` is played with. By ear."""
_PART_GROUPS = {
    "bass": "bass",
    "chords": "piano",
    "riff": "piano",
    "hook": "guitar",
    "response": "guitar",
    "pad": "strings",
}
_WHITE_KEYS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
BAR, TICK, GROUP, PITCH, DURATION = range(5)
"""Columns of a table of notes."""


def quantised_notes(score: Score) -> IntegerTable:
    """Return the notes of a score on 16 ticks a bar, moved to C.

    Hits and effects are left out, and so is the bar of the final hit.

    Returns
    -------
    (N, 5)
        Bar, tick (0 to 15), index in `GROUPS`, MIDI pitch, and length (ticks, 1 to 16), in
        ascending order and without doubles.
    """
    beats_s = score.beats_s
    first = int(np.argmin(np.abs(beats_s - score.downbeats_s[0]))) if len(score.downbeats_s) else 0
    beat_s = float(np.median(np.diff(beats_s)))
    tonic = _WHITE_KEYS[score.key[0]] + (score.key[1] == "#") - (score.key[1] == "b")
    shift = -((tonic + 5) % 12 - 5)
    rows = []
    for track in score.tracks:
        group = "drums" if track.stem == "drums" else _PART_GROUPS.get(track.part)
        if group is None:
            continue
        for note in track.notes:
            tick = round(STEPS_PER_BEAT * (_beat_number(note.start_s, beats_s) - first))
            length = round(STEPS_PER_BEAT * note.duration_s / beat_s)
            pitch = note.pitch if group == "drums" else int(np.clip(note.pitch + shift, 0, 127))
            bar, in_bar = divmod(tick, STEPS_PER_BAR)
            duration = int(np.clip(length, 1, MAX_DURATION))
            rows.append((bar, in_bar, GROUPS.index(group), pitch, duration))
    last = (_beat_number(score.end_s, beats_s) - first) / BEATS_PER_BAR
    return _tidy(np.array([row for row in rows if row[BAR] < last - 0.1], dtype=np.int64))


def _beat_number(time_s: float, beats_s: NDArray[np.float64]) -> float:
    """Return a time as a number of beats, with a fraction; it goes on beyond the beats."""
    number = float(np.interp(time_s, beats_s, np.arange(len(beats_s))))
    ends = (beats_s[0], beats_s[1], 0) if number <= 0 else (beats_s[-2], beats_s[-1], -1)
    beyond = time_s - (beats_s[0] if ends[2] == 0 else beats_s[-1])
    outside = beyond < 0 if ends[2] == 0 else beyond > 0
    return number + beyond / float(ends[1] - ends[0]) if outside else number


def _tidy(notes: IntegerTable) -> IntegerTable:
    """Count bars from 0, sort, and drop doubles and notes beyond `MAX_STRENGTH`."""
    notes = notes.reshape(-1, 5)
    if not len(notes):
        return notes
    notes = notes - [notes[:, BAR].min(), 0, 0, 0, 0]
    notes = notes[np.lexsort(notes.T[::-1])]
    doubled = (notes[1:, :DURATION] == notes[:-1, :DURATION]).all(axis=1)
    notes = notes[np.append(~doubled, True)]  # of doubles, the longest stays
    place = notes[:, BAR] * STEPS_PER_BAR + notes[:, TICK]
    order = np.arange(len(place)) - np.searchsorted(place, place)
    return np.asarray(notes[order < MAX_STRENGTH])


def simu_note_strengths(notes: IntegerTable, n_bars: int) -> IntegerTable:
    """Return the number of notes that begin on each tick of each bar, (K, 16)."""
    counts = np.zeros((n_bars, STEPS_PER_BAR), dtype=np.int64)
    inside = notes[notes[:, BAR] < n_bars]
    np.add.at(counts, (inside[:, BAR], inside[:, TICK]), 1)
    return counts


def encode_words(notes: IntegerTable, n_bars: int) -> IntegerTable:
    """Write notes as compound words.

    Parameters
    ----------
    notes : (N, 5)
        From `quantised_notes`.
    n_bars
        Number of bars.

    Returns
    -------
    (W, 7)
        Values of `WORD_FIELDS`; ticks count from 1.
    """
    strengths = simu_note_strengths(notes, n_bars)
    words: list[tuple[int, ...]] = []
    begin = 0
    for bar in range(n_bars):
        left = int((strengths[bar] > 0).sum())
        words.append((BAR_WORD, 0, left, 0, 0, 0, 0))
        for tick in np.flatnonzero(strengths[bar]):
            count = int(strengths[bar, tick])
            left -= 1
            words.append((BEAT_WORD, int(tick) + 1, left, count, 0, 0, 0))
            for number, note in enumerate(notes[begin : begin + count]):
                rest = (int(tick) + 1, left, count - 1 - number)
                words.append((NOTE_WORD, *rest, *(int(v) for v in note[GROUP:])))
            begin += count
    return np.array(words, dtype=np.int64).reshape(-1, len(WORD_FIELDS))


def decode_words(words: IntegerTable) -> IntegerTable:
    """Return the notes (N, 5) that compound words (W, 7) stand for, without doubles."""
    bar, rows = -1, []
    for kind, tick, _, _, group, pitch, duration in words.tolist():
        if kind == BAR_WORD:
            bar += 1
        elif kind == NOTE_WORD:
            rows.append((bar, tick - 1, group, pitch, duration))
    notes = np.array(rows, dtype=np.int64).reshape(-1, 5)
    first = int(notes[:, BAR].min()) if len(notes) else 0
    return np.asarray(_tidy(notes) + np.array([first, 0, 0, 0, 0]))


def played_tracks(
    notes: IntegerTable, *, tempo_bpm: float, duration_s: float, transposition: int
) -> tuple[Track, ...]:
    """Return the tracks that play notes at a tempo from the start of a clip.

    Parameters
    ----------
    notes : (N, 5)
        In C.
    tempo_bpm
        Tempo (BPM).
    duration_s
        Length of the music (s): notes end there.
    transposition
        Semitones to move all notes but drums by.
    """
    tick_s = 60.0 / tempo_bpm / STEPS_PER_BEAT
    return tuple(_tracks(notes, tick_s, duration_s, transposition))


def _in_range(pitch: int, info: InstrumentInfo) -> int:
    """Move a pitch by octaves into the range of an instrument."""
    below, above = max(0, info.lowest - pitch), max(0, pitch - info.highest)
    return pitch + 12 * (-(-below // 12)) - 12 * (-(-above // 12))


def _tracks(
    notes: IntegerTable, tick_s: float, duration_s: float, transposition: int
) -> Iterator[Track]:
    for index, name in enumerate(GROUPS):
        own = notes[notes[:, GROUP] == index]
        if not name or not len(own):
            continue
        instrument, part, stem, velocity = GROUP_INSTRUMENTS[name]
        played, info = [], INSTRUMENTS[instrument]
        for bar, tick, _, pitch, length in own.tolist():
            start_s = (bar * STEPS_PER_BAR + tick) * tick_s
            if start_s < duration_s:
                end_s = min(duration_s, start_s + length * tick_s)
                height = pitch if name == "drums" else _in_range(pitch + transposition, info)
                note = Note(
                    start_s=start_s, duration_s=end_s - start_s, pitch=height, velocity=velocity
                )
                played.append(note)
        yield Track(
            name=name.capitalize(),
            part=part,
            stem=stem,
            instrument=instrument,
            notes=tuple(played),
        )
