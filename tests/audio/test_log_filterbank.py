"""Quarter-tone bands and their rise: the input of the beat network."""

import numpy as np
import pytest

from d2m.audio.log_filterbank import (
    FILTERBANK_HOP,
    FILTERBANK_RATE,
    FILTERBANK_WINDOW,
    band_magnitudes,
    log_bands_and_rise,
    log_filterbank,
)
from d2m.core.errors import AudioError


def decaying_tone_with_sweep() -> np.ndarray:
    time = np.arange(20 * FILTERBANK_HOP) / FILTERBANK_RATE
    tone = 0.4 * np.sin(2 * np.pi * 440 * time) * np.exp(-4 * time)
    sweep = 0.3 * np.sin(2 * np.pi * (100 + 9000 * time) * time)
    return (tone + sweep).astype(np.float32)


def test_the_bands_are_triangles_of_weight_one():
    bank = log_filterbank()
    assert bank.shape == (FILTERBANK_WINDOW // 2, 136)
    assert np.allclose(bank.sum(axis=0), 1, atol=1e-6)
    # Bins are 15.6 Hz apart: the lowest bands are single bins, higher ones are triangles.
    assert np.flatnonzero(bank[:, 0]).tolist() == [3]
    assert np.flatnonzero(bank[:, 60]).tolist() == [78, 79, 80, 81]
    assert np.allclose(bank[78:82, 60], [2 / 15, 4 / 15, 6 / 15, 3 / 15])
    assert np.flatnonzero(bank[:, 135])[[0, -1]].tolist() == [676, 703]


def test_the_bank_can_not_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        log_filterbank()[0, 0] = 1


@pytest.mark.parametrize(
    ("frame", "value_of"),
    [
        (2, {25: 2.0927, 26: 1.8946, 24: 1.6267, 190: 1.1345, 189: 1.127}),
        (3, {66: 1.0986}),
        (9, {25: 1.8366, 26: 1.638, 24: 1.44, 233: 1.0993, 232: 1.0658}),
        (17, {25: 1.5642, 116: 1.3847, 26: 1.3689, 253: 1.0472, 254: 0.7617}),
    ],
)
def test_values_are_those_of_madmom(frame, value_of):
    """Expected values: madmom 0.16.1 with BeatNet's settings; all others agree as well."""
    features = log_bands_and_rise(band_magnitudes(decaying_tone_with_sweep()))
    assert features.shape == (20, 272)
    for index, value in value_of.items():
        assert features[frame, index] == pytest.approx(value, abs=1e-4)


def test_frames_are_centred_on_multiples_of_the_hop():
    audio = np.zeros(50 * FILTERBANK_HOP, dtype=np.float32)
    audio[30 * FILTERBANK_HOP] = 1
    loudest = band_magnitudes(audio).sum(axis=1).argmax()
    assert loudest == 30


def test_nothing_rises_in_the_first_frame_and_falls_count_as_zero():
    features = log_bands_and_rise(band_magnitudes(decaying_tone_with_sweep()))
    assert not features[0, 136:].any()
    assert features.min() >= 0


def test_a_gain_is_as_if_the_sound_were_louder():
    audio = decaying_tone_with_sweep()
    louder = log_bands_and_rise(band_magnitudes(3 * audio))
    assert np.allclose(louder, log_bands_and_rise(band_magnitudes(audio), 3.0), atol=1e-5)


def test_long_sounds_are_transformed_in_blocks_without_seams():
    rng = np.random.default_rng(0)
    audio = rng.standard_normal(1100 * FILTERBANK_HOP).astype(np.float32)
    whole = band_magnitudes(audio)
    part = band_magnitudes(audio[500 * FILTERBANK_HOP : 600 * FILTERBANK_HOP])
    assert np.allclose(whole[510:590], part[10:90], rtol=1e-4)


@pytest.mark.parametrize("audio", [np.zeros(0), np.zeros((2, 900)), np.full(900, np.nan)])
def test_what_is_no_waveform_is_refused(audio):
    with pytest.raises(AudioError):
        band_magnitudes(audio)
