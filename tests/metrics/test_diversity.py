import numpy as np
import pytest

from d2m.core.errors import AudioError, DataError
from d2m.metrics.codec import log_mel_l1
from d2m.metrics.diversity import embedding_distances, log_mel_distances, mean_pair_distance

# A right triangle with sides 3, 4 and 5.
TRIANGLE = np.array([[0.0, 3.0, 4.0], [3.0, 0.0, 5.0], [4.0, 5.0, 0.0]])


def test_distances_of_a_triangle():
    corners = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    assert embedding_distances(corners).tolist() == TRIANGLE.tolist()
    assert embedding_distances(np.empty((0, 2))).shape == (0, 0)


def test_the_mean_is_over_pairs():
    assert mean_pair_distance(TRIANGLE) == 4.0
    assert mean_pair_distance(TRIANGLE[:2, :2]) == 3.0


@pytest.mark.parametrize("distances", [np.zeros((1, 1)), np.empty((0, 0))])
def test_without_pairs_the_mean_is_zero(distances):
    assert mean_pair_distance(distances) == 0.0


def test_log_mel_distances_are_symmetric_and_pairwise():
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
    with pytest.raises(DataError, match="not a square matrix"):
        mean_pair_distance(np.zeros((2, 3)))
    with pytest.raises(DataError, match="one per row"):
        embedding_distances(np.zeros(4))
    with pytest.raises(AudioError):
        log_mel_distances([np.zeros(100), np.empty(0)])
