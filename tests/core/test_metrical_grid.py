"""The integer clock: steps on whole frames, positions in the phrase, their clock."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from d2m.core.levels import SAMPLE_RATE
from d2m.core.metrical_grid import (
    FRAME,
    PHRASE_STEPS,
    STEPS_PER_BAR,
    STEPS_PER_BEAT,
    grid_from_beats,
)

HALF_FRAME_S = 0.5 * FRAME / SAMPLE_RATE
DURATION_S = 11.3
DRIFTED = 0.4 + np.cumsum(np.linspace(0.45, 0.56, 18))


def steady(bpm: float, *, first_s: float = 0.0, duration_s: float = DURATION_S) -> np.ndarray:
    return np.arange(first_s, duration_s, 60.0 / bpm)


@pytest.mark.parametrize("beats", [steady(120.0), steady(97.3, first_s=0.31), DRIFTED])
def test_beats_are_met_to_half_a_frame_and_quartered(beats):
    grid = grid_from_beats(beats, DURATION_S)
    assert grid.starts.dtype == np.int64
    inside = beats[(beats >= 0) & (beats < DURATION_S)]
    for beat in inside:
        assert np.abs(grid.beats_s - beat).min() <= HALF_FRAME_S + 1e-9
        step = int(np.abs(grid.times - beat).argmin())
        assert grid.position[step] % STEPS_PER_BEAT == 0
    assert len(grid.beats_s) >= len(inside)
    first = int(np.abs(grid.times - beats[1]).argmin())
    quarters = grid.times[first : first + STEPS_PER_BEAT + 1]
    expected = np.linspace(beats[1], beats[2], STEPS_PER_BEAT + 1)
    np.testing.assert_allclose(quarters, expected, atol=HALF_FRAME_S + 1e-9)


@pytest.mark.parametrize("first_s", [0.0, 0.31, 2.9, 11.0, -0.2])
def test_steps_cover_the_piece_and_no_more(first_s):
    beats = first_s + np.arange(3) * 0.5
    grid = grid_from_beats(beats, DURATION_S)
    assert grid.n_frames * FRAME >= DURATION_S * SAMPLE_RATE > (grid.n_frames - 1) * FRAME
    assert grid.starts[0] <= 0 < grid.starts[1]
    assert grid.starts[-2] < grid.n_frames <= grid.starts[-1]
    assert len(grid.starts) == grid.n_steps + 1
    np.testing.assert_allclose(np.diff(grid.times), 0.125, atol=2 * HALF_FRAME_S)


@pytest.mark.parametrize("downbeat", [0, 1, 2, 3, 7])
def test_bars_begin_on_the_downbeat_and_the_phrase_with_the_first_bar(downbeat):
    beats = steady(110.0, first_s=0.4)
    grid = grid_from_beats(beats, DURATION_S, downbeat_s=float(beats[downbeat]))
    step = int(np.abs(grid.times - beats[downbeat]).argmin())
    assert grid.position[step] % STEPS_PER_BAR == 0
    assert grid.position[0] < STEPS_PER_BAR
    assert (np.diff(grid.position) % PHRASE_STEPS == 1).all()


def test_the_phrase_comes_round_after_eight_bars():
    grid = grid_from_beats(steady(120.0, duration_s=40.0), 40.0)
    assert grid.position.max() == PHRASE_STEPS - 1
    assert (grid.position[PHRASE_STEPS:] == grid.position[:-PHRASE_STEPS]).all()


def test_offsets_count_from_the_step_and_from_the_beat():
    grid = grid_from_beats(steady(120.0), DURATION_S)
    clock = grid.clock()
    for step in (5, 10, 15, 20):
        frame = int(grid.starts[step])
        assert clock.step[frame] == step
        assert clock.step[frame - 1] == step - 1
        assert clock.offset_in_step[frame] == 0
        assert clock.offset_in_step[frame + 3] == 3
        beat = step // STEPS_PER_BEAT * STEPS_PER_BEAT
        assert clock.offset_in_beat[frame] == frame - grid.starts[beat]


def test_a_window_is_a_grid_of_its_own():
    grid = grid_from_beats(steady(100.0, first_s=0.2), DURATION_S)
    part = grid.window(13, 20)
    assert part.starts[0] == 0
    assert part.n_steps == 20
    assert part.n_frames == grid.starts[33] - grid.starts[13]
    assert (part.position == grid.position[13:33]).all()
    whole, own = grid.clock(), part.clock()
    frames = slice(int(grid.starts[13]), int(grid.starts[33]))
    assert (own.step + 13 == whole.step[frames]).all()
    assert (own.offset_in_step == whole.offset_in_step[frames]).all()


@given(
    intervals=st.lists(st.floats(0.06, 3.0), min_size=1, max_size=30),
    first_s=st.floats(-3.0, 125.0),
    duration_s=st.floats(2.0, 120.0),
    downbeat=st.none() | st.integers(0, 30),
)
@settings(max_examples=60, deadline=None)
def test_every_frame_belongs_to_exactly_one_step(intervals, first_s, duration_s, downbeat):
    beats = first_s + np.cumsum([0.0, *intervals])
    downbeat_s = None if downbeat is None else float(beats[downbeat % len(beats)])
    grid = grid_from_beats(beats, duration_s, downbeat_s=downbeat_s)
    assert ((grid.position >= 0) & (grid.position < PHRASE_STEPS)).all()
    clock, frames = grid.clock(), np.arange(grid.n_frames)
    assert len(clock.step) == len(frames)
    assert (grid.starts[clock.step] <= frames).all()
    assert (frames < grid.starts[clock.step + 1]).all()
    assert (clock.offset_in_step == frames - grid.starts[clock.step]).all()
    assert (clock.offset_in_beat >= clock.offset_in_step).all()


@pytest.mark.parametrize("beats", [[], [1.0], [1.0, 1.0], [1.0, 2.0, 1.5]])
def test_too_few_or_unordered_beats_are_refused(beats):
    with pytest.raises(ValueError, match="two ascending beats"):
        grid_from_beats(np.array(beats), 4.0)
