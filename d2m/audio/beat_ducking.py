"""Let music breathe with the beat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import SAMPLE_RATE

DEPTH_DB = 5.0
_FALL = 0.8
_RISE_S = 0.004


def duck_between_beats(
    audio: NDArray[np.float32],
    beats_s: NDArray[np.float64],
    *,
    depth_db: float = DEPTH_DB,
    sample_rate: int = SAMPLE_RATE,
) -> NDArray[np.float32]:
    """Swell at each beat and sink towards the next, as a compressor keyed to it does.

    Parameters
    ----------
    audio : (N,)
        Mono.
    beats_s : (B,)
        Ascending beat times (s); with less than two the audio stays as it is.
    depth_db
        How far the level sinks between beats (dB).
    sample_rate
        Samples a second (Hz).

    Returns
    -------
    (N,)
        Audio, nowhere louder than it was.
    """
    if len(beats_s) < 2:
        return audio
    from scipy.ndimage import uniform_filter1d

    period = float(np.median(np.diff(beats_s)))
    beats = np.concatenate([[beats_s[0] - period], beats_s, [beats_s[-1] + period]])
    times = np.arange(len(audio)) / sample_rate
    since = (np.interp(times, beats, np.arange(len(beats)))) % 1.0
    gain = 10 ** (-depth_db * np.minimum(since / _FALL, 1.0) / 20)
    # A swell of a few ms does not click.
    gain = uniform_filter1d(gain, max(1, round(2 * _RISE_S * sample_rate)), mode="nearest")
    return np.asarray(audio * gain, dtype=np.float32)
