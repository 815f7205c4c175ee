"""Measures of a dancer's motion, on motions whose values are known."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.metrics.motion_quality import (
    TORSO_PX,
    foot_slide,
    join_acceleration,
    joint_acceleration,
    limb_deviation,
)
from d2m.perception.skeleton import ANKLES
from d2m.training.data.dances import procedural_dance

DANCE = procedural_dance(3, tempo_bpm=100, duration_s=4).keypoints


def standing(frames: int = 50) -> np.ndarray:
    return np.repeat(DANCE[:1], frames, axis=0)


def test_standing_feet_do_not_slide() -> None:
    assert foot_slide(standing()) == 0


def test_sliding_feet_are_measured_in_pixels() -> None:
    slides = standing()
    slides[..., 0] += 0.02 * np.arange(50)[:, None]
    slides[:, ANKLES, 1] = 0.0
    assert foot_slide(slides) == pytest.approx(0.02 * TORSO_PX)


def test_feet_in_the_air_do_not_slide() -> None:
    hops = standing()
    hops[:, ANKLES, 1] = 0.0
    hops[20:40, ANKLES, 1] = -0.3
    hops[20:39, ANKLES, 0] += 0.5 * np.sin(np.arange(19))[:, None]
    assert foot_slide(hops) == 0


def test_limbs_that_change_their_length_are_seen() -> None:
    assert limb_deviation(DANCE) < 1e-6
    stretched = DANCE.copy()
    stretched[::2, 9] = stretched[::2, 7] + 1.2 * (stretched[::2, 9] - stretched[::2, 7])
    assert limb_deviation(stretched) == pytest.approx(0.1 / 8, rel=0.2)


def test_acceleration_of_an_even_and_of_a_falling_motion() -> None:
    times = np.arange(30) / 30
    even = standing(30) + 2 * times[:, None, None]
    assert joint_acceleration(even, 30) == pytest.approx(0, abs=1e-9)
    falling = standing(30)
    falling[..., 1] += 5 * times[:, None] ** 2
    assert joint_acceleration(falling, 30) == pytest.approx(10)


def test_jerks_at_joins_are_found_there_only() -> None:
    jerky = standing(40)
    jerky[20:, :, 0] += 0.2
    assert join_acceleration(jerky, 30, [20])[0] == pytest.approx(0.2 * 900)
    assert join_acceleration(jerky, 30, [8]) == pytest.approx(0)
