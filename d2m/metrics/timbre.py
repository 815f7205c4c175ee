"""Timbre embedding: a vector of spectral statistics that describes how music sounds.

Audio is mono, ``(N,)``. All statistics are computed over time from a log-mel spectrogram
of the audio at a fixed level, so gain changes nothing. No network is involved. Compare only
embeddings of audio with the same sample rate (which sets the mel bands) and of similar
length, at least one second.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import log_mel, validate_waveform
from d2m.core.levels import SAMPLE_RATE

FloatArray = NDArray[np.float64]

N_MELS = 64
"""Mel bands. Chosen by hand."""
MODULATION_GROUPS = 16
"""Groups of adjacent mel bands whose modulation is measured. Chosen by hand."""
MODULATION_EDGES_HZ = (0.5, 1.0, 1.5, 2.5, 4.0, 6.0, 10.0, 17.5, 30.0)
"""Edges of the ranges of modulation frequency (Hz). Chosen by hand."""
N_CEPSTRA = 24
"""Cepstral coefficients whose correlations are measured. Chosen by hand."""
_HOP_LENGTH = 256  # samples between spectrogram frames
_RMS = 0.1  # level of the audio before analysis, root mean square
# Added to mel amplitudes at that level before the logarithm: codecs add noise below it.
_AMPLITUDE_OFFSET = 0.3
# Added to modulation strengths before the logarithm. Chosen by hand.
_MODULATION_OFFSET = 1e-4


def timbre_embedding(audio: NDArray[Any], sample_rate: int = SAMPLE_RATE) -> FloatArray:
    """Describe the timbre of music by 660 statistics of its log-mel spectrogram.

    The spectrogram is ``log10(mel + 0.3)`` in 64 bands, of the audio scaled to a root mean
    square of 0.1. The statistics are, for each band, the mean, the standard deviation, the
    mean absolute difference of successive frames and the skewness; the strength of the
    modulation of 16 groups of bands in eight ranges from 0.5 to 30 Hz; and the correlations
    between 24 cepstral coefficients. Their scales differ: standardise them with
    `d2m.metrics.genre.standardised` before comparing embeddings.

    Parameters
    ----------
    audio : (N,)
        Mono audio.
    sample_rate
        Sample rate (Hz).

    Returns
    -------
    (660,)
        Means, deviations, differences, skewness, modulation (group by group), correlations.

    Raises
    ------
    AudioError
        If the audio is empty, not mono or not finite.
    """
    sound = validate_waveform(audio)
    level = float(np.sqrt(np.mean(np.square(sound, dtype=float))))
    if level > 0:
        sound = np.asarray(sound * (_RMS / level), dtype=np.float32)
    amplitude = 10.0 ** log_mel(sound, sample_rate, N_MELS, _HOP_LENGTH).astype(float)
    mel = np.log10(amplitude + _AMPLITUDE_OFFSET)
    mean, deviation = mel.mean(axis=1), mel.std(axis=1)
    centred = mel - mean[:, None]
    difference = np.abs(np.diff(mel, axis=1, prepend=mel[:, :1])).mean(axis=1)
    skewness = (centred**3).mean(axis=1) / (deviation**3 + 1e-3)
    modulation = _modulation(centred, sample_rate / _HOP_LENGTH)
    return np.concatenate(
        [mean, deviation, difference, skewness, modulation, _cepstral_correlations(centred)]
    )


def _modulation(centred: FloatArray, frame_rate: float) -> FloatArray:
    """Return the log modulation strength (groups * ranges,) of centred bands (B, T)."""
    length = centred.shape[1]
    groups = centred.reshape(MODULATION_GROUPS, -1, length).mean(axis=1)
    strength = np.abs(np.fft.rfft(groups, axis=1)) / length
    frequencies = np.fft.rfftfreq(length, 1.0 / frame_rate)
    means = np.zeros((MODULATION_GROUPS, len(MODULATION_EDGES_HZ) - 1))
    for column, (low, high) in enumerate(pairwise(MODULATION_EDGES_HZ)):
        # In a segment of 2 s, bins fall on the edges up to rounding: the margin decides them.
        in_range = (frequencies >= 0.98 * low) & (frequencies < 0.98 * high)
        if in_range.any():
            means[:, column] = strength[:, in_range].mean(axis=1)
    return np.asarray(np.log10(means + _MODULATION_OFFSET).ravel())


def _cepstral_correlations(centred: FloatArray) -> FloatArray:
    """Return the correlations (pairs,) of cepstral coefficients over time, from bands (B, T)."""
    bands = np.arange(N_MELS) + 0.5
    orders = np.arange(N_CEPSTRA)[:, None]
    cepstra = np.cos(np.pi / N_MELS * orders * bands) @ centred * np.sqrt(2.0 / N_MELS)
    cepstra[0] /= np.sqrt(2.0)
    covariance = cepstra @ cepstra.T / centred.shape[1]
    deviation = np.sqrt(np.diag(covariance)) + 1e-6
    pairs = np.triu_indices(N_CEPSTRA, 1)
    return np.asarray((covariance / np.outer(deviation, deviation))[pairs])
