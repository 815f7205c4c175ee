"""Spectrograms in bands of equal musical width, with their rise: the input of the beat network.

The values are those that the network was trained on (`d2m.models.beat_network`): magnitudes
of a short-time Fourier transform, summed in triangular bands of a quarter tone, on a
logarithmic scale, followed by how much each band rose since the frame before.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import Audio, validate_waveform

FILTERBANK_RATE = 22_050
"""Sample rate that the bands are made for (Hz)."""
FILTERBANK_HOP = 441
"""Hop between frames (samples): 20 ms, as in the network's training."""
FILTERBANK_WINDOW = 1411
"""Window of a frame (samples): 64 ms, as in the network's training."""
FILTERBANK_FPS = FILTERBANK_RATE / FILTERBANK_HOP
"""Frames in a second (Hz)."""
BANDS_PER_OCTAVE = 24
"""Bands in an octave, as in the network's training."""
TUNING_HZ = 440.0
"""A band is centred here (Hz), and the others relative to it."""
LOWEST_BAND_HZ, HIGHEST_BAND_HZ = 30.0, 17_000.0
"""Range of the bands (Hz), as in the network's training. What lies above half the sample rate
is cut off."""
_BLOCK = 512  # frames that are transformed at once: bounds the memory


def band_magnitudes(audio: Audio) -> NDArray[np.float32]:
    """Compute the magnitude of a sound in quarter-tone bands.

    Parameters
    ----------
    audio : (N,)
        Mono waveform at `FILTERBANK_RATE`.

    Returns
    -------
    (T, 136)
        There are T = ceil(N / `FILTERBANK_HOP`) frames; frame t is centred on sample
        t * `FILTERBANK_HOP`.

    Raises
    ------
    AudioError
        If the audio is empty, not one-dimensional or not finite.
    """
    audio = validate_waveform(audio)
    bank = log_filterbank()
    n_frames = -(-len(audio) // FILTERBANK_HOP)
    padded = np.pad(audio, (FILTERBANK_WINDOW // 2, FILTERBANK_WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FILTERBANK_WINDOW)
    frames = frames[::FILTERBANK_HOP][:n_frames]
    window = np.hanning(FILTERBANK_WINDOW)
    bands = np.empty((n_frames, bank.shape[1]), dtype=np.float32)
    for start in range(0, n_frames, _BLOCK):
        spectrum = np.fft.rfft(frames[start : start + _BLOCK] * window, axis=1)
        magnitude = np.abs(spectrum[:, : len(bank)]).astype(np.float32)
        bands[start : start + _BLOCK] = magnitude @ bank
    return bands


def log_bands_and_rise(magnitudes: NDArray[np.float32], gain: float = 1.0) -> NDArray[np.float32]:
    """Return magnitudes on a logarithmic scale, and how much each band rises.

    Parameters
    ----------
    magnitudes : (T, 136)
        From `band_magnitudes`.
    gain
        Factor of the magnitudes: as if the sound were so much louder.

    Returns
    -------
    (T, 272)
        log10(1 + magnitude), then its rise since the previous frame, 0 where it falls.
    """
    bands = np.log10(magnitudes * np.float32(gain) + 1)
    rise = np.maximum(np.diff(bands, axis=0, prepend=bands[:1]), 0)
    return np.concatenate((bands, rise), axis=1)


@cache
def log_filterbank() -> NDArray[np.float32]:
    """Return the weight of each Fourier bin in each band ``(705, 136)``; read-only.

    The centres lie a quarter tone apart, rounded to Fourier bins. Where the bins are wider
    than a quarter tone, several centres share a bin and count once. A band rises from the
    centre before its own and falls to the one after it; its weights sum to 1.
    """
    n_bins = FILTERBANK_WINDOW // 2
    # The training used these frequencies: those of a window that is one sample shorter.
    bin_hz = np.arange(n_bins) * FILTERBANK_RATE / (2 * n_bins)
    low, high = np.log2(np.array([LOWEST_BAND_HZ, HIGHEST_BAND_HZ]) / TUNING_HZ)
    steps = np.arange(np.ceil(low * BANDS_PER_OCTAVE), np.floor(high * BANDS_PER_OCTAVE) + 1)
    wanted_hz = TUNING_HZ * 2.0 ** (steps / BANDS_PER_OCTAVE)
    centres = np.unique(np.abs(wanted_hz[:, None] - bin_hz).argmin(axis=1))
    bank = np.zeros((n_bins, len(centres) - 2), dtype=np.float32)
    bins = np.arange(n_bins)
    for band, (before, centre, after) in enumerate(
        zip(centres[:-2], centres[1:-1], centres[2:], strict=True)
    ):
        weights = np.interp(bins, (before, centre, after), (0.0, 1.0, 0.0))
        bank[:, band] = weights / weights.sum()
    bank.flags.writeable = False
    return bank
