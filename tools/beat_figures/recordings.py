"""Recordings from files, as mono audio."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from d2m.audio.waveform import mono_at
from tools.beat_figures.sounds import RATE, Sound


def read_folder(folder: Path | None, shortest_s: float = 4.0) -> dict[str, Sound]:
    """Read all WAV files of a folder that are long enough (s), by name."""
    import soundfile

    found: dict[str, Sound] = {}
    for path in sorted(folder.glob("*.wav")) if folder else []:
        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
        if len(audio) >= shortest_s * rate:
            found[path.stem] = mono_at(np.ascontiguousarray(audio.T), rate, RATE)
    return found
