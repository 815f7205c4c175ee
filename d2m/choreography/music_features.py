"""Audio features of a song at the frame rate of the dance (Lee et al., NeurIPS 2019, Sec. 4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import Audio
from d2m.choreography.kinematic_beats import UNIT_FPS
from d2m.core.levels import SAMPLE_RATE
from d2m.core.librosa_loader import load_librosa

MUSIC_FEATURES = 28
"""Features of a frame: 13 MFCC, their first derivatives, the log mean energy and its derivative."""
MFCC = 13
"""Mel-frequency cepstral coefficients (count)."""
MUSIC_HOP = round(SAMPLE_RATE / UNIT_FPS)
"""Samples of a frame: 1,470 at 22,050 Hz."""
TARGET_RMS = 0.1
"""Root mean square that every song is brought to. Chosen by hand: only its constancy matters."""
_WINDOW = 2048  # samples; longer than a frame, so no sample is left out


def music_features(audio: Audio) -> NDArray[np.float32]:
    """Return the features of a song.

    Parameters
    ----------
    audio : (N,)
        Mono waveform at `SAMPLE_RATE`; its level does not matter.

    Returns
    -------
    (F, MUSIC_FEATURES)
        One row for each frame of `UNIT_FPS`.
    """
    librosa = load_librosa()
    rms = float(np.sqrt(np.mean(np.square(audio, dtype=np.float64)))) if len(audio) else 0.0
    sound = audio * np.float32(TARGET_RMS / max(rms, 1e-6))
    mel = librosa.feature.melspectrogram(
        y=sound, sr=SAMPLE_RATE, n_fft=_WINDOW, hop_length=MUSIC_HOP, n_mels=64
    )
    cepstrum = librosa.feature.mfcc(S=librosa.power_to_db(mel, ref=1.0, top_db=None), n_mfcc=MFCC)
    # Decibels are ten times larger than logarithms to base 10.
    energy = np.log10(np.maximum(mel.mean(axis=0, keepdims=True), 1e-10))
    rows = np.concatenate(
        [cepstrum / 10, np.gradient(cepstrum / 10, axis=1), energy, np.gradient(energy, axis=1)]
    ) if mel.shape[1] > 1 else np.zeros((MUSIC_FEATURES, mel.shape[1]))  # fmt: skip
    return np.asarray(rows.T, dtype=np.float32)
