"""Read a sound at times between its samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Samples that each result is the weighted sum of, steps between two samples, and shape of the
# Kaiser window. Chosen by hand: distortions stay 70 dB below the sound.
_TAPS, _STEPS, _BETA = 24, 4096, 8.0
# Results at a time, so that the memory stays small (10 MB). Chosen by hand.
_CHUNK = 1 << 16


def resample_at(samples: NDArray[np.float32], places: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the values of a sound at places between its samples, by band-limited interpolation.

    Parameters
    ----------
    samples : (C, N)
        The sound; it is silent before and after.
    places : (M,)
        Places, counted in samples. They must advance by about one sample each.

    Returns
    -------
    numpy.ndarray
        Samples ``(C, M)``.
    """
    half = _TAPS // 2
    padded = np.pad(samples, ((0, 0), (half, half + 1)))
    taps = np.arange(_TAPS) - half + 1
    distance = taps[None] - np.arange(_STEPS)[:, None] / _STEPS
    window = np.i0(_BETA * np.sqrt(np.clip(1 - (distance / half) ** 2, 0, None))) / np.i0(_BETA)
    weights = (np.sinc(distance) * window).astype(np.float32)
    result = np.empty((len(samples), len(places)), np.float32)
    for begin in range(0, len(places), _CHUNK):
        exact = np.clip(places[begin : begin + _CHUNK], 0, samples.shape[1])
        whole = np.floor(exact).astype(np.int64)
        weight = weights[((exact - whole) * _STEPS).astype(np.int64)]
        near = whole[:, None] + (taps + half)[None]
        for channel, row in enumerate(padded):
            result[channel, begin : begin + _CHUNK] = np.einsum("mt,mt->m", row[near], weight)
    return result
