from __future__ import annotations

import numpy as np
import pytest

from d2m.choreography.beat_grid import even_grid, whole_grid


def test_beats_and_bars_reach_from_the_start_to_the_end() -> None:
    beats = 3.3 + 0.5 * np.arange(16)
    grid = whole_grid(beats, beats[1::4], 20.0)
    np.testing.assert_allclose(grid.beats_s, 0.3 + 0.5 * np.arange(40))
    np.testing.assert_allclose(grid.downbeats_s, grid.beats_s[3::4])
    assert grid.tempo_bpm == pytest.approx(120.0)


def test_bars_of_three_stay_bars_of_three() -> None:
    beats = 1.0 + 0.4 * np.arange(20)
    grid = whole_grid(beats, beats[::3], 12.0)
    assert set(np.round(np.diff(grid.downbeats_s), 6)) == {1.2}
    assert {round(time, 6) for time in beats[::3]} <= {round(t, 6) for t in grid.downbeats_s}


def test_gaps_are_filled_evenly_and_given_beats_stay() -> None:
    beats = 0.5 * np.arange(1, 40) + 0.004 * np.sin(np.arange(1, 40))
    kept = np.delete(beats, [10, 11, 12, 21])
    grid = whole_grid(kept, np.delete(beats[::4], 3), 20.0)
    assert len(grid.beats_s) == 1 + len(beats)  # one more before the first
    assert np.abs(grid.beats_s[1:] - beats).max() < 0.01
    assert set(kept) <= set(grid.beats_s)
    np.testing.assert_allclose(grid.downbeats_s, grid.beats_s[1::4])


def test_each_end_goes_on_at_the_tempo_next_to_it() -> None:
    slow, fast = 3.0 + 0.6 * np.arange(20), 3.0 + 0.6 * 19 + 0.4 * np.arange(1, 20)
    grid = whole_grid(np.concatenate([slow, fast]), np.zeros(0), 30.0)
    assert np.diff(grid.beats_s)[0] == pytest.approx(0.6)
    assert np.diff(grid.beats_s)[-1] == pytest.approx(0.4)
    np.testing.assert_array_equal(grid.downbeats_s, grid.beats_s[::4])
    assert 0.0 <= grid.beats_s[0] < 0.6
    assert 29.6 <= grid.beats_s[-1] < 30.0


def test_even_beats_follow_a_guess_or_a_plain_tempo() -> None:
    guess = 2.2 + 0.5 * np.arange(10) + 0.03 * np.array([1, -1] * 5)
    grid = even_grid(guess, 10.0, 100.0)
    assert grid.tempo_bpm == pytest.approx(120.0, abs=1.0)
    assert np.abs(grid.beats_s[:, None] - guess).min(axis=0).max() < 0.06
    assert np.ptp(np.diff(grid.beats_s)) < 1e-9
    slow = even_grid(np.array([1.0, 2.1]), 10.0, 100.0)
    assert slow.tempo_bpm == pytest.approx(60 / 1.1 * 2)
    for few in (np.zeros(0), np.array([3.0])):
        plain = even_grid(few, 10.0, 100.0)
        np.testing.assert_allclose(plain.beats_s, 0.6 * np.arange(17))
        np.testing.assert_allclose(plain.downbeats_s, plain.beats_s[::4])
