"""The score as data: played notes on named tracks, sections, and the times of beats and hits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEMS = ("drums", "bass", "chords", "lead", "effects")
"""Groups of tracks that are mixed, and can be kept, as one file each."""
SECTION_NAMES = ("intro", "groove", "build", "drop", "break", "outro")
"""Names of the sections of a score."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """One played note.

    Parameters
    ----------
    start_s, duration_s
        Onset and length (s), with human timing.
    pitch
        MIDI note number; on a drum track, the General MIDI drum.
    velocity
        MIDI velocity, 1 to 127.
    """

    start_s: float
    duration_s: float
    pitch: int
    velocity: int


@dataclass(frozen=True, kw_only=True)
class Track:
    """The notes of one instrument.

    Parameters
    ----------
    name
        Name for people, such as ``"Electric piano"``; unique in a score.
    part
        What it plays: a key of `d2m.score.song.PART_STEMS`, such as ``"hook"``.
    stem
        The one of `STEMS` that it belongs to.
    instrument
        Name of its instrument, a key of `d2m.score.instruments.INSTRUMENTS`.
    notes
        Sorted by onset.
    """

    name: str
    part: str
    stem: str
    instrument: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the form.

    Parameters
    ----------
    name
        One of `SECTION_NAMES`.
    start_s, end_s
        Where it begins and ends (s); a section begins on a bar line.
    energy
        Energy of the dance in it, 0 to 1.
    """

    name: str
    start_s: float
    end_s: float
    energy: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Score:
    """Music composed for one dance.

    Parameters
    ----------
    style, sub_genre
        Name of the style, and the name of its sub-genre that is the model, for people.
    seed, arrangement
        The seeds of the song and of its arrangement.
    key
        Key and mode for people, such as ``"D minor"``.
    tempo_bpm
        Tempo (BPM) of the dance that it was made for.
    swing_percent
        Length of the first of two swung notes, in percent of the pair: 50 is straight.
    tracks
        One for each instrument that plays.
    sections
        Consecutive; they cover the piece from its first beat to its end.
    beats_s : (B,)
        Times of the beats (s) from the first to the last that plays.
    downbeats_s : (D,)
        The beats that begin a bar (s).
    hits_s : (H,)
        Onsets (s) of the stabs that meet hits of the dancer.
    end_s
        Time of the final hit (s); after it, the music only rings out.
    duration_s
        Length of the piece (s), that of the clip.
    """

    style: str
    sub_genre: str
    seed: int
    arrangement: int
    key: str
    tempo_bpm: float
    swing_percent: float
    tracks: tuple[Track, ...]
    sections: tuple[Section, ...]
    beats_s: NDArray[np.float64]
    downbeats_s: NDArray[np.float64]
    hits_s: NDArray[np.float64]
    end_s: float
    duration_s: float

    def onsets_s(self, stem: str) -> NDArray[np.float64]:
        """Return the sorted onsets (s) of all notes of a stem."""
        times = [note.start_s for t in self.tracks if t.stem == stem for note in t.notes]
        return np.sort(np.array(times, dtype=float))
