"""Piano notes as a sequence of events: the vocabulary of the baseline Foley Music.

Gan et al. ("Foley Music", ECCV 2020) write MIDI as events, after Music Transformer
(Huang et al., 2019): note on, note off, time shift and velocity. Their vocabulary has 240 events,
which is what the 88 keys of a piano, 32 velocities and 32 time shifts make:

======== ========================================
0-87     note on, of MIDI notes 21-108
88-175   note off, of the same notes
176-207  time shift by 1-32 steps of 20 ms
208-239  velocity of the notes that follow
240-242  padding, beginning, end
======== ========================================
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

LOWEST_KEY, KEYS_OF_PIANO = 21, 88
"""MIDI number of the lowest note of a piano, and how many follow from it."""
EVENT_STEP_S = 0.02
"""Length of a step of time (s). Chosen by hand: an error of 10 ms is not heard as another time."""
TIME_SHIFTS = 32
"""Lengths of a time shift: 1 to 32 steps, so up to 0.64 s. Longer pauses take several."""
VELOCITIES = 32
"""Velocities that are told apart: each stands for four MIDI velocities."""
NOTE_OFF, TIME_SHIFT, VELOCITY = KEYS_OF_PIANO, 2 * KEYS_OF_PIANO, 2 * KEYS_OF_PIANO + TIME_SHIFTS
"""First event of each kind; note on begins at 0."""
PADDING = VELOCITY + VELOCITIES
"""Event that fills sequences up to one length: the first of the three special events."""
BEGINNING, END = PADDING + 1, PADDING + 2
"""Special events at both ends of a window."""
EVENT_KINDS = END + 1
"""Size of the vocabulary."""
LONGEST_NOTE_S = 3.0
"""Longest note (s): half a window, so that a note that sounds at the middle of a window began in
it. A piano's note has nearly died away by then."""
_CHORD_S = 0.03  # notes that begin this close together are one chord
_JOINED_S = 0.06  # a note that ends this shortly before another event ends with it
_STEPS_OF_VELOCITY = 128 // VELOCITIES


def events_from_notes(notes: FloatArray, length_s: float) -> NDArray[np.int64]:
    """Write notes as events, with `BEGINNING` and `END` around them.

    Notes that begin within 30 ms are one chord with one velocity, and a note that ends at most
    60 ms before the next event ends with it, which saves time shifts that change nothing one
    hears.

    Parameters
    ----------
    notes : (N, 4)
        Start (s), length (s), MIDI pitch and velocity. Notes that begin outside the window are
        left out, those outside the keys of a piano are moved by octaves.
    length_s
        Length of the window (s).

    Returns
    -------
    (T,)
        Events.
    """
    chosen = notes[(notes[:, 0] >= 0) & (notes[:, 0] < length_s)]
    events = [BEGINNING]
    now, velocity = 0, -1
    for step, off, loudness, on in _moments(chosen, length_s):
        events += time_shifts(step - now)
        now = step
        events += [NOTE_OFF + key for key in off]
        if on and loudness != velocity:
            velocity = loudness
            events.append(VELOCITY + velocity)
        events += on
    return np.array([*events, END])


def notes_from_events(events: NDArray[np.int64], length_s: float) -> FloatArray:
    """Return the notes (N, 4) of events: start (s), length (s), MIDI pitch and velocity.

    Parameters
    ----------
    events : (T,)
        Events. Reading stops at `END`.
    length_s
        Length of the window (s): notes that are still held end there, or after
        `LONGEST_NOTE_S`.
    """
    sounding: dict[int, tuple[float, int]] = {}
    notes = []
    now_s, velocity = 0.0, VELOCITIES // 2

    def end(key: int, time_s: float) -> None:
        start_s, loudness = sounding.pop(key)
        duration_s = min(time_s - start_s, LONGEST_NOTE_S)
        if duration_s > 0:
            midi_velocity = min(127, _STEPS_OF_VELOCITY * loudness + _STEPS_OF_VELOCITY // 2)
            notes.append((start_s, duration_s, LOWEST_KEY + key, midi_velocity))

    for event in events.tolist():
        if event == END:
            break
        if event < NOTE_OFF:
            if event in sounding:
                end(event, now_s)
            sounding[event] = (now_s, velocity)
        elif event < TIME_SHIFT:
            if event - NOTE_OFF in sounding:
                end(event - NOTE_OFF, now_s)
        elif event < VELOCITY:
            now_s += (event - TIME_SHIFT + 1) * EVENT_STEP_S
        elif event < PADDING:
            velocity = event - VELOCITY
    for key in list(sounding):
        end(key, max(now_s, length_s))
    return np.array(sorted(notes), dtype=float).reshape(-1, 4)


def time_shifts(steps: int) -> list[int]:
    """Return the time shifts that make up a number of steps of `EVENT_STEP_S`."""
    whole, rest = divmod(steps, TIME_SHIFTS)
    shifts = [TIME_SHIFT + TIME_SHIFTS - 1] * whole
    return shifts + [TIME_SHIFT + rest - 1] * (rest > 0)


def _moments(notes: FloatArray, length_s: float) -> list[tuple[int, list[int], int, list[int]]]:
    """Return step, keys that end, velocity and keys that begin, at each moment with any."""
    starts = notes[np.argsort(notes[:, 0], kind="stable")]
    begin_s = starts[:, 0].copy()
    for index in range(1, len(begin_s)):
        if begin_s[index] - begin_s[index - 1] < _CHORD_S:
            begin_s[index] = begin_s[index - 1]
    keys = _keys(starts[:, 2])
    end_s = starts[:, 0] + np.clip(starts[:, 1], EVENT_STEP_S, LONGEST_NOTE_S)
    on: dict[int, dict[int, float]] = {}
    off: dict[int, list[int]] = {}
    steps = np.floor(begin_s / EVENT_STEP_S + 0.5).astype(int)
    last = int(length_s / EVENT_STEP_S + 1e-6)
    for step, key, velocity in zip(steps.tolist(), keys.tolist(), starts[:, 3], strict=True):
        if step < last:
            on.setdefault(step, {})[key] = velocity
    for key, step in _ends(keys, steps, np.floor(end_s / EVENT_STEP_S + 0.5).astype(int)):
        if step < last:
            off.setdefault(step, []).append(key)
    return [
        (
            step,
            sorted(off.get(step, [])),
            int(np.mean([*on[step].values()]) / _STEPS_OF_VELOCITY) if step in on else 0,
            sorted(on.get(step, {})),
        )
        for step in sorted(on.keys() | off.keys())
    ]


def _keys(pitches: FloatArray) -> NDArray[np.int64]:
    """Return the keys of pitches; those that a piano lacks are moved by octaves."""
    keys = np.round(pitches).astype(int) - LOWEST_KEY
    keys = np.where(keys < 0, keys % 12, keys)
    above = np.maximum(0, keys - KEYS_OF_PIANO + 1)
    return np.asarray(keys - 12 * -(-above // 12))


def _ends(
    keys: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> list[tuple[int, int]]:
    """Return key and step of the end of each note; the next of the same key cuts it short."""
    ends = np.maximum(ends, starts + 1)
    found: dict[tuple[int, int], int] = {}
    for key in np.unique(keys):
        mine = np.flatnonzero(keys == key)
        mine = mine[np.argsort(starts[mine], kind="stable")]
        after = np.append(starts[mine][1:], np.iinfo(np.int64).max)
        for start, end, following in zip(starts[mine], ends[mine], after, strict=True):
            if following > start:
                found[int(key), int(start)] = int(min(end, following))
    joined = round(_JOINED_S / EVENT_STEP_S)
    onsets = np.unique(starts)
    moved, later = [], np.iinfo(np.int64).max
    for (key, _), end in sorted(found.items(), key=lambda item: -item[1]):
        index = int(np.searchsorted(onsets, end))
        onset = int(onsets[index]) if index < len(onsets) else later
        nearest = min(onset, later)
        later = nearest if nearest - end <= joined else end
        moved.append((key, later))
    return moved
