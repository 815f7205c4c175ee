import numpy as np
import pytest

from d2m.benchmark.dance_music import (
    DANCE_S,
    HELD_OUT_DANCERS,
    dance_conditioning,
    procedural_dances,
)
from d2m.benchmark.measure import derangement
from d2m.benchmark.originals import evenly_spaced, load_originals
from d2m.benchmark.piece_codes import quarter_beat_early
from d2m.core.errors import DataError
from d2m.core.metrical_grid import FRAME, grid_from_beats


@pytest.mark.parametrize(
    ("count", "items"),
    [(None, [0, 1, 2, 3, 4]), (9, [0, 1, 2, 3, 4]), (2, [0, 4]), (3, [0, 2, 4])],
)
def test_items_are_evenly_spaced(count, items):
    assert evenly_spaced(range(5), count) == items


def test_a_corpus_is_split_into_its_sets(short_corpus):
    sets = load_originals(short_corpus, None, None, None)
    assert [original.piece.name for original in sets.held_out] == ["00-00", "01-00"]
    assert {original.piece.song for original in sets.unseen} == {60}
    training = [original.piece.name for original in sets.training]
    assert training == ["00-01", "00-02", "01-01", "01-02"]
    assert {original.style for original in sets.held_out} == {"break"}
    assert len(load_originals(short_corpus, None, None, 1).held_out) == 1


def test_every_step_either_has_an_accent_or_not(short_corpus):
    for original in load_originals(short_corpus, None, None, None).training:
        times = np.sort(np.concatenate([original.accents_s, original.other_steps_s]))
        assert np.array_equal(times, original.piece.grid.times[:-1])
        assert len(original.audio) == original.piece.grid.n_frames * FRAME


def test_a_folder_without_corpus_is_refused(tmp_path):
    with pytest.raises(DataError, match="No corpus in the folder"):
        load_originals(tmp_path, None, None, None)


@pytest.mark.parametrize("count", [2, 3, 60])
def test_a_derangement_moves_every_item(count):
    other = derangement(count, np.random.default_rng(count))
    assert sorted(other) == list(range(count))
    assert not np.any(other == np.arange(count))


def test_a_grid_a_quarter_beat_early():
    grid = grid_from_beats(np.arange(9) * 0.5, 4.0)
    early = quarter_beat_early(grid)
    moved = (grid.starts - early.starts)[:-1] * FRAME / 22_050
    assert np.allclose(moved, 0.125, atol=0.006)
    assert early.starts[-1] >= grid.n_frames


def test_true_beats_replace_the_estimated_ones():
    (dance, *_) = procedural_dances(2)
    assert dance.keypoints.shape[1:] == (17, 2)
    estimated, true = (dance_conditioning(dance, true_beats=true) for true in (False, True))
    assert np.array_equal(true.rhythm.beats_s, dance.beats_s[dance.beats_s < DANCE_S])
    assert true.rhythm.tempo_bpm == pytest.approx(60 / np.diff(dance.beats_s)[0])
    assert not np.array_equal(estimated.rhythm.beats_s, true.rhythm.beats_s)
    assert true.features.shape == (true.grid.n_steps, 11)
    assert true.duration_s == pytest.approx(DANCE_S)


def test_dancers_are_held_out_from_training():
    assert HELD_OUT_DANCERS[:3] == (7, 15, 23)
    assert len(procedural_dances(None)) == len(HELD_OUT_DANCERS) == 20
