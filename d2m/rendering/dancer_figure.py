"""Draw a clothed figure from joints, with shaded limbs in depth order.

The figure is detailed enough for a pose detector to find it. Proportions (in torso lengths)
and colour factors were chosen by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from d2m.perception.skeleton import HIPS, SHOULDERS
from d2m.rendering.dancer_head import HeadFrame, draw_head, head_frame
from d2m.rendering.dancer_shading import (
    Circle,
    Colour,
    FloatArray,
    Image,
    fill_hull,
    fill_shaded,
    unit_vector,
)


@dataclass(frozen=True, kw_only=True)
class Outfit:
    """Colours (red, green, blue; 0 to 255) of a figure and its clothes."""

    skin: Colour
    hair: Colour
    shirt: Colour
    stripe: Colour
    trousers: Colour
    shoes: Colour


def draw_figure(image: Image, joints: FloatArray, unit: float, outfit: Outfit) -> None:
    """Draw a figure into an image.

    Parameters
    ----------
    image : (H, W, 3)
        RGB image, changed in place. Draw at twice the final size and scale down, to smooth
        the edges.
    joints : (17, 3)
        COCO-17 joints (px): x right, y down, depth towards the camera.
    unit
        Torso length (px).
    outfit
        Colours.
    """
    head = head_frame(joints, unit)
    facing = facing_direction(joints)
    hips, shoulders = joints[list(HIPS)].mean(axis=0), joints[list(SHOULDERS)].mean(axis=0)
    parts: list[tuple[float, Callable[[], None]]] = [
        (float((hips + shoulders)[2] / 2), lambda: _trunk(image, joints, unit, outfit, facing)),
        (
            float(head.middle[2]) + 0.05 * unit,
            lambda: draw_head(image, head, outfit.skin, outfit.hair),
        ),
        (
            min(float(shoulders[2]), float(head.middle[2])) - 0.3 * unit,
            lambda: _neck(image, joints, head, unit, outfit),
        ),
    ]
    for side in (0, 1):
        shoulder, elbow, wrist = (joints[5 + side], joints[7 + side], joints[9 + side])
        arm_depth = float(0.2 * shoulder[2] + 0.35 * elbow[2] + 0.45 * wrist[2]) + 0.06 * unit
        arm = (shoulder, elbow, wrist)
        parts.append((arm_depth, lambda arm=arm: _arm(image, arm, unit, outfit)))
        hip, knee, ankle = joints[11 + side], joints[13 + side], joints[15 + side]
        # The shirt covers the trousers, unless the knee is well in front of the body.
        leg_depth = float((hip[2] + knee[2] + ankle[2]) / 3) - 0.42 * unit
        leg = (hip, knee, ankle)
        parts.append((leg_depth, lambda leg=leg: _leg(image, leg, unit, outfit, facing)))
    for _, draw in sorted(parts, key=lambda part: part[0]):
        draw()


def facing_direction(joints: FloatArray) -> FloatArray:
    """Return the unit vector (x, depth) of the direction that hips and shoulders face."""
    across = (joints[5] - joints[6]) + 1.5 * (joints[11] - joints[12])
    return np.asarray(unit_vector(np.array([-across[2], across[0]])))


def _trunk(
    image: Image, joints: FloatArray, unit: float, outfit: Outfit, facing: FloatArray
) -> None:
    """Draw the top of the trousers, a T-shirt with a collar, and a stripe across the chest."""
    left, right = joints[5, :2], joints[6, :2]
    hips = joints[[11, 12], :2]
    middle, waist_mid = (left + right) / 2, hips.mean(axis=0)
    # In a side view, the radii of the circles give the trunk its depth.
    down = unit_vector(waist_mid - middle)
    shoulder = [middle + 0.8 * (point - middle) for point in (left, right)]
    waist = [waist_mid - 0.3 * unit * down + 0.55 * (h - waist_mid) for h in hips]
    seat = [(waist_mid + 0.85 * (h - waist_mid), 0.17 * unit) for h in hips]
    fill_shaded(image, [seat], outfit.trousers, unit=unit, outline=0.7)
    nape: Circle = (middle - 0.06 * unit * down, 0.075 * unit)
    top = [(p + 0.05 * unit * down, 0.125 * unit) for p in shoulder]
    ribs = [(middle + 0.92 * (p - middle) + 0.36 * unit * down, 0.15 * unit) for p in shoulder]
    belly = [(w, 0.165 * unit) for w in waist]
    hem = [(waist_mid + 0.9 * (h - waist_mid) - 0.02 * unit * down, 0.16 * unit) for h in hips]
    pieces = [[nape, *top], top + ribs, ribs + belly, belly + hem]
    fill_shaded(image, pieces, outfit.shirt, unit=unit, outline=0.62, contrast=0.75)
    if facing[1] > 0.05:
        band = [middle + 0.98 * (p - middle) + 0.3 * unit * down for p in shoulder]
        fill_hull(image, [(p, 0.05 * unit) for p in band], np.array(outfit.stripe, dtype=float))
        across = 0.045 * unit * facing[1] * np.array([-down[1], down[0]])
        collar = middle - 0.045 * unit * down + unit * np.array([0.05 * facing[0], 0.0])
        neckline = [(collar - across, 0.07 * unit), (collar + across, 0.07 * unit)]
        fill_hull(image, neckline, 0.66 * np.array(outfit.shirt, dtype=float))
        inside = [(centre - 0.018 * unit * down, radius) for centre, radius in neckline]
        throat = (collar - 0.09 * unit * down, 0.072 * unit)
        fill_hull(image, [*inside, throat], 0.93 * np.array(outfit.skin, dtype=float))


def _neck(image: Image, joints: FloatArray, head: HeadFrame, unit: float, outfit: Outfit) -> None:
    base = joints[list(SHOULDERS), :2].mean(axis=0)
    top = head.at(0, -0.12, -0.03)[:2]
    foot = base + 0.03 * unit * unit_vector(base - top)
    fill_shaded(
        image, [[(foot, 0.095 * unit), (top, 0.085 * unit)]], outfit.skin, unit=unit, contrast=0.7
    )


def _arm(
    image: Image, arm: tuple[FloatArray, FloatArray, FloatArray], unit: float, outfit: Outfit
) -> None:
    """Draw a bare arm with a hand and a short sleeve."""
    shoulder, elbow, wrist = (joint[:2] for joint in arm)
    upper: list[Circle] = [(shoulder, 0.1 * unit), (elbow, 0.075 * unit)]
    fore: list[Circle] = [(elbow, 0.075 * unit), (wrist, 0.05 * unit)]
    along = arm[2] - arm[1]
    along = along / max(float(np.linalg.norm(along)), 1e-6)
    knuckles, tips = (wrist + reach * unit * along[:2] for reach in (0.09, 0.19))
    aside = np.array([-along[1], along[0]]) * (1 if shoulder[0] < wrist[0] else -1)
    thumb = wrist + unit * (0.1 * along[:2] - 0.07 * aside)
    hand: list[Sequence[Circle]] = [
        [(wrist, 0.048 * unit), (knuckles, 0.06 * unit)],
        [(knuckles, 0.055 * unit), (tips, 0.035 * unit)],
        [(wrist, 0.035 * unit), (thumb, 0.024 * unit)],
    ]
    fill_shaded(image, [upper, fore, *hand], outfit.skin, unit=unit)
    folded = unit_vector(elbow - shoulder) @ unit_vector(wrist - elbow) < -0.2
    sleeve_end = shoulder + 0.5 * (elbow - shoulder)
    # The outline starts below the shoulder, so that sleeve and shirt look like one piece.
    start = shoulder + 0.22 * (elbow - shoulder)
    fill_hull(
        image,
        [(start, 0.122 * unit), (sleeve_end, 0.126 * unit)],
        0.6 * np.array(outfit.shirt, dtype=float),
    )
    sleeve: list[Circle] = [(shoulder, 0.115 * unit), (sleeve_end, 0.112 * unit)]
    fill_shaded(image, [sleeve], outfit.shirt, unit=unit, outline=0, contrast=0.75)
    if folded:
        fill_shaded(image, [fore, *hand], outfit.skin, unit=unit)


def _leg(
    image: Image,
    leg: tuple[FloatArray, FloatArray, FloatArray],
    unit: float,
    outfit: Outfit,
    facing: FloatArray,
) -> None:
    """Draw a trouser leg and a shoe that points in the direction the body faces."""
    hip, knee, ankle = (joint[:2] for joint in leg)
    shin = leg[2] - leg[1]
    shin = shin / max(float(np.linalg.norm(shin)), 1e-6)
    ahead = np.array([facing[0], 0.0, facing[1]])
    ahead = unit_vector(ahead - 0.6 * (ahead @ shin) * shin)
    # A foot that points towards the camera extends downwards in the image.
    toe_direction = np.array([ahead[0], ahead[1] + 0.33 * max(ahead[2], -0.3)])
    sole = ankle + 0.09 * unit * shin[:2]
    heel, toe = sole - 0.07 * unit * toe_direction, sole + 0.24 * unit * toe_direction
    shoe: list[Circle] = [(heel, 0.08 * unit), (toe, 0.075 * unit)]
    tread = [(c + np.array([0, 0.028 * unit]), r) for c, r in shoe]
    fill_hull(image, tread, np.array([236.0, 234.0, 228.0]))
    fill_shaded(
        image, [shoe, [(ankle, 0.075 * unit), (sole, 0.085 * unit)]], outfit.shoes, unit=unit
    )
    thigh: list[Circle] = [(hip, 0.175 * unit), (knee, 0.118 * unit)]
    calf: list[Circle] = [(knee, 0.118 * unit), (ankle, 0.088 * unit)]
    fill_shaded(image, [thigh, calf], outfit.trousers, unit=unit)
    if unit_vector(knee - hip) @ unit_vector(ankle - knee) < -0.1:
        nearer = calf if leg[2][2] > leg[0][2] else thigh
        fill_shaded(image, [nearer], outfit.trousers, unit=unit)
