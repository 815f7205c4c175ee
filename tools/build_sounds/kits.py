"""The drum kits: which sounds make each drum, and how they are processed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import takes as tk

from d2m.score import instruments as gm

Sound = Callable[["Shelf"], np.ndarray]
"""Makes one sound, `(2, N)`, from the shelf of sources."""


class Shelf:
    """The two sources of drum sounds, which remembers what was taken.

    Parameters
    ----------
    font_note
        Plays a bank, program, key and velocity for some seconds.
    file
        Reads a Sonic Pi sample by name, `(2, N)`.
    """

    def __init__(self, font_note: Callable, file: Callable) -> None:
        self._font_note, self._file = font_note, file
        self.taken: set[str] = set()

    def note(self, program: int, key: int, velocity: int = 115) -> np.ndarray:
        """Return a drum of a kit of the soundfont."""
        self.taken.add("MuseScore_General")
        return self._font_note((128, program), key, velocity, 2.2)

    def file(self, name: str) -> np.ndarray:
        """Return a Sonic Pi sample."""
        self.taken.add(f"sonic-pi:{name}")
        return self._file(name)


@dataclass(frozen=True)
class Drum:
    """One drum of a kit.

    Parameters
    ----------
    sounds
        Recordings from soft to loud; each is a sum of layers.
    seconds
        Longest length (s).
    level_db
        Added to the level of this drum.
    """

    sounds: tuple[Sound, ...]
    seconds: float = 1.0
    level_db: float = 0.0


LEVELS_DB = {
    gm.KICK: -11.5, gm.KICK_2: -14.0, gm.RIM: -22.0, gm.SNARE: -16.0, gm.CLAP: -18.0,
    gm.SNARE_2: -17.0, gm.CLOSED_HAT: -27.0, gm.PEDAL_HAT: -29.0, gm.OPEN_HAT: -26.0,
    gm.LOW_TOM: -17.0, gm.MID_TOM: -17.0, gm.HIGH_TOM: -17.5, gm.CRASH: -21.0, gm.RIDE: -27.0,
    gm.RIDE_BELL: -26.0, gm.SPLASH: -24.0, gm.CRASH_2: -21.0, gm.TAMBOURINE: -27.0,
    gm.COWBELL: -25.0, gm.SNAP: -22.0, gm.HIGH_CONGA: -21.0, gm.LOW_CONGA: -20.0,
    gm.SHAKER: -29.0, gm.CLAVES: -26.0, gm.BLOCK: -25.0, gm.TRIANGLE: -29.0,
}  # fmt: skip
"""K-weighted level (dB) of the loudest 50 ms at velocity 100; kick and toms are not weighted."""
PLACES = {
    gm.CLOSED_HAT: 0.22, gm.PEDAL_HAT: 0.22, gm.OPEN_HAT: 0.22, gm.LOW_TOM: 0.4,
    gm.MID_TOM: 0.05, gm.HIGH_TOM: -0.3, gm.CRASH: -0.35, gm.RIDE: 0.35, gm.RIDE_BELL: 0.35,
    gm.SPLASH: -0.15, gm.CRASH_2: 0.4, gm.TAMBOURINE: -0.35, gm.COWBELL: 0.25, gm.SNAP: -0.1,
    gm.HIGH_CONGA: -0.3, gm.LOW_CONGA: -0.4, gm.SHAKER: -0.45, gm.CLAVES: 0.4, gm.BLOCK: 0.3,
    gm.TRIANGLE: 0.45, gm.RIM: 0.08,
}  # fmt: skip
"""Places of drums, as the drummer's audience hears them; others are in the middle."""
LENGTHS_S = {
    gm.CRASH: 2.2, gm.CRASH_2: 2.2, gm.RIDE: 1.6, gm.RIDE_BELL: 1.6, gm.SPLASH: 1.2,
    gm.OPEN_HAT: 0.9, gm.CLOSED_HAT: 0.25, gm.PEDAL_HAT: 0.3, gm.SHAKER: 0.25, gm.SNAP: 0.4,
    gm.RIM: 0.3, gm.CLAVES: 0.3, gm.BLOCK: 0.3, gm.TAMBOURINE: 0.5, gm.COWBELL: 0.5,
    gm.CLAP: 0.6, gm.SNARE: 0.7, gm.SNARE_2: 0.7, gm.KICK: 0.8, gm.KICK_2: 0.8,
    gm.TRIANGLE: 1.2,
}  # fmt: skip
HATS = (gm.CLOSED_HAT, gm.PEDAL_HAT, gm.OPEN_HAT)
LOW_DRUMS = (gm.KICK, gm.KICK_2, gm.LOW_TOM, gm.MID_TOM, gm.HIGH_TOM)


def of_font(program: int, key: int, velocity: int = 115) -> Sound:
    """Return a sound of a kit of the soundfont."""
    return lambda shelf: shelf.note(program, key, velocity)


def of_file(name: str, gain_db: float = 0.0) -> Sound:
    """Return a Sonic Pi sample."""
    return lambda shelf: shelf.file(name) * 10 ** (gain_db / 20)


def tuned(sound: Sound, semitones: float) -> Sound:
    """Return a sound played faster or slower."""

    def made(shelf: Shelf) -> np.ndarray:
        audio = sound(shelf)
        frames = round(audio.shape[1] / 2 ** (semitones / 12))
        padded = np.pad(audio, ((0, 0), (0, 2048)))
        spectrum = np.fft.rfft(padded)
        size = round(frames * padded.shape[1] / audio.shape[1])
        kept = np.zeros((2, size // 2 + 1), complex)
        n = min(kept.shape[1], spectrum.shape[1])
        kept[:, :n] = spectrum[:, :n]
        return np.fft.irfft(kept, size)[:, :frames] * size / padded.shape[1]

    return made


def then(sound: Sound, *processes: Callable[[np.ndarray], np.ndarray]) -> Sound:
    """Return a sound after processes."""

    def made(shelf: Shelf) -> np.ndarray:
        audio = sound(shelf)
        for process in processes:
            audio = process(audio)
        return audio

    return made


def together(*parts: tuple[Sound, float]) -> Sound:
    """Return sounds at once, each trimmed, at peak levels in dB."""

    def made(shelf: Shelf) -> np.ndarray:
        pieces = []
        for sound, peak_db in parts:
            audio = tk.trimmed(sound(shelf), 20)
            pieces.append(audio / np.abs(audio).max() * 10 ** (peak_db / 20))
        out = np.zeros((2, max(piece.shape[1] for piece in pieces)))
        for piece in pieces:
            out[:, : piece.shape[1]] += piece
        return out

    return made


def tight(decay_s: float, hold_s: float = 0.02) -> Callable[[np.ndarray], np.ndarray]:
    """Return a process that shortens: level held, then an exponential decay."""

    def process(audio: np.ndarray) -> np.ndarray:
        start = int(np.argmax(np.abs(audio).max(axis=0) > 0.05 * np.abs(audio).max()))
        t = (np.arange(audio.shape[1]) - start) / tk.RATE - hold_s
        return audio * np.exp(-np.maximum(t, 0) / decay_s)

    return process


def coarse(bits: int = 12, rate_hz: float = 26_040.0) -> Callable[[np.ndarray], np.ndarray]:
    """Return a process that colours as an early sampler did: few bits, low rate, no filter.

    What the low rate folds back is kept below 18 kHz, softly: it is the colour.
    """

    def process(audio: np.ndarray) -> np.ndarray:
        peak = np.abs(audio).max()
        at = np.floor(np.arange(audio.shape[1]) * rate_hz / tk.RATE) * tk.RATE / rate_hz
        held = np.stack([np.interp(at, np.arange(audio.shape[1]), channel) for channel in audio])
        steps = 2 ** (bits - 1)
        return tk.low_passed(np.round(held / peak * steps) / steps * peak, 14_500, 2)

    return process


def drive(db: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return a process that saturates."""
    return lambda audio: tk.driven(audio, db, 0.08)


def eq(hz: float, db: float, q: float = 0.8) -> Callable[[np.ndarray], np.ndarray]:
    """Return a peaking filter."""
    return lambda audio: tk.boosted(audio, hz, db, q)


def low(hz: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return a low-pass."""
    return lambda audio: tk.low_passed(audio, hz)


def high(hz: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return a high-pass."""
    return lambda audio: tk.high_passed(audio, hz)
