"""Depth from one view: better than none, and the right way round."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.perception.skeleton import HIPS
from d2m.training.data.body_facing import body_facing
from d2m.training.data.dances import procedural_dance, view
from d2m.training.data.dances.annotated_dance import AnnotatedDance
from d2m.training.data.lifting import lift_to_3d

FPS = 30.0


@pytest.fixture(scope="module")
def dance() -> AnnotatedDance:
    made = procedural_dance(4, tempo_bpm=105.0, duration_s=8.0, first_beat_s=0.3)
    return AnnotatedDance(name="x", source="procedural", keypoints=made.keypoints[::2], fps=FPS,
                          beats_s=made.beats_s, downbeats_s=made.downbeats_s)  # fmt: skip


def turned(joints: np.ndarray, yaw: float) -> np.ndarray:
    x, y, z = np.moveaxis(joints, -1, 0)
    return np.stack(
        [x * np.cos(yaw) + z * np.sin(yaw), y, z * np.cos(yaw) - x * np.sin(yaw)], axis=-1
    )


def mean_error(joints: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean error (torso lengths) of the body's joints, from the hips."""
    one, other = (part - part[:, HIPS].mean(axis=1, keepdims=True) for part in (joints, truth))
    return float(np.linalg.norm(one - other, axis=-1)[:, 5:].mean())


@pytest.mark.parametrize(("yaw", "share"), [(0.0, 1.0), (0.8, 0.4), (-1.4, 0.5), (np.pi, 1.0)])
def test_lifted_joints_are_nearer_to_the_truth_than_flat_ones(dance, yaw, share):
    truth = turned(dance.keypoints, yaw)
    flat = np.concatenate([truth[..., :2], np.zeros((*truth.shape[:2], 1))], axis=-1)
    lifted = lift_to_3d(350.0 * view(dance, yaw).keypoints + 600.0, FPS)
    assert lifted.shape == truth.shape
    assert mean_error(lifted, truth) < share * mean_error(flat, truth)
    assert mean_error(lifted, truth) < 0.25


@pytest.mark.parametrize("yaw", [0.6, 1.0, -1.0, 2.6])
def test_the_direction_of_the_body_is_found_from_all_sides(dance, yaw):
    found = body_facing(view(dance, yaw).keypoints, FPS)
    across = turned(dance.keypoints, yaw)
    across = across[:, [5, 11]].mean(1) - across[:, [6, 12]].mean(1)
    true = np.arctan2(-across[:, 2], across[:, 0])
    assert np.median(np.abs(np.angle(np.exp(1j * (found - true))))) < 0.35
