import numpy as np
import pytest
from scipy.signal import resample_poly

from d2m.audio.dynamics import GAIN_STEP, apply_gain_curve
from d2m.audio.limiter import CEILING_DBTP, limit_true_peaks, limiter_curve
from d2m.audio.loudness import peak_curve, true_peak_db

RATE = 44_100


def limited(audio: np.ndarray, ceiling_db: float) -> tuple[np.ndarray, np.ndarray]:
    """Return audio limited to a ceiling, and the gain (dB)."""
    peaks = 20 * np.log10(peak_curve(audio, GAIN_STEP, above=0.0) + 1e-9)
    gain = limiter_curve(peaks.astype(float), ceiling_db)
    audio = audio.copy()
    apply_gain_curve(audio, (10 ** (gain / 20)).astype(np.float32))
    return audio, gain


def test_true_peaks_stay_below_the_ceiling() -> None:
    rng = np.random.default_rng(0)
    for level in (0.1, 0.5, 2.0):
        audio = (level * rng.standard_normal((2, 2 * RATE))).astype(np.float32)
        result, gain = limited(audio, -1.0)
        assert true_peak_db(result, RATE) < -0.9
        assert gain.max() <= 0.0


def test_soft_audio_is_left_alone() -> None:
    audio = (0.05 * np.random.default_rng(0).standard_normal((2, RATE))).astype(np.float32)
    result, gain = limited(audio, -1.0)
    np.testing.assert_array_equal(result, audio)
    assert not gain.any()


def test_the_gain_falls_before_a_peak_and_recovers_smoothly() -> None:
    audio = np.zeros((2, 2 * RATE), dtype=np.float32)
    audio[:, RATE : RATE + 100] = 4.0
    _, gain = limited(audio, 0.0)
    place = RATE // GAIN_STEP
    assert gain[place] <= -12.0
    assert gain[place - round(0.05 * RATE / GAIN_STEP)] == 0.0
    assert -12.0 < gain[place + round(0.1 * RATE / GAIN_STEP)] < -3.0
    assert gain[-1] == 0.0
    assert np.abs(np.diff(gain)).max() < 3.0


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000])
def test_audio_of_any_rate_is_limited_around_its_peaks_only(rate: int) -> None:
    rng = np.random.default_rng(2)
    audio = (0.1 * rng.standard_normal(2 * rate)).astype(np.float32)
    assert limit_true_peaks(audio, rate) is audio
    audio[rate : rate + rate // 20] *= 12
    limited = limit_true_peaks(audio, rate)
    dense = np.abs(resample_poly(limited.astype(float), 4, 1)).max()
    assert 20 * np.log10(dense) <= CEILING_DBTP + 0.2
    changed = np.flatnonzero(limited != audio) / rate
    assert changed.min() > 0.95
    assert changed.max() < 1.8
    both = limit_true_peaks(np.stack([audio, 0.5 * audio]), rate)
    np.testing.assert_allclose(both[1], 0.5 * both[0], atol=1e-6)
