"""Plays single notes of a SoundFont: what is recorded for the sound bank."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter, resample
from soundfont import Modulator, SampleHeader, SoundFont

RATE = 44_100
BLOCK = 64
CONTROLLERS = {1: 0, 2: 127, 7: 127, 10: 64, 11: 127, **dict.fromkeys(range(70, 80), 64)}
"""Positions of MIDI controllers while notes are recorded."""
VELOCITY_TO_LEVEL = Modulator(0x0502, 48, 960, 0, 0)
"""The standard's own modulator (section 8.4.1): softer when struck softly."""


def _concave(x: float) -> float:
    return 1.0 if x >= 127 else float(np.clip(-40 / 96 * np.log10((127 - x) / 127), 0, 1))


def _source(code: int, key: int, velocity: int) -> float:
    index, kind = code & 0x7F, code >> 10
    if code & 0x80:
        value = CONTROLLERS.get(index, 0)
    else:
        value = {0: 127, 2: velocity, 3: key, 14: 64, 16: 2}.get(index, 0)
        if code == 0:
            return 1.0
    if code & 0x100:
        value = 127 - value
    if code & 0x200:  # both signs
        sign, depth = (1, 2 * (value - 64)) if value >= 64 else (-1, 2 * (64 - value))
        depth = min(depth, 127)
        shaped = {0: depth / 128, 1: _concave(depth), 2: 1 - _concave(127 - depth), 3: 1.0}
        return sign * shaped[kind]
    shaped = {
        0: value / 128,
        1: _concave(value),
        2: 1 - _concave(127 - value),
        3: float(value >= 64),
    }
    return shaped[kind]


def _modulated(
    values: dict[int, int], modulators: list[Modulator], key: int, velocity: int
) -> tuple[dict[int, float], float]:
    """Return generators after modulators, and the attenuation (cB) that modulators give."""
    result: dict[int, float] = {number: float(value) for number, value in values.items()}
    if not any(m.identity == VELOCITY_TO_LEVEL.identity for m in modulators):
        modulators = [VELOCITY_TO_LEVEL, *modulators]
    attenuation = 0.0
    for m in modulators:
        amount = m.amount * _source(m.source, key, velocity)
        amount *= _source(m.amount_source, key, velocity) if m.amount_source else 1.0
        if m.transform == 2:
            amount = abs(amount)
        if m.target == 48:
            attenuation += amount
        else:
            result[m.target] = result.get(m.target, 0.0) + amount
    return result, attenuation


def _seconds(timecents: float) -> float:
    return 0.0 if timecents <= -12000 else float(2 ** (timecents / 1200))


def _envelope(g: dict[int, float], first: int, key: int, times: np.ndarray, *, db: bool):
    """Return an envelope, 0 to 1; in dB its decay is straight, else linear."""
    delay, attack = _seconds(g.get(first, 0)), _seconds(g.get(first + 1, 0))
    hold = _seconds(g.get(first + 2, 0) + g.get(first + 6, 0) * (60 - key))
    decay = _seconds(g.get(first + 3, 0) + g.get(first + 7, 0) * (60 - key))
    sustain = max(0.0, g.get(first + 4, 0))
    rising = np.clip((times - delay) / max(attack, 1e-4), 0, 1)
    falling = np.clip((times - delay - attack - hold) / max(decay, 1e-4), 0, None)
    if db:
        return rising * 10 ** (-np.minimum(100 * falling, min(sustain / 10, 144)) / 20)
    return rising * np.maximum(1 - falling, 1 - min(sustain / 1000, 1))


def _triangle(g: dict[int, float], delay: int, frequency: int, times: np.ndarray) -> np.ndarray:
    phase = (times - _seconds(g.get(delay, 0))) * 8.176 * 2 ** (g.get(frequency, 0) / 1200)
    wave = 2 * np.abs(2 * ((phase + 0.25) % 1 - 0.5)) - 1
    return np.where(phase > 0, -wave, 0.0)


def _filtered(audio: np.ndarray, cutoff: np.ndarray, q_cb: float) -> np.ndarray:
    """Return audio after a resonant low-pass whose cutoff (Hz) changes every block."""
    if cutoff.min() > 18_000:
        return audio
    q = 10 ** (max(q_cb / 10 - 3.01, -3.01) / 20)
    out, state = np.empty_like(audio), np.zeros(2)
    for i, at in enumerate(range(0, len(audio), BLOCK)):
        w = 2 * np.pi * min(cutoff[i], 18_000) / RATE
        alpha, cosine = np.sin(w) / (2 * q), np.cos(w)
        b = np.array([(1 - cosine) / 2, 1 - cosine, (1 - cosine) / 2]) / (1 + alpha)
        a = np.array([1, -2 * cosine / (1 + alpha), (1 - alpha) / (1 + alpha)])
        out[at : at + BLOCK], state = lfilter(b, a, audio[at : at + BLOCK], zi=state)
    return out * 10 ** (-max(q_cb, 0) / 400)


def _looped(audio: np.ndarray, start: int, loop: tuple[int, int] | None, frames: int):
    if loop is None or loop[1] - loop[0] < 8 or loop[1] > len(audio):
        return audio[start:]
    unit = audio[loop[0] : loop[1]]
    times = max(0, (frames - loop[1] + start)) // len(unit) + 2
    return np.concatenate([audio[start : loop[1]], np.tile(unit, times)])


def _voice(
    font: SoundFont, g: dict[int, float], header: SampleHeader, key: int, times: np.ndarray
) -> np.ndarray:
    """Return one voice at full level, mono."""
    root = header.root if g.get(58, -1) < 0 else int(g[58])
    sounding = int(g[46]) if g.get(46, -1) > 0 else key
    steady = (sounding - root) * g.get(56, 100) + 100 * g.get(51, 0) + g.get(52, 0)
    steady += header.correction
    pitch_env = _envelope(g, 25, key, times, db=False)
    slow = _triangle(g, 21, 22, times)
    cents = steady + g.get(7, 0) * pitch_env + g.get(5, 0) * slow
    cents = cents + g.get(6, 0) * _triangle(g, 23, 24, times)
    step = (
        2 ** (np.interp(np.arange(len(times) * BLOCK), np.arange(len(times)) * BLOCK, cents) / 1200)
        * header.rate
        / RATE
    )
    position = np.concatenate([[0.0], np.cumsum(step)[:-1]])
    audio = font.audio(header)
    start = int(g.get(0, 0) + 32768 * g.get(4, 0))
    a = header.loop_start + g.get(2, 0) + 32768 * g.get(45, 0)
    b = header.loop_end + g.get(3, 0) + 32768 * g.get(50, 0)
    loop = (int(a), int(b)) if int(g.get(54, 0)) in (1, 3) else None
    source = _looped(audio, start, loop, int(position[-1]) + 64)[: int(position[-1]) + 64]
    factor = 4  # oversampled by 4 so that straight interpolation is clean
    padded = np.concatenate([source, np.zeros(256 + len(source) % 2)])
    dense = resample(padded, len(padded) * factor)
    wave = np.interp(position * factor, np.arange(len(dense)), dense, right=0.0)
    wave[position > len(source) - 2] = 0
    tremolo = 10 ** (g.get(13, 0) / 200 * slow)
    level = _envelope(g, 33, key, times, db=True) * tremolo
    cutoff = 8.176 * 2 ** (
        (g.get(8, 13500) + g.get(11, 0) * pitch_env + g.get(10, 0) * slow) / 1200
    )
    wave = _filtered(wave, cutoff, g.get(9, 0))
    return wave * np.interp(np.arange(len(wave)), np.arange(len(level)) * BLOCK, level)


def play(
    font: SoundFont,
    preset: tuple[int, int],
    key: int,
    velocity: int,
    seconds: float,
    *,
    vibrato: bool = True,
) -> np.ndarray:
    """Return a held note of a preset.

    Parameters
    ----------
    font
        Where the preset is.
    preset
        Bank and program.
    key, velocity
        The MIDI note.
    seconds
        Length of the recording (s); the key is held all the time.
    vibrato
        Whether low-frequency oscillators change the pitch.

    Returns
    -------
    (2, N) float64 at 44.1 kHz
    """
    blocks = int(np.ceil(seconds * RATE / BLOCK))
    times = np.arange(blocks) * BLOCK / RATE
    out = np.zeros((2, blocks * BLOCK))
    for values, modulators, header in font.voices(*preset, key, velocity):
        g, attenuation = _modulated(values, modulators, key, velocity)
        if not vibrato:
            g |= {5: 0.0, 6: 0.0}
        gain = 10 ** (-(0.4 * max(g.get(48, 0), 0) + max(attenuation, 0)) / 200)
        if gain < 1e-4:
            continue
        pan = np.clip(g.get(17, 0) / 1000 + 0.5, 0, 1) * np.pi / 2
        out += gain * np.outer((np.cos(pan), np.sin(pan)), _voice(font, g, header, key, times))
    return out
