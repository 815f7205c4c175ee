"""Hits of the dancer on the grid and in the features that a network reads."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from d2m.core.levels import SAMPLE_RATE
from d2m.core.metrical_grid import FRAME, STEPS_PER_BEAT, grid_from_beats
from d2m.generation.hit_grid import (
    HIT_STEP_ACCENT,
    MAX_STEP_BEND_S,
    answer_hits,
    hits_within_response,
)
from d2m.metrics.hits import HIT_TOLERANCE_S
from d2m.perception.body_events import BodyEvents
from d2m.perception.conditioning import Conditioning
from d2m.perception.step_features import MOVEMENT_FEATURES
from tests.synthetic import synthetic_conditioning

FRAME_S = FRAME / SAMPLE_RATE
ACCENT = MOVEMENT_FEATURES.index("accent")


def dance_with(hits_s, *, tempo_bpm: float = 120.0, duration_s: float = 8.0) -> Conditioning:
    hits_s = np.asarray(hits_s, dtype=float)
    strengths = np.linspace(1.0, 0.4, len(hits_s))
    plain = synthetic_conditioning()
    grid = grid_from_beats(np.arange(0.3, duration_s, 60.0 / tempo_bpm), duration_s)
    features = np.full((grid.n_steps, len(MOVEMENT_FEATURES)), 0.6)
    return replace(
        plain,
        rhythm=replace(plain.rhythm, tempo_bpm=tempo_bpm),
        grid=grid,
        features=features,
        visual=np.zeros((grid.n_steps, 8)),
        events=BodyEvents(hits_s=hits_s, hit_strengths=strengths),
        duration_s=duration_s,
    )


def test_a_step_between_beats_moves_towards_its_hit_and_no_further_than_allowed():
    dance = dance_with([1.30 + 0.125 + 0.02, 2.30 + 0.25 + 0.055])
    answered = answer_hits(dance)
    moved = np.flatnonzero(answered.grid.starts != dance.grid.starts)
    assert len(moved) == 2
    shifts_s = (answered.grid.starts - dance.grid.starts)[moved] * FRAME_S
    assert 0.005 < shifts_s[0] < 0.02
    assert shifts_s[1] == pytest.approx(MAX_STEP_BEND_S, abs=FRAME_S / 2)
    assert np.abs(answered.hits_s - dance.events.hits_s).max() < 0.035


def test_a_hit_near_a_beat_leaves_it_where_it_is_and_accents_it():
    dance = dance_with([1.33])
    answered = answer_hits(dance)
    np.testing.assert_array_equal(answered.grid.starts, dance.grid.starts)
    step = int(np.flatnonzero(answered.features[:, ACCENT])[0])
    assert answered.grid.position[step] % STEPS_PER_BEAT == 0
    assert answered.grid.times[step] == pytest.approx(1.3, abs=FRAME_S)


def test_only_the_steps_of_hits_have_accents_and_never_pause():
    answered = answer_hits(dance_with([1.0, 2.6, 4.1]))
    accents = answered.features[:, ACCENT]
    assert np.count_nonzero(accents) == 3
    assert accents.max() == HIT_STEP_ACCENT
    freeze = answered.features[:, MOVEMENT_FEATURES.index("freeze")]
    assert (freeze[accents > 0] == 0).all()
    assert (freeze[accents == 0] == 0.6).all()


def test_the_beats_of_a_slow_dance_keep_their_accents():
    dance = dance_with([1.0], tempo_bpm=80.0)
    answered = answer_hits(dance)
    on_beat = answered.grid.position % STEPS_PER_BEAT == 0
    assert (answered.features[on_beat, ACCENT] > 0).all()
    assert np.count_nonzero(answered.features[~on_beat, ACCENT]) == 1


def test_without_hits_nothing_changes():
    dance = dance_with([])
    answered = answer_hits(dance)
    np.testing.assert_array_equal(answered.grid.starts, dance.grid.starts)
    np.testing.assert_array_equal(answered.features, dance.features)
    assert len(answered.hits_s) == 0


@pytest.mark.parametrize("tempo_bpm", [66.0, 80.0, 99.0, 110.0, 128.0, 145.0])
def test_most_hits_at_any_time_get_an_answer_in_time(tempo_bpm):
    rng = np.random.default_rng(4)
    near = []
    for _ in range(20):
        hits_s = np.sort(rng.uniform(0.6, 7.4, 6))
        answers_s = answer_hits(dance_with(hits_s, tempo_bpm=tempo_bpm)).hits_s
        near += np.abs(hits_s[:, None] - answers_s[None, :]).min(axis=1).tolist()
    assert np.mean(np.array(near) <= HIT_TOLERANCE_S) > 0.85


@given(
    hits_s=st.lists(st.floats(-0.2, 8.4), max_size=25),
    tempo_bpm=st.floats(40.0, 220.0),
)
@settings(max_examples=80, deadline=None)
def test_beats_and_ends_stay_and_steps_ascend(hits_s, tempo_bpm):
    dance = dance_with(hits_s, tempo_bpm=tempo_bpm)
    before, after = dance.grid, answer_hits(dance).grid
    on_beat = np.append(before.position % STEPS_PER_BEAT == 0, True)
    np.testing.assert_array_equal(before.starts[on_beat], after.starts[on_beat])
    np.testing.assert_array_equal(before.beats_s, after.beats_s)
    shortest = np.diff(before.starts).min()
    assert np.diff(after.starts).min() >= min(shortest, 8)
    assert after.starts[0] <= 0 < after.starts[1]
    assert after.starts[-2] < after.n_frames <= after.starts[-1]
    clock = after.clock()
    assert (clock.offset_in_step >= 0).all()
    assert (clock.offset_in_beat >= clock.offset_in_step).all()


def test_a_low_response_leaves_weak_hits_out():
    events = BodyEvents(hits_s=np.array([1.0, 2.0]), hit_strengths=np.array([0.9, 0.31]))
    assert len(hits_within_response(events, 0.0).hits_s) == 0
    assert hits_within_response(events, 0.5).hits_s.tolist() == [1.0]
    assert len(hits_within_response(events, 1.0).hits_s) == 2
