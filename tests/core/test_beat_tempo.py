"""The tempo of beats, and how it is written."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.core.beat_tempo import mean_tempo, rounded_tempo, tempo_text


def test_the_mean_tempo_of_beats_survives_rounding_and_gaps() -> None:
    beats = np.arange(24) * 60 / 111.5
    assert mean_tempo(beats) == pytest.approx(111.5)
    rounded = np.round(beats * 50) / 50  # frames of 20 ms: the median gap gives 111.1
    assert mean_tempo(rounded) == pytest.approx(111.5, abs=0.1)
    assert mean_tempo(np.delete(beats, [3, 4, 11])) == pytest.approx(111.5)


def test_fewer_than_two_beats_have_no_tempo() -> None:
    assert mean_tempo(np.zeros(0)) == mean_tempo(np.array([1.0])) == 0.0
    assert mean_tempo(np.array([1.0, 1.5])) == pytest.approx(120.0)


def test_a_tempo_is_written_with_one_decimal_at_most() -> None:
    assert tempo_text(111.48) == "111.5 BPM"
    assert tempo_text(110.02) == "110 BPM"
    assert tempo_text(99.96) == "100 BPM"
    assert rounded_tempo(111.48) == 111.5
