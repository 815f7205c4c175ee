"""Limit the true peaks of audio with a gain that sees them coming."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.audio.dynamics import GAIN_STEP, apply_gain_curve
from d2m.audio.loudness import peak_curve
from d2m.core.levels import STUDIO_SAMPLE_RATE

CEILING_DBTP = -1.4
"""Largest true peak of music (dBTP): 0.4 dB below the usual limit, as meters differ and coders
overshoot."""

# Peaks that exceed the ceiling by up to this (dB) are lowered by a gain so fast that it acts
# as a soft clip does, but without its aliasing; only what exceeds more moves the slow gain.
# Chosen by hand.
_FAST_DB = 2.5
# Time (ms) ahead of a peak in which the gain falls by 6 dB, and after it, in which it
# recovers by 6 dB, and the half width of the smoothing: of the slow and the fast gain.
_SLOW_MS, _FAST_MS = (8.0, 240.0, 3.0), (1.2, 24.0, 0.8)


def limiter_curve(
    peaks_db: NDArray[np.float64], ceiling_db: float, sample_rate: int = STUDIO_SAMPLE_RATE
) -> NDArray[np.float64]:
    """Return the gain that keeps peaks below a ceiling.

    Parameters
    ----------
    peaks_db : (T,)
        True peak (dB) of each step of `d2m.audio.dynamics.GAIN_STEP` samples.
    ceiling_db
        Largest true peak of the result (dB).
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    (T + 1,)
        Gain (dB), at most 0, at the nodes of a gain curve.
    """
    excess = np.maximum(peaks_db - ceiling_db, 0.0)
    # A node bounds the steps on both its sides.
    needed = -np.maximum(np.append(excess, 0.0), np.append(0.0, excess))
    if not needed.any():
        return needed
    rate = sample_rate / GAIN_STEP
    slow = _glide(np.minimum(needed + _FAST_DB, 0.0), _SLOW_MS, rate)
    return slow + _glide(np.minimum(needed - slow, 0.0), _FAST_MS, rate)


def limit_true_peaks(
    audio: NDArray[np.float32], sample_rate: int, ceiling_db: float = CEILING_DBTP
) -> NDArray[np.float32]:
    """Limit the true peaks of audio (ITU-R BS.1770); what is between the peaks stays.

    Parameters
    ----------
    audio : (N,) or (C, N)
        Waveform; the gain is that of all channels.
    sample_rate
        Sample rate (Hz).
    ceiling_db
        Largest true peak of the result (dBTP).

    Returns
    -------
    numpy.ndarray
        The same shape; the same object, if no peak is above the ceiling.
    """
    channels = np.atleast_2d(audio)
    # Music is at most 3 dB louder between samples; a wide margin costs little.
    peaks = peak_curve(channels, GAIN_STEP, above=10 ** ((ceiling_db - 6.0) / 20))
    gain_db = limiter_curve(20.0 * np.log10(peaks + 1e-9), ceiling_db, sample_rate)
    if not gain_db.any():
        return audio
    limited = channels.copy()
    apply_gain_curve(limited, (10 ** (gain_db / 20)).astype(np.float32))
    return limited.reshape(audio.shape)


def _glide(
    bound: NDArray[np.float64], times_ms: tuple[float, float, float], rate: float
) -> NDArray[np.float64]:
    """Return a smooth gain (dB) that is nowhere above a bound (dB)."""
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    fall, rise, half = (time / 1000 * rate for time in times_ms)
    window = 2 * max(1, round(half)) + 1
    # The mean of a sliding minimum over the same window never exceeds the bound itself.
    gain = minimum_filter1d(bound, window, mode="nearest")
    index = np.arange(len(gain))
    gain = np.minimum.accumulate(gain - index * 6.0 / rise) + index * 6.0 / rise
    gain = np.minimum.accumulate(gain[::-1] - index * 6.0 / fall) + index * 6.0 / fall
    smooth: NDArray[np.float64] = uniform_filter1d(gain[::-1], window, mode="nearest")
    return np.minimum(smooth, 0.0)
