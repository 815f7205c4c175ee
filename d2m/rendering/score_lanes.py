"""The lanes of the picture of a score: which notes go where, and in which colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.score.instruments import (
    CLAP,
    CLOSED_HAT,
    HIGH_TOM,
    INSTRUMENTS,
    KICK,
    KICK_2,
    LOW_TOM,
    MID_TOM,
    OPEN_HAT,
    PEDAL_HAT,
    RIM,
    SNAP,
    SNARE,
    SNARE_2,
)
from d2m.score.notes import STEMS, Score, Track

STEM_LABELS = {
    "drums": "Drums",
    "bass": "Bass",
    "chords": "Chords",
    "lead": "Melody",
    "effects": "Effects",
}
"""Names of the stems for people, as in the form of the page."""
_DRUM_ROWS = (
    {KICK, KICK_2},
    {SNARE, SNARE_2, RIM, CLAP, SNAP},
    {CLOSED_HAT, PEDAL_HAT, OPEN_HAT},
    {LOW_TOM, MID_TOM, HIGH_TOM},
)
"""Drums that share a row, from the lowest; all others, cymbals and percussion, are above."""
_LEAST_RANGE = 11  # smallest range of a lane (semitones); chosen by eye
# Least thickness of notes as a share of the lane, of instruments and of effects; chosen by eye.
_LEAST_THICKNESS = (0.1, 0.45)
# Height of the lanes of a stem's track in relation to each other; chosen by eye.
_HEIGHTS = {"drums": 1.7, "bass": 1.0, "chords": 0.9, "lead": 1.0, "effects": 0.5}


@dataclass(frozen=True, kw_only=True)
class Lane:
    """The notes of one track, or of all drums, in one lane.

    Parameters
    ----------
    height
        Height in relation to other lanes.
    boxes : (N, 4)
        Each note: start and end (s), lower and upper edge as shares of the lane.
    """

    height: float
    boxes: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class StemLanes:
    """The lanes of one stem.

    Parameters
    ----------
    stem
        Name of the stem.
    names
        Names of its instruments, without one that is that of the stem.
    notes
        Number of notes.
    lanes
        One for each track; one for all drums.
    """

    stem: str
    names: tuple[str, ...]
    notes: int
    lanes: tuple[Lane, ...]


def stem_lanes(score: Score) -> tuple[StemLanes, ...]:
    """Return the lanes of each stem that plays, in the order of `STEMS`."""
    found = []
    for stem in STEMS:
        tracks = [track for track in score.tracks if track.stem == stem and track.notes]
        if tracks:
            lanes = (
                [_drum_lane(tracks)]
                if stem == "drums"
                else [_pitch_lane(track, _HEIGHTS[stem]) for track in tracks]
            )
            found.append(
                StemLanes(
                    stem=stem,
                    names=tuple(
                        label
                        for label in dict.fromkeys(
                            INSTRUMENTS[track.instrument].label for track in tracks
                        )
                        if label != STEM_LABELS[stem]
                    ),
                    notes=sum(len(track.notes) for track in tracks),
                    lanes=tuple(lanes),
                )
            )
    return tuple(found)


def _pitch_lane(track: Track, height: float) -> Lane:
    """Return a piano roll: each note as long as it sounds, the height by its pitch."""
    pitches = np.array([note.pitch for note in track.notes], float)
    low, high = pitches.min(), pitches.max()
    spare = max(0.0, _LEAST_RANGE - (high - low)) / 2
    rows = high - low + 2 * spare + 1
    lower = (pitches - low + spare) / rows
    # Rows of a wide range would be hairlines.
    thick = max(1 / rows, _LEAST_THICKNESS[track.stem == "effects"])
    lower = np.minimum(lower, 1 - thick)
    starts = np.array([note.start_s for note in track.notes])
    ends = starts + [note.duration_s for note in track.notes]
    return Lane(height=height, boxes=np.column_stack([starts, ends, lower, lower + thick]))


def _drum_lane(tracks: list[Track]) -> Lane:
    """Return ticks in one row for each group of drums, as high as they are loud."""
    notes = [note for track in tracks for note in track.notes]
    rows = len(_DRUM_ROWS) + 1
    row = np.array(
        [
            next((k for k, drums in enumerate(_DRUM_ROWS) if note.pitch in drums), rows - 1)
            for note in notes
        ],
        float,
    )
    loud = np.array([note.velocity for note in notes]) / 127
    starts = np.array([note.start_s for note in notes])
    lower = row / rows
    upper = lower + (0.35 + 0.5 * loud) / rows
    return Lane(height=_HEIGHTS["drums"], boxes=np.column_stack([starts, starts, lower, upper]))
