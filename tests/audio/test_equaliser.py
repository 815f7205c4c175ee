import numpy as np
import pytest
from scipy.signal import sosfreqz

from d2m.audio.equaliser import Band, equalise, equaliser_sections, tilt_bands

RATE = 44_100


def gain_db(bands: list[Band] | tuple[Band, ...], hz: float) -> float:
    """Return the gain (dB) of bands at a frequency."""
    _, response = sosfreqz(equaliser_sections(bands, RATE), [hz], fs=RATE)
    return float(20 * np.log10(np.abs(response[0])))


@pytest.mark.parametrize(
    ("band", "hz", "expected"),
    [
        (Band("peak", 1000.0, 5.0), 1000.0, 5.0),
        (Band("peak", 1000.0, 5.0), 20.0, 0.0),
        (Band("low_shelf", 200.0, -6.0), 10.0, -6.0),
        (Band("low_shelf", 200.0, -6.0), 10_000.0, 0.0),
        (Band("high_shelf", 5000.0, 4.0), 20_000.0, 4.0),
        (Band("high_shelf", 5000.0, 4.0), 50.0, 0.0),
        (Band("low_cut", 100.0), 100.0, -3.0),
        (Band("low_cut", 100.0), 10_000.0, 0.0),
        (Band("high_cut", 2000.0), 2000.0, -3.0),
        (Band("high_cut", 2000.0), 20.0, 0.0),
    ],
)
def test_bands_have_their_gain(band: Band, hz: float, expected: float) -> None:
    assert gain_db([band], hz) == pytest.approx(expected, abs=0.2)


def test_an_unknown_band_is_refused() -> None:
    with pytest.raises(ValueError, match="notch"):
        equaliser_sections([Band("notch", 100.0)])


@pytest.mark.parametrize("db", [-4.0, 3.0])
def test_a_tilt_turns_the_spectrum(db: float) -> None:
    gains = [gain_db(tilt_bands(db), hz) for hz in (30.0, 200.0, 800.0, 3000.0, 16_000.0)]
    assert gains[0] == pytest.approx(-db, abs=0.6)
    assert gains[2] == pytest.approx(0.0, abs=0.8)
    assert gains[4] == pytest.approx(db, abs=0.6)
    assert np.all(np.diff(gains) * np.sign(db) > 0)


def test_filtering_in_blocks_is_filtering() -> None:
    from scipy.signal import sosfilt

    audio = np.random.default_rng(1).standard_normal((2, 150_000)).astype(np.float32)
    sections = equaliser_sections([Band("low_cut", 100.0), Band("peak", 900.0, 6.0)])
    wanted = sosfilt(sections, audio.astype(float), axis=-1)
    equalise(audio, sections)
    np.testing.assert_allclose(audio, wanted, atol=1e-5)


def test_silence_stays_silence_and_a_doubled_channel_stays_so() -> None:
    sections = equaliser_sections([Band("low_cut", 100.0)])
    silent = np.zeros((2, 100_000), dtype=np.float32)
    equalise(silent, sections)
    assert not silent.any()
    doubled = np.tile(np.random.default_rng(1).standard_normal(9000).astype(np.float32), (2, 1))
    different = doubled.copy()
    different[1, -1] += 1.0
    equalise(doubled, sections)
    equalise(different, sections)
    np.testing.assert_array_equal(doubled[0], doubled[1])
    np.testing.assert_array_equal(doubled[0], different[0])
