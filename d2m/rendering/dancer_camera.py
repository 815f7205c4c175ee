"""Project dancers into a picture through a camera that stands still and looks slightly down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from d2m.core.dancer_motion import Motion
from d2m.perception.skeleton import ANKLES, HIPS

FloatArray = NDArray[np.float64]

ANKLE_HEIGHT = 0.12
"""Height of an ankle above the floor (torso lengths). Chosen by hand, from motion capture."""
_DISTANCE = 11.0  # of the camera from the middle of the stage (torso lengths), chosen by hand
# Where the shadow of something one torso length above the floor lies, to the right and towards
# the camera (torso lengths). Chosen by hand, for a lamp at the upper left.
_SHADOW = 0.25, -0.1


@dataclass(frozen=True, kw_only=True, eq=False)
class Shot:
    """A dance in image coordinates, ready to be drawn.

    Parameters
    ----------
    joints : (F, 17, 3)
        COCO-17 joints (px): x, y, and depth towards the camera.
    ground : (F, 17, 2)
        Positions of the joints' shadows (px).
    units : (F,)
        Torso length at the dancer's place (px).
    """

    joints: FloatArray
    ground: FloatArray
    units: FloatArray


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A camera that looks at the middle of the floor.

    Parameters
    ----------
    unit
        Torso length (px) in the middle of the floor.
    foot
        Position of the middle of the floor in the picture (px).
    tilt
        Angle by which the camera looks down (rad).
    """

    unit: float
    foot: tuple[float, float]
    tilt: float = 0.14

    def shoot(self, points: FloatArray) -> Shot:
        """Project joints ``(F, 17, 3)`` in torso lengths above the floor at y = 0."""
        height = -points[..., 1]
        aside, nearer = _SHADOW
        shadow = points + np.stack([aside * height, height, nearer * height], axis=-1)
        return Shot(
            joints=self._project(points),
            ground=self._project(shadow)[..., :2],
            units=self.unit * perspective(points[:, HIPS].mean(axis=1), self.tilt)[..., 2],
        )

    def _project(self, places: FloatArray) -> FloatArray:
        x, y, scale = np.moveaxis(perspective(places, self.tilt), -1, 0)
        across, down = self.foot[0] + self.unit * x, self.foot[1] + self.unit * y
        return np.stack([across, down, places[..., 2] * self.unit * scale], axis=-1)


def perspective(places: FloatArray, tilt: float) -> FloatArray:
    """Return x, y and the local scale in a picture whose unit is a torso length.

    Parameters
    ----------
    places : (..., 3)
        Places in torso lengths: x right, y down, z towards the camera.
    tilt
        Angle by which the camera looks down (rad).
    """
    x, y, z = np.moveaxis(places, -1, 0)
    y, z = y * np.cos(tilt) + z * np.sin(tilt), z * np.cos(tilt) - y * np.sin(tilt)
    scale = 1 / np.maximum(1 - z / _DISTANCE, 0.2)
    return np.stack([x * scale, y * scale, scale], axis=-1)


def stand_on_floor(points: FloatArray) -> FloatArray:
    """Return joints ``(F, 17, 3)`` moved up or down so that the feet stand on the floor, y = 0."""
    floor = np.quantile(points[:, ANKLES, 1], 0.98) + ANKLE_HEIGHT
    return np.asarray(points - [0, floor, 0])


def shot_3d(
    points: FloatArray, *, unit: float, foot: tuple[float, float], tilt: float = 0.14
) -> Shot:
    """Project 3-D joints, with the dancer's median place in the middle of the floor.

    Parameters
    ----------
    points : (F, 17, 3)
        Joints in torso lengths: x right, y down, z towards the camera.
    unit, foot, tilt
        See `Camera`.
    """
    middle = np.median(points[:, HIPS].mean(axis=1), axis=0) * [1, 0, 1]
    return Camera(unit=unit, foot=foot, tilt=tilt).shoot(stand_on_floor(points - middle))


# Space between the outermost joints and the edge of the body (torso lengths): hands, shoes, hair.
_PADDING = 0.36
# Free space around the dancers, as shares of width and height. Chosen by hand.
_SIDE, _TOP = 0.03, 0.05
# Greatest torso length as a share of the picture's height. Chosen by hand.
_LARGEST = 0.23


@dataclass(frozen=True, kw_only=True)
class Formation:
    """How several dancers stand, and how they are looked at.

    Parameters
    ----------
    closeness
        Distance of neighbours as a share of the width that each of them uses: they rarely
        stretch out their arms to each other at the same time.
    depth
        How far every other dancer stands in front of the middle of the stage, and the others
        behind it (torso lengths).
    tilt
        Angle by which the camera looks down (rad).
    below
        Free space below the feet as a share of the height.
    """

    closeness: float
    depth: float
    tilt: float
    below: float


ONE_ROW = Formation(closeness=0.8, depth=0.5, tilt=0.14, below=0.04)
TWO_ROWS = Formation(closeness=0.5, depth=1.5, tilt=0.3, below=0.08)
"""Formations for a wide and for a high picture. Chosen by hand."""


def shoot_dance(motions: Sequence[Motion], size: tuple[int, int]) -> tuple[list[Shot], float]:
    """Return the dancers side by side as a camera sees them that stands still.

    They are as large as they fit, at all times.

    Parameters
    ----------
    motions
        The dancers; the shortest one sets the length.
    size
        Width and height of the picture (px).

    Returns
    -------
    tuple
        The dancers, and the height of the middle of the floor in the picture (px).
    """
    n_frames = min(len(motion.joints) for motion in motions)
    formation = ONE_ROW if size[0] >= size[1] or len(motions) == 1 else TWO_ROWS
    stage = _place([motion.joints[:n_frames] for motion in motions], formation)
    camera = _fitted(stage, size, formation)
    return [camera.shoot(points) for points in stage], camera.foot[1]


def _place(dancers: Sequence[FloatArray], formation: Formation) -> list[FloatArray]:
    """Return the joints of dancers side by side, on the floor at y = 0."""
    points = [stand_on_floor(joints) for joints in dancers]
    if len(points) == 1:
        return points
    middles = [np.median(p[:, HIPS].mean(axis=1), axis=0) * [1, 0, 1] for p in points]
    points = [p - middle for p, middle in zip(points, middles, strict=True)]
    halves = [float(np.quantile(np.abs(p[..., 0]), 0.98)) + _PADDING for p in points]
    steps = [formation.closeness * (a + b) for a, b in pairwise(halves)]
    across = np.cumsum([0.0, *steps]) - sum(steps) / 2
    # With an odd number, the one in the middle stands in front.
    places = [np.array([x, 0.0, formation.depth * (2 * (n % 2) - 1)]) for n, x in enumerate(across)]
    return [p + place for p, place in zip(points, places, strict=True)]


def _fitted(stage: Sequence[FloatArray], size: tuple[int, int], formation: Formation) -> Camera:
    """Return the camera that shows all dancers as large as they fit."""
    width, height = size
    seen = np.concatenate([perspective(p, formation.tilt).reshape(-1, 3) for p in stage])
    pad = _PADDING * seen[:, 2:]
    low, high = (seen[:, :2] - pad).min(axis=0), (seen[:, :2] + pad).max(axis=0)
    wide, tall = high - low
    free = width * (1 - 2 * _SIDE), height * (1 - _TOP - formation.below)
    unit = float(min(free[0] / wide, free[1] / tall, _LARGEST * height))
    x = width / 2 - unit * (low[0] + high[0]) / 2
    y = height * (1 - formation.below) - unit * high[1]
    return Camera(unit=unit, foot=(float(x), float(y)), tilt=formation.tilt)
