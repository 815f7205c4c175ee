"""Dances described by numbers, for exact assertions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from d2m.core.metrical_grid import grid_from_beats
from d2m.core.styles import STYLES
from d2m.perception.body_events import BodyEvents
from d2m.perception.conditioning import Conditioning, known_rhythm
from d2m.perception.step_features import MOVEMENT_FEATURES


def plain_dance(
    energies: Sequence[float],
    *,
    tempo_bpm: float = 120.0,
    first_beat_s: float = 0.0,
    duration_s: float | None = None,
    events: BodyEvents | None = None,
    features: Mapping[str, float] | None = None,
) -> Conditioning:
    """Return a dance with one energy for each bar, and a beat and a half of rest after them.

    Parameters
    ----------
    energies
        Energy (0 to 1) of each bar, also of arms and legs.
    tempo_bpm, first_beat_s
        Of the steady beats; bars begin with the first beat.
    duration_s
        Length (s), by default that of the bars and 1.5 s.
    events
        Of the body; none by default.
    features
        Values of other features, the same throughout.
    """
    period = 60.0 / tempo_bpm
    length_s = duration_s or first_beat_s + 4 * period * len(energies) + 1.5
    beats = np.arange(first_beat_s, max(length_s, first_beat_s + 2 * period), period)
    grid = grid_from_beats(beats, length_s)
    bar = np.clip((grid.times[:-1] - first_beat_s + 1e-3) // (4 * period), 0, len(energies) - 1)
    by_step = np.asarray(energies, dtype=float)[bar.astype(int)]
    values = {name: np.zeros(grid.n_steps) for name in MOVEMENT_FEATURES}
    moving = ("energy", "upper", "lower", "bar_energy", "bar_upper", "bar_lower")
    values |= dict.fromkeys(moving, by_step)
    values |= {name: np.full(grid.n_steps, v) for name, v in (features or {}).items()}
    return Conditioning(
        rhythm=known_rhythm(beats[beats < length_s], beats[::4]),
        grid=grid,
        features=np.stack([values[name] for name in MOVEMENT_FEATURES], axis=1),
        style=STYLES["house"],
        duration_s=length_s,
        events=events or BodyEvents(),
    )
