import numpy as np
import pytest

from d2m.core.errors import DataError
from d2m.metrics.dance_distances import diversity, multimodality
from d2m.metrics.frechet_distance import frechet_distance

# The corners of a square, whose covariance is 4/3 of the identity.
SQUARE = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])


def test_frechet_distance_of_shifted_and_scaled_corners():
    assert frechet_distance(SQUARE, SQUARE) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(SQUARE + np.array([3.0, 4.0]), SQUARE) == pytest.approx(25)
    # Standard deviations s and 3 s in two dimensions: 2 (3 s - s)^2 = 8 s^2.
    assert frechet_distance(3 * SQUARE, SQUARE) == pytest.approx(8 * 4 / 3)


def test_frechet_distance_sees_correlation_and_is_symmetric():
    rng = np.random.default_rng(0)
    one, two = rng.standard_normal((40, 3)), rng.standard_normal((50, 3)) @ rng.random((3, 3))
    first, second = np.cov(one, rowvar=False), np.cov(two, rowvar=False)
    cross = np.sqrt(np.linalg.eigvals(first @ second).real).sum()
    shift = np.square(one.mean(0) - two.mean(0)).sum()
    expected = shift + np.trace(first) + np.trace(second) - 2 * cross
    assert frechet_distance(one, two) == pytest.approx(expected)
    assert frechet_distance(two, one) == pytest.approx(expected)


@pytest.mark.parametrize(("one", "two"), [(SQUARE[:1], SQUARE), (SQUARE, np.zeros((4, 3)))])
def test_frechet_distance_refuses_what_it_cannot_compare(one, two):
    with pytest.raises(DataError):
        frechet_distance(one, two)


def test_diversity_is_the_mean_of_pairs_of_different_dances():
    rng = np.random.default_rng(1)
    assert diversity(np.array([[0.0], [5.0]]), rng) == 5.0
    many = diversity(rng.standard_normal((300, 1)), rng)
    assert many == pytest.approx(2 / np.sqrt(np.pi), rel=0.25)  # of two normal variables
    assert diversity(np.ones((1, 3)), rng) == 0.0


def test_multimodality_is_a_mean_over_pairs_of_a_song():
    triangle = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    assert multimodality([triangle, triangle[:1], 2 * triangle]) == [4.0, 8.0]
