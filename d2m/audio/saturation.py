"""Saturate audio gently: soft clipping with and without oversampling."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from d2m.audio.stereo import StereoAudio, block_slices

# Taps of the half-band filter of the oversampling.
_TAPS = 47


def saturate(audio: StereoAudio, drive_db: float, *, oversample: bool = True) -> None:
    """Saturate audio in place: soft peaks stay, loud ones are rounded and gain harmonics.

    Parameters
    ----------
    audio : (2, N)
        Stereo audio, changed in place. Its lows stay in phase.
    drive_db
        Level (dB) into the curve: at 0 a full-scale peak comes out 2.4 dB lower.
    oversample
        Work at twice the sample rate, so that harmonics of highs do not alias. Bass has none.
    """
    drive = np.float32(10 ** (drive_db / 20))
    if not oversample:
        for part in block_slices(audio.shape[1]):
            audio[:, part] = np.tanh(audio[:, part] * drive) / drive
        return
    from scipy.signal import upfirdn

    taps = _half_band()
    # Two filters of this many samples at twice the rate delay by half of it at the rate.
    reach = _TAPS // 2 + 1
    before = np.zeros((2, reach), dtype=np.float32)
    for part in block_slices(audio.shape[1]):
        after = audio[:, part.stop : part.stop + reach]
        after = np.pad(after, ((0, 0), (0, reach - after.shape[1])))
        block = np.concatenate([before, audio[:, part], after], axis=1)
        before = block[:, part.stop - part.start : part.stop - part.start + reach].copy()
        if not block.any():
            continue
        high = upfirdn(2 * taps * drive, block, up=2, axis=-1)
        np.tanh(high, out=high)
        low = upfirdn(taps / drive, high, down=2, axis=-1)
        start = reach + (_TAPS - 1) // 2
        audio[:, part] = low[:, start : start + part.stop - part.start]


@lru_cache(maxsize=1)
def _half_band() -> NDArray[np.float32]:
    """Return a linear-phase low-pass at a quarter of its sample rate."""
    from scipy.signal import firwin

    taps: NDArray[np.float32] = firwin(_TAPS, 0.5, window=("kaiser", 6.0)).astype(np.float32)
    return taps
