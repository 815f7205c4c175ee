"""Estimate the direction in which a dancer faces from 2-D joints."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.choreography.body_shape import BodyProportions
from d2m.choreography.joints import HEAD_FROM_SHOULDERS
from d2m.perception.skeleton import HIPS, SHOULDERS

FloatArray = NDArray[np.float64]

N_FACINGS = 72
"""Directions that are told apart: every 5 degrees."""
WIDTH_ERROR, HIP_ERROR, NOSE_ERROR = 0.18, 0.1, 0.13
"""Usual errors (torso lengths) of the widths of shoulders and hips, and of the nose's place; hips
and shoulders turn against each other, and heads turn on their own. Chosen by hand."""
MAX_TURN = 12.0
"""Speed of a turn (rad/s) that costs as much as one usual error. Chosen by hand."""
MAX_COST = 9.0
"""Largest cost of one measurement (squared usual errors), so that wrong joints do not decide.
Chosen by hand."""
FACING_SMOOTHING_S = 0.1
"""Standard deviation (s) of the smoothing of directions. Chosen by hand."""


def body_facing(flat: FloatArray, fps: float) -> FloatArray:
    """Return the direction (F,) in which a body faces (rad).

    0 is the camera, and a positive angle is to the right of the picture. The widths of shoulders
    and hips tell how far the body is turned, and whether it faces the camera; the nose, which
    points forward, tells to which side. The directions of all frames have the least cost
    together with that of turning quickly (dynamic programming).

    Parameters
    ----------
    flat : (F, 17, 2)
        COCO-17 joints (torso lengths): x right, y down.
    fps
        Frame rate (Hz).
    """
    from scipy.ndimage import gaussian_filter1d

    angles = np.arange(N_FACINGS) * 2 * np.pi / N_FACINGS
    cost = _direction_costs(flat, angles)
    step = np.abs(np.angle(np.exp(1j * (angles[:, None] - angles))))
    turning = (step * fps / MAX_TURN) ** 2
    total, back = cost[0], np.zeros(cost.shape, dtype=int)
    for frame in range(1, len(cost)):
        options = total[None] + turning
        back[frame] = options.argmin(axis=1)
        total = options.min(axis=1) + cost[frame]
    best, path = int(total.argmin()), np.zeros(len(cost))
    for frame in range(len(cost) - 1, -1, -1):
        path[frame] = angles[best]
        best = int(back[frame, best])
    smooth = gaussian_filter1d(np.unwrap(path), FACING_SMOOTHING_S * fps, mode="nearest")
    return np.asarray(smooth)


def _direction_costs(flat: FloatArray, angles: FloatArray) -> FloatArray:
    """Return the cost (F, N) of directions in each frame, in squared usual errors."""
    body = BodyProportions()
    shoulders = flat[:, SHOULDERS[0], 0] - flat[:, SHOULDERS[1], 0]
    hips = flat[:, HIPS[0], 0] - flat[:, HIPS[1], 0]
    spine = flat[:, list(SHOULDERS)].mean(axis=1) - flat[:, list(HIPS)].mean(axis=1)
    # The nose of a head that leans with the body is beside the middle of the shoulders.
    lean = spine[:, 0] * -HEAD_FROM_SHOULDERS[0, 1]
    nose = flat[:, 0, 0] - flat[:, list(SHOULDERS), 0].mean(axis=1) - lean
    cost = np.zeros((len(flat), len(angles)))
    for seen, expected, error in (
        (shoulders, 2 * body.shoulder * np.cos(angles), WIDTH_ERROR),
        (hips, 2 * body.hip * np.cos(angles), HIP_ERROR),
        (nose, HEAD_FROM_SHOULDERS[0, 2] * np.sin(angles), NOSE_ERROR),
    ):
        cost += np.minimum(((seen[:, None] - expected) / error) ** 2, MAX_COST)
    return cost
