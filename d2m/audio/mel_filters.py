"""Mel filters: triangles on Slaney's mel scale with equal areas.

The scale is that of M. Slaney, "Auditory Toolbox", 1998: linear up to 1 kHz, logarithmic above.
The filters equal librosa's defaults; training needs them on machines without librosa.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

BREAK_HZ = 1_000.0
"""Frequency (Hz) from which the scale is logarithmic (Slaney 1998)."""
HZ_PER_MEL = 200.0 / 3.0
"""Width of a mel (Hz) below `BREAK_HZ` (Slaney 1998)."""
LOG_STEP = float(np.log(6.4)) / 27.0
"""Natural logarithm of the ratio of frequencies one mel apart above it (Slaney 1998)."""


def mel_filters(sample_rate: int, window: int, bands: int) -> NDArray[np.float32]:
    """Return the weights of mel bands from 0 Hz to half the sample rate.

    Parameters
    ----------
    sample_rate
        In Hz.
    window
        Samples of the window of the spectra.
    bands
        Number of bands.

    Returns
    -------
    (bands, window / 2 + 1) float32
        To be multiplied with magnitudes of spectra.
    """
    top = sample_rate / 2.0
    edges_hz = _hz(np.linspace(0.0, _mel(top), bands + 2))
    bins_hz = np.linspace(0.0, top, window // 2 + 1)
    widths = np.diff(edges_hz)
    ramps = edges_hz[:, None] - bins_hz[None, :]
    rising, falling = -ramps[:-2] / widths[:-1, None], ramps[2:] / widths[1:, None]
    weights = np.maximum(0.0, np.minimum(rising, falling))
    weights *= (2.0 / (edges_hz[2:] - edges_hz[:-2]))[:, None]
    return np.asarray(weights, dtype=np.float32)


def _mel(hz: float) -> float:
    if hz < BREAK_HZ:
        return hz / HZ_PER_MEL
    return BREAK_HZ / HZ_PER_MEL + float(np.log(hz / BREAK_HZ)) / LOG_STEP


def _hz(mels: FloatArray) -> FloatArray:
    break_mel = BREAK_HZ / HZ_PER_MEL
    above = BREAK_HZ * np.exp(LOG_STEP * (mels - break_mel))
    return np.asarray(np.where(mels < break_mel, HZ_PER_MEL * mels, above))
