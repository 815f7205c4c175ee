import numpy as np
import pytest

from d2m.core.levels import SAMPLE_RATE
from d2m.metrics.hits import (
    HIT_TOLERANCE_S,
    ONSETS_PER_S,
    hits_met,
    hits_on_grid,
    loudness_flux,
    prominent_onsets,
)

DURATION_S = 30.0
BEATS_S = np.arange(0.4, DURATION_S - 0.2, 0.5)
SIXTEENTHS_S = np.arange(0.4, DURATION_S - 0.2, 0.125)
HITS_S = np.sort(
    np.random.default_rng(2).choice(np.arange(0.5, 29.5, 0.25), 45, replace=False)
) + np.random.default_rng(3).uniform(0.0, 0.2, 45)


def bursts(times_s: np.ndarray, gain: float = 1.0) -> np.ndarray:
    """Short bursts of noise, all alike."""
    burst = np.random.default_rng(1).standard_normal(1500) * np.exp(-np.arange(1500) / 250)
    audio = np.zeros(int(DURATION_S * SAMPLE_RATE), dtype=np.float32)
    for time_s in times_s:
        start = round(time_s * SAMPLE_RATE)
        part = audio[start : start + 1500]
        part += (0.2 * gain * burst)[: len(part)].astype(np.float32)
    return audio


def test_onsets_at_the_hits_meet_them_and_beats_take_nothing_away():
    assert hits_met(bursts(HITS_S), HITS_S) == 1.0
    assert hits_met(bursts(HITS_S) + bursts(BEATS_S), HITS_S) > 0.85


@pytest.mark.parametrize(
    ("audio", "most"),
    [
        (bursts(SIXTEENTHS_S), 0.1),
        (bursts(BEATS_S), 0.3),
        (bursts(SIXTEENTHS_S, 0.4) + bursts(BEATS_S), 0.3),
        (np.random.default_rng(0).normal(0.0, 0.1, int(DURATION_S * SAMPLE_RATE)), 0.5),
        (np.zeros(int(DURATION_S * SAMPLE_RATE)), 0.0),
    ],
    ids=["16ths", "beats", "accented 16ths", "noise", "silence"],
)
def test_music_that_does_not_know_the_hits_meets_few(audio, most):
    assert hits_met(audio, HITS_S) <= most


def test_hits_at_random_times_are_met_by_chance():
    audio = bursts(HITS_S) + bursts(BEATS_S)
    elsewhere = np.random.default_rng(5).uniform(0.5, 29.5, 2000)
    assert hits_met(audio, elsewhere) <= ONSETS_PER_S * 2 * HIT_TOLERANCE_S


@pytest.mark.parametrize(("late_s", "share"), [(-0.035, 1.0), (0.035, 1.0), (0.06, 0.0)])
def test_an_onset_counts_within_the_tolerance(late_s, share):
    assert hits_met(bursts(BEATS_S + late_s), BEATS_S) == share


def test_soft_onsets_among_loud_ones_do_not_stand_out():
    soft = BEATS_S[:-1] + 0.25
    loud = np.concatenate([BEATS_S, BEATS_S + 0.125])
    assert hits_met(bursts(loud) + bursts(soft, 0.05), soft) < 0.1


def test_onsets_are_found_where_they_are():
    found = prominent_onsets(bursts(BEATS_S))
    assert len(found) == len(BEATS_S)
    assert np.abs(found - BEATS_S).max() < 0.008
    assert np.abs(np.median(found - BEATS_S)) < 0.004


def test_the_flux_of_silence_and_of_a_steady_tone_is_nothing():
    tone = np.sin(2 * np.pi * 441.0 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
    assert not loudness_flux(np.zeros(SAMPLE_RATE)).any()
    burst = loudness_flux(bursts(np.array([0.5]))).max()
    assert loudness_flux(0.2 * tone)[20:-20].max() < 0.02 * burst


def test_hits_lie_on_a_grid_within_the_tolerance_and_the_bend():
    steps_s = np.arange(0.0, 5.0, 0.2)
    hits_s = np.array([1.0, 1.04, 1.07, 1.1])
    assert hits_on_grid(hits_s, steps_s) == 0.5
    assert hits_on_grid(hits_s, steps_s, bend_s=0.025) == 0.75
    assert hits_on_grid(hits_s, np.zeros(0)) == 0.0


def test_without_hits_there_is_no_share():
    assert np.isnan(hits_met(bursts(BEATS_S), np.zeros(0)))
    assert np.isnan(hits_on_grid(np.zeros(0), BEATS_S))
