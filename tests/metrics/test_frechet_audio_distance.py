"""The Frechet audio distance of sets whose means and covariances are known."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.core.errors import DataError
from d2m.metrics.frechet_audio_distance import (
    FEWEST_CLIPS,
    FrechetAudioDistance,
    frechet_audio_distance,
)

# Sixty embeddings, the corners of a rectangle: variances of 60/59 and 4 * 60/59, no covariance.
CORNERS = np.tile(np.array([[1.0, 2.0], [1.0, -2.0], [-1.0, 2.0], [-1.0, -2.0]]), (15, 1))
VARIANCE = 60 / 59


def test_a_shift_of_the_mean_counts_squared() -> None:
    found = frechet_audio_distance(CORNERS + np.array([3.0, 4.0]), CORNERS)
    assert found == FrechetAudioDistance(value=pytest.approx(25.0), n=60, n_reference=60)
    assert frechet_audio_distance(CORNERS, CORNERS).value == pytest.approx(0.0, abs=1e-9)


def test_wider_sets_differ_by_the_squared_difference_of_deviations() -> None:
    wide = CORNERS * np.array([3.0, 1.0])
    assert frechet_audio_distance(wide, CORNERS).value == pytest.approx(VARIANCE * (3 - 1) ** 2)
    turned = CORNERS[:, ::-1]  # deviations 1 and 2 change places
    assert frechet_audio_distance(turned, CORNERS).value == pytest.approx(2 * VARIANCE)


def test_large_samples_of_normal_distributions_have_their_distance() -> None:
    rng = np.random.default_rng(0)
    one = rng.standard_normal((20_000, 3)) * [1.0, 2.0, 0.5] + [1.0, 0.0, 0.0]
    two = rng.standard_normal((20_000, 3))
    assert frechet_audio_distance(one, two).value == pytest.approx(1 + 1 + 0.25, rel=0.05)


def test_few_clips_come_with_a_warning_and_too_large_a_distance() -> None:
    rng = np.random.default_rng(1)
    few, many = (
        frechet_audio_distance(*(rng.standard_normal((count, 20)) for _ in range(2)))
        for count in (FEWEST_CLIPS - 1, 5000)
    )
    assert f"{FEWEST_CLIPS - 1} clips" in few.warning
    assert not many.warning
    assert few.value > 10 * many.value
    one_sided = frechet_audio_distance(CORNERS, CORNERS[:8])
    assert "8 references" in one_sided.warning
    assert (one_sided.n, one_sided.n_reference) == (60, 8)


def test_more_dimensions_than_clips_are_no_error() -> None:
    table = np.random.default_rng(2).standard_normal((55, 200))
    assert 0 <= frechet_audio_distance(table, table).value < 1e-6


@pytest.mark.parametrize("count", [0, 1])
def test_one_clip_has_no_distance(count: int) -> None:
    for pair in ((CORNERS[:count], CORNERS), (CORNERS, CORNERS[:count])):
        found = frechet_audio_distance(*pair)
        assert np.isnan(found.value)
        assert "two clips" in found.warning


def test_what_can_not_be_compared_is_refused() -> None:
    with pytest.raises(DataError, match="dimensions"):
        frechet_audio_distance(CORNERS, np.zeros((60, 3)))
    with pytest.raises(DataError, match="finite"):
        frechet_audio_distance(CORNERS, np.full((60, 2), np.nan))
