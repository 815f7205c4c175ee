"""A score as arrays: what a network reads of its notes, of its time, and of the whole piece."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.core.styles import STYLES
from d2m.score.instruments import (
    CRASH,
    CRASH_2,
    HIGH_TOM,
    INSTRUMENTS,
    KITS,
    LOW_TOM,
    MID_TOM,
    OPEN_HAT,
    RIDE,
    RIDE_BELL,
    SPLASH,
)
from d2m.score.notes import Score
from d2m.score.song import PART_STEMS

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BEFORE_NOTE_S = 0.05
"""Time (s) before a note from which frames read it: the windows of its spectra begin earlier."""
PITCHED_TAIL_S = 0.8
"""Time (s) after a pitched note until which frames read it: its release, reverb and echo."""
DRUM_TAIL_S = 0.5
"""The same for a drum, from its onset, unless it is one of `LONG_TAILS_S`."""
LONG_TAILS_S = {
    **dict.fromkeys((CRASH, CRASH_2, SPLASH), 2.5),
    **dict.fromkeys((RIDE, RIDE_BELL), 1.2),
    **dict.fromkeys((LOW_TOM, MID_TOM, HIGH_TOM), 1.0),
    OPEN_HAT: 0.8,
}
"""Tails (s) of drums that ring on."""
EFFECT_TAIL_S = 1.0
"""The tail (s) of an effect. Tails are chosen by hand."""
END_TIMES_S = (0.1, 0.5, 2.0)
"""Time constants (s) by which frames know how near the end of the piece is."""
NAMES = tuple(INSTRUMENTS)
"""The instruments in the order of their numbers."""
PARTS = tuple(PART_STEMS)
"""The parts in the order of their numbers."""
TIME_FEATURES = 5 + len(END_TIMES_S)
"""Values that tell a frame's place in beat, bar and piece."""
PIECE_FEATURES = len(STYLES) + 3 * len(PARTS) + 2
"""Values that describe a piece as a whole."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NoteTable:
    """``N`` notes of a piece, sorted by onset.

    Parameters
    ----------
    start_s, end_s : (N,)
        Onset and end (s).
    tail_s : (N,)
        Time (s) until which a note may be heard.
    pitch, velocity : (N,)
        MIDI note number (a drum on kits) and velocity.
    instrument, part : (N,)
        Numbers in `NAMES` and `PARTS`.
    piece : (PIECE_FEATURES,)
        Style, how much each part plays, brightness and tempo, about 0 to 1.
    """

    start_s: FloatArray
    end_s: FloatArray
    tail_s: FloatArray
    pitch: IntArray
    velocity: IntArray
    instrument: IntArray
    part: IntArray
    piece: FloatArray


def note_table(score: Score, *, brightness: float = 1.0) -> NoteTable:
    """Return the notes of a score as arrays.

    Parameters
    ----------
    score
        The score.
    brightness
        That of the mix, 0 to 2.
    """
    rows = [
        (n.start_s, n.duration_s, n.pitch, n.velocity, *player)
        for t in score.tracks
        for player in [(NAMES.index(t.instrument), PARTS.index(t.part))]
        for n in t.notes
    ]
    rows.sort()
    columns = np.array(rows, dtype=float).reshape(-1, 6).T
    start_s, length_s = columns[0], columns[1]
    pitch, velocity, instrument, part = columns[2:].astype(np.int64)
    end_s = start_s + length_s
    return NoteTable(
        start_s=start_s,
        end_s=end_s,
        tail_s=_tails_s(start_s, end_s, pitch, instrument),
        pitch=pitch,
        velocity=velocity,
        instrument=instrument,
        part=part,
        piece=_piece_features(score, part, length_s, velocity, brightness),
    )


def sounding_notes(table: NoteTable, frame_s: float, count: int) -> tuple[IntArray, IntArray]:
    """Return which notes each frame reads, as pairs sorted by frame.

    Parameters
    ----------
    table
        The notes.
    frame_s
        Length of a frame (s).
    count
        Number of frames.

    Returns
    -------
    notes, frames : (P,)
        Row in the table and number of the frame.
    """
    first = np.floor((table.start_s - BEFORE_NOTE_S) / frame_s).astype(np.int64).clip(0, count)
    last = np.ceil(table.tail_s / frame_s).astype(np.int64).clip(0, count)
    spans = np.maximum(last - first, 0)
    notes = np.repeat(np.arange(len(spans)), spans)
    starts = np.cumsum(spans) - spans
    frames = np.arange(len(notes)) - np.repeat(starts, spans) + np.repeat(first, spans)
    order = np.argsort(frames, kind="stable")
    return notes[order], frames[order]


def time_features(score: Score, frame_s: float, count: int) -> NDArray[np.float32]:
    """Return each frame's place in the beat, in the bar and in the piece.

    Parameters
    ----------
    score
        Its beats, its final hit and its length are used.
    frame_s
        Length of a frame (s).
    count
        Number of frames.

    Returns
    -------
    (count, TIME_FEATURES)
        Cosine and sine of the phases of beat and bar, and how near start and end are.
    """
    middles = (np.arange(count) + 0.5) * frame_s
    left_s = np.maximum(score.duration_s - middles, 0.0)
    ends = [np.exp(-left_s / constant) for constant in END_TIMES_S]
    phases = [_phase(middles, times) for times in (score.beats_s, score.downbeats_s)]
    waves = [wave(2.0 * np.pi * phase) for phase in phases for wave in (np.cos, np.sin)]
    columns = [*waves, np.exp(-middles / 0.1), *ends]
    return np.asarray(np.stack(columns, axis=1), dtype=np.float32)


def _tails_s(
    start_s: FloatArray, end_s: FloatArray, pitch: IntArray, instrument: IntArray
) -> FloatArray:
    kits = [NAMES.index(name) for name in KITS]
    drums = np.isin(instrument, kits)
    ringing = np.array([LONG_TAILS_S.get(int(p), DRUM_TAIL_S) for p in pitch])
    effects = instrument == NAMES.index("effects")
    after = np.where(effects, EFFECT_TAIL_S, PITCHED_TAIL_S)
    return np.asarray(np.where(drums, start_s + ringing, end_s + after))


def _piece_features(
    score: Score, part: IntArray, length_s: FloatArray, velocity: IntArray, brightness: float
) -> FloatArray:
    """Return the style, and for each part its notes per beat, share of time and velocity."""
    style = np.eye(len(STYLES))[list(STYLES).index(score.style)]
    count = np.bincount(part, minlength=len(PARTS)).astype(float)
    time_s = np.bincount(part, weights=length_s, minlength=len(PARTS))
    loud = np.bincount(part, weights=velocity / 127.0, minlength=len(PARTS))
    beats = max(1, len(score.beats_s))
    parts = [
        np.minimum(count / beats / 4.0, 2.0),
        np.minimum(time_s / max(score.duration_s, 1e-3) / 4.0, 2.0),
        loud / np.maximum(count, 1.0),
    ]
    return np.concatenate([style, *parts, [brightness - 1.0, score.tempo_bpm / 120.0 - 1.0]])


def _phase(times_s: FloatArray, marks_s: FloatArray) -> FloatArray:
    """Return the phase (0 to 1) of times between marks, which go on evenly at both ends."""
    if len(marks_s) < 2:
        return np.zeros_like(times_s)
    gap, last = marks_s[1] - marks_s[0], marks_s[-1] - marks_s[-2]
    before = int(np.ceil(max(marks_s[0], 0.0) / gap)) + 1
    after = int(np.ceil(max(float(times_s[-1]) - marks_s[-1], 0.0) / last)) + 1
    marks = np.concatenate(
        [
            marks_s[0] - gap * np.arange(before, 0, -1),
            marks_s,
            marks_s[-1] + last * np.arange(1, after + 1),
        ]
    )
    return np.mod(np.interp(times_s, marks, np.arange(len(marks))), 1.0)
