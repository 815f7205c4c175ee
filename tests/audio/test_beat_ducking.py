import numpy as np
import pytest

from d2m.audio.beat_ducking import DEPTH_DB, duck_between_beats
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
