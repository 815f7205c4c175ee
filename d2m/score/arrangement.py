"""How the music answers the movement: from what the body does to which layers play.

Each rule is one that a viewer can see: harder movement brings more instruments, the
legs drive kick and bass, the arms drive hats and percussion, raised hands raise the
melody, a hit gets a stab, a sudden turn a fill, small movement halves the drums' time, and
when the dancer freezes, the band breaks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import SAMPLE_RATE
from d2m.core.metrical_grid import FRAME, PHRASE_STEPS, STEPS_PER_BAR, STEPS_PER_BEAT, StepGrid
from d2m.perception.step_features import FEATURES
from d2m.score.composition import CRASH, KICK, RIM, SNARE, Note, Song

GROOVE, FULL = 0.48, 0.70
"""Half-bar energies from which the groove, and the full band, play."""
CALM = 0.3
"""Half-bar energy below which the drums play in half time."""
FASTEST_FULL_TIME_BPM = 100.0
"""Up to this tempo there is no half time: it would no longer be heard as a beat."""
BUSY = 0.64
"""Half-bar energy of legs or arms from which their layers double."""
RAISED = 0.48
"""Half-bar reach of the hands from which the melody plays an octave up."""
HIT = 0.5
"""Accent strength that gets a stab."""
TURN = 0.6
"""Turn strength that gets a fill."""
FROZEN = 0.5
"""Freeze value from which the band breaks."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One sounding note: frames on the code grid, channel, pitch, velocity."""

    start: int
    end: int
    channel: str
    pitch: int
    velocity: int


_CHANNEL = {"bass": "bass", "busy_bass": "bass", "chords": "chord", "lead": "lead", "stab": "stab"}


def playing(features: NDArray[np.floating[Any]]) -> dict[str, NDArray[np.bool_]]:
    """Return for every layer in which steps it plays.

    Parameters
    ----------
    features : (S, K)
        Movement in each 16th step, see `d2m.perception.step_features`.
    """
    column = {name: features[:, i] for i, name in enumerate(FEATURES)}
    band = column["freeze"] < FROZEN
    groove = band & (column["bar_energy"] >= GROOVE)
    full = band & (column["bar_energy"] >= FULL)
    return {
        "kick": band,
        "snare": band,
        "bass": band,
        "chords": np.ones(len(features), dtype=bool),
        "hats": groove,
        "lead": groove,
        "busy_hats": full | (band & (column["bar_upper"] >= BUSY)),
        "percussion": band & (column["bar_upper"] >= BUSY),
        "extra_kick": band & (column["bar_lower"] >= BUSY),
        "busy_bass": band & (column["bar_lower"] >= BUSY),
    }


def arrange(song: Song, grid: StepGrid, features: NDArray[np.floating[Any]]) -> list[Event]:
    """Play a song along a grid the way the movement asks for.

    Parameters
    ----------
    song
        The song; its phrase repeats along the grid.
    grid
        ``S`` steps.
    features : (S, K)
        Movement in each step.

    Returns
    -------
    list of Event
        Ordered by start.
    """
    plays = playing(features)
    full, half = _by_step(song.layers), _by_step(song.layers | half_time(song))
    calm = features[:, FEATURES.index("bar_energy")] < CALM
    calm &= tempo_bpm(grid) > FASTEST_FULL_TIME_BPM
    raised = features[:, FEATURES.index("bar_reach")] >= RAISED
    events: list[Event] = []
    for index, position in enumerate(grid.position):
        for layer, note in (half if calm[index] else full).get(int(position), ()):
            if layer != "stab" and plays[layer][index]:
                lift = 12 if layer == "lead" and raised[index] else 0
                events.append(_event(song, grid, index, note, _CHANNEL.get(layer, "drums"), lift))
        events += _reactions(song, grid, index, features[index])
    return sorted(events, key=lambda event: event.start)


def half_time(song: Song) -> dict[str, tuple[Note, ...]]:
    """Return a song's kick and snare in half time: on the first and the third beat of a bar."""
    kick, snare = (song.layers.get(name, ()) for name in ("kick", "snare"))
    third_beats = range(2 * STEPS_PER_BEAT, PHRASE_STEPS, STEPS_PER_BAR)
    return {
        "kick": tuple(note for note in kick if note.step % STEPS_PER_BAR == 0),
        "snare": tuple(replace(note, step=step) for note in snare[:1] for step in third_beats),
    }


def tempo_bpm(grid: StepGrid) -> float:
    """Return the median tempo of a grid (BPM)."""
    frames = float(np.median(np.diff(grid.starts))) * STEPS_PER_BEAT
    return 60.0 * SAMPLE_RATE / (FRAME * frames)


def _by_step(layers: dict[str, tuple[Note, ...]]) -> dict[int, list[tuple[str, Note]]]:
    by_step: dict[int, list[tuple[str, Note]]] = {}
    for layer, notes in layers.items():
        for note in notes:
            by_step.setdefault(note.step, []).append((layer, note))
    return by_step


def _reactions(
    song: Song, grid: StepGrid, index: int, feature: NDArray[np.floating[Any]]
) -> list[Event]:
    """Return what one step adds at once: stab, fill, or the tick of a break."""
    value = dict(zip(FEATURES, feature, strict=True))
    frozen = value["freeze"] >= FROZEN
    position = int(grid.position[index])
    drums: list[tuple[int, int]] = []
    events: list[Event] = []
    if frozen and position % STEPS_PER_BEAT == 0:
        drums.append((RIM, 96))
    if not frozen and value["accent"] >= HIT:
        drums += [(CRASH, 96), (KICK, 110)]
        bar_start = position // STEPS_PER_BAR * STEPS_PER_BAR
        events += [
            _event(song, grid, index, note, "stab", 0)
            for note in song.layers["stab"]
            if note.step == bar_start % PHRASE_STEPS
        ]
    elif not frozen and value["turn"] >= TURN:
        drums.append((SNARE, 74))
    for pitch, velocity in drums:
        note = Note(step=position, length=1, pitch=pitch, velocity=velocity)
        events.append(_event(song, grid, index, note, "drums", 0))
    return events


def _event(song: Song, grid: StepGrid, index: int, note: Note, channel: str, lift: int) -> Event:
    last = min(index + note.length, grid.n_steps)
    late = song.swing if grid.position[index] % 2 else 0
    start = int(grid.starts[index]) + late
    # One frame of rest before the next onset lets a repeated note speak again.
    end = max(start + 1, int(grid.starts[last]) - 1)
    return Event(
        start=start, end=end, channel=channel, pitch=note.pitch + lift, velocity=note.velocity
    )
