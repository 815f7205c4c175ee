import numpy as np

from d2m.audio.saturation import add_harmonics, saturate

RATE = 44_100


def tone(hz: float, amplitude: float) -> np.ndarray:
    """Return two seconds of a sine on both channels."""
    times = np.arange(2 * RATE) / RATE
    return np.tile(amplitude * np.sin(2 * np.pi * hz * times), (2, 1)).astype(np.float32)


def levels_db(audio: np.ndarray) -> np.ndarray:
    """Return the levels (dB) of the sines in audio, at steps of 0.5 Hz."""
    window = np.hanning(audio.shape[1])
    spectrum = np.abs(np.fft.rfft(audio[0] * window)) * 2 / window.sum()
    return 20 * np.log10(spectrum + 1e-9)


def test_soft_sounds_stay_and_loud_ones_are_rounded() -> None:
    soft, loud = tone(200.0, 0.01), tone(200.0, 1.2)
    before = soft.copy()
    saturate(soft, 6.0)
    np.testing.assert_allclose(soft, before, atol=1e-5)
    saturate(loud, 6.0)
    assert 0.45 < np.abs(loud).max() < 0.51
    levels = levels_db(loud)
    assert levels[1200] > -30


def test_aliases_are_faint() -> None:
    # Cymbals are soft in a mix; what aliases falls with the square of their level.
    audio = tone(9000.0, 0.1)
    saturate(audio, 3.0)
    levels = levels_db(audio)
    # The third harmonic, 27 kHz, folds to 17.1 kHz.
    assert levels[2 * 17_100] < levels[2 * 9000] - 65


def test_a_deep_bass_gets_harmonics_in_the_centre() -> None:
    audio = tone(45.0, 0.3)
    before = levels_db(audio)
    add_harmonics(audio, -14.0)
    added = levels_db(audio)
    assert added[2 * 45] > before[2 * 45] - 0.5
    assert added[2 * 315] > before[2 * 315] + 20
    assert max(added[2 * 315 : 2 * 1500]) > added[2 * 45] - 35
    np.testing.assert_array_equal(audio[0], audio[1])
    assert abs(audio.mean()) < 1e-3


def test_a_bright_bass_and_silence_stay_as_they_are() -> None:
    bright, silent = tone(45.0, 0.2) + tone(400.0, 0.2), np.zeros((2, 100), dtype=np.float32)
    before = bright.copy()
    add_harmonics(bright, -14.0)
    add_harmonics(silent, -14.0)
    np.testing.assert_array_equal(bright, before)
    assert not silent.any()
