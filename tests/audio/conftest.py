"""Fixtures of the tests of audio processing."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.core.levels import SAMPLE_RATE


@pytest.fixture(scope="session")
def music() -> np.ndarray:
    """Six seconds of a held chord, a plucked melody, kick, snare and hi-hat."""
    rng = np.random.default_rng(0)
    length = 6 * SAMPLE_RATE
    time = np.arange(length) / SAMPLE_RATE
    audio = sum(0.06 * np.sin(2 * np.pi * f * time) for f in (110, 220, 277.2, 329.6))

    def add(start: float, seconds: float, decay: float, part: np.ndarray) -> None:
        at, n = round(start * SAMPLE_RATE), round(seconds * SAMPLE_RATE)
        part = part[:n] * np.exp(-decay * np.arange(min(n, len(part))) / SAMPLE_RATE)
        audio[at : at + n] += part[: length - at]

    for beat in range(12):
        pitch = 440 * 2 ** (rng.integers(0, 12) / 12)
        add(beat / 2, 0.45, 4, 0.1 * np.sin(2 * np.pi * pitch * time))
        add(beat / 2, 0.15, 20, 0.5 * np.sin(2 * np.pi * 55 * time))
        add(beat / 2 + 0.25, 0.05, 80, 0.1 * np.diff(rng.standard_normal(length)))
    for bar in range(6):
        add(bar + 0.5, 0.2, 15, 0.15 * rng.standard_normal(length))
    return (0.5 * audio / np.abs(audio).max()).astype(np.float32)
