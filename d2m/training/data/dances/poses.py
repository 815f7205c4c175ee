"""Key poses of dance moves, as vectors of the channels of one track.

The lower track holds the channels of hips and feet (`LOWER_CHANNELS`), the upper track those
of chest, head and arms (`UPPER_CHANNELS`), see `d2m.training.data.dances.body`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from d2m.training.data.dances.body import LOWER_CHANNELS, UPPER_CHANNELS

FloatArray = NDArray[np.float64]
ArmDirections = tuple[tuple[float, float, float], tuple[float, float, float]]
"""Directions of upper arm and forearm (outward, down, forward), of any length."""

EASE, HIT, FLOW = "ease", "hit", "flow"
"""How the movement reaches a key pose: smoothly from the previous one (ease), late and fast
(hit), or at constant speed without stopping (flow)."""

ARM_POSES: dict[str, ArmDirections] = {
    "hang": ((0.16, 1, 0.05), (0.1, 1, 0.25)),
    "bent": ((0.3, 1, -0.25), (-0.1, 0.15, 1)),
    "guard": ((0.4, 0.8, 0.45), (-0.2, -0.9, 0.4)),
    "swing_front": ((0.1, 0.8, 0.6), (-0.2, -0.1, 1)),
    "swing_back": ((0.25, 0.8, -0.65), (0.15, 0.9, 0.1)),
    "side": ((1, 0.05, 0.1), (1, -0.05, 0.15)),
    "side_low": ((0.7, 0.75, 0.1), (0.75, 0.6, 0.2)),
    "side_high": ((0.75, -0.7, 0.1), (0.65, -0.8, 0.1)),
    "up": ((0.3, -1, 0.1), (0.1, -1, 0.1)),
    "goalpost": ((1, 0.0, 0.1), (0.1, -1, 0.15)),
    "scarecrow": ((1, 0.0, 0.1), (0.1, 1, 0.25)),
    "punch": ((0.15, 0.2, 1), (-0.2, 0.05, 1)),
    "chest": ((0.8, 0.45, 0.5), (-1, -0.05, 0.45)),
    "cross": ((0.05, 0.4, 0.9), (-0.95, -0.25, 0.35)),
    "hip": ((0.8, 0.7, -0.2), (-0.75, 0.7, 0.15)),
    "head": ((0.9, -0.45, 0.1), (-0.65, -0.75, 0.15)),
    "clap": ((0.25, 0.6, 0.75), (-0.65, -0.45, 0.6)),
    "across_up": ((-0.1, -0.55, 0.8), (-0.45, -0.85, 0.3)),
    "roof": ((0.6, 0.1, 0.35), (0.05, -1, 0.1)),
    "pray_high": ((0.55, -0.75, 0.3), (-0.6, -0.8, 0.2)),
}
"""Arm poses by name. Chosen by hand."""

_LOWER_NEUTRAL = {"left_foot_out": 0.26, "right_foot_out": 0.26, "rise": -0.1}
TRAVEL_CHANNELS = [LOWER_CHANNELS.index(name) for name in ("centre_x", "centre_z", "yaw")]
"""Indices of the lower track's channels of place and facing, which add up over moves."""
# Channels that change their sign when left and right are swapped.
_LOWER_SIGNED = ("centre_x", "yaw", "hip_x", "hip_roll", "hip_yaw")
_UPPER_SIGNED = ("chest_roll", "chest_yaw", "head_roll", "head_yaw")


@dataclass(frozen=True, kw_only=True)
class KeyPose:
    """A pose that the dancer reaches at a given beat.

    Parameters
    ----------
    beat
        Time in beats, from the start of the move.
    pose : (C,)
        Values of the channels of the lower or the upper track.
    easing
        How the movement reaches the pose: `EASE`, `HIT` or `FLOW`.
    """

    beat: float
    pose: FloatArray
    easing: str = EASE

    def at(self, beat: float) -> KeyPose:
        """Return the key pose at another beat."""
        return replace(self, beat=beat)

    def mirror(self) -> KeyPose:
        """Return the key pose with left and right swapped."""
        return replace(self, pose=mirror_pose(self.pose))


Move = Callable[[np.random.Generator, int], list[KeyPose]]
"""A dance move: varied by the random generator, it fills a number of beats with key poses."""


def lower_pose(**updates: float) -> FloatArray:
    """Return the neutral pose of hips and feet with some channels of `LOWER_CHANNELS` changed."""
    values = _LOWER_NEUTRAL | updates
    return np.array([values.get(name, 0.0) for name in LOWER_CHANNELS])


def upper_pose(
    left: str | ArmDirections = "bent",
    right: str | ArmDirections | None = None,
    *,
    chest: Sequence[float] = (0.0, 0.0, 0.0),
    head: Sequence[float] = (0.0, 0.0, 0.0),
) -> FloatArray:
    """Return a pose of arms, chest and head.

    Parameters
    ----------
    left, right
        Arm poses, by their name in `ARM_POSES` or as directions. ``right`` is by default the
        mirror image of ``left``.
    chest, head
        Pitch (forward), roll and yaw (to the dancer's left), in rad.
    """
    arms = [left, left if right is None else right]
    bones = [ARM_POSES[arm] if isinstance(arm, str) else arm for arm in arms]
    directions = np.array(bones, dtype=float)
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    return np.concatenate([[*chest, *head], directions.ravel()])


def with_recoil(keys: list[KeyPose], share: float = 0.6, after: float = 0.5) -> list[KeyPose]:
    """Add a recoil after each key pose, part of the way to the next one.

    Parameters
    ----------
    keys
        Key poses of a move; the last one recoils towards the first.
    share
        Share of the way to the next key pose.
    after
        Beats between a key pose and its recoil.
    """
    keys = list(keys)
    recoils = [
        KeyPose(beat=key.beat + after, pose=key.pose + share * (following.pose - key.pose))
        for key, following in zip(keys, [*keys[1:], keys[0]], strict=True)
    ]
    return [key for pair in zip(keys, recoils, strict=True) for key in pair]


def mirror_pose(pose: FloatArray) -> FloatArray:
    """Swap left and right in a pose of the lower or the upper track."""
    names = LOWER_CHANNELS if len(pose) == len(LOWER_CHANNELS) else UPPER_CHANNELS
    signed = _LOWER_SIGNED if len(pose) == len(LOWER_CHANNELS) else _UPPER_SIGNED
    swap = {"left": "right", "right": "left"}
    source = [
        names.index(swap[name.split("_")[0]] + name[name.index("_") :])
        if name.split("_")[0] in swap
        else index
        for index, name in enumerate(names)
    ]
    sign = np.array([-1.0 if name in signed else 1.0 for name in names])
    return np.asarray(pose[source] * sign)
