"""A noisy chain of units becomes a body that dances on the beat and stands on the floor."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.choreography.beat_warper import distance_to_nearest
from d2m.choreography.finish_motion import finish_motion
from d2m.choreography.kinematic_beats import find_kinematic_beats
from d2m.metrics.motion_quality import foot_slide, join_acceleration, limb_deviation
from d2m.perception.skeleton import ANKLES
from tests.choreography.chained_dances import FPS, chained_dance

REAL_95TH = 75.0
"""95th percentile of the acceleration of motion capture at 30 fps (torso lengths / s^2)."""


@pytest.mark.parametrize("tempo_bpm", [90, 140])
def test_a_chain_is_finished(tempo_bpm: float) -> None:
    beats = 0.3 + np.arange(int(15 * tempo_bpm / 60)) * 60 / tempo_bpm
    joints, joins = chained_dance(beats, beats[-1] + 0.5, 5)
    motion = finish_motion(joints, FPS, joins, beats_s=beats, downbeats_s=beats[::4])
    assert motion.fps == FPS
    assert motion.joints.shape == joints.shape
    assert foot_slide(motion.joints) <= 1.0
    assert limb_deviation(motion.joints) <= 1e-6
    assert np.quantile(motion.joints[:, ANKLES, 1], 0.99) <= 0
    accelerations = join_acceleration(motion.joints, FPS, joins)
    assert (accelerations <= REAL_95TH).mean() >= 0.75
    found = find_kinematic_beats(motion.joints, FPS).beats_s
    assert (distance_to_nearest(found, beats) <= 0.1).mean() >= 0.8
    assert (distance_to_nearest(beats[::4], found) <= 0.1).mean() >= 0.75


@pytest.mark.parametrize("frames", [1, 2, 3, 40])
def test_short_and_still_dances_are_safe(frames: int) -> None:
    joints, _ = chained_dance(np.arange(5) * 0.5, 2, 0)
    still = np.repeat(joints[:1], frames, axis=0)
    motion = finish_motion(still, FPS, [1, 20], beats_s=np.arange(3) * 0.5)
    assert motion.joints.shape == (frames, 17, 3)
    assert np.abs(motion.joints - motion.joints[:1]).max() < 1e-6
    assert np.isfinite(motion.joints).all()


@pytest.mark.parametrize(
    "joints", [np.zeros((0, 17, 3)), np.zeros((9, 14, 3)), np.full((9, 17, 3), np.nan)]
)
def test_what_is_no_dance_is_refused(joints: np.ndarray) -> None:
    with pytest.raises(ValueError, match="joints"):
        finish_motion(joints, FPS, [])
