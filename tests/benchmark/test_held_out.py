import numpy as np
import pytest

from d2m.benchmark.dances import DANCE_S, HELD_OUT_DANCERS, procedural_dances, seen
from d2m.benchmark.held_out import load_held_out, spread
from d2m.benchmark.measure import others
from d2m.benchmark.player import earlier
from d2m.core.errors import DataError
from d2m.core.metrical_grid import FRAME, grid_from_beats


@pytest.mark.parametrize(
    ("count", "items"),
    [(None, [0, 1, 2, 3, 4]), (9, [0, 1, 2, 3, 4]), (2, [0, 4]), (3, [0, 2, 4])],
)
def test_items_are_spread(count, items):
    assert spread(range(5), count) == items


def test_a_corpus_is_told_apart(short_corpus):
    found = load_held_out(short_corpus, None, None, None)
    assert [take.piece.name for take in found.takes] == ["00-00", "01-00"]
    assert {take.piece.song for take in found.unseen} == {60}
    assert [take.piece.name for take in found.training] == ["00-01", "00-02", "01-01", "01-02"]
    assert {take.style for take in found.takes} == {"break"}
    assert len(load_held_out(short_corpus, None, None, 1).takes) == 1


def test_every_step_is_an_accent_or_another(short_corpus):
    for take in load_held_out(short_corpus, None, None, None).training:
        times = np.sort(np.concatenate([take.accents_s, take.other_steps_s]))
        assert np.array_equal(times, take.piece.grid.times[:-1])
        assert len(take.audio) == take.piece.grid.n_frames * FRAME


def test_no_corpus_no_benchmark(tmp_path):
    with pytest.raises(DataError, match="No corpus in the folder"):
        load_held_out(tmp_path, None, None, None)


@pytest.mark.parametrize("count", [2, 3, 60])
def test_each_is_the_other_of_another(count):
    other = others(count, np.random.default_rng(count))
    assert sorted(other) == list(range(count))
    assert not np.any(other == np.arange(count))


def test_a_grid_a_quarter_beat_early():
    grid = grid_from_beats(np.arange(9) * 0.5, 4.0)
    early = earlier(grid)
    moved = (grid.starts - early.starts)[:-1] * FRAME / 22_050
    assert np.allclose(moved, 0.125, atol=0.006)
    assert early.starts[-1] >= grid.n_frames


def test_dancers_keep_their_beats():
    (dance, *_) = procedural_dances(2)
    assert dance.keypoints.shape[1:] == (17, 2)
    heard, true = (seen(dance, true_clock=true) for true in (False, True))
    assert np.array_equal(true.rhythm.beats_s, dance.beats_s[dance.beats_s < DANCE_S])
    assert true.rhythm.tempo_bpm == pytest.approx(60 / np.diff(dance.beats_s)[0])
    assert not np.array_equal(heard.rhythm.beats_s, true.rhythm.beats_s)
    assert true.features.shape == (true.grid.n_steps, 11)
    assert true.clip.duration_s == pytest.approx(DANCE_S)


def test_dancers_are_those_that_training_leaves_out():
    assert HELD_OUT_DANCERS[:3] == (7, 15, 23)
    assert len(procedural_dances(None)) == len(HELD_OUT_DANCERS) == 20
