"""Dances are warped onto beats without kinks, and never leave the dance."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from d2m.choreography.beat_warper import (
    align_kinematic_beats,
    distance_to_nearest,
    warp_to_beats,
)
from d2m.choreography.body_shape import smooth_joints
from d2m.choreography.kinematic_beats import find_kinematic_beats
from tests.choreography.chained_dances import FPS, chained_dance

FloatArray = NDArray[np.float64]


def clock(frames: int) -> FloatArray:
    """Joints whose x tells the frame of the dance."""
    joints = np.ones((frames, 14, 3))
    joints[..., 0] = np.arange(frames)[:, None]
    return joints


def frames_at(source: list[float], target: list[float], **options: float) -> FloatArray:
    """Return which frame of the dance is shown in each frame of the result."""
    warped = warp_to_beats(clock(63), np.array(source), np.array(target), **options)  # type: ignore[arg-type]
    return warped[:, 0, 0]


SOURCE = [7.75, 15.5, 23.25, 31.0, 38.75]
TARGET = [1.0, 1.5, 2.2, 2.6, 3.3]


class TestWarpToBeats:
    @pytest.mark.parametrize("sharpness", [0.0, 0.5, 1.0])
    def test_beats_land_on_beats(self, sharpness: float) -> None:
        shown = frames_at(SOURCE, TARGET, duration_s=4, sharpness=sharpness)
        assert len(shown) == 120
        assert np.interp(TARGET, np.arange(120) / 30, shown) == pytest.approx(SOURCE, abs=0.35)
        inner = shown[30:100]
        assert (np.diff(inner) >= -1e-6).all()

    def test_time_has_no_kinks(self) -> None:
        speed = np.diff(frames_at(SOURCE, TARGET, duration_s=4, fps=300, sharpness=0.5))
        assert np.abs(np.diff(speed)).max() < 0.05 * speed.max()

    def test_sharp_dancers_are_slow_at_beats_and_fast_between_them(self) -> None:
        beats = [1.0, 1.5, 2.0, 2.5, 3.0]
        speeds = {}
        for sharpness in (0.0, 1.0):
            shown = frames_at(SOURCE, beats, duration_s=4, fps=100, sharpness=sharpness)
            speed = np.diff(shown)
            speeds[sharpness] = speed[150:152].mean(), speed[174:176].mean()
        assert speeds[0.0][0] == pytest.approx(speeds[0.0][1], rel=0.05)
        assert speeds[1.0][0] < 0.2 * speeds[1.0][1]

    def test_goes_on_before_and_after_the_beats_without_leaving_the_dance(self) -> None:
        shown = frames_at([0.0, 31.0, 62.0], [2.0, 3.0, 4.0], duration_s=7, sharpness=0.0)
        assert shown.min() >= -1e-6
        assert shown.max() <= 62 + 1e-6
        assert shown[0] == pytest.approx(62, abs=1)
        assert np.abs(np.diff(shown)).max() < 2.5
        # It never stands still for long.
        assert np.abs(shown[10:] - shown[:-10]).max(initial=0) > 5

    def test_other_joints_stay_as_they_are(self) -> None:
        warped = warp_to_beats(clock(32), np.array([0.0, 31]), np.array([0.5, 1.5]), duration_s=3)
        assert warped[..., 1:] == pytest.approx(1)

    @pytest.mark.parametrize(
        ("source", "target", "duration_s"),
        [
            ([0, 1], [0.0], 1),
            ([0], [0.0], 1),
            ([0, 5, 5], [0.0, 1, 2], 1),
            ([0, 5], [1.0, 0], 1),
            ([0, 99], [0.0, 1], 1),
            ([-1, 5], [0.0, 1], 1),
            ([0, 5], [0.0, 1], 0),
        ],
    )
    def test_refuses_beats_that_make_no_sense(
        self, source: list[float], target: list[float], duration_s: float
    ) -> None:
        with pytest.raises(ValueError, match=r"beats|length"):
            frames_at(source, target, duration_s=duration_s)


class TestAlignKinematicBeats:
    beats_s = 0.3 + np.arange(26) * 60 / 110

    def share_of_hits(self, joints: FloatArray) -> float:
        found = find_kinematic_beats(joints, FPS).beats_s
        return float((distance_to_nearest(found, self.beats_s) <= 0.1).mean())

    def test_stops_move_onto_beats(self) -> None:
        chains = [chained_dance(self.beats_s, 14, seed)[0] for seed in range(2)]
        before = [smooth_joints(joints, FPS) for joints in chains]
        after = [align_kinematic_beats(joints, FPS, self.beats_s) for joints in before]
        hits = np.mean([self.share_of_hits(joints) for joints in after])
        assert hits >= 0.85
        assert hits > np.mean([self.share_of_hits(joints) for joints in before])

    def test_ends_and_length_stay(self) -> None:
        joints, _ = chained_dance(self.beats_s, 14, 0)
        aligned = align_kinematic_beats(joints, FPS, self.beats_s)
        assert aligned.shape == joints.shape
        assert np.isfinite(aligned).all()
        assert np.abs(np.diff(aligned, axis=0)).max() < 3 * np.abs(np.diff(joints, axis=0)).max()

    def test_still_dances_and_single_beats_stay_as_they_are(self) -> None:
        joints = np.ones((60, 17, 3))
        assert align_kinematic_beats(joints, FPS, self.beats_s) == pytest.approx(joints)
        assert align_kinematic_beats(clock(60), FPS, np.array([1.0])) == pytest.approx(clock(60))


def test_distance_to_nearest() -> None:
    assert distance_to_nearest(np.array([0.0, 1.4, 9]), np.array([1.0, 2])).tolist() == (
        pytest.approx([1, 0.4, 7])
    )
    assert distance_to_nearest(np.array([3.0]), np.array([])).tolist() == [np.inf]
