"""Fitting beats to taps, and shifting beats."""

import numpy as np
import pytest

from d2m.core.errors import SettingsError
from d2m.perception.beat_correction import fit_taps, scale_tempo, shift_beats
from d2m.perception.rhythm import Rhythm


@pytest.fixture
def rhythm() -> Rhythm:
    beats = np.arange(0.2, 10, 0.5)
    return Rhythm(
        tempo_bpm=120.0,
        beats_s=beats,
        downbeats_s=beats[1::4],
        confidence=0.4,
        envelope=np.linspace(0, 1, 600),
        envelope_rate=60.0,
        unsure=True,
    )


def test_taps_set_tempo_and_beats(rhythm):
    rng = np.random.default_rng(0)
    true = 0.3 + 0.6 * np.arange(16)
    taps = np.delete(true + 0.02 * rng.standard_normal(16), [4, 9])
    fitted = fit_taps(rhythm, taps, 10.0)
    assert fitted.tempo_bpm == pytest.approx(100, abs=0.5)
    assert len(fitted.beats_s) == 17
    np.testing.assert_allclose(fitted.beats_s[:16], true, atol=0.02)
    assert fitted.downbeats_s[0] == pytest.approx(0.3, abs=0.02)
    np.testing.assert_allclose(np.diff(fitted.downbeats_s), 2.4, atol=0.02)
    assert not fitted.unsure
    np.testing.assert_array_equal(fitted.envelope, rhythm.envelope)


def test_a_beat_tapped_twice_changes_nothing(rhythm):
    taps = np.sort(np.append(0.3 + 0.6 * np.arange(12), 2.74))
    assert fit_taps(rhythm, taps, 10.0).tempo_bpm == pytest.approx(100, abs=0.01)


def test_beats_fitted_to_taps_in_the_middle_cover_the_clip(rhythm):
    fitted = fit_taps(rhythm, 4.0 + 0.5 * np.arange(5), 10.0)
    np.testing.assert_allclose(fitted.beats_s, np.arange(0, 10.01, 0.5), atol=1e-9)
    assert fitted.downbeats_s[:2] == pytest.approx([0.0, 2.0])


@pytest.mark.parametrize("taps", [[], [1.0, 1.5, 2.0], [1.0, 4.0, 7.0, 9.9]])
def test_taps_without_a_tempo_are_refused(rhythm, taps):
    with pytest.raises(SettingsError, match=r"too few|a minute"):
        fit_taps(rhythm, np.array(taps), 10.0)


@pytest.mark.parametrize("shift", [0.1, -0.1, 0.45, -0.45])
def test_a_shift_moves_all_beats_and_covers_the_clip(rhythm, shift):
    shifted = shift_beats(rhythm, shift, 10.0)
    phase = (shifted.beats_s - 0.2 - shift + 0.25) % 0.5 - 0.25
    np.testing.assert_allclose(phase, 0, atol=1e-9)
    np.testing.assert_allclose(np.diff(shifted.beats_s), 0.5)
    assert shifted.beats_s[0] < 0.5
    assert shifted.beats_s[-1] > 9.5
    assert set(np.round(shifted.downbeats_s, 6)) <= set(np.round(shifted.beats_s, 6))


def test_no_shift_is_the_same(rhythm):
    assert shift_beats(rhythm, 0.0, 10.0) is rhythm


def test_half_the_tempo_keeps_every_second_beat_from_the_downbeat_on(rhythm):
    slow = scale_tempo(rhythm, "half", 10.0)
    assert slow.tempo_bpm == 60.0
    np.testing.assert_allclose(slow.beats_s, np.arange(0.7, 10, 1.0))
    assert slow.downbeats_s[0] == pytest.approx(0.7)
    np.testing.assert_allclose(np.diff(slow.downbeats_s), 4.0)


def test_twice_the_tempo_adds_a_beat_between_two_up_to_the_ends(rhythm):
    fast = scale_tempo(rhythm, "double", 10.0)
    assert fast.tempo_bpm == 240.0
    np.testing.assert_allclose(fast.beats_s, np.arange(0.2, 10, 0.25))
    assert 0.7 in fast.downbeats_s
    np.testing.assert_allclose(np.diff(fast.downbeats_s), 1.0)


def test_the_tempo_found_changes_nothing(rhythm):
    assert scale_tempo(rhythm, "found", 10.0) is rhythm


def test_half_of_a_slow_tempo_is_refused_with_the_range(rhythm):
    slow = scale_tempo(rhythm, "half", 10.0)
    with pytest.raises(SettingsError, match="half tempo is 15 BPM: choose one from 30 to 300"):
        scale_tempo(scale_tempo(slow, "half", 10.0), "half", 10.0)
