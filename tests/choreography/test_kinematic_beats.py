"""Kinematic beats lie where movement stops or turns."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.choreography.kinematic_beats import (
    ANGLE_BINS,
    directional_motion,
    find_kinematic_beats,
    resample_joints,
)

FPS = 30.0


def swinging(stops_s: np.ndarray, duration_s: float) -> np.ndarray:
    """Return joints that go to and fro and rest for a moment at the given times."""
    times = np.arange(round(duration_s * FPS)) / FPS
    ends = np.concatenate([[stops_s[0] - 1], stops_s, [stops_s[-1] + 1]])
    places = np.arange(len(ends)) % 2
    index = np.clip(np.searchsorted(ends, times, side="right") - 1, 0, len(ends) - 2)
    share = (times - ends[index]) / (ends[index + 1] - ends[index])
    eased = (1 - np.cos(np.pi * share)) / 2
    x = places[index] + eased * (places[index + 1] - places[index])
    joints = np.zeros((len(times), 14, 2))
    joints[:, 6, 0] = joints[:, 7, 1] = x
    return joints


@pytest.mark.parametrize("stops_s", [np.arange(0.5, 9, 0.5), np.arange(0.7, 9, 0.8)])
def test_stops_are_found(stops_s: np.ndarray) -> None:
    found = find_kinematic_beats(swinging(stops_s, 9.5), FPS).beats_s
    inner = stops_s[1:-1]
    assert len(found) == pytest.approx(len(stops_s), abs=1)
    assert np.abs(inner[:, None] - found).min(axis=1).max() < 0.07


def test_scale_of_the_joints_does_not_matter() -> None:
    joints = swinging(np.arange(0.5, 6, 0.6), 6.5)
    one, other = (find_kinematic_beats(joints * scale, FPS) for scale in (1.0, 150.0))
    assert np.array_equal(one.beats_s, other.beats_s)
    assert np.allclose(one.offsets, other.offsets)


@pytest.mark.parametrize("frames", [0, 1, 2, 90])
def test_a_still_dancer_has_no_beats(frames: int) -> None:
    found = find_kinematic_beats(np.ones((frames, 14, 2)), FPS)
    assert len(found.beats_s) == 0
    assert not found.offsets.any()


def test_steady_movement_has_no_beats() -> None:
    joints = np.zeros((120, 14, 2))
    joints[..., 0] = np.arange(120)[:, None] / 30
    assert len(find_kinematic_beats(joints, FPS).beats_s) == 0


def test_motion_counts_in_the_bin_of_its_direction() -> None:
    joints = np.zeros((3, 2, 2))
    joints[1:, 0] = [3, 4]
    joints[2, 1] = [-2, 0.1]
    motion = directional_motion(joints)
    assert motion.shape == (2, ANGLE_BINS)
    assert motion[0].max() == pytest.approx(5)
    assert motion[0].argmax() != motion[1].argmax()
    assert motion[1].sum() == pytest.approx(np.hypot(2, 0.1))


def test_resampling_keeps_times() -> None:
    times = np.arange(61) / 60
    joints = np.sin(2 * np.pi * times)[:, None, None] * np.ones((1, 14, 2))
    half = resample_joints(joints, 60, 15)
    assert len(half) == 16
    assert np.allclose(half[:, 0, 0], np.sin(2 * np.pi * np.arange(16) / 15), atol=1e-3)
