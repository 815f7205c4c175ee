"""Plain sounds in place of sampled instruments, for tests of the mix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.score.instruments import KICK, SNARE
from d2m.score.notes import Score, Track

RATE = 44_100


def plain_track(track: Track, duration_s: float) -> NDArray[np.float32]:
    """Return a track ``(2, N)`` played by sines with harmonics and by noise bursts."""
    out = np.zeros((2, round(duration_s * RATE)), dtype=np.float32)
    for number, note in enumerate(track.notes):
        seconds = 0.3 if track.stem == "drums" else note.duration_s + 0.1
        times = np.arange(round(seconds * RATE)) / RATE
        rng = np.random.default_rng([note.pitch, number])
        if track.stem != "drums":
            hz = 440 * 2 ** ((note.pitch - 69) / 12)
            wave = sum(np.sin(2 * np.pi * hz * k * times) / k for k in range(1, 8))
            wave *= 0.1 * np.exp(-2 * times) * np.minimum(1, 100 * (seconds - times))
        elif note.pitch == KICK:
            wave = 0.6 * np.sin(2 * np.pi * 55 * times) * np.exp(-15 * times)
        else:
            decay = 20 if note.pitch == SNARE else 60
            wave = 0.2 * rng.standard_normal(len(times)) * np.exp(-decay * times)
        start = round(note.start_s * RATE)
        wave = wave[: max(0, out.shape[1] - start)] * note.velocity / 100
        out[:, start : start + len(wave)] += wave.astype(np.float32)
        # Stereo instruments differ a little between left and right.
        if track.stem == "chords":
            out[1, start : start + len(wave)] *= 0.8
    return out


def level_db(audio: NDArray[np.float32]) -> float:
    """Return the mean power of audio (dB)."""
    return float(10 * np.log10(np.mean(audio.astype(float) ** 2) + 1e-15))


def only(score: Score, stem: str) -> tuple[Track, ...]:
    """Return the tracks of one stem."""
    return tuple(track for track in score.tracks if track.stem == stem)
