import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from d2m.audio.stereo import centre_low_end, place_in_stereo, widen_stereo

RATE = 44_100


def noise(seed: int = 0, length: int = RATE) -> np.ndarray:
    """Return two channels of independent noise."""
    return np.random.default_rng(seed).standard_normal((2, length)).astype(np.float32)


def test_the_centre_keeps_audio_and_mono_is_mono() -> None:
    audio = noise()
    placed = audio.copy()
    place_in_stereo(placed)
    np.testing.assert_array_equal(placed, audio)
    place_in_stereo(placed, width=0.0, gain=0.5)
    np.testing.assert_allclose(placed[0], 0.25 * (audio[0] + audio[1]), atol=1e-6)
    np.testing.assert_array_equal(placed[0], placed[1])


@pytest.mark.parametrize("pan", [-1.0, -0.4, 0.3, 1.0])
def test_panning_keeps_the_power(pan: float) -> None:
    audio = np.tile(noise()[0], (2, 1))
    placed = audio.copy()
    place_in_stereo(placed, pan=pan)
    assert (placed**2).sum() == pytest.approx((audio**2).sum(), rel=1e-4)
    assert ((placed[1] ** 2).sum() > (placed[0] ** 2).sum()) == (pan > 0)


def test_widening_leaves_the_mono_sum() -> None:
    audio = np.tile(noise()[0], (2, 1))
    wide = audio.copy()
    widen_stereo(wide, 0.5 * audio[0])
    np.testing.assert_allclose(wide.sum(axis=0), audio.sum(axis=0), atol=1e-4)
    assert 0.3 < np.corrcoef(wide)[0, 1] < 0.9


def test_the_low_end_is_mono_and_the_rest_is_as_it_was() -> None:
    audio = noise(length=4 * RATE)
    centred = audio.copy()
    centre_low_end(centred, 120.0)
    np.testing.assert_allclose(centred.sum(axis=0), audio.sum(axis=0), atol=1e-4)
    low, high = butter(6, 100, fs=RATE, output="sos"), butter(6, 260, "high", fs=RATE, output="sos")
    side = centred[0] - centred[1]
    kept = sosfiltfilt(low, side).std() / sosfiltfilt(low, audio[0] - audio[1]).std()
    assert 20 * np.log10(kept) < -20
    # Above the crossover nothing combs: the side signal is the same, also in phase.
    change = sosfiltfilt(high, side - (audio[0] - audio[1])).std()
    assert change < 0.02 * sosfiltfilt(high, side).std()
