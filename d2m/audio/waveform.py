"""Validate waveforms, convert them, and compute log-mel spectrograms."""

from __future__ import annotations

from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import AudioError
from d2m.core.levels import SAMPLE_RATE

Audio = NDArray[np.float32]
"""A mono waveform ``(N,)``, nominally in [-1, 1]."""
# Length of the spectrogram's window (samples): 46 ms at 22,050 Hz. Chosen by hand.
_N_FFT = 1024
# Smallest amplitude in a log-mel spectrogram: -100 dB.
_MIN_AMPLITUDE = 1e-5


def log_mel(
    audio: Audio, sample_rate: int = SAMPLE_RATE, n_mels: int = 80, hop_length: int = 256
) -> NDArray[np.float32]:
    """Return the mel spectrogram as the common logarithm of amplitude.

    Parameters
    ----------
    audio
        Waveform ``(N,)``.
    sample_rate
        Sample rate (Hz).
    n_mels
        Number of mel bands between 0 Hz and half the sample rate.
    hop_length
        Hop between frames (samples).

    Returns
    -------
    numpy.ndarray
        Shape ``(n_mels, T)`` with ``T = 1 + N // hop_length``; at least -5, which is -100 dB.

    Raises
    ------
    AudioError
        If the audio is empty, not one-dimensional or not finite.
    """
    import librosa

    mel = librosa.feature.melspectrogram(
        y=validate_waveform(audio),
        sr=sample_rate,
        n_fft=_N_FFT,
        hop_length=hop_length,
        n_mels=n_mels,
        power=1.0,
    )
    # In single precision the logarithm of the smallest amplitude can be just under -5.
    logarithm: NDArray[np.float32] = np.log10(np.maximum(mel, _MIN_AMPLITUDE))
    return logarithm.clip(-5.0).astype(np.float32)


def validate_waveform(audio: Audio) -> Audio:
    """Return audio as a float32 waveform ``(N,)`` after checking it.

    Raises
    ------
    AudioError
        If the audio is empty, not one-dimensional or not finite.
    """
    audio = np.asarray(audio, dtype=np.float32)
    if audio.ndim != 1 or audio.size == 0:
        raise AudioError(
            f"The audio has the shape {audio.shape}: expected one channel with at least one sample."
        )
    if not np.isfinite(audio).all():
        raise AudioError("The audio holds values that are not finite: generate it again.")
    return audio


def validate_channels(audio: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return audio as float32 channels ``(C, N)`` after checking it.

    Parameters
    ----------
    audio : (N,), (1, N) or (2, N)
        Mono, or left and right.

    Raises
    ------
    AudioError
        If the audio is empty, has another shape or is not finite.
    """
    channels = np.atleast_2d(np.asarray(audio, dtype=np.float32))
    if channels.ndim != 2 or len(channels) > 2 or not channels.size:
        raise AudioError(
            f"The audio has the shape {np.shape(audio)}: expected one or two channels with at "
            "least one sample."
        )
    if not np.isfinite(channels).all():
        raise AudioError("The audio holds values that are not finite: generate it again.")
    return channels


def mono_at(
    audio: NDArray[np.float32], sample_rate: int, target_rate: int = SAMPLE_RATE
) -> NDArray[np.float32]:
    """Average the channels of audio and resample the result.

    Parameters
    ----------
    audio : (N,) or (C, N)
        Audio.
    sample_rate, target_rate
        Its sample rate, and that of the result (Hz).

    Returns
    -------
    (M,)
        Mono audio.
    """
    mono = audio if audio.ndim == 1 else audio.mean(axis=0)
    resampled: NDArray[np.float32] = resample_channels(mono[None], sample_rate, target_rate)[0]
    return resampled


def resample_channels(
    audio: NDArray[np.float32], sample_rate: int, target_rate: int
) -> NDArray[np.float32]:
    """Resample each channel of audio ``(C, N)`` with a polyphase filter."""
    if sample_rate == target_rate:
        return audio
    from scipy.signal import resample_poly

    common = gcd(sample_rate, target_rate)
    resampled = resample_poly(audio, target_rate // common, sample_rate // common, axis=-1)
    return np.asarray(resampled, dtype=np.float32)
