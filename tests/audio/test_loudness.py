import numpy as np
import pytest

from d2m.audio.loudness import measure_loudness, peak_curve, true_peak_db

RATE = 44_100


def music(seconds: float, seed: int = 0) -> np.ndarray:
    """Return stereo noise bursts over a soft low tone."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * RATE)) / RATE
    bursts = rng.standard_normal((2, len(times))) * np.exp(-8 * (times % 0.5))
    audio = 0.2 * bursts + 0.1 * np.sin(2 * np.pi * 60 * times)
    return (audio * np.where(times > seconds / 2, 0.1, 1.0)).astype(np.float32)


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_a_sine_has_the_loudness_of_the_standard(rate: int) -> None:
    times = np.arange(5 * rate) / rate
    sine = np.sin(2 * np.pi * 997 * times).astype(np.float32)
    assert measure_loudness(sine, rate) == pytest.approx(-3.01, abs=0.02)
    assert measure_loudness(np.tile(sine, (2, 1)) / 10, rate) == pytest.approx(-20.0, abs=0.02)


@pytest.mark.parametrize("seconds", [0.5, 3.0, 20.7])
def test_it_agrees_with_pyloudnorm(seconds: float) -> None:
    import pyloudnorm

    audio = music(seconds)
    other = pyloudnorm.Meter(RATE).integrated_loudness(audio.T.astype(float))
    assert measure_loudness(audio, RATE) == pytest.approx(other, abs=0.1)


def test_short_and_silent_audio() -> None:
    assert measure_loudness(np.zeros((2, 0), dtype=np.float32), RATE) == -np.inf
    assert measure_loudness(np.zeros((2, 90_000), dtype=np.float32), RATE) == -np.inf
    assert -30 < measure_loudness(music(0.05), RATE) < 0
    assert -30 < measure_loudness(music(0.3), RATE) < 0


@pytest.mark.parametrize("length", [1, 100, 5000, 140_000])
def test_the_true_peak_is_between_the_samples(length: int) -> None:
    # A sine at a quarter of the rate whose samples all miss its peaks by 45 degrees.
    sine = np.sin(np.pi / 2 * np.arange(length) + np.pi / 4).astype(np.float32)
    fade = np.minimum(1.0, np.minimum(np.arange(length), np.arange(length)[::-1]) / 2000)
    peak = true_peak_db((sine * fade).astype(np.float32), RATE)
    if length > 4000:
        assert peak == pytest.approx(0.0, abs=0.1)
    else:
        assert peak <= 0.0


def test_it_agrees_with_dense_interpolation() -> None:
    from scipy.signal import butter, resample, sosfilt

    # The standard's meter reads up to 0.7 dB too little for what lies just below half the rate.
    low_pass = butter(8, 15_000, fs=RATE, output="sos")
    audio = sosfilt(low_pass, music(2.0)).astype(np.float32)
    audio[:, :500] = audio[:, -500:] = 0.0
    dense = 20 * np.log10(np.abs(resample(audio, 16 * audio.shape[1], axis=1)).max())
    assert true_peak_db(audio, RATE) == pytest.approx(dense, abs=0.3)
    assert true_peak_db(audio, RATE) >= 20 * np.log10(np.abs(audio).max())
    assert true_peak_db(np.zeros(50, dtype=np.float32), RATE) == -np.inf


def test_peaks_belong_to_their_steps() -> None:
    audio = np.zeros((2, 70_000), dtype=np.float32)
    audio[1, [100, 65_535, 65_536, 69_999]] = (0.5, 0.6, 0.7, 0.8)
    peaks = peak_curve(audio, 32, above=0.0)
    assert len(peaks) == 2188
    places = [3, 2047, 2048, 2187]
    np.testing.assert_allclose(peaks[places], [0.5, 0.8, 0.8, 0.8], atol=0.12)
    assert peaks[1000] == 0.0
