"""A pulse on beats that a dance would pass over: the dancer dips and stops on the beat.

Dances hold a pose for a bar now and then. Dancers keep the beat in their knees meanwhile.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.choreography.beat_warper import distance_to_nearest
from d2m.choreography.kinematic_beats import find_kinematic_beats
from d2m.perception.skeleton import ANKLES

FloatArray = NDArray[np.float64]

MET_S = 0.08
"""A kinematic beat this near a beat meets it (s): a bit less than the tolerance of 0.1 s."""
DOWN_S, UP_S = 0.25, 0.5
"""Time of going down before the beat, and of coming up after it (s). Chosen by hand: only going
down is fast enough to be a beat."""
USUAL_SHARE = 1.2
"""Greatest motion of a pulse as a share of the dance's usual motion. Chosen by hand: the decrease
at its end is then a kinematic beat."""
SMALLEST, LARGEST = 0.03, 0.18
"""Bounds of the depth of a pulse (torso lengths). Chosen by hand."""


def pulse_on_beats(joints: FloatArray, fps: float, beats_s: FloatArray) -> FloatArray:
    """Return a dance that dips at the beats which none of its kinematic beats meets.

    Parameters
    ----------
    joints : (F, 17, 3)
        COCO-17 joints in torso lengths, y down. The ankles stay.
    fps
        Frame rate (Hz).
    beats_s : (K,)
        Beats that shall be met, such as the downbeats of the music (s).

    Returns
    -------
    (F, 17, 3)
        The joints; the legs are to be bent by `d2m.choreography.body_shape.bend_legs`.
    """
    found = find_kinematic_beats(joints, fps).beats_s
    times = np.arange(len(joints)) / fps
    depth = np.zeros(len(joints))
    for beat in beats_s[distance_to_nearest(beats_s, found) > MET_S]:
        # Both halves are cubics that start and end without speed.
        down = np.clip((times - beat) / DOWN_S + 1, 0, 1)
        up = np.clip((times - beat) / UP_S, 0, 1)
        depth = np.maximum(depth, down**2 * (3 - 2 * down) - up**2 * (3 - 2 * up))
    out = joints.copy()
    out[:, : ANKLES[0], 1] += (_depth(joints, fps) * depth)[:, None]
    return out


def _depth(joints: FloatArray, fps: float) -> float:
    """Return the depth of a pulse that stands out from the dance's usual motion."""
    speed = np.linalg.norm(np.diff(joints[..., :2], axis=0), axis=-1).sum(axis=1).mean() * fps
    greatest = 1.5 * ANKLES[0] / DOWN_S  # that of all joints but the ankles, for a depth of 1
    return float(np.clip(USUAL_SHARE * speed / greatest, SMALLEST, LARGEST))
