"""Reverberation: impulse responses of made-up spaces, and audio played in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from d2m.audio.convolution import convolved_blocks
from d2m.audio.stereo import StereoAudio
from d2m.core.levels import STUDIO_SAMPLE_RATE

# Frames of noise that the tail is made of (samples).
_FRAME = 1024
# The tail is cut where it has decayed by this much (dB), and its end is faded over this share.
_RANGE_DB, _END_SHARE = 54.0, 0.25
# Seed of the noise.
_SEED = 4409


@dataclass(frozen=True)
class Space:
    """A space, or a plate, as a reverb imitates it.

    Parameters
    ----------
    decay_s
        Time in which middle frequencies fall by 60 dB (s).
    predelay_ms
        Time before the first reflection (ms).
    build_ms
        Time in which the diffuse tail comes up (ms): long in halls, none in plates.
    early_db
        Level of the early reflections against the tail (dB).
    early_ms
        Time over which the early reflections are spread (ms).
    damping_hz
        Frequency (Hz) at which the decay takes half as long.
    low_cut_hz, high_cut_hz
        Band of the return (Hz).
    """

    decay_s: float
    predelay_ms: float = 0.0
    build_ms: float = 0.0
    early_db: float = 0.0
    early_ms: float = 30.0
    damping_hz: float = 5_000.0
    low_cut_hz: float = 200.0
    high_cut_hz: float = 9_000.0


@lru_cache(maxsize=24)
def impulse_response(space: Space, sample_rate: int = STUDIO_SAMPLE_RATE) -> NDArray[np.float32]:
    """Return the impulse response of a space.

    The tail is noise whose frequencies decay at their own rates; left and right are
    independent. Early reflections precede it.

    Parameters
    ----------
    space
        The space.
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    (2, K)
        Left and right, each of unit energy.
    """
    length = round(space.decay_s * _RANGE_DB / 60 * sample_rate) + _FRAME
    delay = round(space.predelay_ms / 1000 * sample_rate)
    response = np.zeros((2, delay + length))
    rng = np.random.default_rng([_SEED, round(1000 * space.decay_s)])
    for channel in response:
        tail = _tail(space, length, sample_rate, rng)
        early = _early_reflections(space, length, sample_rate, rng)
        balance = 10 ** (space.early_db / 20) * np.sqrt((tail**2).sum() / (early**2).sum())
        channel[delay:] = tail + balance * early
    size = 2 * response.shape[1]
    spectrum = np.fft.rfft(response, size)
    frequency = np.fft.rfftfreq(size, 1 / sample_rate)
    low, high = frequency / space.low_cut_hz, frequency / space.high_cut_hz
    spectrum *= low**2 / (1 + low**2) / np.sqrt(1 + high**4)
    response = np.fft.irfft(spectrum, size)[:, : response.shape[1]]
    end = round(_END_SHARE * length)
    response[:, -end:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(1, end + 1) / end)
    response /= np.sqrt((response**2).sum(axis=1, keepdims=True))
    return response.astype(np.float32)


def _tail(
    space: Space, length: int, sample_rate: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return noise ``(length,)`` that decays faster at higher frequencies."""
    hop = _FRAME // 2
    count = length // hop + 2
    noise = rng.standard_normal((count + 1) * hop)
    frames = np.lib.stride_tricks.sliding_window_view(noise, _FRAME)[::hop][:count]
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_FRAME) / _FRAME))
    frequency = np.fft.rfftfreq(_FRAME, 1 / sample_rate)
    decay_s = space.decay_s / (1.0 + frequency / space.damping_hz)
    times = np.arange(count)[:, None] * hop / sample_rate
    spectrum = np.fft.rfft(frames * window) * 10 ** (-3.0 * times / decay_s)
    frames = np.fft.irfft(spectrum, _FRAME) * window
    tail = np.zeros((count + 1) * hop)
    tail[: count * hop] += frames[:, :hop].ravel()
    tail[hop:] += frames[:, hop:].ravel()
    tail = tail[hop : hop + length]
    build = space.build_ms / 1000 * sample_rate
    return tail * np.minimum(1.0, np.arange(length) / build) if build else tail


def _early_reflections(
    space: Space, length: int, sample_rate: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return single reflections ``(length,)`` that become denser and softer."""
    early = np.zeros(length)
    last = space.early_ms / 1000 * sample_rate
    times = np.sort(rng.uniform(0.08, 1.0, 14)) ** 0.7 * last
    signs = rng.choice([-1.0, 1.0], 14)
    strength = 10 ** (-9.0 * times / last / 20)
    np.add.at(early, np.minimum(times.astype(int), length - 1), signs * strength)
    return early


def add_reverb(
    audio: StereoAudio,
    send: NDArray[np.float32],
    space: Space,
    sample_rate: int = STUDIO_SAMPLE_RATE,
) -> None:
    """Add the reverberation of a mono signal to stereo audio, in place.

    Parameters
    ----------
    audio : (2, N)
        Receives the reverberation; what would ring on after its end is cut.
    send : (N,)
        The signal that sounds in the space.
    space
        The space.
    sample_rate
        Sample rate (Hz).
    """
    for part, wet in convolved_blocks(send, impulse_response(space, sample_rate)):
        audio[:, part] += wet
