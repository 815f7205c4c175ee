"""Make clean music sound as a telephone recorded it at a party."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.beat_figures.sounds import RATE, Random, Sound

ROOM_S = 0.7
"""Time in which the room's reverberation falls by 60 dB (s)."""
ROOM_DB = -3.0
"""Level of the reverberation against the direct sound (dB)."""
PHONE_HZ = (250.0, 5500.0)
"""What a small microphone records (Hz)."""
PHONE_DRIVE = 3.0
"""How far loud sounds are driven into clipping: the RMS becomes this share of 0.1."""


def mixed(music: Sound, noise: Sound, ratio_db: float) -> Sound:
    """Add noise to music, so much weaker than the music (dB)."""
    size = len(music)
    noise = np.tile(noise, -(-size // len(noise)))[:size]
    gain = _rms(music) / max(_rms(noise), 1e-9) * 10 ** (-ratio_db / 20)
    return (music + gain * noise).astype(np.float32)


def in_a_room(rng: Random, sound: Sound) -> Sound:
    """Add the reverberation of a hard room."""
    size = round(ROOM_S * RATE)
    time = np.arange(size) / RATE
    tail = rng.standard_normal(size) * 10 ** (-3 * time / ROOM_S)
    tail[: round(0.008 * RATE)] = 0
    tail *= 10 ** (ROOM_DB / 20) / np.sqrt(np.square(tail).sum())
    tail[0] = 1.0
    whole = len(sound) + size
    wet = np.fft.irfft(np.fft.rfft(sound, whole) * np.fft.rfft(tail, whole), whole)
    return np.asarray(wet[: len(sound)], dtype=np.float32)


def by_phone(sound: Sound) -> Sound:
    """Keep the band of a small microphone, and clip what is loud."""
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(len(sound), 1 / RATE)
    low_hz, high_hz = PHONE_HZ
    gain = 1 / (1 + (low_hz / np.maximum(hz, 1e-3)) ** 4) / (1 + (hz / high_hz) ** 4)
    narrow = np.fft.irfft(spectrum * gain, len(sound))
    driven = narrow * (0.1 * PHONE_DRIVE / max(_rms(narrow), 1e-9))
    return (0.5 * np.clip(driven, -0.7, 0.7)).astype(np.float32)


def _rms(sound: NDArray[np.floating]) -> float:
    return float(np.sqrt(np.mean(np.square(sound))))
