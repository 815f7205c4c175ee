"""Drums synthesised as drum machines do: decaying sines, filtered noise, metallic squares."""

from __future__ import annotations

import numpy as np
import takes as tk
from kits import Shelf, Sound

RATE = tk.RATE
CYMBAL_HZ = (205.3, 304.4, 369.6, 522.7, 540.0, 800.0)
"""Oscillators of the metallic sounds of analogue drum machines (Hz)."""


def _times(seconds: float) -> np.ndarray:
    return np.arange(round(seconds * RATE)) / RATE


def _noise(seconds: float, seed: int) -> np.ndarray:
    return np.random.default_rng([808, seed]).standard_normal(round(seconds * RATE))


def _stereo(wave: np.ndarray) -> np.ndarray:
    return np.stack([wave, wave])


def _metal(seconds: float, scale: float) -> np.ndarray:
    """Return six band-limited squares."""
    t = _times(seconds)
    out = np.zeros_like(t)
    for i, base in enumerate(CYMBAL_HZ):
        f = base * scale
        for n in range(1, int(19_000 / f) + 1, 2):
            out += np.sin(2 * np.pi * n * f * t + i + 0.7 * n) / n
    return out


def kick(
    hz: float, drop: float, drop_s: float, decay_s: float, click: float, drive_db: float = 3.0
) -> Sound:
    """Return a kick: a sine at ``hz`` that starts ``drop`` times higher, and a click."""

    def made(_shelf: Shelf) -> np.ndarray:
        t = _times(max(0.25, decay_s * 5))
        f = hz * (1 + (drop - 1) * np.exp(-t / drop_s))
        body = np.sin(2 * np.pi * np.cumsum(f) / RATE) * np.exp(-t / decay_s)
        snap = tk.high_passed(_noise(len(t) / RATE, 1)[None], 1800)[0] * np.exp(-t / 0.0025)
        wave = body + click * 0.5 * snap
        wave[:20] *= np.linspace(0, 1, 20)
        return _stereo(tk.driven(wave[None], drive_db)[0])

    return made


def snare(hz: float, tone: float, noise_s: float, bright_hz: float, seed: int) -> Sound:
    """Return a snare: two sines and high-passed noise."""

    def made(_shelf: Shelf) -> np.ndarray:
        t = _times(0.6)
        f = hz * (1 + 0.5 * np.exp(-t / 0.012))
        phase = 2 * np.pi * np.cumsum(f) / RATE
        body = (np.sin(phase) + 0.6 * np.sin(1.78 * phase)) * np.exp(-t / 0.07)
        rustle = tk.high_passed(_noise(0.6, seed)[None], 900)[0]
        rustle = tk.low_passed(rustle[None], bright_hz)[0] * np.exp(-t / noise_s)
        return _stereo(tone * body + 0.55 * rustle)

    return made


def clap(decay_s: float, hz: float, seed: int, bursts: int = 3) -> Sound:
    """Return a clap: short bursts of band-passed noise, then a tail, slightly stereo."""

    def made(_shelf: Shelf) -> np.ndarray:
        t = _times(0.6)
        level = np.zeros_like(t)
        for i in range(bursts - 1):
            after = t - 0.007 * i
            level += np.where(after >= 0, np.exp(-np.maximum(after, 0) / 0.003), 0)
        after = t - 0.007 * (bursts - 1)
        level += np.where(after >= 0, np.exp(-np.maximum(after, 0) / decay_s), 0)
        out = np.stack([_noise(0.6, seed), _noise(0.6, seed + 50)])
        out = out * 0.5 + _noise(0.6, seed + 99) * 0.5
        out = tk.boosted(tk.high_passed(out, 500), hz, 12, 1.2)
        return tk.low_passed(out, 12_000) * level

    return made


def hat(decay_s: float, scale: float, noise: float, seed: int, low_hz: float = 6500.0) -> Sound:
    """Return a hi-hat: high-passed metallic squares and noise."""

    def made(_shelf: Shelf) -> np.ndarray:
        seconds = min(1.6, max(0.2, decay_s * 7))
        t = _times(seconds)
        metal = _metal(seconds, scale)
        wave = metal / metal.std() * (1 - noise) + _noise(seconds, seed) * noise
        wave = tk.high_passed(wave[None], low_hz, 4)[0]
        wave *= 0.7 * np.exp(-t / decay_s) + 0.3 * np.exp(-t / (0.25 * decay_s))
        wave[:16] *= np.linspace(0, 1, 16)
        return _stereo(wave)

    return made


def crash(decay_s: float, seed: int) -> Sound:
    """Return a cymbal: noise and metal whose high end decays faster, stereo."""

    def made(_shelf: Shelf) -> np.ndarray:
        t = _times(2.4)
        metal = _metal(2.4, 1.9)
        sides = []
        for side in (0, 1):
            wave = metal / metal.std() * 0.5 + _noise(2.4, seed + side)
            bright = tk.high_passed(wave[None], 7000)[0] * np.exp(-t / (0.45 * decay_s))
            body = tk.high_passed(wave[None], 2500)[0] * np.exp(-t / decay_s)
            sides.append(bright + 0.7 * body)
        return np.stack(sides)

    return made


def shaker(decay_s: float, seed: int) -> Sound:
    """Return a shaker: a short swell of high noise."""

    def made(_shelf: Shelf) -> np.ndarray:
        t = _times(0.25)
        wave = tk.high_passed(_noise(0.25, seed)[None], 4500, 3)[0]
        level = np.minimum(t / 0.012, 1) * np.exp(-np.maximum(t - 0.012, 0) / decay_s)
        return _stereo(wave * level)

    return made


def tone(hz: float, decay_s: float, ratios: tuple[float, ...] = (1.0,), drop: float = 1.0) -> Sound:
    """Return a struck tone of a few partials, such as a conga, a tom or claves."""

    def made(_shelf: Shelf) -> np.ndarray:
        t = _times(max(0.12, 6 * decay_s))
        bend = 1 + (drop - 1) * np.exp(-t / 0.03)
        wave = np.zeros_like(t)
        for i, ratio in enumerate(ratios):
            phase = 2 * np.pi * np.cumsum(hz * ratio * bend) / RATE
            wave += np.sin(phase) * np.exp(-t / decay_s * (1 + 0.5 * i)) / (i + 1)
        wave[:24] *= np.linspace(0, 1, 24)
        return _stereo(wave)

    return made


def cowbell() -> Sound:
    """Return the two squares of a drum machine's cowbell."""

    def made(_shelf: Shelf) -> np.ndarray:
        t = _times(0.5)
        wave = np.zeros_like(t)
        for base in (540.0, 800.0):
            for n in range(1, int(18_000 / base) + 1, 2):
                wave += np.sin(2 * np.pi * n * base * t) / n
        wave = tk.boosted(tk.high_passed(wave[None], 500), 900, 6, 1.0)[0]
        return _stereo(wave * (0.6 * np.exp(-t / 0.02) + 0.4 * np.exp(-t / 0.12)))

    return made


def snap(seed: int) -> Sound:
    """Return a finger snap: two bursts of resonant noise."""

    def made(_shelf: Shelf) -> np.ndarray:
        t = _times(0.25)
        wave = tk.boosted(_noise(0.25, seed)[None], 2400, 18, 2.5)
        wave = tk.high_passed(wave, 900)[0]
        level = 0.4 * np.exp(-t / 0.002)
        after = t - 0.011
        level += np.where(after >= 0, np.exp(-np.maximum(after, 0) / 0.016), 0)
        return _stereo(wave * level)

    return made
