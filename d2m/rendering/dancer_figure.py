"""Draw a clothed figure from joints, with shaded limbs in depth order.

The figure is detailed enough for a pose detector to find it. Proportions (in torso lengths)
and colour factors were chosen by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from d2m.perception.skeleton import HIPS, SHOULDERS
from d2m.rendering.dancer_head import HeadFrame, draw_back_hair, draw_head, head_frame
from d2m.rendering.dancer_limbs import draw_arm, draw_leg
from d2m.rendering.dancer_looks import Outfit
from d2m.rendering.dancer_shading import Circle, FloatArray, Sketch, unit_vector
from d2m.rendering.drawing import Image


def draw_figure(image: Image, joints: FloatArray, unit: float, outfit: Outfit) -> None:
    """Draw a figure into an image.

    Parameters
    ----------
    image : (H, W, 3)
        RGB image, changed in place.
    joints : (17, 3)
        COCO-17 joints (px): x right, y down, depth towards the camera.
    unit
        Torso length (px).
    outfit
        Colours and cut of the clothes.
    """
    sketch = Sketch(unit)
    head = head_frame(joints, unit)
    facing = facing_direction(joints)
    hips, shoulders = joints[list(HIPS)].mean(axis=0), joints[list(SHOULDERS)].mean(axis=0)
    head_depth = float(head.middle[2]) + 0.05 * unit
    neck_depth = min(float(shoulders[2]), float(head.middle[2])) - 0.3 * unit
    hair_depth = neck_depth - 0.01 * unit if head.front[2] > 0 else head_depth + 0.01 * unit
    parts: list[tuple[float, Callable[[], None]]] = [
        (float(hips[2] + shoulders[2]) / 2, partial(_trunk, sketch, joints, outfit, facing)),
        (head_depth, partial(draw_head, sketch, head, outfit)),
        (neck_depth, partial(_neck, sketch, joints, head, outfit)),
        (hair_depth, partial(draw_back_hair, sketch, head, outfit)),
    ]
    for side in (0, 1):
        arm = joints[5 + side : 10 + side : 2]
        arm_depth = float(np.array([0.2, 0.35, 0.45]) @ arm[:, 2]) + 0.06 * unit
        parts.append((arm_depth, partial(draw_arm, sketch, arm, outfit)))
        leg = joints[11 + side : 16 + side : 2]
        # The shirt covers the trousers, unless the knee is well in front of the body.
        leg_depth = float(leg[:, 2].mean()) - 0.42 * unit
        parts.append((leg_depth, partial(draw_leg, sketch, leg, outfit, facing)))
    for _, draw in sorted(parts, key=lambda part: part[0]):
        draw()
    sketch.paint(image)


def facing_direction(joints: FloatArray) -> FloatArray:
    """Return the unit vector (x, depth) of the direction that hips and shoulders face."""
    across = (joints[5] - joints[6]) + 1.5 * (joints[11] - joints[12])
    return np.asarray(unit_vector(np.array([-across[2], across[0]])))


def _trunk(sketch: Sketch, joints: FloatArray, outfit: Outfit, facing: FloatArray) -> None:
    """Draw the top of the trousers and a shirt, with what is on it."""
    unit = sketch.unit
    shoulders, hips = joints[[5, 6], :2], joints[[11, 12], :2]
    middle, waist = shoulders.mean(axis=0), hips.mean(axis=0)
    down = unit_vector(waist - middle)
    broad, seat = shoulders - middle, hips - waist
    # In a side view, the radii of the circles give the trunk its depth.
    sketch.shade([[(waist + 0.85 * s, 0.165 * unit) for s in seat]], outfit.trousers, outline=0.7)
    is_bare = outfit.sleeves <= 0
    nape: Circle = (middle - 0.06 * unit * down, (0.06 if is_bare else 0.075) * unit)
    reach, radius = (0.62, 0.11) if is_bare else (0.8, 0.125)
    top = [(middle + reach * b + 0.05 * unit * down, radius * unit) for b in broad]
    ribs = [(middle + 0.76 * b + 0.38 * unit * down, 0.15 * unit) for b in broad]
    belly = [(waist + 0.75 * s - 0.3 * unit * down, 0.165 * unit) for s in seat]
    across = _across(seat[0] - seat[1], down, unit)
    hem = [
        (waist + 0.95 * s + 0.06 * unit * down + side * 0.09 * unit * across, 0.075 * unit)
        for s, side in zip(seat, (1, -1), strict=True)
    ]
    pieces = [[nape, *top], top + ribs, ribs + belly, belly + hem]
    sketch.shade(pieces, outfit.shirt, outline=0.62, contrast=0.75)
    _pattern(sketch, outfit, facing, (middle, down, broad, seat))
    _neckline(sketch, outfit, facing, middle, down)


def _across(width: FloatArray, down: FloatArray, unit: float) -> FloatArray:
    """Return the direction from side to side of the trunk, which a side view hardly shows."""
    level = np.array([down[1], -down[0]])
    level = level if width @ level >= 0 else -level
    return np.asarray(unit_vector(width + 0.6 * unit * level))


def _pattern(
    sketch: Sketch,
    outfit: Outfit,
    facing: FloatArray,
    trunk: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
) -> None:
    """Draw what is on the shirt: a band goes around, other things are on the chest."""
    unit, (middle, down, broad, seat) = sketch.unit, trunk
    dark = 0.72 * np.array(outfit.shirt, dtype=float)
    if outfit.pattern == "band":
        across = 0.09 * unit * _across(broad[0] - broad[1], down, unit)
        ends = [
            middle + 0.78 * b + 0.3 * unit * down + side * across
            for b, side in zip(broad, (1, -1), strict=True)
        ]
        sketch.fill([(end, 0.05 * unit) for end in ends], outfit.stripe)
    elif outfit.pattern == "disc" and facing[1] > 0.25:
        centre = middle + unit * (0.36 * down + np.array([0.1 * facing[0], 0]))
        radius = 0.115 * unit * float(facing[1])
        sketch.fill([(centre, radius)], outfit.stripe)
        sketch.fill([(centre, 0.4 * radius)], outfit.shirt)
    elif outfit.pattern == "hood" and facing[1] > 0.25:
        centre = middle + unit * (0.78 * down + np.array([0.1 * facing[0], 0]))
        low = [(centre + 0.8 * s + 0.06 * unit * down, 0.05 * unit) for s in seat]
        high = [(centre + 0.5 * s - 0.1 * unit * down, 0.05 * unit) for s in seat]
        sketch.fill([*low, *high], dark)
        inner = [(c, r - 0.014 * unit) for c, r in (*low, *high)]
        sketch.shade([inner], outfit.shirt, outline=0, contrast=0.3)


def _neckline(
    sketch: Sketch, outfit: Outfit, facing: FloatArray, middle: FloatArray, down: FloatArray
) -> None:
    unit = sketch.unit
    dark = 0.66 * np.array(outfit.shirt, dtype=float)
    across = np.array([-down[1], down[0]])
    if outfit.pattern == "hood":
        # The hood lies on the back: from the front, only its edge is seen around the neck.
        side = (0.1 + 0.03 * abs(facing[1])) * unit * across
        fall = (0.03 if facing[1] > 0 else 0.13) * unit * down
        back = middle - 0.06 * unit * np.array([facing[0], 0.0])
        hood = [
            (back - side, 0.085 * unit),
            (back + side, 0.085 * unit),
            (back + fall, 0.12 * unit),
        ]
        sketch.shade([hood], outfit.shirt, outline=0.55, contrast=0.8)
    if facing[1] <= 0.05:
        return
    side = 0.045 * unit * facing[1] * across
    collar = middle - 0.045 * unit * down + unit * np.array([0.05 * facing[0], 0.0])
    if outfit.sleeves <= 0:
        collar = collar + 0.07 * unit * down
    neckline = [(collar - side, 0.07 * unit), (collar + side, 0.07 * unit)]
    sketch.fill(neckline, dark)
    inside = [(centre - 0.018 * unit * down, radius) for centre, radius in neckline]
    throat = (collar - 0.09 * unit * down, 0.072 * unit)
    sketch.fill([*inside, throat], 0.93 * np.array(outfit.skin, dtype=float))
    if outfit.pattern == "hood":
        for string in (1, -1):
            start = collar + string * side + 0.07 * unit * down
            end = start + unit * (0.16 * down + 0.01 * string * across)
            sketch.fill([(start, 0.009 * unit), (end, 0.009 * unit)], outfit.stripe)


def _neck(sketch: Sketch, joints: FloatArray, head: HeadFrame, outfit: Outfit) -> None:
    unit = sketch.unit
    base = joints[list(SHOULDERS), :2].mean(axis=0)
    top = head.at(0, -0.12, -0.03)[:2]
    foot = base + 0.03 * unit * unit_vector(base - top)
    sketch.shade([[(foot, 0.095 * unit), (top, 0.085 * unit)]], outfit.skin, contrast=0.7)
