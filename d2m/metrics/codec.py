"""Codec metrics: spectral distances between decoded and target audio, and codebook usage.

Audio is in [-1, 1]. The decoded audio comes first and its target second; both start at the
same moment, and the longer one is cut to the length of the shorter. Distances are 0 for
identical audio and have no upper bound. Empty or non-finite audio is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import log_mel
from d2m.core.errors import AudioError, DataError
from d2m.core.levels import SAMPLE_RATE

FloatArray = NDArray[np.float64]

STFT_WINDOW_SIZES = (2048, 512, 128)
"""Window lengths of the resolutions compared (samples), with hops of a quarter. Chosen by hand."""
MAGNITUDE_FLOOR = 1e-3
"""Smallest STFT magnitude in logarithms; a full-scale sine has a quarter of the window length.
Chosen by hand."""
# Smallest norm of a target spectrogram, so that the distance to silence stays finite.
_NORM_FLOOR = 1e-6


@dataclass(frozen=True, kw_only=True)
class CodecDistances:
    """Spectral distances between decoded audio and its target; 0 for identical audio.

    Parameters
    ----------
    log_mel_l1
        See `log_mel_l1` (decades): 0.3 corresponds to a factor of two in every mel band.
    spectral_convergence
        See `spectral_convergence` (no unit): silence scores 1.
    log_magnitude_l1
        See `log_magnitude_l1` (nepers).
    multi_resolution_stft
        Sum of the two STFT distances (Yamamoto et al., 2020, Eq. 3 and 6). The windows differ
        from those of the paper, so the values are not comparable with published ones.
    """

    log_mel_l1: float
    spectral_convergence: float
    log_magnitude_l1: float
    multi_resolution_stft: float


@dataclass(frozen=True, kw_only=True)
class CodebookUsage:
    """How much of a codebook a set of codes uses.

    Parameters
    ----------
    used_share
        Share of the entries that occur, 0 to 1.
    perplexity
        Exponential of the entropy of the entries' frequencies: the number of equally frequent
        entries with the same entropy. 1 means a collapsed codebook, the number of entries is
        the maximum; 0 for no codes.
    """

    used_share: float
    perplexity: float


def codec_distances(
    decoded: NDArray[Any], target: NDArray[Any], sample_rate: int = SAMPLE_RATE
) -> CodecDistances:
    """Compute all distances between decoded audio and its target.

    Parameters
    ----------
    decoded, target : (N,), (M,)
        Mono audio in [-1, 1].
    sample_rate
        Sample rate of both (Hz).

    Returns
    -------
    CodecDistances

    Raises
    ------
    AudioError
        If one is empty, not mono or not finite.
    """
    decoded, target = _checked_pair(decoded, target)
    convergence = spectral_convergence(decoded, target)
    log_magnitude = log_magnitude_l1(decoded, target)
    return CodecDistances(
        log_mel_l1=log_mel_l1(decoded, target, sample_rate),
        spectral_convergence=convergence,
        log_magnitude_l1=log_magnitude,
        multi_resolution_stft=convergence + log_magnitude,
    )


def log_mel_l1(
    decoded: NDArray[Any], target: NDArray[Any], sample_rate: int = SAMPLE_RATE
) -> float:
    """Compute the mean absolute difference of log10-mel spectrograms, in decades.

    The spectrograms are those of `d2m.audio.waveform.log_mel`: amplitude in 80 bands,
    windows of 1,024 samples, hop 256, floor 1e-5. The distance between silence and music is
    the mean level of the music above that floor, typically 2 to 4 decades.

    Parameters
    ----------
    decoded, target : (N,), (M,)
        Mono audio in [-1, 1].
    sample_rate
        Sample rate of both (Hz).

    Returns
    -------
    float
        Decades.

    Raises
    ------
    AudioError
        If one is empty, not mono or not finite.
    """
    pair = _checked_pair(decoded, target)
    a, b = (log_mel(audio.astype(np.float32), sample_rate) for audio in pair)
    return float(np.abs(a - b).mean())


def spectral_convergence(
    decoded: NDArray[Any],
    target: NDArray[Any],
    window_sizes: tuple[int, ...] = STFT_WINDOW_SIZES,
) -> float:
    """Compute the relative distance of magnitude spectrograms, averaged over resolutions.

    ``|| |D| - |T| || / || |T| ||`` in the Frobenius norm (Arik et al., "Fast Spectrogram
    Inversion using Multi-head Convolutional Neural Networks", 2019; over several resolutions:
    Yamamoto et al., "Parallel WaveGAN", 2020, Eq. 4). Loud passages dominate it. Silence
    scores 1 against any audio and 0 against silence. The target's norm is at least 1e-6, so
    audio decoded for a silent target scores very high.

    Parameters
    ----------
    decoded, target : (..., N), (..., M)
        Audio in [-1, 1]; a batch has one norm over all its items.
    window_sizes
        Window lengths (samples).

    Returns
    -------
    float
        No unit.

    Raises
    ------
    AudioError
        If one is empty or not finite, or if the batch shapes differ.
    """
    one, other = _checked_pair(decoded, target)
    ratios = []
    for size in window_sizes:
        a, b = _magnitudes(one, size), _magnitudes(other, size)
        ratios.append(np.linalg.norm(a - b) / max(float(np.linalg.norm(b)), _NORM_FLOOR))
    return float(np.mean(ratios))


def log_magnitude_l1(
    decoded: NDArray[Any],
    target: NDArray[Any],
    window_sizes: tuple[int, ...] = STFT_WINDOW_SIZES,
) -> float:
    """Compute the mean absolute difference of log magnitudes, averaged over resolutions.

    Natural logarithms of magnitudes of at least `MAGNITUDE_FLOOR` (Yamamoto et al., 2020,
    Eq. 5), so 0.69 nepers correspond to a factor of two. Quiet and loud passages count alike.

    Parameters
    ----------
    decoded, target : (..., N), (..., M)
        Audio in [-1, 1].
    window_sizes
        Window lengths (samples).

    Returns
    -------
    float
        Nepers.

    Raises
    ------
    AudioError
        If one is empty or not finite, or if the batch shapes differ.
    """
    pair = _checked_pair(decoded, target)
    means = []
    for size in window_sizes:
        a, b = (np.log(np.maximum(_magnitudes(audio, size), MAGNITUDE_FLOOR)) for audio in pair)
        means.append(np.abs(a - b).mean())
    return float(np.mean(means))


def codebook_usage(codes: NDArray[Any], n_entries: int) -> CodebookUsage:
    """Measure how much of a codebook codes use (van den Oord et al., 2017).

    Both values grow with the number of codes, so compare them only for equally many codes.

    Parameters
    ----------
    codes : (...)
        Indices of codebook entries, in an array of any shape.
    n_entries
        Size of the codebook, 2,048 in JukeBox.

    Returns
    -------
    CodebookUsage

    Raises
    ------
    DataError
        If a code is not the index of an entry.
    """
    flat = np.asarray(codes).ravel()
    if not flat.size:
        return CodebookUsage(used_share=0.0, perplexity=0.0)
    if not np.issubdtype(flat.dtype, np.integer) or flat.min() < 0 or flat.max() >= n_entries:
        raise DataError(
            f"The codes are not of this codebook: expected whole numbers from 0 to {n_entries - 1}."
        )
    counts = np.bincount(flat, minlength=n_entries)
    share = counts[counts > 0] / flat.size
    perplexity = float(np.exp(-(share * np.log(share)).sum()))
    return CodebookUsage(used_share=len(share) / n_entries, perplexity=perplexity)


def _checked_pair(one: NDArray[Any], other: NDArray[Any]) -> tuple[FloatArray, FloatArray]:
    """Check two pieces of audio and cut the longer one to the length of the shorter."""
    a, b = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    if a.shape[:-1] != b.shape[:-1] or not a.size or not b.size:
        raise AudioError(
            f"Audio of the shapes {a.shape} and {b.shape} can't be compared: expected the same "
            "number of channels and at least one sample."
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise AudioError("The audio contains non-finite samples: decode it again.")
    length = min(a.shape[-1], b.shape[-1])
    return a[..., :length], b[..., :length]


def _magnitudes(audio: FloatArray, size: int) -> FloatArray:
    """Return STFT magnitudes (..., T, size / 2 + 1) of Hann windows with hops of a quarter."""
    edges = [(0, 0)] * (audio.ndim - 1) + [(size // 2, size // 2)]
    padded = np.pad(audio, edges, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, size, axis=-1)
    window = np.hanning(size + 1)[:-1]
    magnitudes: FloatArray = np.abs(np.fft.rfft(frames[..., :: size // 4, :] * window))
    return magnitudes
