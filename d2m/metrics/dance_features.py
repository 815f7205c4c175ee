"""Hand-made features of a dance: kinetic and geometric ones, for FID_k, FID_g, Div_k and Div_g.

They re-implement published definitions on the joints that there are: COCO-17 joints in space, in
torso lengths, x right, y down, z towards the camera, the floor at y = 0. Published figures use 24
SMPL joints in metres, so figures of these features can't be compared with them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.perception.skeleton import COCO17, ELBOWS, HIPS, SHOULDERS

FloatArray = NDArray[np.float64]

KINETIC_JOINTS = (0, *range(5, 17))
"""COCO-17 joints that count: the nose stands for the head; eyes and ears move with it."""
_UP = np.array([0.0, -1.0, 0.0])
_FAST, _MOVING, _TOGETHER = 2.5, 1.8, 1.4  # speeds, upper arms a second


def kinetic_features(joints: NDArray[Any], fps: float) -> FloatArray:
    """Compute kinetic features after Onuma et al., "FMDistance", Eurographics 2008.

    For each joint: mean energy of its horizontal motion (speed squared), the same of its
    vertical motion, and mean size of its acceleration (energy expenditure). Unlike in the paper,
    masses of the limbs are left out, as in later use of the features (Li et al., ICCV 2021).

    Parameters
    ----------
    joints : (F, 17, 3)
        At least three frames.
    fps
        Frame rate (Hz).

    Returns
    -------
    (39,)
        Three values for each of `KINETIC_JOINTS`.
    """
    body = np.asarray(joints, dtype=float)[:, KINETIC_JOINTS]
    velocity = np.gradient(body, 1 / fps, axis=0)
    acceleration = np.gradient(velocity, 1 / fps, axis=0)
    flat = np.square(velocity[..., [0, 2]]).sum(axis=-1).mean(axis=0)
    upright = np.square(velocity[..., 1]).mean(axis=0)
    effort = np.linalg.norm(acceleration, axis=-1).mean(axis=0)
    return np.asarray(np.stack([flat, upright, effort], axis=1).ravel())


def geometric_features(joints: NDArray[Any], fps: float) -> FloatArray:
    """Compute geometric features after Mueller et al., SIGGRAPH 2005.

    The paper is "Efficient content-based retrieval of motion capture data". Each feature tells
    for a frame whether a relation of joints holds; the result is the share of the frames in
    which it does. The joints differ from the published ones: ankles stand for toes, a point of
    the trunk for chest and belly. So do a few relations that need them.

    Parameters
    ----------
    joints : (F, 17, 3)
        At least three frames.
    fps
        Frame rate (Hz).

    Returns
    -------
    (32,)
        Values from 0 to 1: 14 relations of each side, and four of both.
    """
    body = _Body(np.asarray(joints, dtype=float), fps)
    holds = [*body.of_side("left"), *body.of_side("right"), *body.of_both()]
    return np.asarray(np.stack(holds, axis=1).mean(axis=0))


class _Body:
    """The joints by name, and relations of them: a truth value for each frame.

    Limits are in lengths of the upper arm, or in widths of the shoulders or the hips.
    """

    def __init__(self, joints: FloatArray, fps: float) -> None:
        self._joint = {name: joints[:, index] for index, name in enumerate(COCO17)}
        self._fps = fps
        self._neck, self._root = (joints[:, pair].mean(axis=1) for pair in (SHOULDERS, HIPS))
        self._chest = (2 * self._neck + self._root) / 3
        upper_arms = joints[:, SHOULDERS] - joints[:, ELBOWS]
        self._arm = float(np.linalg.norm(upper_arms, axis=-1).mean())
        self._up = self._neck - self._root
        self._across = self._joint["left_hip"] - self._joint["right_hip"]
        self._forward = np.cross(self._up, self._across)

    def of_side(self, side: str) -> list[NDArray[np.bool_]]:
        """Return the relations of one side."""
        names = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
        shoulder, elbow, wrist, hip, knee, ankle = (self._joint[f"{side}_{n}"] for n in names)
        other = self._joint["right_wrist" if side == "left" else "left_wrist"]
        arm, down = self._arm, -self._up
        return [
            # The hand moves forward, moves up, is above the neck, is near the floor, is fast.
            self._velocity(wrist - self._chest, self._forward) > _MOVING * arm,
            self._velocity(wrist - self._chest, self._up) > _MOVING * arm,
            _along(wrist - self._neck, self._up) > 0.2 * arm,
            -wrist[:, 1] < 1.2 * arm,
            self._speed(wrist) > _FAST * arm,
            # The hand moves to the other hand, and to the hips.
            self._velocity(wrist - other, other - wrist) > _TOGETHER * arm,
            self._velocity(wrist - self._root, self._root - wrist) > _TOGETHER * arm,
            # Elbow and knee are bent; upper arm and thigh are away from the trunk.
            _angle(shoulder - elbow, wrist - elbow) < 110,
            _angle(hip - knee, ankle - knee) < 110,
            _angle(elbow - shoulder, down) > 25,
            _angle(knee - hip, down) > 50,
            # The foot is before the hips, is raised, is fast.
            _along(ankle - self._root, self._forward) > 0.38 * arm,
            -ankle[:, 1] > 1.2 * arm,
            self._speed(ankle) > _FAST * arm,
        ]

    def of_both(self) -> list[NDArray[np.bool_]]:
        """Return the relations of both sides: hands apart, feet apart, trunk bent, hips fast."""
        shoulders, wrists, ankles = (
            self._joint[f"left_{name}"] - self._joint[f"right_{name}"]
            for name in ("shoulder", "wrist", "ankle")
        )
        return [
            _along(wrists, shoulders) > 2.5 * np.linalg.norm(shoulders, axis=-1),
            _along(ankles, self._across) > 2.1 * np.linalg.norm(self._across, axis=-1),
            _angle(self._up, np.broadcast_to(_UP, self._up.shape)) > 70,
            self._speed(self._root) > 2.3 * self._arm,
        ]

    def _speed(self, points: FloatArray) -> FloatArray:
        return np.asarray(np.linalg.norm(np.gradient(points, 1 / self._fps, axis=0), axis=-1))

    def _velocity(self, offset: FloatArray, direction: FloatArray) -> FloatArray:
        """Return how fast an offset grows along a direction."""
        return _along(np.gradient(offset, 1 / self._fps, axis=0), direction)


def _along(vectors: FloatArray, direction: FloatArray) -> FloatArray:
    """Return the parts (F,) of vectors (F, 3) along directions (F, 3)."""
    length = np.maximum(np.linalg.norm(direction, axis=-1), 1e-9)
    return np.asarray((vectors * direction).sum(axis=-1) / length)


def _angle(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the angles (F,) between vectors (F, 3), in degrees."""
    cosine = _along(first, second) / np.maximum(np.linalg.norm(first, axis=-1), 1e-9)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
