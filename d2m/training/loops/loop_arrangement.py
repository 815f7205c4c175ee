"""Arrange a song for a dance: turn movement features into note events.

Every rule links a movement that viewers can see to a change that they can hear:

- More energetic movement adds instruments; little movement puts the drums in half time.
- Energetic legs add kicks and bass notes, energetic arms add hi-hats and percussion.
- Raised hands transpose the melody up by an octave.
- A hit (limbs that stop abruptly) triggers a stab chord with a crash cymbal.
- A change of direction adds a snare.
- While the dancer freezes, only the chords and a rim click on the beats remain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import SAMPLE_RATE
from d2m.core.metrical_grid import FRAME, PHRASE_STEPS, STEPS_PER_BAR, STEPS_PER_BEAT, StepGrid
from d2m.perception.step_features import MOVEMENT_FEATURES
from d2m.training.loops.loop_songs import CRASH, KICK, RIM, SNARE, LoopNote, LoopSong

GROOVE_ENERGY = 0.48
"""Feature ``bar_energy`` (0 to 1) from which hi-hats and lead play. Chosen by hand."""
FULL_ENERGY = 0.70
"""Feature ``bar_energy`` (0 to 1) from which the second hi-hat layer plays. Chosen by hand."""
HALF_TIME_ENERGY = 0.3
"""Feature ``bar_energy`` (0 to 1) below which the drums play in half time. Chosen by hand."""
HALF_TIME_MIN_BPM = 100.0
"""Tempo (BPM) above which the drums may play in half time. At slower tempi, half-time drums
are too sparse to mark the beat. Chosen by hand."""
BUSY_ENERGY = 0.64
"""Features ``bar_upper`` and ``bar_lower`` (0 to 1) from which arms and legs add their
layers. Chosen by hand."""
RAISED_REACH = 0.48
"""Feature ``bar_reach`` (0 to 1) from which the lead plays an octave higher. Chosen by hand."""
HIT_ACCENT = 0.5
"""Feature ``accent`` (0 to 1) from which a step gets a stab. Chosen by hand."""
SHARP_TURN = 0.6
"""Feature ``turn`` (0 to 1) from which a step gets a snare. Chosen by hand."""
FREEZE_LEVEL = 0.5
"""Feature ``freeze`` (0 to 1) from which the rhythm section pauses. Chosen by hand."""

_OCTAVE = 12  # semitones
_CHANNEL = {"bass": "bass", "busy_bass": "bass", "chords": "chord", "lead": "lead", "stab": "stab"}


@dataclass(frozen=True, kw_only=True)
class NoteEvent:
    """One note of an arrangement.

    Parameters
    ----------
    start, end
        Onset and release, in frames of the code grid (`d2m.core.metrical_grid.FRAME`).
    channel
        Name of the channel, a key of `d2m.training.loops.loop_synthesizer.MIDI_CHANNELS`.
    pitch
        MIDI note number; on the drum channel, the General MIDI drum.
    velocity
        MIDI velocity, 1 to 127.
    """

    start: int
    end: int
    channel: str
    pitch: int
    velocity: int


def active_layers(features: NDArray[np.floating[Any]]) -> dict[str, NDArray[np.bool_]]:
    """Decide from the movement in which steps each layer of a song plays.

    Parameters
    ----------
    features : (S, K)
        Movement in each 16th step, see `d2m.perception.step_features.MOVEMENT_FEATURES`.

    Returns
    -------
    dict of (S,)
        One mask for each layer of `d2m.training.loops.loop_songs.LoopSong` except ``stab``.
    """
    column = {name: features[:, i] for i, name in enumerate(MOVEMENT_FEATURES)}
    moving = column["freeze"] < FREEZE_LEVEL
    groove = moving & (column["bar_energy"] >= GROOVE_ENERGY)
    full = moving & (column["bar_energy"] >= FULL_ENERGY)
    busy_arms = moving & (column["bar_upper"] >= BUSY_ENERGY)
    busy_legs = moving & (column["bar_lower"] >= BUSY_ENERGY)
    return {
        "kick": moving,
        "snare": moving,
        "bass": moving,
        "chords": np.ones(len(features), dtype=bool),
        "hats": groove,
        "lead": groove,
        "busy_hats": full | busy_arms,
        "percussion": busy_arms,
        "extra_kick": busy_legs,
        "busy_bass": busy_legs,
    }


def arrange_loop(
    song: LoopSong, grid: StepGrid, features: NDArray[np.floating[Any]]
) -> list[NoteEvent]:
    """Arrange a song on a grid according to the movement.

    Parameters
    ----------
    song
        The song; its phrase repeats along the grid.
    grid
        ``S`` steps.
    features : (S, K)
        Movement in each step, see `d2m.perception.step_features.MOVEMENT_FEATURES`.

    Returns
    -------
    list of NoteEvent
        Sorted by onset.
    """
    active = active_layers(features)
    full, half = _by_step(song.layers), _by_step(song.layers | half_time_drums(song))
    calm = features[:, MOVEMENT_FEATURES.index("bar_energy")] < HALF_TIME_ENERGY
    calm &= median_tempo_bpm(grid) > HALF_TIME_MIN_BPM
    raised = features[:, MOVEMENT_FEATURES.index("bar_reach")] >= RAISED_REACH
    events: list[NoteEvent] = []
    for index, position in enumerate(grid.position):
        for layer, note in (half if calm[index] else full).get(int(position), ()):
            if layer != "stab" and active[layer][index]:
                shift = _OCTAVE if layer == "lead" and raised[index] else 0
                channel = _CHANNEL.get(layer, "drums")
                events.append(_note_event(song, grid, index, note, channel, shift))
        events += _step_events(song, grid, index, features[index])
    return sorted(events, key=lambda event: event.start)


def half_time_drums(song: LoopSong) -> dict[str, tuple[LoopNote, ...]]:
    """Return a song's half-time drums: kick on the first beat of each bar, snare on the third."""
    kick, snare = (song.layers.get(name, ()) for name in ("kick", "snare"))
    third_beats = range(2 * STEPS_PER_BEAT, PHRASE_STEPS, STEPS_PER_BAR)
    return {
        "kick": tuple(note for note in kick if note.step % STEPS_PER_BAR == 0),
        "snare": tuple(replace(note, step=step) for note in snare[:1] for step in third_beats),
    }


def median_tempo_bpm(grid: StepGrid) -> float:
    """Return the tempo (BPM) of a grid, from its median step length."""
    frames = float(np.median(np.diff(grid.starts))) * STEPS_PER_BEAT
    return 60.0 * SAMPLE_RATE / (FRAME * frames)


def _by_step(layers: dict[str, tuple[LoopNote, ...]]) -> dict[int, list[tuple[str, LoopNote]]]:
    """Group the notes of all layers by their step in the phrase."""
    by_step: dict[int, list[tuple[str, LoopNote]]] = {}
    for layer, notes in layers.items():
        for note in notes:
            by_step.setdefault(note.step, []).append((layer, note))
    return by_step


def _step_events(
    song: LoopSong, grid: StepGrid, index: int, feature: NDArray[np.floating[Any]]
) -> list[NoteEvent]:
    """Return the events that one step's movement triggers: stab, snare, or click in a freeze."""
    value = dict(zip(MOVEMENT_FEATURES, feature, strict=True))
    frozen = value["freeze"] >= FREEZE_LEVEL
    position = int(grid.position[index])
    drums: list[tuple[int, int]] = []
    events: list[NoteEvent] = []
    if frozen and position % STEPS_PER_BEAT == 0:
        drums.append((RIM, 96))
    if not frozen and value["accent"] >= HIT_ACCENT:
        drums += [(CRASH, 96), (KICK, 110)]
        bar_start = position // STEPS_PER_BAR * STEPS_PER_BAR
        events += [
            _note_event(song, grid, index, note, "stab", 0)
            for note in song.layers["stab"]
            if note.step == bar_start % PHRASE_STEPS
        ]
    elif not frozen and value["turn"] >= SHARP_TURN:
        drums.append((SNARE, 74))
    for pitch, velocity in drums:
        note = LoopNote(step=position, length=1, pitch=pitch, velocity=velocity)
        events.append(_note_event(song, grid, index, note, "drums", 0))
    return events


def _note_event(
    song: LoopSong, grid: StepGrid, index: int, note: LoopNote, channel: str, shift: int
) -> NoteEvent:
    """Place a note at a step of the grid, transposed by ``shift`` semitones."""
    last = min(index + note.length, grid.n_steps)
    delay = song.swing if grid.position[index] % 2 else 0
    start = int(grid.starts[index]) + delay
    # Release a note one frame before the next step, so that a repeated pitch is struck again.
    end = max(start + 1, int(grid.starts[last]) - 1)
    return NoteEvent(
        start=start, end=end, channel=channel, pitch=note.pitch + shift, velocity=note.velocity
    )
