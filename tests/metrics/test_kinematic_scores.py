import numpy as np
import pytest

from d2m.metrics.kinematic_scores import (
    DANCE_EDGE_S,
    beat_alignment,
    beats_inside,
    dance_beat_scores,
    speed_minima,
)

MUSIC = np.arange(0, 8, 0.5)
DOWNBEATS = MUSIC[::4]


def test_coverage_and_hit_of_beats_counted_by_hand():
    # Two of these four lie within 0.1 s of a beat; the third is 0.11 s and the last 0.25 s off.
    dance = np.array([0.05, 0.9, 1.61, 2.75])
    scores = dance_beat_scores(dance, MUSIC, DOWNBEATS)
    assert scores.coverage == 4 / 16
    assert scores.hit == 2 / 4
    assert scores.downbeats_met == 1 / 4  # the one at 0 s, of those at 0, 2, 4 and 6 s


def test_a_dance_on_every_beat_scores_one_and_twice_the_beats_cover_twice():
    assert dance_beat_scores(MUSIC, MUSIC, DOWNBEATS) == dance_beat_scores(
        MUSIC + 0.099, MUSIC, DOWNBEATS
    )
    double = dance_beat_scores(np.arange(0, 8, 0.25), MUSIC, DOWNBEATS)
    assert (double.coverage, double.hit, double.downbeats_met) == (2.0, 0.5, 1.0)


def test_without_beats_shares_are_unknown_or_zero():
    still = dance_beat_scores(np.zeros(0), MUSIC, DOWNBEATS)
    assert (still.coverage, still.downbeats_met) == (0.0, 0.0)
    assert np.isnan(still.hit)
    silent = dance_beat_scores(MUSIC, np.zeros(0), np.zeros(0))
    assert (silent.coverage, silent.hit) == (0.0, 0.0)
    assert np.isnan(silent.downbeats_met)


def test_alignment_is_a_mean_over_the_first_beats():
    # One beat of the dance, one sigma (0.05 s) late; the other beats of the music are 0.45 s off.
    dance = np.array([1.05])
    assert beat_alignment(dance, MUSIC) == pytest.approx(np.exp(-0.5))
    over_music = beat_alignment(np.array([0.5, 1.0, 1.5]), dance)
    assert over_music == pytest.approx(np.exp(-0.5) / 3, rel=1e-6)
    assert beat_alignment(MUSIC, MUSIC) == 1.0
    assert beat_alignment(np.zeros(0), MUSIC) == 0.0


def test_speed_is_lowest_where_a_swing_turns():
    time = np.arange(0, 4, 1 / 60)
    joints = np.zeros((len(time), 3, 2))
    joints[:, 0, 0] = np.cos(np.pi * time / 0.6)  # turns every 0.6 s
    found = speed_minima(joints)
    assert np.allclose(found, 0.6 * np.arange(1, 7), atol=0.01)
    assert len(speed_minima(np.zeros((100, 3, 2)))) == 0
    assert len(speed_minima(np.zeros((2, 3, 2)))) == 0


def test_beats_at_the_ends_do_not_count() -> None:
    beats = np.array([0.0, DANCE_EDGE_S, 1.0, 4.0 - DANCE_EDGE_S, 4.0])
    assert np.array_equal(beats_inside(beats, 4.0), beats[1:4])


@pytest.mark.parametrize("shift_s", [-0.1, -0.05, -0.02, 0.0, 0.02, 0.05, 0.1])
def test_a_shift_lowers_alignment_alike_in_both_directions(shift_s: float) -> None:
    dance = 1.0 + MUSIC + shift_s
    expected = np.exp(-(shift_s**2) / (2 * 0.05**2))
    assert beat_alignment(dance, 1.0 + MUSIC) == pytest.approx(expected)
    assert beat_alignment(1.0 + MUSIC, dance) == pytest.approx(expected)


def test_additional_beats_lower_only_the_mean_over_themselves() -> None:
    # Clicks twice as fast as the dance: every second one is 0.25 s (5 sigma) from a kinematic beat.
    clicks = np.arange(0, 8, 0.25)
    assert beat_alignment(MUSIC, clicks) == 1.0
    assert beat_alignment(clicks, MUSIC) == pytest.approx((1 + np.exp(-12.5)) / 2)
    # Very dense clicks are near any kinematic beat: 10 a second are at most 0.05 s away.
    anywhere = np.sort(np.random.default_rng(0).uniform(0.5, 7.5, 20))
    assert beat_alignment(anywhere, np.arange(0, 8, 0.1)) > np.exp(-0.5)
