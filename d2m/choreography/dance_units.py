"""Dance units: four beats of a dance as 32 poses, normalised to its kinematic beats (Sec. 3.1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.choreography.joints import hip_middle
from d2m.choreography.kinematic_beats import find_kinematic_beats

FloatArray = NDArray[np.float64]

UNIT_POSES = 32
"""Poses of a dance unit (Sec. 4); the last one is the first of the next unit."""
BEATS_OF_UNIT = 4
"""Beats of a dance unit (Sec. 4), one bar."""
POSES_PER_BEAT = (UNIT_POSES - 1) / BEATS_OF_UNIT
"""Distance of two beats in a unit (poses). The first and the last pose are on beats."""
SNAP_BEATS = 0.25
"""Greatest distance from a beat of the music at which a kinematic beat is moved onto it (beats).
Chosen by hand."""


def cut_units(
    joints: FloatArray, fps: float, beats_s: FloatArray, downbeats_s: FloatArray
) -> FloatArray:
    """Cut a dance into consecutive units that begin on downbeats.

    Poses are resampled so that the kinematic beats fall on the beat times of the unit. Where no
    kinematic beat is near a beat of the music, that beat itself does.

    Parameters
    ----------
    joints : (F, 14, D)
        The dance (torso lengths).
    fps
        Its frame rate (Hz).
    beats_s, downbeats_s : (N,), (M,)
        Beats of its music (s), and those that begin a bar.

    Returns
    -------
    (U, UNIT_POSES, 14, D)
        The units in order; each begins with the last pose of the one before.
    """
    from scipy.interpolate import CubicSpline

    inside = (beats_s >= 0) & (beats_s <= (len(joints) - 1) / fps)
    beats = beats_s[inside]
    first = np.flatnonzero(np.isclose(beats[:, None], downbeats_s, atol=1e-3).any(axis=1))
    count = (len(beats) - 1 - first[0]) // BEATS_OF_UNIT if first.size else 0
    if count < 1:
        return np.zeros((0, UNIT_POSES, *joints.shape[1:]))
    beats = beats[first[0] : first[0] + count * BEATS_OF_UNIT + 1]
    moments = _snapped(beats, find_kinematic_beats(joints, fps).beats_s)
    places = np.arange(count * (UNIT_POSES - 1) + 1) / POSES_PER_BEAT
    times = np.interp(places, np.arange(len(moments)), moments)
    poses = CubicSpline(np.arange(len(joints)) / fps, joints, axis=0)(times)
    starts = np.arange(count) * (UNIT_POSES - 1)
    return np.asarray(poses[starts[:, None] + np.arange(UNIT_POSES)])


def place_unit(unit: NDArray[Any]) -> FloatArray:
    """Return a unit, or several, moved so that the hips of its first pose are above the origin.

    Parameters
    ----------
    unit : (..., T, 14, 3)
        Poses; y, the height, stays.
    """
    origin = hip_middle(unit[..., :1, :, :])[..., None, :] * np.array([1.0, 0.0, 1.0])
    return np.asarray(unit - origin)


def _snapped(beats_s: FloatArray, kinematic_s: FloatArray) -> FloatArray:
    """Return for each beat of the music the time (s) of its kinematic beat, or its own."""
    if not kinematic_s.size:
        return beats_s
    nearest = kinematic_s[np.abs(beats_s[:, None] - kinematic_s).argmin(axis=1)]
    near = np.abs(nearest - beats_s) <= SNAP_BEATS * np.median(np.diff(beats_s))
    return np.asarray(np.where(near, nearest, beats_s))
