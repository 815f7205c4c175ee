"""A recorded dance, as pose files hold it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.perception.skeleton import fill_gaps

FloatArray = NDArray[np.float64]

MAX_RECORDED_FRAMES = 1_000_000
"""Longest recording (frames): over four hours at 60 frames per second. Chosen by hand."""
MIN_RECORDED_FRAMES = 10
"""Shortest recording (frames). Chosen by hand."""
MIN_JOINT_SCORE = 0.3
"""Score (0 to 1) under which a joint counts as missing. Chosen by hand."""
RECORDED_FPS = 30.0
"""Frame rate (Hz) where a file states none."""
BODY_JOINTS = range(5, 17)
"""COCO-17 joints that must be found in some frame; the head may be missing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RecordedMotion:
    """The joints of one dancer in every frame, in the unit of the file.

    Parameters
    ----------
    name
        Name of the recording.
    joints : (F, 17, 2) or (F, 17, 3)
        COCO-17 joints without gaps: x right and y down in 2-D; in any axes in 3-D.
    fps
        Frame rate (Hz).
    """

    name: str
    joints: FloatArray
    fps: float

    @property
    def is_3d(self) -> bool:
        """Whether the depth of the joints is known."""
        return self.joints.shape[-1] == 3


def recorded_motion(
    name: str, joints: FloatArray, fps: float, scores: FloatArray | None = None
) -> RecordedMotion:
    """Check joints, and fill the gaps of those that are missing.

    Parameters
    ----------
    name
        Name of the recording, for messages.
    joints : (F, 17, 2 or 3)
        COCO-17 joints; NaN is missing, and so is a joint at 0 in all coordinates.
    fps
        Frame rate (Hz).
    scores : (F, 17)
        Scores of the joints, 0 to 1; low ones are missing.

    Raises
    ------
    DataError
        If the recording is too short or too long, its frame rate is impossible, or a joint of
        the body is never found.
    """
    n_frames = len(joints)
    if not MIN_RECORDED_FRAMES <= n_frames <= MAX_RECORDED_FRAMES:
        raise DataError(
            f"{name} has {n_frames:,} frames: expected {MIN_RECORDED_FRAMES} to "
            f"{MAX_RECORDED_FRAMES:,}."
        )
    if not 1.0 <= fps <= 1000.0:
        raise DataError(f"{name} has {fps:g} frames per second: expected 1 to 1,000.")
    found = np.isfinite(joints).all(axis=-1) & (np.abs(joints) > 0).any(axis=-1)
    if scores is not None:
        found &= scores >= MIN_JOINT_SCORE
    if not found[:, list(BODY_JOINTS)].any(axis=0).all():
        raise DataError(
            f"{name} lacks a joint in all frames: shoulders, elbows, wrists, hips, knees and "
            "ankles should be visible."
        )
    filled, _ = fill_gaps(joints, found)
    for joint in np.flatnonzero(~found.any(axis=0)):  # of the head
        filled[:, joint] = filled[:, [5, 6]].mean(axis=1)
    return RecordedMotion(name=name, joints=filled, fps=float(fps))
