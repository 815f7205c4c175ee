"""Lower the level of audio between beats, as sidechain compression does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import SAMPLE_RATE

DEPTH_DB = 5.0
"""Attenuation reached between beats (dB). Chosen by hand."""
# The full attenuation is reached after this share of the time between two beats and stays
# until the next beat. Chosen by hand.
_FALL_SHARE = 0.8
# Half the width of the moving average that smooths the gain (s), so that its rise at a beat
# does not click. Chosen by hand.
_RISE_S = 0.004


def duck_between_beats(
    audio: NDArray[np.float32],
    beats_s: NDArray[np.float64],
    *,
    depth_db: float = DEPTH_DB,
    sample_rate: int = SAMPLE_RATE,
) -> NDArray[np.float32]:
    """Attenuate audio between beats: full level on each beat, then a linear fall in dB.

    Parameters
    ----------
    audio : (N,)
        Mono waveform.
    beats_s : (B,)
        Ascending beat times (s). With fewer than two beats the audio is returned unchanged.
    depth_db
        Attenuation reached between beats (dB).
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    (N,)
        Waveform, at no sample louder than the input.
    """
    if len(beats_s) < 2:
        return audio
    from scipy.ndimage import uniform_filter1d

    period = float(np.median(np.diff(beats_s)))
    beats = np.concatenate([[beats_s[0] - period], beats_s, [beats_s[-1] + period]])
    times = np.arange(len(audio)) / sample_rate
    phase = (np.interp(times, beats, np.arange(len(beats)))) % 1.0
    gain = 10 ** (-depth_db * np.minimum(phase / _FALL_SHARE, 1.0) / 20)
    gain = uniform_filter1d(gain, max(1, round(2 * _RISE_S * sample_rate)), mode="nearest")
    return np.asarray(audio * gain, dtype=np.float32)
