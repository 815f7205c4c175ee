"""Gather the movement signals of a pose and of the optical flow that a rhythm is read from.

``S`` is the number of signals, ``E`` that of samples at
`d2m.perception.motion_signals.SIGNAL_RATE`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.perception import motion_signals
from d2m.perception.stop_signals import stop_signals
from d2m.perception.tempo import detrend

FloatArray = NDArray[np.float64]

STILL_SPEED = 0.05
"""Mean joint speed (body sizes per second) up to which a body stands still. Chosen by hand."""
MIN_JOINT_COVERAGE = 0.4
"""Mean share of joints (0 to 1) that must be found for the pose to be used. Chosen by hand."""

_BEAT_SIGNALS = ("all", "wrists", "ankles", "knees")
"""Speed signals of a pose, which are lowest on the beat; the other signals show the tempo only."""


@dataclass(frozen=True, kw_only=True)
class RhythmSignals:
    """What a rhythm is estimated from.

    Parameters
    ----------
    signals : (S, E)
        Signals that may be periodic at the beat, of zero mean and unit variance.
    stillness : (E,)
        Signal that is highest on the beat: minus the sum of four speeds of zero mean and unit
        variance.
    offsets : (E,)
        Strength of sudden stops.
    is_moving
        Whether anything moves that may be a dancer.
    """

    signals: FloatArray
    stillness: FloatArray
    offsets: FloatArray
    is_moving: bool


def measure_movement(
    keypoints: FloatArray, fps: float, flow: FloatArray | None = None
) -> RhythmSignals:
    """Compute the movement signals of a pose, of the optical flow, or of both.

    Parameters
    ----------
    keypoints : (F, J, 2 or 3)
        As for `d2m.perception.rhythm.estimate_rhythm`.
    fps
        Frames per second (Hz).
    flow : (F', bins), optional
        Directogram of the optical flow at the same ``fps``.

    Returns
    -------
    RhythmSignals
        Of the pose and the flow together where the body moves; of the flow alone where too few
        joints are found; of the pose alone where the body stands still, because optical flow
        around it comes from the camera or from compression.
    """
    positions, coverage = motion_signals.clean_keypoints(keypoints, fps)
    of_pose, of_flow = motion_signals.pose_signals(positions), {}
    is_tracked = float(coverage.mean()) >= MIN_JOINT_COVERAGE
    is_moving = is_tracked and float(of_pose["all"].mean()) > STILL_SPEED
    offsets = motion_signals.kinematic_offsets(positions)
    beat_signals: tuple[str, ...] = _BEAT_SIGNALS
    if is_moving:
        of_pose |= stop_signals(positions)
    if flow is not None and len(flow) > 1 and (is_moving or not is_tracked):
        directogram = motion_signals.resample_to_signal_rate(
            np.nan_to_num(np.asarray(flow, dtype=float)), fps
        )
        of_flow = motion_signals.flow_signals(directogram)
        if not is_tracked:
            of_pose, is_moving = {}, bool(directogram.max() > 0)
            offsets = motion_signals.directogram_offsets(directogram)
            beat_signals = len(_BEAT_SIGNALS) * ("flow",)
    detrended = {
        name: detrend(_fit_length(signal, len(offsets)))
        for name, signal in (of_pose | of_flow).items()
    }
    return RhythmSignals(
        signals=np.stack(list(detrended.values())),
        stillness=-np.sum([detrended[name] for name in beat_signals], axis=0),
        offsets=offsets,
        is_moving=is_moving,
    )


def measure_group(
    dancers: Sequence[FloatArray], fps: float, flow: FloatArray | None = None
) -> RhythmSignals:
    """Compute the movement signals of several dancers: the mean of those who move.

    Parameters
    ----------
    dancers
        Joint positions (F, J, 2 or 3) of each, as for `measure_movement`.
    fps, flow
        As for `measure_movement`.
    """
    measured = [measure_movement(keypoints, fps, flow) for keypoints in dancers]
    moving = [one for one in measured if one.is_moving] or measured[:1]
    shape = moving[0].signals.shape
    alike = [one for one in moving if one.signals.shape == shape]
    return RhythmSignals(
        signals=np.stack([detrend(row) for row in np.mean([one.signals for one in alike], axis=0)]),
        stillness=np.mean([one.stillness for one in alike], axis=0),
        offsets=np.mean([one.offsets for one in alike], axis=0),
        is_moving=moving[0].is_moving,
    )


def _fit_length(signal: FloatArray, length: int) -> FloatArray:
    """Cut a signal, or repeat its last value, to a number of samples."""
    return np.pad(signal[:length], (0, max(0, length - len(signal))), mode="edge")
