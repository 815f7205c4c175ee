"""A dancer who holds a pose keeps the beat in the knees."""

from __future__ import annotations

import numpy as np

from d2m.choreography.beat_pulse import pulse_on_beats
from d2m.choreography.beat_warper import distance_to_nearest
from d2m.choreography.kinematic_beats import find_kinematic_beats
from d2m.perception.skeleton import ANKLES
from tests.choreography.chained_dances import FPS, chained_dance

BEATS_S = 0.5 + np.arange(21) * 0.55


def test_held_poses_get_beats() -> None:
    joints, _ = chained_dance(BEATS_S, 12, 1)
    joints[90:260] = joints[90]
    downbeats = BEATS_S[::4]
    pulsed = pulse_on_beats(joints, FPS, downbeats)
    held = downbeats[(downbeats > 3.5) & (downbeats < 8)]
    assert len(held) >= 2
    before = distance_to_nearest(held, find_kinematic_beats(joints, FPS).beats_s)
    after = distance_to_nearest(held, find_kinematic_beats(pulsed, FPS).beats_s)
    assert before.min() > 0.1
    assert after.max() <= 0.1
    assert np.array_equal(pulsed[:, ANKLES], joints[:, ANKLES])


def test_beats_that_are_met_need_no_pulse() -> None:
    joints, _ = chained_dance(BEATS_S, 12, 1)
    found = find_kinematic_beats(joints, FPS).beats_s
    assert np.array_equal(pulse_on_beats(joints, FPS, found), joints)
