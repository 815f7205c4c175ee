"""The last steps of a dance: from joints that a network made to a body that stands on a floor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from d2m.choreography.beat_pulse import pulse_on_beats
from d2m.choreography.beat_warper import align_kinematic_beats
from d2m.choreography.body_shape import bend_legs, smooth_joints, standard_body
from d2m.choreography.foot_contacts import (
    find_contacts,
    plant_feet,
    put_on_floor,
    stay_on_stage,
)
from d2m.choreography.joins import smooth_joins
from d2m.core.dancer_motion import Motion
from d2m.perception.skeleton import ANKLES

FloatArray = NDArray[np.float64]


def finish_motion(
    joints: FloatArray,
    fps: float,
    join_frames: Sequence[int],
    *,
    beats_s: FloatArray | None = None,
    downbeats_s: FloatArray | None = None,
) -> Motion:
    """Return the motion of a standard body that follows the joints of a dance.

    Units are joined without a jerk, noise is smoothed, bones get fixed lengths, the dancer stands
    on the floor in the middle of the stage, and the feet neither slide nor sink.

    Parameters
    ----------
    joints : (F, 17, 3)
        COCO-17 joints: x right, y down, z towards the camera. Scale, height and place are free.
    fps
        Frame rate (Hz).
    join_frames
        First frames of the dance units after the first.
    beats_s : (K,)
        Beats of the music (s) that the kinematic beats shall meet; none are moved without it.
    downbeats_s : (K,)
        Beats on which the dancer dips where no kinematic beat meets them.

    Raises
    ------
    ValueError
        If the joints are not of that shape or not finite, or there are no frames.
    """
    joints = np.asarray(joints, float)
    if joints.ndim != 3 or joints.shape[1:] != (17, 3) or not len(joints):
        raise ValueError(f"expected joints of shape (frames, 17, 3), got {joints.shape}")
    if not np.isfinite(joints).all():
        raise ValueError("the joints of a dance must be finite numbers")
    if len(joints) < 3:
        still = np.repeat(joints[:1], 3, axis=0)
        return Motion(joints=finish_motion(still, fps, ()).joints[: len(joints)], fps=fps)
    body = standard_body(smooth_joints(smooth_joins(joints, fps, join_frames), fps))
    body = _standing(body, fps)
    if beats_s is not None:
        # A foot that lands is a kinematic beat too, so this comes after the feet are planted.
        for _ in range(2):
            body = _standing(standard_body(align_kinematic_beats(body, fps, beats_s)), fps)
    if downbeats_s is not None:
        body = bend_legs(pulse_on_beats(body, fps, downbeats_s))
    return Motion(joints=body, fps=fps)


def _standing(body: FloatArray, fps: float) -> FloatArray:
    """Return a body ``(F, 17, 3)`` that stands on the floor, in the middle of the stage."""
    body = put_on_floor(body, fps)
    contacts = find_contacts(body[:, ANKLES], fps)  # as the dancer meant them
    return plant_feet(stay_on_stage(body, fps), contacts, fps)
