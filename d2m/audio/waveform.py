"""A waveform as an array: its checks and its log-mel spectrogram."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import AudioError
from d2m.core.levels import SAMPLE_RATE

Audio = NDArray[np.float32]


def log_mel(
    audio: Audio, sample_rate: int = SAMPLE_RATE, n_mels: int = 80, hop_length: int = 256
) -> NDArray[np.float32]:
    """Return the mel spectrogram as log10 of amplitude.

    Parameters
    ----------
    audio
        Shape ``(N,)``.
    sample_rate
        Samples a second (Hz).
    n_mels
        Number of mel bands up to half the sample rate.
    hop_length
        Samples from frame to frame.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_mels, T)`` with ``T = 1 + N // hop_length``; never under -5.
    """
    import librosa

    mel = librosa.feature.melspectrogram(
        y=checked(audio),
        sr=sample_rate,
        n_fft=1024,
        hop_length=hop_length,
        n_mels=n_mels,
        power=1.0,
    )
    shown: NDArray[np.float32] = np.log10(np.maximum(mel, 1e-5)).clip(-5.0).astype(np.float32)
    return shown


def checked(audio: Audio) -> Audio:
    """Return audio as float32 ``(N,)``.

    Raises
    ------
    AudioError
        If it is empty, not one-dimensional or not finite.
    """
    audio = np.asarray(audio, dtype=np.float32)
    if audio.ndim != 1 or audio.size == 0:
        raise AudioError(
            f"The audio has the shape {audio.shape}: one channel of samples is expected."
        )
    if not np.isfinite(audio).all():
        raise AudioError("The audio holds values that are no numbers: generate it anew.")
    return audio
