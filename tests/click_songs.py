"""Make small songs for tests: clicks in the formats that people send."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from tests.clips import ffmpeg

CLICK_S = 0.03
"""Length of a click (s)."""
TRUE_CLICKS_S = 0.25 + 0.5 * np.arange(7)
"""When the clicks of a song sound (s): 120 BPM, in a song of 4 s."""


def _click(rate: int) -> np.ndarray:
    time = np.arange(round(CLICK_S * rate)) / rate
    return np.asarray(0.7 * np.sin(2 * np.pi * 1000 * time) * np.exp(-120 * time))


def clicks(rate: int, times_s: np.ndarray = TRUE_CLICKS_S, duration_s: float = 4.0) -> np.ndarray:
    """Return clicks (2, N), softer on the right."""
    audio = np.zeros((2, round(duration_s * rate)), np.float32)
    for time in times_s:
        part = audio[:, round(time * rate) :][:, : round(CLICK_S * rate)]
        part += np.array([[1.0], [0.6]]) * _click(rate)[: part.shape[1]]
    return audio


def write_song(path: Path, audio: np.ndarray, rate: int, *arguments: object) -> Path:
    """Write audio (C, N) in the format that a file's name and FFmpeg's arguments say."""
    source = path.with_name("source.wav")
    soundfile.write(source, audio.T, rate, subtype="FLOAT")
    ffmpeg("-y", "-i", source, *arguments, path)
    source.unlink()
    return path


def click_errors_s(audio: np.ndarray, rate: int, times_s: np.ndarray = TRUE_CLICKS_S) -> np.ndarray:
    """Return how late (s) each click of a waveform (N,) is, where it fits best within 0.1 s."""
    match = np.abs(np.correlate(audio, _click(rate), "valid"))
    errors = []
    for time in times_s:
        low = max(0, round((time - 0.1) * rate))
        errors.append((low + int(match[low:][: round(0.2 * rate)].argmax())) / rate - time)
    return np.array(errors)
