import numpy as np
import pytest

from d2m.core.errors import AudioError, DataError
from d2m.metrics.codec import log_mel_l1
from d2m.metrics.diversity import (
    Diversity,
    diversity,
    embedding_distances,
    log_mel_distances,
    mean_pair_distance,
)

# A right triangle with sides 3, 4 and 5.
TRIANGLE = np.array([[0.0, 3.0, 4.0], [3.0, 0.0, 5.0], [4.0, 5.0, 0.0]])


def test_distances_of_a_triangle():
    corners = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    assert embedding_distances(corners).tolist() == TRIANGLE.tolist()
    assert embedding_distances(np.empty((0, 2))).shape == (0, 0)


def test_the_mean_is_over_pairs():
    assert mean_pair_distance(TRIANGLE) == 4.0
    # Without the pair of the first two, that are of one song: (4 + 5) / 2.
    assert mean_pair_distance(TRIANGLE, np.array([1, 1, 2])) == 4.5


@pytest.mark.parametrize(
    ("distances", "groups"),
    [(np.zeros((1, 1)), None), (np.empty((0, 0)), None), (TRIANGLE, np.array([7, 7, 7]))],
)
def test_no_pair_no_distance(distances, groups):
    assert mean_pair_distance(distances, groups) == 0.0


def test_diversity_is_over_that_of_songs():
    pieces = np.array([[0.0, 2.0], [2.0, 0.0]])
    assert diversity(pieces, TRIANGLE) == Diversity(distance=2.0, song_distance=4.0, ratio=0.5)
    assert diversity(pieces, TRIANGLE, np.array([0, 0, 1])).ratio == pytest.approx(2 / 4.5)
    assert diversity(pieces, np.zeros((2, 2))).ratio == 0.0


def test_log_mel_distances_are_symmetric_and_those_of_pairs():
    rng = np.random.default_rng(0)
    sounds = [0.1 * rng.standard_normal(length) for length in (8000, 9000)]
    sounds.append(0.1 * sounds[0])
    table = log_mel_distances(sounds)
    assert np.array_equal(table, table.T)
    assert np.array_equal(np.diag(table), np.zeros(3))
    assert table[0, 1] == log_mel_l1(sounds[1], sounds[0])
    # A tenth of the amplitude is one decade less, everywhere.
    assert table[0, 2] == pytest.approx(1.0, abs=1e-3)


def test_wrong_shapes_are_refused():
    with pytest.raises(DataError, match="not those among"):
        mean_pair_distance(np.zeros((2, 3)))
    with pytest.raises(DataError, match="as many groups"):
        mean_pair_distance(TRIANGLE, np.array([1, 2]))
    with pytest.raises(DataError, match="one a row"):
        embedding_distances(np.zeros(4))
    with pytest.raises(AudioError):
        log_mel_distances([np.zeros(100), np.empty(0)])
