"""Sounds that are no music, made from random numbers: speech, people, weather, machines, steps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

RATE = 22_050
"""Sample rate of all sounds here (Hz)."""
VOICES = 12
"""Voices in a crowd."""

Sound = NDArray[np.float32]
Random = np.random.Generator


def band_noise(rng: Random, size: int, low_hz: float, high_hz: float) -> Sound:
    """Return noise (size,) between two frequencies (Hz), with an RMS of 1."""
    spectrum = np.fft.rfft(rng.standard_normal(size))
    hz = np.fft.rfftfreq(size, 1 / RATE)
    gain = 1 / (1 + (low_hz / np.maximum(hz, 1e-3)) ** 4) / (1 + (hz / high_hz) ** 4)
    return _level(np.fft.irfft(spectrum * gain, size), 1.0)


def tilted_noise(rng: Random, size: int, slope_db: float) -> Sound:
    """Return noise (size,) whose spectrum falls by a slope (dB per octave), with an RMS of 1."""
    spectrum = np.fft.rfft(rng.standard_normal(size))
    hz = np.maximum(np.fft.rfftfreq(size, 1 / RATE), 20.0)
    return _level(np.fft.irfft(spectrum * (hz / 1000) ** (-slope_db / 6.02), size), 1.0)


def voice(rng: Random, duration_s: float) -> Sound:
    """Return a voice that speaks syllables of no language, with pauses between phrases."""
    size = round(duration_s * RATE)
    out = np.zeros(size)
    pitch_hz = rng.uniform(90, 230)
    start_s = rng.uniform(0, 0.4)
    while start_s < duration_s:
        for _ in range(rng.integers(4, 14)):
            length_s = float(np.clip(rng.lognormal(np.log(0.17), 0.35), 0.07, 0.45))
            _add(out, _syllable(rng, length_s, pitch_hz * rng.uniform(0.85, 1.25)), start_s)
            start_s += length_s
        start_s += rng.uniform(0.15, 0.8)
    return _level(out, 0.1)


def crowd(rng: Random, duration_s: float) -> Sound:
    """Return many people who talk at once, with a shout now and then."""
    out = np.sum([voice(rng, duration_s) for _ in range(VOICES)], axis=0)
    for _ in range(round(duration_s / 4)):
        shout = _syllable(rng, rng.uniform(0.3, 0.9), rng.uniform(250, 420))
        _add(out, 1.5 * shout, rng.uniform(0, duration_s))
    return _level(out + 0.02 * tilted_noise(rng, len(out), 4.0), 0.1)


def applause(rng: Random, duration_s: float, *, people: int = 60) -> Sound:
    """Return people who clap, each at an own unsteady rate."""
    out = np.zeros(round(duration_s * RATE))
    for _ in range(people):
        size = round(rng.uniform(0.01, 0.03) * RATE)
        centre = rng.uniform(900, 2500)
        clap = band_noise(rng, size, centre / 2, centre * 1.6) * np.exp(-5 * np.arange(size) / size)
        gain, rate_hz = rng.uniform(0.2, 1.0), rng.uniform(2.2, 4.5)
        time_s = rng.uniform(0, 0.5)
        while time_s < duration_s:
            _add(out, gain * rng.uniform(0.6, 1.0) * clap, time_s)
            time_s += max(0.1, rng.normal(1 / rate_hz, 0.12 / rate_hz))
    return _level(out, 0.1)


def footsteps(rng: Random, duration_s: float) -> Sound:
    """Return somebody who walks, with intervals that differ by 6 %, and stops once."""
    out = 0.01 * tilted_noise(rng, round(duration_s * RATE), 4.0).astype(float)
    interval_s = 1 / rng.uniform(1.5, 2.1)
    time_s, pause_s = rng.uniform(0, 0.5), rng.uniform(0.3, 0.6) * duration_s
    while time_s < duration_s:
        size = round(0.09 * RATE)
        step = band_noise(rng, size, 60, rng.uniform(400, 1500))
        _add(out, rng.uniform(0.5, 1) * step * np.exp(-7 * np.arange(size) / size), time_s)
        time_s += interval_s * rng.normal(1, 0.06)
        if pause_s and time_s > pause_s:
            time_s, pause_s = time_s + rng.uniform(0.8, 2.0), 0.0
    return _level(out, 0.05)


def wind(rng: Random, duration_s: float) -> Sound:
    """Return gusts of wind in a microphone."""
    size = round(duration_s * RATE)
    slow = np.interp(np.arange(size) / RATE, np.arange(0, duration_s + 2, 0.4),
                     rng.uniform(0.1, 1.0, len(np.arange(0, duration_s + 2, 0.4))))  # fmt: skip
    return _level(slow**2 * tilted_noise(rng, size, 9.0), 0.1)


def rain(rng: Random, duration_s: float) -> Sound:
    """Return rain: a hiss, with drops at random times."""
    out = 0.3 * tilted_noise(rng, round(duration_s * RATE), 2.0).astype(float)
    for time_s in rng.uniform(0, duration_s, round(30 * duration_s)):
        size = round(0.008 * RATE)
        drop = band_noise(rng, size, 1000, 6000) * np.exp(-6 * np.arange(size) / size)
        _add(out, rng.uniform(0.2, 2) * drop, time_s)
    return _level(out, 0.08)


def drone(rng: Random, duration_s: float) -> Sound:
    """Return a chord that is held and slowly swells."""
    time = np.arange(round(duration_s * RATE)) / RATE
    out = np.zeros(len(time))
    for ratio in (1, 1.5, 2, 2.5):
        hz = rng.uniform(80, 140) * ratio
        out += np.sin(2 * np.pi * hz * time) * (1 + 0.3 * np.sin(2 * np.pi * 0.13 * ratio * time))
    return _level(out, 0.1)


def traffic(rng: Random, duration_s: float) -> Sound:
    """Return a road: engines that pass, and a horn."""
    size = round(duration_s * RATE)
    time = np.arange(size) / RATE
    out = 0.3 * tilted_noise(rng, size, 6.0).astype(float)
    for _ in range(3):
        middle, width = rng.uniform(0, duration_s), rng.uniform(0.5, 1.5)
        out += np.exp(-(((time - middle) / width) ** 2)) * band_noise(rng, size, 60, 800)
    horn = np.sign(np.sin(2 * np.pi * 420 * time[: round(0.4 * RATE)]))
    _add(out, 0.6 * horn, rng.uniform(0.2, 0.8) * duration_s)
    return _level(out, 0.1)


def doors(rng: Random, duration_s: float) -> Sound:
    """Return a few bangs at random times over a quiet room."""
    out = 0.004 * tilted_noise(rng, round(duration_s * RATE), 4.0).astype(float)
    for time_s in rng.uniform(0, duration_s, round(1.2 * duration_s)):
        size = round(rng.uniform(0.1, 0.4) * RATE)
        bang = band_noise(rng, size, 50, rng.uniform(300, 2000))
        _add(out, rng.uniform(0.1, 0.6) * bang * np.exp(-6 * np.arange(size) / size), time_s)
    return _level(out, 0.05)


def typing(rng: Random, duration_s: float) -> Sound:
    """Return somebody who types."""
    out = 0.01 * tilted_noise(rng, round(duration_s * RATE), 4.0).astype(float)
    time_s = 0.2
    while time_s < duration_s:
        size = round(0.02 * RATE)
        key = band_noise(rng, size, 1200, 5000) * np.exp(-6 * np.arange(size) / size)
        _add(out, rng.uniform(0.3, 1) * key, time_s)
        time_s += rng.lognormal(np.log(0.16), 0.5)
    return _level(out, 0.03)


def birds(rng: Random, duration_s: float) -> Sound:
    """Return chirps over a soft wind."""
    out = 0.05 * tilted_noise(rng, round(duration_s * RATE), 6.0).astype(float)
    time_s = 0.1
    while time_s < duration_s:
        base_hz = rng.uniform(2500, 4500)
        for _ in range(rng.integers(2, 6)):
            time = np.arange(round(rng.uniform(0.05, 0.12) * RATE)) / RATE
            phase = 2 * np.pi * np.cumsum(base_hz + 900 * np.sin(40 * time)) / RATE
            _add(out, np.sin(phase) * np.hanning(len(time)), time_s)
            time_s += rng.uniform(0.08, 0.2)
        time_s += rng.uniform(0.4, 1.6)
    return _level(out, 0.05)


def silence(_rng: Random, duration_s: float) -> Sound:
    """Return digital silence."""
    return np.zeros(round(duration_s * RATE), dtype=np.float32)


def quiet_room(rng: Random, duration_s: float) -> Sound:
    """Return the noise of a microphone in a silent room."""
    return _level(tilted_noise(rng, round(duration_s * RATE), 3.0), 0.0005)


def one_bang(rng: Random, duration_s: float) -> Sound:
    """Return a single gong that rings on."""
    time = np.arange(round(duration_s * RATE)) / RATE
    partials = [np.sin(2 * np.pi * rng.uniform(80, 900) * time) for _ in range(8)]
    return _level(np.roll(np.sum(partials, axis=0) * np.exp(-time), len(time) // 3), 0.1)


def white_noise(rng: Random, duration_s: float) -> Sound:
    """Return white noise."""
    return _level(rng.standard_normal(round(duration_s * RATE)), 0.1)


def pink_noise(rng: Random, duration_s: float) -> Sound:
    """Return pink noise."""
    return _level(tilted_noise(rng, round(duration_s * RATE), 3.0), 0.1)


def _syllable(rng: Random, length_s: float, pitch_hz: float) -> NDArray[np.float64]:
    """Return a consonant and a vowel: pulses of the glottis through three formants."""
    size = max(32, round(length_s * RATE))
    time = np.arange(size) / RATE
    contour = pitch_hz * (1 + rng.uniform(-0.15, 0.15) * time / length_s)
    phase = np.cumsum(contour) / RATE
    harmonics = np.arange(1, 24)[:, None]
    formants = rng.uniform((300, 900, 2200), (800, 2200, 3200))
    hz = harmonics[:, 0] * pitch_hz
    gain = np.sum([1 / (1 + ((hz - f) / (60 + 0.06 * f)) ** 2) for f in formants], axis=0)
    vowel = (gain[:, None] / harmonics**0.5 * np.sin(2 * np.pi * harmonics * phase)).sum(axis=0)
    attack = np.minimum(1, time / rng.uniform(0.01, 0.05)) * np.minimum(1, (length_s - time) / 0.05)
    noisy = min(size, round(rng.uniform(0.02, 0.08) * RATE))
    vowel *= np.maximum(attack, 0)
    vowel[:noisy] += 0.4 * rng.uniform(0, 1) * band_noise(rng, noisy, 1500, 7000)
    return np.asarray(vowel * rng.uniform(0.5, 1.0))


def _add(out: NDArray[np.float64], sound: NDArray[np.floating], start_s: float) -> None:
    start = round(start_s * RATE)
    part = out[start : start + len(sound)]
    part += sound[: len(part)]


def _level(sound: NDArray[np.floating], rms: float) -> Sound:
    now = float(np.sqrt(np.mean(np.square(sound))))
    return (np.asarray(sound) * (rms / max(now, 1e-12))).astype(np.float32)


NO_MUSIC: dict[str, Callable[[Random, float], Sound]] = {
    "speech (made up)": voice,
    "crowd": crowd,
    "applause": applause,
    "footsteps": footsteps,
    "wind": wind,
    "rain": rain,
    "drone": drone,
    "traffic": traffic,
    "doors": doors,
    "typing": typing,
    "birds": birds,
    "silence": silence,
    "quiet room": quiet_room,
    "one bang": one_bang,
    "white noise": white_noise,
    "pink noise": pink_noise,
}
"""The kinds of sound that are no music, by title."""
