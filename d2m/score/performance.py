"""Perform a draft: human timing, dynamics and articulation by instrument."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from d2m.core.metrical_grid import STEPS_PER_BEAT
from d2m.core.styles import STYLES
from d2m.score.draft import Draft
from d2m.score.instruments import INSTRUMENTS
from d2m.score.notes import Note, Track
from d2m.score.options import ScoreOptions
from d2m.score.song import PART_STEMS, Groove, Song, StepNote
from d2m.score.timeline import Timeline

FloatArray = NDArray[np.float64]

MAX_BEAT_SHIFT_S = 0.015
"""Most that delay and looseness move a note on a beat (s), so that the beat stays where it is.
Chosen by hand."""

_TRACK_PARTS = {
    "drums": ("kick", "snare", "ghosts", "hats", "busy_hats", "extra_kick"),
    "percussion": ("percussion", "busy_percussion"),
    "bass": ("bass", "busy_bass"),
}
"""Parts that one player plays; every other part is a track of its own."""
_PART_LABELS = {
    "chords": "chords",
    "pad": "pad",
    "riff": "riff",
    "stab": "hits",
    "hook": "melody",
    "response": "answer",
    "bass": "bass",
}
_LOOSE = {"kick": 0.4, "extra_kick": 0.5, "snare": 0.6, "bass": 0.7, "stab": 0.4, "hook": 1.1}
_TIGHT_S = 0.0015  # standard deviation (s) of the last hit and of answers to the dancer
_MOST_SD = 3.0
_VELOCITY_SD = 0.06 / 2  # two standard deviations are 6 %
_GATE = {"bass": 0.94, "busy_bass": 0.85, "chords": 0.93, "riff": 0.85, "stab": 0.8, "hook": 0.97}
_STRUMMED = ("clean_guitar", "muted_guitar", "jazz_guitar", "nylon_guitar", "distorted_guitar")
_ROLLED = ("grand_piano", "electric_piano", "fm_piano", "harp", "kalimba", "vibraphone")
_STRUM_S, _ROLL_S = (0.010, 0.025), (0.002, 0.007)  # time (s) from the first to the last note
_RELEASE_S = 0.006  # a pitch is released this long before it is struck again
_SHORTEST_S = 0.03
_FINAL_RELEASE_S = 0.25  # notes are released this long before the end of the clip
_MONOPHONIC = ("bass",)


def perform(
    draft: Draft, song: Song, timeline: Timeline, end: int, options: ScoreOptions
) -> tuple[Track, ...]:
    """Turn a draft into tracks.

    Parameters
    ----------
    draft
        All notes in steps, and effects.
    song
        Its groove and instruments are used.
    timeline
        Times of the steps.
    end
        Step of the last hit, which is played exactly.
    options
        Their swing and brightness are used.

    Returns
    -------
    tuple of Track
        Those that play, in the order of the parts.
    """
    seeds = [song.seed, options.arrangement, list(STYLES).index(song.style)]
    tracks: list[Track] = []
    names: set[str] = set()
    for track_part, parts in _players().items():
        played: list[tuple[str, StepNote, float]] = []
        instrument = next((song.instruments[p] for p in parts if p in song.instruments), "")
        if not instrument:
            continue
        for part in parts:
            notes = _without_doubles(draft.notes[part])
            rng = np.random.default_rng([*seeds, list(PART_STEMS).index(part)])
            onsets = _onsets(part, notes, draft.bends_s, timeline, song.groove, end, options, rng)
            onsets = _spread_chords(notes, onsets, instrument, draft.bends_s, rng)
            gains = rng.normal(1.0, _VELOCITY_SD, len(notes)).clip(0.94, 1.06)
            if PART_STEMS[part] == "drums" and "hats" in part:
                gains *= 0.75 + 0.25 * min(options.brightness, 1.4)
            played += [
                (part, _louder(n, g), float(at))
                for n, g, at in zip(notes, gains, onsets, strict=True)
            ]
        if played:
            stem = PART_STEMS[track_part]
            name = _name(track_part, instrument, names)
            names.add(name)
            is_mono = track_part in _MONOPHONIC
            performed = _with_lengths(
                played, timeline, end, is_drum=stem == "drums", is_mono=is_mono
            )
            tracks.append(
                Track(name=name, part=track_part, stem=stem, instrument=instrument, notes=performed)
            )
    if draft.effects:
        effects = tuple(sorted(draft.effects, key=lambda n: (n.start_s, n.pitch)))
        instrument = song.instruments.get("effects", "effects")
        tracks.append(Track(name="Effects", part="effects", stem="effects",
                            instrument=instrument, notes=effects))  # fmt: skip
    return tuple(tracks)


def _players() -> dict[str, tuple[str, ...]]:
    """Return the parts of each track by the part that names it."""
    players = {parts[0]: parts for parts in _TRACK_PARTS.values()}
    shared = {part for parts in players.values() for part in parts}
    return players | {p: (p,) for p in PART_STEMS if p not in shared and p != "effects"}


def _name(part: str, instrument: str, taken: Iterable[str]) -> str:
    """Return a name for people that no other track has."""
    if PART_STEMS[part] == "drums":
        return "Percussion" if part == "percussion" else "Drums"
    label = INSTRUMENTS[instrument].label
    return label if label not in taken else f"{label}, {_PART_LABELS[part]}"


def _without_doubles(notes: list[StepNote]) -> list[StepNote]:
    """Return notes sorted by step; of two of one pitch at one step, the louder."""
    loudest: dict[tuple[float, int], StepNote] = {}
    for note in notes:
        key = (note.step, note.pitch)
        if key not in loudest or loudest[key].velocity < note.velocity:
            loudest[key] = note
    return sorted(loudest.values(), key=lambda n: (n.step, n.pitch))


def _louder(note: StepNote, gain: float) -> StepNote:
    velocity = int(min(127, max(1, round(note.velocity * gain))))
    return StepNote(step=note.step, length=note.length, pitch=note.pitch, velocity=velocity)


def swung_steps(steps: FloatArray, swing_percent: float, swing_steps: int) -> FloatArray:
    """Delay the second of each pair of notes.

    Parameters
    ----------
    steps : (N,)
        Onsets in 16th steps. Only multiples of half a step swing; triplets are exact.
    swing_percent
        Length of the first note in percent of the pair.
    swing_steps
        Steps of a note of the pair: 1 for 16ths, 2 for 8ths.

    Returns
    -------
    (N,)
        In steps.
    """
    pair = 2.0 * swing_steps
    within = np.mod(steps, pair) / pair
    share = swing_percent / 100.0
    warped = np.where(within < 0.5, within * 2 * share, share + (within - 0.5) * 2 * (1.0 - share))
    is_straight = np.mod(steps * 2, 1.0) > 1e-6
    return np.asarray(np.where(is_straight, steps, steps - within * pair + warped * pair))


def _onsets(
    part: str,
    notes: list[StepNote],
    bends_s: dict[float, float],
    timeline: Timeline,
    groove: Groove,
    end: int,
    options: ScoreOptions,
    rng: np.random.Generator,
) -> FloatArray:
    """Return the onsets (s) of a part's notes, (N,); notes at one step move together."""
    steps = np.array([note.step for note in notes], dtype=float)
    if not len(steps):
        return steps
    swing = options.swing_percent or groove.swing_percent
    distinct, of_note = np.unique(steps, return_inverse=True)
    looseness = groove.looseness_ms / 1000 * _LOOSE.get(part, 1.0)
    human = looseness * rng.standard_normal(len(distinct)).clip(-_MOST_SD, _MOST_SD)
    shift = groove.delays_ms.get(part, 0.0) / 1000 + human
    beat = STEPS_PER_BEAT
    if len(timeline.dance_beats_s) > 1.5 * len(timeline.beats_s):
        beat //= 2  # two beats of the dance in one of the music
    on_beat = np.mod(distinct, beat) == 0
    limited = shift.clip(-MAX_BEAT_SHIFT_S, MAX_BEAT_SHIFT_S)
    shift = np.where(on_beat, limited, shift)
    onsets = timeline.times_s(swung_steps(distinct, swing, groove.swing_steps)) + shift
    exact = timeline.times_s(distinct)
    tight = _TIGHT_S * rng.standard_normal(len(distinct)).clip(-_MOST_SD, _MOST_SD)
    for index, step in enumerate(distinct):
        bend = bends_s.get(float(step))
        if step == end:
            onsets[index] = exact[index]
        elif bend is not None:
            onsets[index] = exact[index] + bend + tight[index]
    return np.asarray(np.maximum(onsets, 0.0)[of_note.reshape(-1)])


def _spread_chords(
    notes: list[StepNote],
    onsets: FloatArray,
    instrument: str,
    bends_s: dict[float, float],
    rng: np.random.Generator,
) -> FloatArray:
    """Spread the notes of chords in time: guitars are strummed, pianos rolled slightly."""
    spread = _STRUM_S if instrument in _STRUMMED else _ROLL_S if instrument in _ROLLED else None
    if spread is None or not len(notes):
        return onsets
    moved = onsets.copy()
    steps = np.array([note.step for note in notes])
    for step in np.unique(steps):
        chord = np.flatnonzero(steps == step)
        if len(chord) < 2:
            continue
        time = rng.uniform(*spread) * (0.5 if float(step) in bends_s else 1.0)
        # Notes are sorted by pitch. Off-beat strums go upwards, from the highest string.
        down = instrument not in _STRUMMED or step % 2 == 0
        order = np.linspace(0.0, 1.0, len(chord))
        moved[chord] += time * ((order if down else order[::-1]) - 0.35)
    return np.maximum(moved, 0.0)


def _with_lengths(
    played: list[tuple[str, StepNote, float]],
    timeline: Timeline,
    end: int,
    *,
    is_drum: bool,
    is_mono: bool,
) -> tuple[Note, ...]:
    """Give notes their lengths (s), and release each pitch before it is struck again."""
    played = sorted(played, key=lambda p: (p[2], p[1].pitch))
    starts = np.array([start for _, _, start in played])
    gates = np.array([1.0 if n.step >= end else _GATE.get(part, 1.0) for part, n, _ in played])
    lengths = np.array([note.length for _, note, _ in played], dtype=float)
    steps = np.array([note.step for _, note, _ in played], dtype=float)
    ends = starts + timeline.times_s(steps + lengths * gates) - timeline.times_s(steps)
    last = timeline.duration_s - (0.0 if is_drum else _FINAL_RELEASE_S)
    ends = np.minimum(ends, np.maximum(last, starts + _SHORTEST_S))
    following: dict[int, float] = {}
    notes: list[Note] = []
    for index in range(len(played) - 1, -1, -1):
        note, start = played[index][1], float(starts[index])
        key = 0 if is_mono else note.pitch
        limit = following.get(key, np.inf) - _RELEASE_S
        if is_mono and limit - start < _SHORTEST_S / 2 and key in following:
            continue  # two notes of one string at once
        stop = max(start + _SHORTEST_S / 3, min(float(ends[index]), limit))
        notes.append(
            Note(start_s=start, duration_s=stop - start, pitch=note.pitch, velocity=note.velocity)
        )
        following[key] = start
    return tuple(reversed(notes))
