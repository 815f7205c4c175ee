"""Telling the reflection of a dancer from a second dancer."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.perception.reflections import moves_as_reflection


def dancer(seed: int, *, size: float = 0.2, x: float = 0.5, sign: float = 1.0) -> np.ndarray:
    """Return poses (60, 33, 7) of limbs that swing at random around a standing body."""
    values = np.zeros((60, 33, 7))
    y = np.linspace(-2.0, 2.4, 33)
    swing = np.random.default_rng(seed).normal(size=(10, 33, 2)).repeat(6, axis=0)
    values[..., 0] = x + sign * size * 0.3 * swing[..., 0]
    values[..., 1] = 0.5 + size * (y + 0.4 * swing[..., 1])
    return values


def swapped(values: np.ndarray) -> np.ndarray:
    """Exchange the left and right limbs."""
    order = [0, *range(1, 11), *(n + 1 if n % 2 else n - 1 for n in range(11, 33))]
    return values[:, order]


@pytest.mark.parametrize("is_swapped", [False, True])
def test_a_smaller_image_that_moves_alike_is_a_reflection(is_swapped: bool) -> None:
    image = dancer(1, size=0.12, x=1.2, sign=-1.0)
    assert moves_as_reflection(swapped(image) if is_swapped else image, dancer(1))


def test_another_dancer_and_a_larger_one_are_no_reflections() -> None:
    assert not moves_as_reflection(dancer(2, size=0.12), dancer(1))
    assert not moves_as_reflection(dancer(1, size=0.3), dancer(1))


def test_a_short_meeting_shows_no_reflection() -> None:
    image = dancer(1, size=0.12)
    image[20:] = np.nan
    assert not moves_as_reflection(image, dancer(1))
