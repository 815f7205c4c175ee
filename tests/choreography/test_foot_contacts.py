"""Feet stand on the floor, and stay where they stand."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.choreography.body_shape import smooth_joints, standard_body
from d2m.choreography.foot_contacts import (
    STAGE,
    find_contacts,
    plant_feet,
    put_on_floor,
    stay_on_stage,
)
from d2m.metrics.motion_quality import foot_slide, limb_deviation
from d2m.perception.skeleton import ANKLES, HIPS
from d2m.rendering.dancer_camera import ANKLE_HEIGHT
from tests.choreography.chained_dances import FPS, chained_dance

BEATS_S = np.arange(21) * 0.5
BODY = put_on_floor(standard_body(smooth_joints(chained_dance(BEATS_S, 10, 3)[0], FPS)), FPS)


def walking_ankles() -> np.ndarray:
    """Ankles (60, 2, 3): the left stands, steps for 10 frames, and stands; the right hovers."""
    ankles = np.zeros((60, 2, 3))
    ankles[..., 1] = -ANKLE_HEIGHT
    ankles[25:35, 0, 1] -= 0.2
    ankles[:, 0, 0] = np.clip((np.arange(60) - 24) / 10, 0, 1) * 0.6
    ankles[:, 1, 1] -= 0.5
    return ankles


def test_low_and_slow_feet_stand() -> None:
    contacts = find_contacts(walking_ankles(), FPS)
    assert contacts[:23, 0].all()
    assert contacts[37:, 0].all()
    assert not contacts[26:34, 0].any()
    assert not contacts[:, 1].any()


def test_noise_does_not_end_a_contact() -> None:
    ankles = walking_ankles()
    ankles[:20] += np.random.default_rng(0).normal(scale=0.004, size=(20, 2, 3))
    assert find_contacts(ankles, FPS)[:20, 0].all()


def test_planted_feet_neither_slide_nor_sink() -> None:
    sliding = BODY + np.linspace(0, 1.0, len(BODY))[:, None, None] * [1, 0, 0]
    planted = plant_feet(sliding, find_contacts(sliding[:, ANKLES], FPS), FPS)
    assert foot_slide(planted) <= 1.5
    assert foot_slide(planted) < 0.5 * foot_slide(sliding)
    assert planted[:, ANKLES, 1].max() <= -ANKLE_HEIGHT + 0.02
    assert limb_deviation(planted) < 1e-6


def test_legs_that_do_not_reach_bring_the_body_down() -> None:
    high = BODY.copy()
    high[:, : ANKLES[0], 1] -= 0.4
    contacts = find_contacts(high[:, ANKLES], FPS)
    planted = plant_feet(high, contacts, FPS)
    assert contacts.mean() > 0.3
    stands = planted[:, ANKLES, 1][contacts]
    assert stands == pytest.approx(-ANKLE_HEIGHT, abs=0.03)
    assert planted[:, HIPS, 1].mean() > high[:, HIPS, 1].mean() + 0.1


@pytest.mark.parametrize("height", [-3.0, 0.0, 2.0])
def test_dances_of_any_height_stand_on_the_floor(height: float) -> None:
    moved = put_on_floor(BODY + np.array([0, height, 0]), FPS)
    lowest = moved[:, ANKLES, 1].max(axis=1)
    assert np.quantile(lowest, 0.9) == pytest.approx(-ANKLE_HEIGHT, abs=0.08)


def test_wanderers_stay_on_the_stage() -> None:
    way = np.array([[3.0, 0, 2.0]]) * np.linspace(-1, 2, len(BODY))[:, None]
    near = stay_on_stage(BODY + way[:, None], FPS)
    middle = near[:, HIPS].mean(axis=1)
    assert np.abs(middle[:, 0]).max() < STAGE[0] + 0.5
    assert np.abs(middle[:, 2]).max() < STAGE[2] + 0.5
    assert near[..., 1] == pytest.approx(BODY[..., 1])
