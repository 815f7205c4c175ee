"""Evidence for beats: repetition of a sound's rise, and the confidence that follows."""

from dataclasses import replace

import numpy as np
import pytest

from d2m.perception.beat_evidence import (
    LEAST_CONFIDENCE,
    BeatEvidence,
    beat_confidence,
    repetition,
    rise_above_mean,
)

FPS = 50.0
MUSIC = BeatEvidence(
    repetition=0.55,
    agreement=0.95,
    unsteadiness=0.004,
    least_unsteadiness=0.003,
    n_beats=20,
    duration_s=10.0,
)
SPEECH = BeatEvidence(
    repetition=0.08,
    agreement=0.35,
    unsteadiness=0.017,
    least_unsteadiness=0.015,
    n_beats=20,
    duration_s=10.0,
)


def bands_with_pulses(period_frames: int, frames: int = 500) -> np.ndarray:
    rng = np.random.default_rng(6)
    rise = 0.1 * rng.uniform(0, 1, (frames, 12))
    rise[::period_frames] += rng.uniform(0.5, 1, 12)
    return rise.astype(np.float32)


def test_a_pulse_repeats_at_its_beats():
    rise = rise_above_mean(bands_with_pulses(25), FPS)
    assert repetition(rise, FPS, 0.5) > 0.8
    assert repetition(rise, FPS, 0.33) < 0.2


def test_a_bar_that_repeats_is_found_where_beats_differ():
    rng = np.random.default_rng(7)
    bar = rng.uniform(0, 1, (100, 12))
    rise = rise_above_mean(np.tile(bar, (6, 1)).astype(np.float32), FPS)
    assert repetition(rise, FPS, 0.5) > 0.6


def test_noise_and_silence_do_not_repeat():
    noise = np.random.default_rng(8).uniform(0, 1, (500, 12)).astype(np.float32)
    assert repetition(rise_above_mean(noise, FPS), FPS, 0.5) < 0.25
    assert repetition(rise_above_mean(np.zeros((500, 12), np.float32), FPS), FPS, 0.5) == 0


def test_music_is_likelier_than_speech():
    assert beat_confidence(MUSIC) > 0.9
    assert beat_confidence(SPEECH) < 0.2 < LEAST_CONFIDENCE


@pytest.mark.parametrize(
    ("name", "worse"),
    [("repetition", 0.1), ("agreement", 0.3), ("least_unsteadiness", 0.02), ("duration_s", 2.0)],
)
def test_each_piece_of_evidence_counts(name, worse):
    assert beat_confidence(replace(MUSIC, **{name: worse})) < beat_confidence(MUSIC) - 0.005


def test_few_beats_that_seem_steady_by_chance_count_less():
    many, few = (replace(MUSIC, least_unsteadiness=0.0, n_beats=n) for n in (20, 3))
    assert beat_confidence(few) < beat_confidence(many)


def test_clear_onsets_that_are_not_steady_are_no_clock():
    steps = replace(MUSIC, repetition=0.7, unsteadiness=0.014, least_unsteadiness=0.004)
    assert beat_confidence(steps) < LEAST_CONFIDENCE
    assert beat_confidence(replace(steps, unsteadiness=0.004)) > LEAST_CONFIDENCE


def test_a_short_sound_needs_repetition_and_agreement():
    short = replace(MUSIC, duration_s=2.5, n_beats=5)
    assert beat_confidence(short) > LEAST_CONFIDENCE
    assert beat_confidence(replace(short, repetition=0.25)) < LEAST_CONFIDENCE
    assert beat_confidence(replace(short, agreement=0.4)) < LEAST_CONFIDENCE
