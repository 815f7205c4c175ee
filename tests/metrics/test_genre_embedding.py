import numpy as np
import pytest

from d2m.core.errors import DataError
from d2m.metrics.genre import genre_accuracy
from d2m.metrics.genre_embedding import fit_genre_embedding


def cloud(rng, centre, count=60):
    """Points that vary widely along the second axis, which carries no information."""
    return centre + rng.standard_normal((count, 2)) * [0.2, 10.0]


def test_the_projection_separates_genres():
    rng = np.random.default_rng(0)
    originals = np.concatenate([cloud(rng, [0.0, 0.0]), cloud(rng, [2.0, 0.0])])
    genres = np.repeat(["a", "b"], 60)
    ours = np.concatenate([cloud(rng, [0.0, 0.0]), cloud(rng, [2.0, 0.0])])
    embed = fit_genre_embedding(originals, genres)
    projected = embed(ours)
    assert projected.shape == (120, 1)
    assert genre_accuracy(projected, genres, embed(originals), genres) > 0.97
    assert genre_accuracy(ours, genres, originals, genres) < 0.97
    assert abs(embed.projection[0, 0]) > 5 * abs(embed.projection[1, 0])


def test_distances_are_in_standard_deviations_within_a_genre():
    rng = np.random.default_rng(1)
    originals = np.concatenate([cloud(rng, [0.0, 0.0], 4000), cloud(rng, [2.0, 0.0], 4000)])
    genres = np.repeat(["a", "b"], 4000)
    embed = fit_genre_embedding(originals, genres, shrinkage=1e-6)
    one, other = embed(np.array([[0.0, 0.0], [2.0, 0.0]]))
    assert np.linalg.norm(one - other) == pytest.approx(2.0 / 0.2, rel=0.05)


def test_a_single_genre_can_be_projected():
    embed = fit_genre_embedding(np.array([[0.0, 1.0], [1.0, 3.0]]), np.array(["a", "a"]))
    assert np.isfinite(embed(np.array([[5.0, 5.0]]))).all()


def test_one_genre_is_needed_for_each_embedding():
    with pytest.raises(DataError, match="as many genres"):
        fit_genre_embedding(np.zeros((3, 2)), np.array(["a", "b"]))


def test_directions_that_vary_within_a_genre_are_ignored():
    rng = np.random.default_rng(2)
    originals = np.concatenate([cloud(rng, [0.0, 0.0]), cloud(rng, [2.0, 0.0])])[:, :1]
    originals = np.hstack([originals, originals + 0.2 * rng.standard_normal((120, 1))])
    genres = np.repeat(["a", "b"], 60)
    # Copies whose first dimension is shifted by more than the distance between genres.
    copies = originals + np.outer(rng.uniform(2.0, 4.0, 120), [1.0, 0.0])
    without = fit_genre_embedding(originals, genres)
    knowing = fit_genre_embedding(np.concatenate([originals, copies]), np.tile(genres, 2))
    unknown = genre_accuracy(without(copies), genres, without(originals), genres)
    known = genre_accuracy(knowing(copies), genres, knowing(originals), genres)
    assert unknown < 0.8
    assert known > 0.95


def test_other_dimensions_than_the_fitted_ones_are_refused():
    embed = fit_genre_embedding(np.array([[0.0, 1.0], [1.0, 3.0]]), np.array(["a", "b"]))
    with pytest.raises(DataError, match="2 numbers per row"):
        embed(np.zeros((1, 3)))
