"""Place stereo audio between left and right, widen it, and keep its low end in the centre."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from d2m.audio.convolution import convolved_blocks
from d2m.core.levels import STUDIO_SAMPLE_RATE

StereoAudio = NDArray[np.float32]
"""Left and right channel ``(2, N)``, nominally in [-1, 1]."""
EFFECT_BLOCK = 1 << 16
"""Length of the blocks that effects work in (samples), so that they need little memory."""
# Length and seed of the impulse response that decorrelates, and below which frequency it is
# silent. Chosen by hand.
_SPREAD_S, _SPREAD_SEED, _SPREAD_LOW_HZ = 0.022, 71, 350.0
# Length of the linear-phase filter that separates the low end (s): its slope is 72 Hz wide.
_LOW_END_FILTER_S = 0.0464


def block_slices(length: int, size: int = EFFECT_BLOCK) -> Iterator[slice]:
    """Yield slices that cut a length (samples) into blocks."""
    for start in range(0, length, size):
        yield slice(start, min(length, start + size))


def is_silent(audio: NDArray[np.float32]) -> bool:
    """Return whether audio holds nothing but zeros, or too little to matter.

    The energy is faster to compute than a comparison of each sample.
    """
    return not any(float(np.vdot(channel, channel)) > 0.0 for channel in np.atleast_2d(audio))


def place_in_stereo(
    audio: StereoAudio, *, gain: float = 1.0, pan: float = 0.0, width: float = 1.0
) -> None:
    """Scale audio, its width and its balance, in place.

    Parameters
    ----------
    audio : (2, N)
        Stereo audio, changed in place.
    gain
        Linear gain.
    pan
        Place from -1 (left) to 1 (right), with constant power: 0 keeps the balance.
    width
        Factor of the side signal: 0 is mono, 1 keeps the width.
    """
    angle = (pan + 1.0) * np.pi / 4
    near, far = (1.0 + width) / 2, (1.0 - width) / 2
    left, right = gain * np.sqrt(2.0) * np.cos(angle), gain * np.sqrt(2.0) * np.sin(angle)
    matrix = np.array([[left * near, left * far], [right * far, right * near]], dtype=np.float32)
    if np.allclose(matrix, np.eye(2), atol=1e-6):
        return
    for part in block_slices(audio.shape[1]):
        audio[:, part] = matrix @ audio[:, part]


def widen_stereo(
    audio: StereoAudio, send: NDArray[np.float32], sample_rate: int = STUDIO_SAMPLE_RATE
) -> None:
    """Add a decorrelated copy of a mono signal to the side signal of audio, in place.

    The mono sum stays as it is, so nothing combs or disappears in mono.

    Parameters
    ----------
    audio : (2, N)
        Stereo audio, changed in place.
    send : (N,)
        The signal that is to become wide.
    sample_rate
        Sample rate (Hz).
    """
    for part, side in convolved_blocks(send, _spread_response(sample_rate)):
        audio[0, part] += side[0]
        audio[1, part] -= side[0]


@lru_cache(maxsize=4)
def _spread_response(sample_rate: int) -> NDArray[np.float32]:
    """Return decaying noise ``(1, K)`` of unit energy without lows."""
    length = round(_SPREAD_S * sample_rate)
    noise = np.random.default_rng(_SPREAD_SEED).standard_normal(length)
    noise *= np.exp(-4.0 * np.arange(length) / length)
    spectrum = np.fft.rfft(noise)
    ratio = np.fft.rfftfreq(length, 1 / sample_rate) / _SPREAD_LOW_HZ
    spectrum *= ratio**4 / (1.0 + ratio**4)
    noise = np.fft.irfft(spectrum, length)
    response: NDArray[np.float32] = (noise / np.sqrt((noise**2).sum()))[None].astype(np.float32)
    return response


def centre_low_end(
    audio: StereoAudio, crossover_hz: float = 120.0, sample_rate: int = STUDIO_SAMPLE_RATE
) -> None:
    """Make audio mono below a frequency with a linear-phase filter, in place.

    Parameters
    ----------
    audio : (2, N)
        Stereo audio, changed in place.
    crossover_hz
        Below it (Hz) the side signal is gone.
    sample_rate
        Sample rate (Hz).
    """
    side = 0.5 * (audio[0] - audio[1])
    if is_silent(side):
        return
    response = _low_pass_response(crossover_hz, sample_rate)
    for part, low in convolved_blocks(side, response, advance=response.shape[1] // 2):
        audio[0, part] -= low[0]
        audio[1, part] += low[0]


@lru_cache(maxsize=4)
def _low_pass_response(crossover_hz: float, sample_rate: int) -> NDArray[np.float32]:
    """Return a linear-phase low-pass ``(1, K)`` that passes all below the crossover."""
    from scipy.signal import firwin

    taps = 2 * round(_LOW_END_FILTER_S * sample_rate / 2) + 1
    # The filter passes all up to half a slope below its cutoff.
    cutoff = crossover_hz + 1.65 / _LOW_END_FILTER_S * 0.8
    response: NDArray[np.float32] = firwin(taps, cutoff, fs=sample_rate)[None].astype(np.float32)
    return response
