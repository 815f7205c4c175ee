import numpy as np
import pytest

from d2m.core.errors import DataError
from d2m.metrics.genre import genre_accuracy, nearest_genres, standardised

ORIGINALS = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 3.0]])
GENRES = np.array(["break", "pop", "krump"])


def test_the_nearest_original_gives_its_genre():
    # (1, 1) is 1.41, 3.16 and 2.24 away; (3, 1) is 3.16, 1.41 and 3.61; (1, 2) 2.24, 3.61, 1.41.
    found = nearest_genres(np.array([[1.0, 1.0], [3.0, 1.0], [1.0, 2.0]]), ORIGINALS, GENRES)
    assert list(found) == ["break", "pop", "krump"]


def test_excluded_originals_are_skipped():
    excluded = np.array([[True, False, False]])
    assert list(nearest_genres(np.array([[1.0, 1.0]]), ORIGINALS, GENRES, excluded)) == ["krump"]


def test_of_equally_near_originals_the_first_counts():
    assert list(nearest_genres(np.array([[2.0, 0.0]]), ORIGINALS, GENRES)) == ["break"]


def test_accuracy_is_the_share_of_right_genres():
    generated = np.array([[1.0, 1.0], [3.0, 1.0], [1.0, 2.0], [9.0, 9.0]])
    wanted = np.array(["break", "pop", "break", "krump"])
    # (9, 9) is 12.7, 10.3 and 10.8 away: pop, not krump.
    assert genre_accuracy(generated, wanted, ORIGINALS, GENRES) == 0.5
    assert genre_accuracy(np.empty((0, 2)), np.empty(0), ORIGINALS, GENRES) == 0.0


def test_z_scores_use_mean_and_deviation_of_the_originals():
    originals = np.array([[1.0, 7.0], [3.0, 7.0]])
    # Mean 2, deviation 1; the second never varies.
    assert standardised(np.array([[4.0, 9.0]]), originals).tolist() == [[2.0, 0.0]]


@pytest.mark.parametrize(
    ("generated", "originals", "genres", "excluded"),
    [
        (np.zeros((1, 3)), ORIGINALS, GENRES, None),
        (np.zeros((1, 2)), ORIGINALS, GENRES[:2], None),
        (np.zeros((1, 2)), ORIGINALS, GENRES, np.ones((1, 3), bool)),
        (np.array([[np.nan, 0.0]]), ORIGINALS, GENRES, None),
        (np.zeros((1, 2)), np.empty((0, 2)), np.empty(0), None),
    ],
)
def test_mismatched_inputs_are_refused(generated, originals, genres, excluded):
    with pytest.raises(DataError):
        nearest_genres(generated, originals, genres, excluded)
