"""Movement signals of sudden stops and turns, which show the tempo of a dance.

``E`` is the number of samples at `d2m.perception.motion_signals.SIGNAL_RATE`; lengths are in
body sizes. These signals are periodic at the beat in many dances, but do not say where in the
beat it lies.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.perception.motion_signals import SIGNAL_RATE, kinematic_offsets, limb_joints

FloatArray = NDArray[np.float64]

STOP_REACH_S = 4 / 60
"""Time (s) before and after a moment between which a stop or a turn is measured. Chosen by
hand, on ten real clips."""

_HEADS = {17: tuple(range(5)), 25: (0, 15, 16, 17, 18), 33: tuple(range(11))}
"""Joints of the head in COCO, BODY_25 and MediaPipe, by the number of joints."""


def stop_signals(positions: FloatArray) -> dict[str, FloatArray]:
    """Compute signals of stops and turns of a pose.

    Parameters
    ----------
    positions : (E, J, D)
        From `d2m.perception.motion_signals.clean_keypoints`.

    Returns
    -------
    dict of (E,)
        ``offsets`` is `d2m.perception.motion_signals.kinematic_offsets`; ``wrist_stops``,
        ``ankle_stops`` and ``head_stops`` are losses of speed, summed over the joints;
        ``turns`` is the change of the velocity vector (all body sizes per second);
        ``deceleration`` is the mean over the joints (body sizes per second squared).
    """
    limbs = limb_joints(positions)
    velocity = np.gradient(positions, 1 / SIGNAL_RATE, axis=0)
    speed = np.linalg.norm(velocity, axis=-1)
    loss = np.maximum(-_change(speed), 0)
    moving = np.flatnonzero(np.ptp(positions, axis=0).any(axis=-1))
    slowing = np.maximum(-np.gradient(speed[:, moving], 1 / SIGNAL_RATE, axis=0), 0)
    # In an unknown layout, the joints that move least stand for the head.
    head = list(_HEADS.get(positions.shape[1], limbs["shoulders"]))
    signals = {
        "offsets": kinematic_offsets(positions),
        "wrist_stops": loss[:, limbs["wrists"]].sum(axis=1),
        "ankle_stops": loss[:, limbs["ankles"]].sum(axis=1),
        "head_stops": loss[:, head].sum(axis=1),
    }
    if len(moving):
        turn = np.linalg.norm(_change(velocity[:, moving]), axis=-1)
        signals |= {"turns": turn.mean(axis=1), "deceleration": slowing.mean(axis=1)}
    return signals


def _change(values: FloatArray) -> FloatArray:
    """Return the change (E, ...) from `STOP_REACH_S` before each sample to as long after it."""
    reach = round(STOP_REACH_S * SIGNAL_RATE)
    change = np.zeros_like(values)
    if len(values) > 2 * reach:
        change[reach:-reach] = values[2 * reach :] - values[: -2 * reach]
    return change
