"""Phases of beats, on constructed cases."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.core.errors import DataError
from d2m.metrics.beat_phases import (
    PHASE_BINS,
    beat_phases,
    mean_phase,
    phase_concentration,
    phase_counts,
)

DANCE = np.arange(2, 18) * 0.5  # 16 beats


@pytest.mark.parametrize(
    ("shift_s", "phase", "bin_index"),
    [
        (0.0, 0.0, 12),
        (0.125, 0.25, 18),
        (-0.125, -0.25, 6),
        (0.5 / 3, 1 / 3, 20),
        (0.25, -0.5, 0),
        (-0.25, -0.5, 0),
    ],
)
def test_a_constant_shift_is_one_phase(shift_s: float, phase: float, bin_index: int) -> None:
    phases = beat_phases(DANCE + shift_s, DANCE)
    assert len(phases) == 16
    assert np.abs(np.exp(2j * np.pi * phases) - np.exp(2j * np.pi * phase)).max() < 1e-9
    assert phases.min() >= -0.5
    assert phases.max() < 0.5
    assert phase_concentration(phases) == pytest.approx(1.0)
    assert np.exp(2j * np.pi * mean_phase(phases)) == pytest.approx(np.exp(2j * np.pi * phase))
    counts = phase_counts(phases)
    assert counts.shape == (PHASE_BINS,)
    assert counts[bin_index] == counts.sum() == 16


def test_double_tempo_has_two_opposite_phases_and_no_mean() -> None:
    phases = beat_phases(np.arange(4, 36) * 0.25, DANCE)  # 16 on the beat and 16 between
    assert phase_concentration(phases) == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(mean_phase(phases))
    assert phase_counts(phases, 4).tolist() == [16, 0, 16, 0]


def test_half_tempo_keeps_one_phase() -> None:
    assert phase_concentration(beat_phases(DANCE[::2], DANCE)) == pytest.approx(1.0)


def test_phases_follow_a_dance_whose_tempo_changes() -> None:
    # Beats of 1 s and 0.5 s; half a beat before the first and after the last still counts.
    dance = np.array([1.0, 2.0, 2.5])
    music = np.array([0.4, 0.6, 1.25, 2.25, 2.7, 2.8])
    assert beat_phases(music, dance) == pytest.approx([-0.4, 0.25, -0.5, 0.4])


def test_phases_around_the_middle_between_beats_have_their_mean_there() -> None:
    phases = np.array([0.45, -0.45])
    assert abs(mean_phase(phases)) == pytest.approx(0.5)
    assert phase_concentration(phases) == pytest.approx(np.cos(2 * np.pi * 0.05))


def test_silence_and_one_beat_are_defined() -> None:
    silent = beat_phases(np.zeros(0), DANCE)
    assert len(silent) == 0
    assert phase_concentration(silent) == 0.0
    assert np.isnan(mean_phase(silent))
    assert phase_counts(silent).tolist() == [0] * PHASE_BINS
    assert len(beat_phases(DANCE, DANCE[:1])) == 0
    one = beat_phases(np.array([1.1]), DANCE)
    assert mean_phase(one) == pytest.approx(0.2)
    assert phase_concentration(one) == 0.0


def test_random_phases_agree_as_little_as_the_docstring_says() -> None:
    rng = np.random.default_rng(0)
    found = [phase_concentration(rng.uniform(-0.5, 0.5, 16)) for _ in range(400)]
    assert np.mean(found) == pytest.approx(0.9 / np.sqrt(16), rel=0.1)


def test_what_are_no_beats_or_phases_is_refused() -> None:
    with pytest.raises(DataError, match="beats of the music are not ascending"):
        beat_phases(DANCE[::-1], DANCE)
    with pytest.raises(DataError, match="beats of the dance hold"):
        beat_phases(DANCE, np.array([np.inf]))
    for metric in (phase_counts, phase_concentration, mean_phase):
        with pytest.raises(DataError, match="not finite"):
            metric(np.array([0.1, np.nan]))
