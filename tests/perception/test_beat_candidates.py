"""Probabilities of tempi and shifts of the beats."""

import pytest

from d2m.perception.beat_candidates import (
    MAX_CANDIDATES,
    phase_probability,
    rank_candidates,
    tempo_probabilities,
)
from d2m.perception.tempo import RivalTempo, TempoEstimate


def estimate(contrast, *rivals):
    return TempoEstimate(bpm=100.0, contrast=contrast, rivals=rivals)


HALF = RivalTempo(bpm=50.0, relative_score=0.9, is_octave=True)
RIVAL = RivalTempo(bpm=81.0, relative_score=0.8, is_octave=False)


@pytest.mark.parametrize("contrast", [0.5, 1.0, 1.5, 3.0, 10.0, 1000.0])
def test_tempo_probabilities_sum_to_at_most_one_and_the_estimate_leads(contrast):
    tempi = tempo_probabilities(estimate(contrast, HALF, RIVAL, RIVAL))
    probabilities = [probability for _, probability in tempi]
    assert [bpm for bpm, _ in tempi] == [100.0, 50.0, 81.0, 81.0]
    assert sum(probabilities) <= 1
    assert min(probabilities) >= 0
    assert probabilities[0] > probabilities[1]


def test_a_clearer_tempo_leaves_less_to_its_rivals():
    vague, clear = (dict(tempo_probabilities(estimate(c, RIVAL))) for c in (1.5, 6.0))
    assert clear[100.0] > vague[100.0]
    assert clear[81.0] < vague[81.0]


def test_an_octave_with_a_high_score_shares_the_probability():
    alone = dict(tempo_probabilities(estimate(6.0)))
    shared = dict(tempo_probabilities(estimate(6.0, HALF)))
    assert shared[100.0] + shared[50.0] == pytest.approx(alone[100.0])
    assert shared[50.0] > 0.2


def test_the_phase_probability_rises_with_the_score():
    values = [phase_probability(score) for score in (0.0, 0.8, 1.5, 2.5, 4.0)]
    assert values == sorted(values)
    # Four positions in the beat are told apart, so a guess is right in a quarter of cases.
    assert 0.2 < values[0] < 0.4
    assert values[-1] < 1


def test_the_beats_as_they_are_come_first_even_where_the_phase_is_at_chance():
    least = phase_probability(0.0)
    first, second, _ = rank_candidates([(100.0, 0.9)], lambda _: least)
    assert first.shift_beats == 0.0
    assert second.shift_beats == 0.5
    assert second.probability == pytest.approx(first.probability, rel=0.1)


def test_candidates_come_best_first_and_include_shifts_where_the_phase_is_open():
    open_phase = rank_candidates([(100.0, 0.9), (50.0, 0.1)], lambda _: 0.3)
    assert len(open_phase) == MAX_CANDIDATES
    probabilities = [candidate.probability for candidate in open_phase]
    assert probabilities == sorted(probabilities, reverse=True)
    assert [candidate.shift_beats for candidate in open_phase[:2]] == [0.0, 0.5]
    assert {candidate.tempo_bpm for candidate in open_phase} == {100.0}
    clear_phase = rank_candidates([(100.0, 0.6), (50.0, 0.4)], lambda _: 0.9)
    assert [(c.tempo_bpm, c.shift_beats) for c in clear_phase[:2]] == [(100.0, 0.0), (50.0, 0.0)]
