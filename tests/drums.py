"""A loop of drums with a known tempo, as the own sound of a clip."""

from __future__ import annotations

import numpy as np

RATE = 44_100
"""Sample rate (Hz)."""


def drum_loop(duration_s: float, bpm: float, first_beat_s: float = 0.0) -> np.ndarray:
    """Return kick, snare and hi-hat ``(N,)``, four beats a bar.

    Parameters
    ----------
    duration_s
        Length (s).
    bpm
        Tempo (BPM).
    first_beat_s
        Time of the first beat (s).
    """
    rng = np.random.default_rng([13])
    time = np.arange(round(0.25 * RATE)) / RATE
    kick = 0.9 * np.sin(2 * np.pi * (50 * time + 3 * (1 - np.exp(-30 * time)))) * np.exp(-18 * time)
    snare = 0.5 * rng.standard_normal(len(time)) * np.exp(-25 * time)
    hat = 0.2 * rng.standard_normal(len(time)) * np.exp(-90 * time)
    audio = np.zeros(round((duration_s + 0.5) * RATE))
    half_beats = np.arange(first_beat_s, duration_s, 30 / bpm)
    for number, start_s in enumerate(half_beats):
        drum = {0: kick, 2: snare}.get(number % 4, 0)
        audio[round(start_s * RATE) :][: len(time)] += hat + drum
    return np.asarray(0.7 * audio[: round(duration_s * RATE)])
