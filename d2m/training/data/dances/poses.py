"""Key poses: what moves are made of, as vectors of one track's channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from d2m.training.data.dances.body import LOWER_CHANNELS, UPPER_CHANNELS

FloatArray = NDArray[np.float64]
Arm = tuple[tuple[float, float, float], tuple[float, float, float]]

EASE, HIT, FLOW = "ease", "hit", "flow"
"""How a key pose is reached: all the way from the last one, late and sharply, or at
constant speed (without a stop)."""

ARMS: dict[str, Arm] = {
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
"""Directions of upper arm and forearm: outward, down, forward."""

_LOWER_NEUTRAL = {"left_foot_out": 0.26, "right_foot_out": 0.26, "rise": -0.1}
TRAVEL = [LOWER_CHANNELS.index(name) for name in ("centre_x", "centre_z", "yaw")]
"""Channels of the lower track that say where the dancer stands and faces."""
_LOWER_SIGNED = ("centre_x", "yaw", "hip_x", "hip_roll", "hip_yaw")
_UPPER_SIGNED = ("chest_roll", "chest_yaw", "head_roll", "head_yaw")


@dataclass(frozen=True, kw_only=True)
class Key:
    """A pose that stands still at a beat (counted from the start of its move)."""

    beat: float
    pose: FloatArray
    how: str = EASE

    def at(self, beat: float) -> Key:
        """Return the key pose at another beat."""
        return replace(self, beat=beat)

    def mirror(self) -> Key:
        """Return the key pose with left and right swapped."""
        return replace(self, pose=mirrored(self.pose))


def lower(**updates: float) -> FloatArray:
    """Return hips and feet at rest, but for some channels of `LOWER_CHANNELS`."""
    values = _LOWER_NEUTRAL | updates
    return np.array([values.get(name, 0.0) for name in LOWER_CHANNELS])


def upper(
    left: str | Arm = "bent",
    right: str | Arm | None = None,
    *,
    chest: Sequence[float] = (0.0, 0.0, 0.0),
    head: Sequence[float] = (0.0, 0.0, 0.0),
) -> FloatArray:
    """Return arms by name (both alike without ``right``), chest and head angles (rad).

    Angles are pitch (forward), roll and yaw (to the dancer's left).
    """
    arms = [left, left if right is None else right]
    bones = [ARMS[arm] if isinstance(arm, str) else arm for arm in arms]
    directions = np.array(bones, dtype=float)
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    return np.concatenate([[*chest, *head], directions.ravel()])


def with_recoil(keys: list[Key], share: float = 0.6, after: float = 0.5) -> list[Key]:
    """Let each hit give way soon after its beat, a part of the way to the next key pose."""
    keys = list(keys)
    recoils = [
        Key(beat=key.beat + after, pose=key.pose + share * (following.pose - key.pose))
        for key, following in zip(keys, [*keys[1:], keys[0]], strict=True)
    ]
    return [key for pair in zip(keys, recoils, strict=True) for key in pair]


def mirrored(pose: FloatArray) -> FloatArray:
    """Swap left and right in a pose of either track."""
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
