"""The tool that measures the beats of sounds: its scores, its consensus, and its noise."""

import numpy as np
import pytest

from tools.beat_figures.clips import consensus
from tools.beat_figures.degrade import by_phone, in_a_room, mixed
from tools.beat_figures.scores import score_beats
from tools.beat_figures.sounds import NO_MUSIC, RATE

BEATS_S = np.arange(0.5, 20, 0.5)


@pytest.mark.parametrize(
    ("found_s", "octave_f", "right"),
    [
        (BEATS_S, 1.0, True),
        (BEATS_S[::2], 2 / 3, True),
        (np.arange(0.5, 19.6, 0.25), 1.0, True),
        (BEATS_S + 0.25, 2 / 3, True),
        (np.arange(0.5, 20, 0.45), 0.4, False),
        (BEATS_S[:1], 0.0, False),
    ],
)
def test_half_and_double_tempo_are_allowed(found_s, octave_f, right):
    scores = score_beats(found_s, BEATS_S)
    assert scores.octave_f >= scores.f
    assert scores.tempo_right == right
    if len(found_s) == len(BEATS_S[::2]):
        assert scores.octave_f == pytest.approx(1.0, abs=0.03)  # doubled, all but the last
    else:
        assert scores.octave_f == pytest.approx(octave_f, abs=0.12)


def test_the_bias_is_that_of_the_beats_that_match():
    assert score_beats(BEATS_S + 0.012, BEATS_S).bias_s == pytest.approx(0.012)
    assert np.isnan(score_beats(BEATS_S + 0.2, BEATS_S).bias_s)


def test_beats_after_the_end_do_not_count():
    longer = np.concatenate((BEATS_S, np.arange(20, 30, 0.3)))
    assert score_beats(longer, BEATS_S, end_s=19.6).f == 1.0
    assert score_beats(longer, BEATS_S).f < 0.8


def test_two_trackers_agree_at_any_octave_or_not_at_all():
    assert len(consensus(BEATS_S, BEATS_S + 0.03)) == len(BEATS_S)
    assert len(consensus(BEATS_S, BEATS_S[::2])) >= len(BEATS_S[::2])
    assert not len(consensus(BEATS_S, BEATS_S + 0.17))
    assert not len(consensus(BEATS_S[:2], BEATS_S))


def test_noise_is_as_loud_as_asked():
    rng = np.random.default_rng(0)
    music, noise = (rng.standard_normal(RATE).astype(np.float32) for _ in range(2))
    added = mixed(music, 0.01 * noise, 10.0) - music
    assert np.sqrt(np.mean(added**2)) == pytest.approx(np.sqrt(0.1), rel=0.02)


def test_a_telephone_loses_the_lows_and_a_room_rings_on():
    time = np.arange(RATE) / RATE
    low, middle = (np.sin(2 * np.pi * hz * time).astype(np.float32) for hz in (60, 1000))
    both = np.abs(np.fft.rfft(by_phone(low + middle)))
    assert both[60] < 0.02 * both[1000]
    click = np.zeros(RATE, dtype=np.float32)
    click[100] = 1
    wet = in_a_room(np.random.default_rng(1), click)
    assert np.abs(wet[4000:5000]).max() > 0.001 > np.abs(wet[:100]).max()


@pytest.mark.parametrize("kind", sorted(NO_MUSIC))
def test_sounds_are_finite_and_as_long_as_asked(kind):
    sound = NO_MUSIC[kind](np.random.default_rng(2), 2.0)
    assert sound.shape == (2 * RATE,)
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() <= 2.0
