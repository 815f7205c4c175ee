"""How well a codec gives sound back: spectral distances, and how its codebook is used.

Distances are of two sounds that begin together, the codec's answer and its target; the
longer one's end is left out. 0 is the same sound, and there is no upper bound. An empty
sound has no distance: it is refused.
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

FFT_SIZES = (2048, 512, 128)
"""Samples in the windows of the resolutions that are compared; hops are a quarter of it."""
MAGNITUDE_FLOOR = 1e-3
"""Magnitudes under it count as this, in logarithms: a full-scale sine has size / 4."""
_NORM_FLOOR = 1e-6


@dataclass(frozen=True, kw_only=True)
class CodecFigures:
    """How far decoded sound is from its target; 0 is the same sound.

    Parameters
    ----------
    log_mel_l1
        See `log_mel_l1`: decades, so 0.3 is a factor of two in every mel band.
    spectral_convergence
        See `spectral_convergence`: a share, 1 is what silence scores.
    log_magnitude
        See `log_magnitude_l1`: nepers.
    multi_resolution_stft
        See `multi_resolution_stft`.
    """

    log_mel_l1: float
    spectral_convergence: float
    log_magnitude: float
    multi_resolution_stft: float


@dataclass(frozen=True, kw_only=True)
class CodebookUse:
    """How much of a codebook some codes use.

    Parameters
    ----------
    used
        Share of the entries that occur, 0 to 1.
    perplexity
        exp of the entropy of how often entries occur: as many equally frequent entries
        would carry as much. 1 is a collapsed codebook, the number of entries the best; 0
        for no codes.
    """

    used: float
    perplexity: float


def codec_figures(
    decoded: NDArray[Any], target: NDArray[Any], sample_rate: int = SAMPLE_RATE
) -> CodecFigures:
    """Measure all distances of decoded sound from its target.

    Parameters
    ----------
    decoded, target : (N,), (M,)
        Mono audio in [-1, 1].
    sample_rate
        Of both (Hz).

    Raises
    ------
    AudioError
        If one is empty, not mono or not finite.
    """
    decoded, target = _cut(decoded, target)
    convergence = spectral_convergence(decoded, target)
    log_magnitude = log_magnitude_l1(decoded, target)
    return CodecFigures(
        log_mel_l1=log_mel_l1(decoded, target, sample_rate),
        spectral_convergence=convergence,
        log_magnitude=log_magnitude,
        multi_resolution_stft=convergence + log_magnitude,
    )


def log_mel_l1(
    decoded: NDArray[Any], target: NDArray[Any], sample_rate: int = SAMPLE_RATE
) -> float:
    """Return the mean absolute difference of log10-mel spectrograms, in decades.

    The spectrograms are those of `d2m.audio.waveform.log_mel`: 80 bands of amplitude,
    window 1,024, hop 256, floor 1e-5. Two silences are 0 apart; of silence and music the
    distance is how far the music is over that floor, mostly 2 to 4.

    Parameters
    ----------
    decoded, target : (N,), (M,)
        Mono audio in [-1, 1].
    sample_rate
        Of both (Hz).

    Raises
    ------
    AudioError
        If one is empty, not mono or not finite.
    """
    one, other = _cut(decoded, target)
    a, b = (log_mel(sound.astype(np.float32), sample_rate) for sound in (one, other))
    return float(np.abs(a - b).mean())


def spectral_convergence(
    decoded: NDArray[Any], target: NDArray[Any], fft_sizes: tuple[int, ...] = FFT_SIZES
) -> float:
    """Return the relative distance of magnitude spectrograms, mean over resolutions.

    ``|| |D| - |T| || / || |T| ||`` in the Frobenius norm (Arik et al., "Fast Spectrogram
    Inversion using Multi-head Convolutional Neural Networks", 2019; over resolutions:
    Yamamoto et al., "Parallel WaveGAN", 2020, Eq. 4). Loud moments decide it. Silence
    decoded for sound scores 1, two silences 0; the norm of the target counts as 1e-6 at
    least, so sound for a silent target scores enormously.

    Parameters
    ----------
    decoded, target : (..., N), (..., M)
        Audio in [-1, 1]; a batch has one norm over all its items.
    fft_sizes
        Window lengths (samples).

    Raises
    ------
    AudioError
        If one is empty or not finite, or a batch meets another.
    """
    one, other = _cut(decoded, target)
    shares = []
    for size in fft_sizes:
        a, b = _magnitudes(one, size), _magnitudes(other, size)
        shares.append(np.linalg.norm(a - b) / max(float(np.linalg.norm(b)), _NORM_FLOOR))
    return float(np.mean(shares))


def log_magnitude_l1(
    decoded: NDArray[Any], target: NDArray[Any], fft_sizes: tuple[int, ...] = FFT_SIZES
) -> float:
    """Return the mean absolute difference of log magnitudes, mean over resolutions.

    Natural logarithms of magnitudes of 1e-3 at least (Yamamoto et al., 2020, Eq. 5),
    so in nepers: 0.69 is a factor of two. Quiet and loud count alike. Two silences are 0
    apart.

    Parameters
    ----------
    decoded, target : (..., N), (..., M)
        Audio in [-1, 1].
    fft_sizes
        Window lengths (samples).

    Raises
    ------
    AudioError
        If one is empty or not finite, or a batch meets another.
    """
    one, other = _cut(decoded, target)
    means = []
    for size in fft_sizes:
        a, b = (np.log(np.maximum(_magnitudes(x, size), MAGNITUDE_FLOOR)) for x in (one, other))
        means.append(np.abs(a - b).mean())
    return float(np.mean(means))


def multi_resolution_stft(
    decoded: NDArray[Any], target: NDArray[Any], fft_sizes: tuple[int, ...] = FFT_SIZES
) -> float:
    """Return the multi-resolution STFT distance (Yamamoto et al., 2020, Eq. 3 and 6).

    The sum of `spectral_convergence` and `log_magnitude_l1`, which say what silence
    gives. The windows are this project's, 2,048 to 128 samples with hops of a quarter, so
    the number can't be set beside those of other papers.

    Parameters
    ----------
    decoded, target : (..., N), (..., M)
        Audio in [-1, 1].
    fft_sizes
        Window lengths (samples).

    Raises
    ------
    AudioError
        If one is empty or not finite, or a batch meets another.
    """
    return spectral_convergence(decoded, target, fft_sizes) + log_magnitude_l1(
        decoded, target, fft_sizes
    )


def codebook_use(codes: NDArray[Any], n_entries: int) -> CodebookUse:
    """Measure how much of a codebook codes use (van den Oord et al., 2017).

    Few codes can't use many entries: compare only figures of as many codes.

    Parameters
    ----------
    codes : (...)
        Indices of entries, of any shape; none use nothing.
    n_entries
        Entries of the codebook, 2,048 in JukeBox.

    Raises
    ------
    DataError
        If a code is not the index of an entry.
    """
    flat = np.asarray(codes).ravel()
    if not flat.size:
        return CodebookUse(used=0.0, perplexity=0.0)
    if not np.issubdtype(flat.dtype, np.integer) or flat.min() < 0 or flat.max() >= n_entries:
        raise DataError(
            f"The codes are not of this codebook: expected whole numbers from 0 to {n_entries - 1}."
        )
    counts = np.bincount(flat, minlength=n_entries)
    share = counts[counts > 0] / flat.size
    return CodebookUse(
        used=len(share) / n_entries, perplexity=float(np.exp(-(share * np.log(share)).sum()))
    )


def _cut(one: NDArray[Any], other: NDArray[Any]) -> tuple[FloatArray, FloatArray]:
    """Return both as long as the shorter one."""
    a, b = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    if a.shape[:-1] != b.shape[:-1] or not a.size or not b.size:
        raise AudioError(
            f"Sounds of the shapes {a.shape} and {b.shape} can't be compared: expected as many "
            "channels, and at least one sample."
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise AudioError("The audio holds values that are no numbers: decode it anew.")
    length = min(a.shape[-1], b.shape[-1])
    return a[..., :length], b[..., :length]


def _magnitudes(audio: FloatArray, size: int) -> FloatArray:
    """Return magnitudes (..., T, size / 2 + 1), Hann windows centred on multiples of the hop."""
    edges = [(0, 0)] * (audio.ndim - 1) + [(size // 2, size // 2)]
    padded = np.pad(audio, edges, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, size, axis=-1)
    window = np.hanning(size + 1)[:-1]
    magnitudes: FloatArray = np.abs(np.fft.rfft(frames[..., :: size // 4, :] * window))
    return magnitudes
