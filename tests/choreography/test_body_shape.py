"""Joints become a body with fixed bones that bends as bodies do."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.choreography.body_shape import (
    STANDARD_BODY,
    bend_legs,
    directions,
    smooth_joints,
    standard_body,
)
from d2m.metrics.motion_quality import limb_deviation
from d2m.perception.skeleton import ANKLES, ELBOWS, HIPS, KNEES, SHOULDERS, WRISTS
from d2m.training.data.dances import procedural_dance
from tests.choreography.chained_dances import FPS, chained_dance

DANCE = procedural_dance(7, tempo_bpm=110, duration_s=6).keypoints[::2]
BEATS_S = np.arange(12) * 0.55


def bone(joints: np.ndarray, start: int, end: int) -> np.ndarray:
    return np.linalg.norm(joints[:, end] - joints[:, start], axis=-1)


def test_all_bones_get_the_lengths_of_the_standard_body() -> None:
    noisy, _ = chained_dance(BEATS_S, 6, 0)
    body = standard_body(noisy * 1.3)
    assert limb_deviation(noisy) > 0.03
    assert limb_deviation(body) < 1e-6
    expected = {
        (SHOULDERS, ELBOWS): STANDARD_BODY.upper_arm,
        (ELBOWS, WRISTS): STANDARD_BODY.forearm,
        (HIPS, KNEES): STANDARD_BODY.thigh,
        (KNEES, ANKLES): STANDARD_BODY.shin,
    }
    for (starts, ends), length in expected.items():
        for start, end in zip(starts, ends, strict=True):
            assert bone(body, start, end) == pytest.approx(length)
    torso = body[:, SHOULDERS].mean(axis=1) - body[:, HIPS].mean(axis=1)
    assert np.linalg.norm(torso, axis=-1) == pytest.approx(1)


def test_a_body_of_usual_proportions_keeps_its_pose() -> None:
    body = standard_body(DANCE)
    scale = np.linalg.norm(body[:, 5] - body[:, 6], axis=-1) / bone(DANCE, 5, 6)
    difference = directions(body[:, 9] - body[:, 7], np.zeros(3))
    difference = difference - directions(DANCE[:, 9] - DANCE[:, 7], np.zeros(3))
    assert np.median(np.linalg.norm(difference, axis=-1)) < 0.02
    assert scale == pytest.approx(scale[0], rel=1e-3)


def test_noise_is_smoothed_and_hits_stay() -> None:
    hit = np.zeros((60, 17, 3))
    hit[30:, 9] = 1.0
    noisy = hit + np.random.default_rng(0).normal(scale=0.02, size=hit.shape)
    smooth = smooth_joints(noisy, FPS)
    assert np.abs(smooth - hit).mean() < 0.5 * np.abs(noisy - hit).mean()
    assert smooth[29, 9, 0] < 0.1
    assert smooth[30, 9, 0] > 0.9


def test_knees_never_bend_backwards() -> None:
    backwards = DANCE.copy()
    backwards[:, KNEES, 2] -= 2 * (DANCE[:, KNEES, 2] - DANCE[:, HIPS, 2]) + 0.3
    body = bend_legs(backwards)
    line = (body[:, HIPS] + body[:, ANKLES]) / 2
    left = body[:, 11] - body[:, 12]
    forward = np.cross(np.array([0.0, -1, 0]), left)[:, None]
    assert ((body[:, KNEES] - line) * forward).sum(axis=-1).min() > -0.03


def test_lowered_arms_do_not_bend_backwards() -> None:
    pose = np.tile(standard_body(DANCE)[:1], (4, 1, 1))
    pose[:, [7, 8]] = pose[:, [5, 6]] + [0, 0.57, 0]
    pose[:, [9, 10]] = pose[:, [7, 8]] + [0, 0.1, -0.49]
    body = standard_body(pose)
    wrists = body[:, [9, 10]] - body[:, [7, 8]]
    assert (pose[:, [9, 10]] - pose[:, [7, 8]])[..., 2].min() < -0.45
    assert wrists[..., 2].min() > -0.3


def test_a_leg_that_is_too_short_brings_the_ankle_nearer() -> None:
    far = DANCE.copy()
    far[:, ANKLES, 1] += 1
    assert limb_deviation(bend_legs(standard_body(far))) < 1e-6


def test_points_without_length_give_a_body() -> None:
    body = standard_body(np.zeros((3, 17, 3)))
    assert np.isfinite(body).all()
    assert limb_deviation(body) < 1e-6
