"""The synthesised instruments: each function returns audio, and its loop or None."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import synthesis as syn
import takes as tk
from takes import LEAD_IN, RATE

Made = tuple[np.ndarray, tuple[int, int] | None]


def _with_lead_in(audio: np.ndarray, attack_s: float) -> np.ndarray:
    """Return audio after `LEAD_IN` frames of silence, with a short attack."""
    n = round(attack_s * RATE)
    out = audio.copy()
    out[:, :n] *= np.sin(np.linspace(0, np.pi / 2, n)) ** 2
    return np.pad(out, ((0, 0), (LEAD_IN, 0)))


def _loudest_start(audio: np.ndarray) -> int:
    """Return where periodic sound of beating oscillators is loudest: there a note begins."""
    level = tk.envelope(np.concatenate([audio, audio], axis=1), 0.06)[: audio.shape[1]]
    return int(np.argmax(level)) - round(0.03 * RATE)


def _steadiest(make: Callable[[int], np.ndarray], first_seed: int) -> np.ndarray:
    """Return the one of 24 sets of phases whose sum of channels beats least."""

    def depth(audio: np.ndarray) -> float:
        mono = audio.sum(axis=0, keepdims=True)
        level = tk.envelope(np.concatenate([mono, mono], axis=1), 0.05)[2205:][:: RATE // 200]
        return float(level.max() / level.min())

    return min((make(first_seed + 100 * i) for i in range(24)), key=depth)


def _periodic(audio: np.ndarray, attack_s: float, lead: int = 0) -> Made:
    """Return audio that repeats after ``lead`` frames, once more than its attack needs."""
    audio = np.roll(audio, -_loudest_start(audio), axis=1)
    n = max(lead, round(attack_s * RATE) + 1)
    looped = audio.shape[1]
    held = np.concatenate([audio, audio[:, :n]], axis=1)
    return _with_lead_in(held, attack_s), (LEAD_IN + n, LEAD_IN + n + looped)


def _swept(
    voices: list[tuple[float, float, float]],
    harmonics: Callable[[np.ndarray], np.ndarray],
    loop_s: float,
    top_hz: float,
    rest_hz: float,
    fall_s: float,
    *,
    attack_s: float = 0.002,
    rise_s: float = 0.0,
    resonance: float = 0.3,
    seed: int = 1,
) -> Made:
    """Return oscillators through a filter that falls from its top to rest, then a loop."""
    frames = syn.loop_frames(voices[0][0], loop_s)
    cutoffs = np.geomspace(min(rest_hz, top_hz) * 0.7, max(rest_hz, top_hz) * 1.05, 14)
    layers = [
        syn.oscillators(voices, frames, harmonics, syn.low_pass(c, 2, resonance), seed)
        for c in cutoffs
    ]
    start = _loudest_start(layers[len(layers) // 2])
    layers = [np.roll(layer, -start, axis=1) for layer in layers]
    attack = round((rise_s + 5 * fall_s) * RATE)
    t = np.arange(attack) / RATE
    rise = np.clip(t / rise_s, 0.15, 1) if rise_s else 1.0
    wanted = rest_hz * (top_hz / rest_hz) ** (np.exp(-np.maximum(t - rise_s, 0) / fall_s) * rise)
    wanted = np.concatenate([wanted, np.full(frames, rest_hz)])
    audio = syn.swept(layers, cutoffs, np.clip(wanted, cutoffs[0], cutoffs[-1]))
    return _with_lead_in(audio, attack_s), (LEAD_IN + attack, LEAD_IN + attack + frames)


def synth_bass(key: int) -> Made:
    """Return a bass of two saws and a square an octave below, with a quick filter."""
    f = syn.hertz(key)
    voices = [(f, 0.8, 0.0), (f * 2 ** (5 / 1200), 0.6, 0.0)]
    return _swept(
        voices,
        syn.saw,
        1.2,
        min(14 * f + 900, 6000),
        min(4 * f + 180, 1500),
        0.09,
        resonance=1.2,
        seed=2,
    )


def fm_bass(key: int) -> Made:
    """Return a hard bass by frequency modulation, with a short bright attack."""
    f = syn.hertz(key)
    frames = syn.loop_frames(f, 0.6)
    exact = 69 + 12 * np.log2(round(f * frames / RATE) * RATE / frames / 440)
    operators = [(1, 3.6, 0.22, 1.5), (2, 2.0, 0.10, 0.55), (7, 0.6, 0.03, 0.0)]
    wave = syn.fm(exact, 2.2, operators, 0.35, 0.55)
    end, fade = wave.shape[1], round(0.1 * RATE)
    # Its index still falls a little: the end is led back to what comes before the loop.
    ramp = np.linspace(0, 1, fade)
    before = wave[:, end - frames - fade : end - frames]
    wave[:, end - fade :] = wave[:, end - fade :] * (1 - ramp) + before * ramp
    return _with_lead_in(wave, 0.002), (LEAD_IN + end - frames, LEAD_IN + end)


def sub_bass(key: int) -> Made:
    """Return an 808 bass."""
    return np.pad(tk.without_dc(syn.eight_oh_eight(key, 3.2), 14.0), ((0, 0), (LEAD_IN, 0))), None


def reese_bass(key: int) -> Made:
    """Return three detuned saws, low-passed, that beat against each other."""
    f = syn.hertz(key)
    frames = syn.loop_frames(f, 3.0)
    voices = [(f * 2 ** (c / 1200), 1.0, 0.0) for c in (-16, 0, 19)]
    response = syn.low_pass(min(700.0 + 2 * f, 1200), 2, 0.5)
    audio = syn.oscillators(voices, frames, syn.saw, response, 3)
    return _periodic(audio, 0.003)


def synth_pad(key: int) -> Made:
    """Return a wide pad of slowly beating saws, low-passed."""
    f = syn.hertz(key)
    frames = syn.loop_frames(f, 3.0)
    voices = [
        (f * 2 ** (c / 1200), 1.0, p)
        for c, p in ((-9, -0.9), (-5, 0.6), (0, 0), (4, -0.6), (8, 0.9))
    ]
    voices.append((f / 2, 0.35, 0.0))
    response = syn.low_pass(min(900 + 2.5 * f, 4000), 1, 0.2)
    audio = _steadiest(lambda seed: syn.oscillators(voices, frames, syn.saw, response, seed), 4)
    return _periodic(audio, 0.03)


def organ(key: int) -> Made:
    """Return a drawbar organ through a slowly turning loudspeaker, with a click at its start."""
    f = syn.hertz(key)
    frames = syn.loop_frames(f, 2.1)
    t = np.arange(frames) / RATE
    turns = round(6.5 * frames / RATE) * RATE / frames
    ratios, levels = (0.5, 1, 1.5, 2, 3, 4, 6, 8), (0.8, 1.0, 0.7, 0.55, 0.28, 0.3, 0.1, 0.2)
    out = np.zeros((2, frames))
    for ratio, level in zip(ratios, levels, strict=True):
        base = round(f * ratio * frames / RATE) * RATE / frames
        if base > 12_000:
            continue
        for channel, place in enumerate((0.0, 1.9)):
            turn = np.sin(2 * np.pi * turns * t + place)
            # The horn comes and goes: louder and higher, softer and lower.
            loud = 1 + min(0.22, base / 6000) * np.cos(2 * np.pi * turns * t + place)
            bend = min(1.1, base / 1400) * turn
            out[channel] += level * loud * np.sin(2 * np.pi * base * t + 2.4 * ratio + bend)
    # An overdriven valve; oversampled by 4 and, as the loop is, periodic.
    spectrum = np.fft.rfft(out / np.abs(out).max())
    dense = np.tanh(2.2 * np.fft.irfft(spectrum, 4 * frames) * 4 + 0.2)
    hz = np.arange(frames // 2 + 1) * RATE / frames
    bent = np.fft.rfft(dense)[:, : len(hz)] * syn.low_pass(9000, 1)(hz)
    bent[:, hz < 20] = 0  # difference tones that nobody hears
    out = np.fft.irfft(bent, frames) / 4
    audio = np.concatenate([out, out[:, : round(0.05 * RATE)]], axis=1)
    click = np.diff(np.random.default_rng([16, key]).standard_normal(round(0.006 * RATE)))
    audio[:, : len(click)] += 0.12 * click * np.linspace(1, 0, len(click)) ** 2
    n = round(0.05 * RATE)
    return _with_lead_in(audio, 0.002), (LEAD_IN + n, LEAD_IN + n + frames)


def super_saw(key: int) -> Made:
    """Return seven detuned saws."""
    f = syn.hertz(key)
    frames = syn.loop_frames(f, 1.3)

    def response(hz: np.ndarray) -> np.ndarray:
        # A high-pass keeps the beating of the fundamentals out of the bass's way.
        return syn.low_pass(11_000, 1)(hz) / np.sqrt(1 + (0.8 * f / hz) ** 4)

    voices = syn.supersaw_voices(key)
    audio = _steadiest(lambda seed: syn.oscillators(voices, frames, syn.saw, response, seed), 5)
    return _periodic(audio, 0.002)


def square_lead(key: int) -> Made:
    """Return a square with a slightly detuned twin, and a quick filter."""
    f = syn.hertz(key)
    voices = [(f, 1.0, 0.0), (f * 2 ** (6 / 1200), 0.4, 0.0)]
    return _swept(voices, syn.square, 0.7, min(12 * f, 9000), min(6 * f, 5000), 0.12, seed=6)


def sine_lead(key: int) -> Made:
    """Return a nearly pure tone: a fundamental and two faint partials."""

    def harmonics(n: np.ndarray) -> np.ndarray:
        return np.select([n == 1, n == 2, n == 3], [1.0, 0.09, 0.05], 0.0)

    f = syn.hertz(key)
    frames = syn.loop_frames(f, 0.4)
    return _periodic(
        syn.oscillators([(f, 1.0, 0.0)], frames, harmonics, syn.low_pass(16_000), 7), 0.006
    )


def pluck(key: int) -> Made:
    """Return detuned saws whose filter and level fall at once."""
    f = syn.hertz(key)
    voices = syn.supersaw_voices(key, 4, 9.0, 0.7)
    audio, _ = _swept(
        voices,
        syn.saw,
        1.4,
        min(20 * f + 1500, 13_000),
        min(1.6 * f, 1800),
        0.10,
        resonance=0.8,
        seed=8,
    )
    audio = audio[:, : round(1.4 * RATE)]
    t = np.arange(audio.shape[1]) / RATE
    return audio * np.exp(-t / 0.33), None


def fm_bell(key: int) -> Made:
    """Return a bell by frequency modulation at inharmonic ratios."""
    wave = syn.fm(
        key, 3.0, [(3.5, 1.5, 0.5, 0.0), (1.0, 0.3, 1.2, 0.0), (7.1, 0.35, 0.08, 0.0)], 0.75
    )
    return np.pad(wave, ((0, 0), (LEAD_IN, 0))), None


def synth_brass(key: int) -> Made:
    """Return detuned saws whose filter opens quickly, as a brass player does."""
    f = syn.hertz(key)
    voices = syn.supersaw_voices(key, 4, 10.0, 0.6)
    return _swept(
        voices,
        syn.saw,
        1.0,
        min(16 * f + 800, 9000),
        min(5 * f + 500, 4500),
        0.14,
        rise_s=0.03,
        seed=9,
    )


MACHINES = {
    function.__name__: function
    for function in (
        *(synth_bass, fm_bass, sub_bass, reese_bass, synth_pad, super_saw, square_lead, organ),
        *(sine_lead, pluck, fm_bell, synth_brass),
    )
}  # fmt: skip
"""By instrument."""
