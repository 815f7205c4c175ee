import numpy as np
import pytest

from d2m.audio.beat_ducking import BEAT_EMPHASIS_DB, DEPTH_DB, duck_between_beats
from d2m.core.levels import SAMPLE_RATE

BEATS = np.arange(0.2, 4.0, 0.5)


def level_at(audio: np.ndarray, time_s: float) -> float:
    return float(audio[round(time_s * SAMPLE_RATE)])


def test_the_level_is_full_on_beats_and_lowest_before_them():
    out = duck_between_beats(np.ones(4 * SAMPLE_RATE, dtype=np.float32), BEATS)
    for beat in BEATS[1:]:
        assert level_at(out, beat + 0.006) > 0.97
        assert 20 * np.log10(level_at(out, beat - 0.01)) == pytest.approx(-DEPTH_DB, abs=0.1)


def test_the_gain_never_exceeds_one_and_does_not_click():
    out = duck_between_beats(np.ones(4 * SAMPLE_RATE, dtype=np.float32), BEATS)
    assert out.dtype == np.float32
    assert out.max() <= 1.0
    assert np.abs(np.diff(out)).max() < 0.01


@pytest.mark.parametrize("beats", [[], [1.0]])
def test_without_two_beats_nothing_changes(beats):
    audio = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    assert np.array_equal(duck_between_beats(audio, np.array(beats)), audio)


HITS = np.array([0.45, 1.4, 2.5])


def test_hits_between_beats_are_louder_than_without_them():
    ones = np.ones(4 * SAMPLE_RATE, dtype=np.float32)
    with_hits = duck_between_beats(ones, BEATS, hits_s=HITS)
    for hit in HITS:
        assert level_at(with_hits, hit + 0.006) > 1.3 * level_at(with_hits, hit - 0.01)
        loss_db = 20 * np.log10(level_at(with_hits, hit + 0.006))
        assert -BEAT_EMPHASIS_DB - 1.0 < loss_db < -BEAT_EMPHASIS_DB + 0.1
    for beat in BEATS[1:]:
        assert level_at(with_hits, beat + 0.006) > 0.95
    assert with_hits.max() <= 1.0
    assert np.abs(np.diff(with_hits)).max() < 0.01


def test_a_hit_close_to_a_beat_changes_nothing():
    ones = np.ones(4 * SAMPLE_RATE, dtype=np.float32)
    close = duck_between_beats(ones, BEATS, hits_s=BEATS + 0.04)
    np.testing.assert_array_equal(close, duck_between_beats(ones, BEATS))
