from __future__ import annotations

import librosa
import numpy as np
import pyloudnorm
import pytest

from d2m.audio.loudness import true_peak_db
from d2m.audio.postprocess import denoise, fade_edges, normalise_loudness
from d2m.core.levels import SAMPLE_RATE


def mel_db(audio: np.ndarray) -> np.ndarray:
    mel = librosa.feature.melspectrogram(y=audio, sr=SAMPLE_RATE, n_mels=80, hop_length=256)
    return 10 * np.log10(mel + 1e-6)


def distance_db(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(mel_db(a) - mel_db(b)).mean())


def test_denoise_leaves_clean_music_alone(music: np.ndarray) -> None:
    cleaned = denoise(music)
    assert cleaned.shape == music.shape
    assert distance_db(cleaned, music) < 0.5
    assert abs(10 * np.log10((cleaned**2).mean() / (music**2).mean())) < 0.1


def test_denoise_reduces_hiss(music: np.ndarray) -> None:
    level = np.sqrt((music**2).mean()) * 10 ** (-25 / 20)
    hiss = level * np.random.default_rng(1).standard_normal(len(music)).astype(np.float32)
    noisy = music + hiss
    assert distance_db(denoise(noisy), music) < 0.85 * distance_db(noisy, music)
    pause = np.concatenate([noisy, hiss[:SAMPLE_RATE]])
    assert denoise(pause)[-SAMPLE_RATE // 2 :].std() < 0.7 * level
    assert not denoise(np.zeros(SAMPLE_RATE, np.float32)).any()


@pytest.mark.parametrize("gain", [0.05, 1.0, 1.9])
@pytest.mark.parametrize("target", [-23.0, -14.0])
def test_loudness_reaches_its_target_below_the_peak(
    music: np.ndarray, gain: float, target: float
) -> None:
    levelled = normalise_loudness(music * np.float32(gain), target)
    loudness = pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(levelled)
    assert loudness == pytest.approx(target, abs=0.3)
    assert true_peak_db(levelled, SAMPLE_RATE) <= -1.0


def test_loudness_of_silence_and_of_a_single_pulse() -> None:
    assert not normalise_loudness(np.zeros(SAMPLE_RATE, np.float32)).any()
    pulse = np.zeros(2000, np.float32)
    pulse[1000] = 0.5
    levelled = normalise_loudness(pulse)
    assert levelled.shape == pulse.shape
    assert np.abs(levelled).max() > 0
    assert true_peak_db(levelled, SAMPLE_RATE) <= -1.0


def test_fades_change_only_the_edges(music: np.ndarray) -> None:
    faded = fade_edges(music + np.float32(0.1))
    first, last = round(0.01 * SAMPLE_RATE), round(0.25 * SAMPLE_RATE)
    assert faded[0] == 0
    assert faded[-1] == 0
    assert np.array_equal(faded[first:-last], (music + np.float32(0.1))[first:-last])
    assert fade_edges(np.ones(3, np.float32)).shape == (3,)
