"""The effects: risers, falls, impacts, a reversed cymbal, a sub drop and swells."""

from __future__ import annotations

import drum_machines as dm
import numpy as np
import takes as tk
from kits import Shelf
from scipy.signal import lfilter

from d2m.score import instruments as gm

RATE = tk.RATE


def _noise(seconds: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng([97, seed])
    common = rng.standard_normal(round(seconds * RATE))
    sides = rng.standard_normal((2, len(common)))
    return 0.6 * common + 0.6 * sides


def _band(noise: np.ndarray, centre_hz: np.ndarray, q: float) -> np.ndarray:
    """Return noise through a band-pass whose centre moves."""
    out, state, block = np.empty_like(noise), np.zeros((2, 2)), 128
    for at in range(0, noise.shape[1], block):
        w = 2 * np.pi * min(float(centre_hz[at]), 16_000) / RATE
        alpha = np.sin(w) / (2 * q)
        b = np.array([alpha, 0, -alpha]) / (1 + alpha)
        a = np.array([1, -2 * np.cos(w) / (1 + alpha), (1 - alpha) / (1 + alpha)])
        out[:, at : at + block], state = lfilter(b, a, noise[:, at : at + block], zi=state)
    return out


def riser(seconds: float) -> np.ndarray:
    """Return noise and detuned tones that rise, ending at their highest."""
    t = np.arange(round(seconds * RATE)) / RATE
    x = t / seconds
    swept = _band(_noise(seconds, 1), 300 * 40**x, 1.2)
    f = 110 * 8**x
    tones = np.zeros((2, len(t)))
    for i, detune in enumerate((0.994, 1.0, 1.0065)):
        phase = 2 * np.pi * np.cumsum(f * detune) / RATE + i
        wave = sum(np.sin(n * phase) / n for n in range(1, 9))
        tones += np.outer(((0.9, 0.7, 0.5)[i], (0.5, 0.7, 0.9)[i]), wave)
    pulse = 1 - 0.35 * (0.5 + 0.5 * np.cos(2 * np.pi * np.cumsum(4 + 12 * x) / RATE))
    return (swept / swept.std() + 0.35 * tones) * x**1.8 * pulse


def downlifter(seconds: float) -> np.ndarray:
    """Return noise that falls."""
    x = np.arange(round(seconds * RATE)) / RATE / seconds
    swept = _band(_noise(seconds, 2), 9000 * 0.02**x, 0.9)
    return swept * np.exp(-2.2 * x) * (1 - x) ** 1.2 * np.minimum(x * seconds / 0.004, 1)


def noise_swell(seconds: float) -> np.ndarray:
    """Return soft noise that grows."""
    x = np.arange(round(seconds * RATE)) / RATE / seconds
    return _band(_noise(seconds, 3), 700 * 9**x, 0.5) * (np.expm1(4 * x) / np.expm1(4))


def sub_drop(seconds: float) -> np.ndarray:
    """Return a sine that falls below hearing."""
    t = np.arange(round(seconds * RATE)) / RATE
    f = 28 + 72 * np.exp(-t / 0.45)
    wave = np.tanh(1.6 * np.sin(2 * np.pi * np.cumsum(f) / RATE)) * np.exp(-t / 0.8)
    return np.stack([wave, wave]) * np.minimum(t / 0.003, 1)


def impact(shelf: Shelf) -> np.ndarray:
    """Return a deep hit with a noisy tail."""
    boom = tk.trimmed(shelf.file("bd_boom"), 12)
    size = round(2.8 * RATE)
    hit = dm.kick(38, 5, 0.05, 0.5, 0.6, 8)(shelf)
    crash = dm.crash(0.9, 71)(shelf)
    out = np.zeros((2, size))
    for wave, gain in ((boom, 0.6), (hit, 1.0), (crash, 0.35)):
        n = min(size, wave.shape[1])
        out[:, :n] += gain * wave[:, :n] / np.abs(wave).max()
    tail = _noise(2.8, 5)
    t = np.arange(size) / RATE
    out += 0.1 * tk.low_passed(tail, 900) * np.exp(-t / 0.7) * np.minimum(t / 0.05, 1)
    return tk.driven(out, 4)


def reverse_cymbal(shelf: Shelf) -> np.ndarray:
    """Return a crash backwards; it ends at its loudest."""
    crash = tk.trimmed(shelf.note(0, gm.CRASH, 110), 20)[:, : round(2.0 * RATE)]
    other = tk.trimmed(shelf.file("drum_splash_hard"), 20)[:, : crash.shape[1]]
    both = crash / np.abs(crash).max()
    both[:, : other.shape[1]] += 0.5 * other / np.abs(other).max()
    back = tk.ringing_out(both, 50, 0.5)[:, ::-1]
    n = round(0.004 * RATE)
    back = back.copy()
    back[:, -n:] *= np.linspace(1, 0, n)
    return back


def takes(shelf: Shelf) -> list[tuple[int, np.ndarray, bool]]:
    """Return pitch, audio and whether it ends with its note, of all effects."""
    return [
        (gm.RISER, riser(1.5), True),
        (gm.RISER, riser(3.8), True),
        (gm.DOWNLIFTER, downlifter(2.2), False),
        (gm.IMPACT, impact(shelf), False),
        (gm.REVERSE_CYMBAL, reverse_cymbal(shelf), True),
        (gm.SUB_DROP, sub_drop(2.2), False),
        (gm.NOISE_SWELL, noise_swell(1.5), True),
        (gm.NOISE_SWELL, noise_swell(3.4), True),
    ]
