"""Synthesised instruments: band-limited oscillators whose sum repeats exactly, and FM."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from takes import RATE

Response = Callable[[np.ndarray], np.ndarray]
HIGHEST_HZ = 18_500.0


def hertz(key: float) -> float:
    """Return the frequency of a MIDI note (Hz)."""
    return float(440 * 2 ** ((key - 69) / 12))


def loop_frames(frequency: float, seconds: float) -> int:
    """Return a loop length near ``seconds`` into which a frequency fits nearly whole times.

    It is a multiple of 20 ms, a whole number of frames at every rate of the bank.
    """
    unit = 882
    about = round(seconds * RATE / unit)
    lengths = np.arange(max(2, round(0.75 * about)), round(1.25 * about) + 2) * unit
    cycles = lengths * frequency / RATE
    return int(lengths[np.argmin(np.abs(np.round(cycles) / cycles - 1))])


def low_pass(cutoff_hz: float, poles: int = 2, resonance: float = 0.0) -> Response:
    """Return the magnitude response of a low-pass with a bump at its cutoff."""

    def response(f: np.ndarray) -> np.ndarray:
        x = f / cutoff_hz
        bump = 1 + resonance * np.exp(-((np.log2(np.maximum(x, 1e-3)) * 3) ** 2))
        return bump / np.sqrt(1 + x ** (2 * poles))

    return response


def oscillators(
    voices: list[tuple[float, float, float]],
    frames: int,
    harmonics: Callable[[np.ndarray], np.ndarray],
    response: Response,
    seed: int,
) -> np.ndarray:
    """Return oscillators that repeat after ``frames``, stereo.

    Parameters
    ----------
    voices
        Frequency (Hz), level and place (-1 to 1) of each. Frequencies are rounded so that a
        whole number of periods fits.
    frames
        Length of the loop at 44.1 kHz.
    harmonics
        Levels of harmonics by number: ``lambda n: 1 / n`` is a saw.
    response
        Magnitude response of the filter.
    seed
        Of the phases.
    """
    rng = np.random.default_rng([seed, frames])
    spectrum = np.zeros((2, frames // 2 + 1), complex)
    for frequency, level, place in voices:
        base = max(1, round(frequency * frames / RATE))
        number = np.arange(1, int(HIGHEST_HZ * frames / RATE / base) + 1)
        hz = number * base * RATE / frames
        near_top = np.clip((HIGHEST_HZ - hz) / 2500, 0, 1)
        size = level * harmonics(number) * response(hz) * near_top
        phase = np.exp(1j * (2 * np.pi * rng.random() * number - np.pi / 2))
        pan = (place + 1) * np.pi / 4
        for channel, gain in enumerate((np.cos(pan), np.sin(pan))):
            np.add.at(spectrum[channel], number * base, gain * size * phase)
    return np.fft.irfft(spectrum, frames) * frames / 2


def saw(n: np.ndarray) -> np.ndarray:
    """Return the levels of a saw's harmonics."""
    return 1.0 / n


def square(n: np.ndarray) -> np.ndarray:
    """Return the levels of a square's harmonics, with a little of the even ones."""
    return np.where(n % 2 == 1, 1.0, 0.06) / n


def swept(layers: list[np.ndarray], cutoffs_hz: np.ndarray, wanted_hz: np.ndarray) -> np.ndarray:
    """Return periodic sound whose cutoff follows ``wanted_hz``, from layers of fixed cutoffs.

    Parameters
    ----------
    layers
        The same oscillators through each of the rising ``cutoffs_hz``; repeated as needed.
    wanted_hz : (N,)
        Cutoff at each frame.
    """
    frames = len(wanted_hz)
    place = np.interp(np.log(wanted_hz), np.log(cutoffs_hz), np.arange(len(cutoffs_hz)))
    out = np.zeros((layers[0].shape[0], frames))
    for i, layer in enumerate(layers):
        weight = np.clip(1 - np.abs(place - i), 0, 1)
        if weight.any():
            repeats = -(-frames // layer.shape[1])
            out += weight * np.tile(layer, (1, repeats))[:, :frames]
    return out


def supersaw_voices(
    key: int, count: int = 7, cents: float = 22.0, spread: float = 0.9
) -> list[tuple[float, float, float]]:
    """Return detuned voices around a key, the outer ones further to the sides."""
    places = np.linspace(-1, 1, count)
    voices = []
    for i, at in enumerate(places):
        detune = cents * np.sign(at) * abs(at) ** 1.3
        side = spread * at * (-1) ** i
        voices.append((hertz(key) * 2 ** (detune / 1200), 1.0 if at == 0 else 0.75, side))
    return voices


def eight_oh_eight(key: int, seconds: float) -> np.ndarray:
    """Return an 808 bass: a sine that drops into its pitch, decays and is driven."""
    t = np.arange(round(seconds * RATE)) / RATE
    f = hertz(key) * (1 + 1.6 * np.exp(-t / 0.012))
    phase = 2 * np.pi * np.cumsum(f) / RATE
    level = np.exp(-t / 1.1) * np.clip(t / 0.0015, 0, 1)
    # Few partials only: drive of a sine needs no oversampling as long as tanh is gentle.
    wave = level * np.sin(phase)
    body = np.tanh(2.4 * wave + 0.25) - np.tanh(0.25)
    click = 0.16 * np.exp(-t / 0.004) * np.sin(2 * np.pi * 1100 * t)
    return (body + click)[None]


def fm(
    key: float,
    seconds: float,
    operators: list[tuple[float, float, float, float]],
    decay_s: float,
    sustain: float = 0.0,
) -> np.ndarray:
    """Return frequency modulation with one carrier.

    Parameters
    ----------
    operators
        Ratio of each modulator, its index at the start, its decay (s) and the index it keeps.
    decay_s, sustain
        Decay of the carrier (s), and the level it keeps.
    """
    oversampled = 2
    t = np.arange(round(seconds * RATE) * oversampled) / (RATE * oversampled)
    f = hertz(key)
    bend = np.zeros_like(t)
    for ratio, index, fall, kept in operators:
        # High notes get less, or their sidebands would fold over.
        room = min(1.0, 9000 / (f * ratio) / (index + 1))
        depth = room * (kept + (index - kept) * np.exp(-t / fall))
        bend += depth * np.sin(2 * np.pi * f * ratio * t)
    level = sustain + (1 - sustain) * np.exp(-t / decay_s)
    wave = level * np.sin(2 * np.pi * f * t + bend)
    spectrum = np.fft.rfft(wave)
    spectrum[round(0.42 * len(wave)) :] = 0
    frames = len(wave) // oversampled
    return (np.fft.irfft(spectrum[: frames // 2 + 1], frames) / oversampled)[None] * np.clip(
        np.arange(frames) / 40, 0, 1
    )
