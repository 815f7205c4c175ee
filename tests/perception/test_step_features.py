"""Movement features of each 16th step, on bodies of known movement."""

import numpy as np
import pytest

from d2m.core.metrical_grid import StepGrid, grid_from_beats
from d2m.perception.skeleton import ANKLES, ELBOWS, KNEES, LOWER, UPPER, WRISTS
from d2m.perception.step_features import (
    MOVEMENT_FEATURES,
    N_DIRECTIONS,
    accentuate_beats,
    directogram_features,
    joint_directogram,
    movement_features,
)
from d2m.training.data.dances import procedural_dance, view

FPS = 60.0
BPM = 120.0
DURATION_S = 8.0
TIMES = np.arange(int(DURATION_S * FPS)) / FPS
STANDING = np.zeros((17, 2))
STANDING[:5] = (0.0, -1.5)
STANDING[[5, 7, 9], 0], STANDING[[6, 8, 10], 0] = 0.35, -0.35
STANDING[[11, 13, 15], 0], STANDING[[12, 14, 16], 0] = 0.2, -0.2
STANDING[[5, 6, 7, 8, 9, 10], 1] = np.repeat([-1.0, -0.5, 0.0], 2)
STANDING[[13, 14, 15, 16], 1] = np.repeat([0.8, 1.6], 2)


def still() -> np.ndarray:
    return np.tile(STANDING, (len(TIMES), 1, 1))


def swinging(joints: tuple[int, ...], size: float = 0.5) -> np.ndarray:
    points = still()
    points[:, joints, 0] += size * np.sin(2 * np.pi * TIMES)[:, None]
    return points


def grid(duration_s: float = DURATION_S) -> StepGrid:
    return grid_from_beats(np.arange(0.0, duration_s, 60.0 / BPM), duration_s)


def measured(points: np.ndarray) -> dict[str, np.ndarray]:
    features = movement_features(points, FPS, grid())
    assert features.shape == (grid().n_steps, len(MOVEMENT_FEATURES))
    return dict(zip(MOVEMENT_FEATURES, features.T, strict=True))


def procedural(seed: int) -> tuple[np.ndarray, StepGrid]:
    dance = view(procedural_dance(seed, tempo_bpm=104.0, duration_s=14.0), 0.3)
    return dance.keypoints, grid_from_beats(dance.beats_s, dance.duration_s)


def test_arms_alone_are_upper_movement():
    value = measured(swinging(ELBOWS + WRISTS))
    assert value["upper"].mean() > 0.4
    assert value["lower"].max() < 0.05
    assert value["bar_upper"].min() > 0.4
    assert value["bar_lower"].max() < 0.05


def test_legs_alone_are_lower_movement():
    value = measured(swinging(KNEES + ANKLES))
    assert value["lower"].mean() > 0.4
    assert value["upper"].max() < 0.05


def test_an_arm_that_stops_short_is_an_accent_at_that_step():
    points, stop_s = still(), 3.5
    raised = np.clip((TIMES - stop_s + 0.25) / 0.25, 0.0, 1.0)
    points[:, UPPER, 0] += raised[:, None]
    accent = measured(points)["accent"]
    assert accent.argmax() == round(stop_s / 0.125)
    assert accent.max() > 0.6
    assert (np.delete(accent, accent.argmax()) < 0.1).all()


def test_accents_keep_more_than_a_beat_apart():
    for seed in range(3):
        points, own = procedural(seed)
        accents = np.flatnonzero(
            movement_features(points, FPS, own)[:, MOVEMENT_FEATURES.index("accent")]
        )
        assert len(accents) > 2
        assert np.diff(accents).min() > 4


def test_a_body_that_stands_still_freezes_until_it_moves():
    points = swinging(UPPER + LOWER)
    points[TIMES >= 4.0] = points[TIMES < 4.0][-1]
    freeze = measured(points)["freeze"]
    assert freeze[:28].max() == 0.0
    assert freeze[40:].min() == 1.0


def test_a_still_body_has_no_energy():
    value = measured(still())
    assert value["freeze"].min() == 1.0
    for name in ("energy", "upper", "lower", "accent", "turn"):
        assert value[name].max() == 0.0
    jitter = np.random.default_rng(0).normal(0.0, 0.002, (len(TIMES), 17, 2))
    assert measured(still() + jitter)["energy"].max() < 0.35


def test_hands_above_the_head_reach_and_hanging_hands_do_not():
    points = still()
    points[np.ix_(TIMES >= 4.0, WRISTS, [1])] = -1.9
    reach = measured(points)["reach"]
    assert reach[:31].max() < 0.1
    assert reach[33:].min() > 0.9
    assert measured(points)["bar_reach"][-1] > 0.9


def test_a_reversal_is_a_turn_and_a_straight_line_is_none():
    points = still()
    there_and_back = 1.5 - np.abs(TIMES - 4.0)
    points[:, WRISTS, 0] += there_and_back[:, None]
    turn = measured(points)["turn"]
    assert turn[31:34].max() > 0.65
    assert np.delete(turn[2:-2], range(28, 33)).max() < 0.05


@pytest.mark.parametrize("seed", range(3))
def test_values_lie_between_0_and_1_and_use_the_range(seed):
    points, own = procedural(seed)
    features = movement_features(points, FPS, own)
    assert np.isfinite(features).all()
    assert features.min() >= 0.0
    assert features.max() <= 1.0
    for name in ("energy", "upper", "lower", "accent"):
        assert features[:, MOVEMENT_FEATURES.index(name)].max() > 0.9


def test_a_small_dancer_far_away_counts_as_a_large_one():
    points, own = procedural(1)
    near = movement_features(points, FPS, own)
    far = movement_features(37.0 * points + (300.0, 200.0), FPS, own)
    np.testing.assert_allclose(near, far, atol=1e-6)


def test_a_mirrored_dance_has_the_same_features():
    points, own = procedural(2)
    there = movement_features(points, FPS, own)
    mirrored = movement_features(points * (-1.0, 1.0), FPS, own)
    np.testing.assert_allclose(there, mirrored, atol=1e-6)


def test_the_frame_rate_hardly_matters():
    points, own = procedural(0)
    fast = movement_features(points, FPS, own)
    slow = movement_features(points[::2], FPS / 2, own)
    bars = [MOVEMENT_FEATURES.index(name) for name in MOVEMENT_FEATURES if name.startswith("bar_")]
    assert np.abs(fast[:, bars] - slow[:, bars]).max() < 0.08


def test_directogram_bins_movement_by_direction():
    points = still() + np.stack([0.5 * TIMES, 0.0 * TIMES + 1e-9], axis=1)[:, None]
    right = joint_directogram(points, FPS)
    assert right.shape == (len(TIMES), N_DIRECTIONS)
    down = joint_directogram(points[..., ::-1] * 1.0, FPS)
    middle = slice(20, -20)
    np.testing.assert_allclose(right[middle].sum(1), 17 * 0.5, rtol=0.01)
    assert (np.count_nonzero(right[middle] > 0.1, axis=1) == 1).all()
    assert right[100].argmax() != down[100].argmax()
    left = joint_directogram(points * (-1.0, 1.0), FPS)
    assert abs(int(left[100].argmax()) - int(right[100].argmax())) in (3, 4, 5)


def test_directogram_features_are_relative_to_the_strong_movement():
    directogram = np.zeros((len(TIMES), N_DIRECTIONS))
    directogram[:, 2] = np.where(TIMES < 4.0, 40.0, 10.0)
    features = directogram_features(directogram, FPS, grid())
    assert features.shape == (grid().n_steps, N_DIRECTIONS)
    np.testing.assert_allclose(features[:31, 2], 1.0, atol=1e-6)
    np.testing.assert_allclose(features[33:, 2], 0.25, atol=1e-6)
    assert np.delete(features, 2, axis=1).max() == 0.0


def test_steps_beyond_the_movement_take_its_nearest_value():
    longer = grid(DURATION_S + 1.0)
    features = movement_features(swinging(UPPER), FPS, longer)
    assert features.shape[0] == longer.n_steps
    assert np.isfinite(features).all()


def test_accents_are_moved_to_the_beats():
    grid = grid_from_beats(np.arange(0, 8.1, 0.75), 8.0)
    features = np.full((grid.n_steps, len(MOVEMENT_FEATURES)), 0.9)
    marked = accentuate_beats(features, grid)
    accent, turn = (
        marked[:, MOVEMENT_FEATURES.index("accent")],
        marked[:, MOVEMENT_FEATURES.index("turn")],
    )
    assert (accent[grid.position % 4 != 0] == 0).all()
    assert (accent[grid.position % 4 == 0] == 0.9).all()
    still = accentuate_beats(features * 0, grid)[:, MOVEMENT_FEATURES.index("accent")]
    assert (still[grid.position % 4 == 0] > 0.5).all()
    assert (turn < 0.6).all()
    assert (features == 0.9).all()
