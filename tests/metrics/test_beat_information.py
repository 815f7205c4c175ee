"""Information gain of beats, on constructed cases."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.core.errors import DataError
from d2m.metrics.beat_information import ERROR_BINS, information_gain

REFERENCE = np.arange(1, 17) * 0.5
GOLDEN = (1 + np.sqrt(5)) / 2


def test_equal_beats_have_all_information() -> None:
    assert information_gain(REFERENCE, REFERENCE) == pytest.approx(1.0)


@pytest.mark.parametrize("shift_s", [-0.2, -0.05, 0.05, 0.125, 0.25])
def test_a_constant_shift_costs_the_one_beat_before_the_other_side(shift_s: float) -> None:
    # In one direction, the first of the 16 beats lies before all others: mir_eval takes its error
    # as a part of the whole piece, so it falls into another bin than the other 15.
    shares = np.array([1, 15]) / 16
    expected = 1 + float((shares * np.log2(shares)).sum()) / np.log2(ERROR_BINS)
    assert information_gain(REFERENCE + shift_s, REFERENCE) == pytest.approx(expected)
    assert expected > 0.93


def test_double_tempo_lies_at_two_phases() -> None:
    double = np.arange(2, 33) * 0.25  # 16 on a beat, 15 between beats
    shares = np.array([16, 15]) / 31
    expected = 1 + float((shares * np.log2(shares)).sum()) / np.log2(ERROR_BINS)
    assert information_gain(double, REFERENCE) == pytest.approx(expected)
    assert information_gain(REFERENCE, double) == pytest.approx(expected)


def test_an_unrelated_tempo_has_no_information_if_the_piece_is_long() -> None:
    reference = np.arange(1, 1001) * 0.5
    unrelated = np.arange(1, 618) * 0.5 * GOLDEN
    assert information_gain(unrelated, reference) < 0.02


def test_few_beats_never_score_low() -> None:
    # Eight beats fill eight bins at most: H is at most 3 bits.
    floor = 1 - 3 / np.log2(ERROR_BINS)
    rng = np.random.default_rng(0)
    for _ in range(20):
        beats_s = np.sort(rng.uniform(0, 4, 8))
        assert floor - 1e-9 <= information_gain(beats_s, REFERENCE[:8]) <= 1


@pytest.mark.parametrize("beats_s", [np.zeros(0), np.array([1.0])])
def test_silence_and_one_beat_score_zero(beats_s: np.ndarray) -> None:
    assert information_gain(beats_s, REFERENCE) == 0.0
    assert information_gain(REFERENCE, beats_s) == 0.0


@pytest.mark.parametrize(
    ("beats_s", "reason"),
    [
        ([1.0, np.nan], "not finite"),
        ([-0.1, 1.0], "no time before the start"),
        ([1.0, 0.5], "0.500 s follows 1.000 s"),
        ([1.0, 1.0], "repeated"),
        ([[1.0, 2.0]], "shape"),
    ],
)
def test_what_are_no_beats_is_refused(beats_s: list[float], reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        information_gain(np.array(beats_s), REFERENCE)
    with pytest.raises(DataError, match="reference beats"):
        information_gain(REFERENCE, np.array(beats_s))
