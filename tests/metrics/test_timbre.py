import numpy as np
import pytest

from d2m.core.errors import AudioError
from d2m.metrics.timbre import (
    MODULATION_EDGES_HZ,
    MODULATION_GROUPS,
    N_CEPSTRA,
    N_MELS,
    timbre_embedding,
)

RATE = 22_050


def tone(hertz: float, seconds: float = 3.0) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)


def parts(audio: np.ndarray) -> dict[str, np.ndarray]:
    sizes = [N_MELS] * 4 + [MODULATION_GROUPS * (len(MODULATION_EDGES_HZ) - 1)]
    names = ("mean", "deviation", "difference", "skewness", "modulation", "correlations")
    split = np.split(timbre_embedding(audio), np.cumsum(sizes))
    return dict(zip(names, split, strict=True))


def noise_bursts(noise: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    seconds = np.arange(len(noise)) / RATE
    since = seconds[:, None] - times_s
    return noise * np.where(since >= 0, np.exp(-np.maximum(since, 0) / 0.03), 0).sum(axis=1)


def test_an_embedding_has_all_its_parts_and_ignores_gain():
    sound = tone(440.0)
    found = parts(sound)
    assert len(found["correlations"]) == N_CEPSTRA * (N_CEPSTRA - 1) / 2
    assert sum(map(len, found.values())) == 660
    assert np.allclose(timbre_embedding(0.25 * sound), timbre_embedding(sound), atol=1e-3)


def test_a_tone_raises_the_mean_of_its_band():
    low, high = (parts(tone(hertz))["mean"].argmax() for hertz in (220.0, 4000.0))
    assert low < 10 < 40 < high


def test_faint_noise_under_the_music_changes_little():
    rng = np.random.default_rng(0)
    sound = tone(440.0)
    hiss = 0.02 * rng.standard_normal(len(sound)) * np.sqrt(np.mean(sound**2))
    clean, hissing = (parts(audio)["mean"] for audio in (sound, sound + hiss))
    assert np.abs(clean - hissing).max() < 0.1 < np.ptp(clean)


def test_silence_is_at_the_floor():
    found = parts(np.zeros(2 * RATE))
    assert np.allclose(found["mean"], np.log10(0.3), atol=1e-4)
    assert np.allclose(found["modulation"], -4.0)
    for name in ("deviation", "difference", "skewness", "correlations"):
        assert np.allclose(found[name], 0.0, atol=1e-6)


def test_modulation_peaks_at_the_pulse_rate():
    noise = np.random.default_rng(0).standard_normal(2 * RATE)
    for hertz, column in ((2.0, 2), (4.5, 4), (12.0, 6)):
        modulation = parts(noise_bursts(noise, np.arange(0.05, 2.0, 1 / hertz)))["modulation"]
        by_range = modulation.reshape(MODULATION_GROUPS, -1).mean(axis=0)
        assert by_range.argmax() == column


def test_skewness_distinguishes_short_bursts_from_short_gaps():
    sound = tone(440.0, 2.0)
    band = parts(sound)["mean"].argmax()
    middle = np.abs((np.arange(2 * RATE) / RATE) % 1.0 - 0.5) < 0.05
    assert parts(sound * middle)["skewness"][band] > 1.0
    assert parts(sound * ~middle)["skewness"][band] < -1.0


def test_correlations_show_which_bands_sound_together():
    rng = np.random.default_rng(0)
    low, high = tone(200.0, 2.0), tone(3000.0, 2.0)
    first, second = (np.repeat(rng.uniform(0, 1, 20), RATE // 10) for _ in range(2))
    together = parts(first * low + first * high)["correlations"]
    apart = parts(first * low + second * high)["correlations"]
    # Loudness and brightness are correlated only if both tones share one envelope.
    assert np.abs(together).mean() > np.abs(apart).mean() + 0.1


def test_empty_audio_is_refused():
    with pytest.raises(AudioError):
        timbre_embedding(np.empty(0))
