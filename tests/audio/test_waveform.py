from __future__ import annotations

import librosa
import numpy as np
import pytest

from d2m.audio.waveform import log_mel, validate_waveform
from d2m.core.errors import AudioError
from d2m.core.levels import SAMPLE_RATE


def test_log_mel_shows_a_tone_in_its_band() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    spectrogram = log_mel(tone)
    assert spectrogram.shape == (80, 1 + SAMPLE_RATE // 256)
    centres = librosa.mel_frequencies(n_mels=82, fmax=SAMPLE_RATE / 2)[1:-1]
    assert centres[spectrogram[:, 40].argmax()] == pytest.approx(1000, rel=0.05)
    assert log_mel(np.zeros(5000, np.float32)).max() == -5


@pytest.mark.parametrize(
    ("audio", "reason"),
    [
        (np.zeros(0), r"shape \(0,\)"),
        (np.zeros((2, 100)), r"shape \(2, 100\)"),
        (np.array([0.0, np.nan]), "not finite"),
        (np.array([0.0, np.inf]), "not finite"),
    ],
)
def test_invalid_waveforms_are_refused(audio: np.ndarray, reason: str) -> None:
    with pytest.raises(AudioError, match=reason):
        validate_waveform(audio)


def test_a_valid_waveform_becomes_float32() -> None:
    assert validate_waveform(np.array([0.0, 0.5])).dtype == np.float32
