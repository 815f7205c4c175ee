"""Draw the arms and legs of a figure, with sleeves, trouser legs, hands and shoes.

Proportions (in torso lengths) and colour factors were chosen by hand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from d2m.rendering.dancer_looks import Outfit
from d2m.rendering.dancer_shading import Circle, FloatArray, Sketch, unit_vector

_SOLE = (236.0, 234.0, 228.0)
_SOCKS = (232, 228, 220)
_SHORTS = 0.78  # length of shorts as a share of the thigh


def draw_arm(sketch: Sketch, arm: FloatArray, outfit: Outfit) -> None:
    """Draw an arm with a hand and a sleeve.

    Parameters
    ----------
    sketch
        Receives the shapes.
    arm : (3, 3)
        Shoulder, elbow and wrist (px): x, y, depth.
    outfit
        Colours and cut.
    """
    unit = sketch.unit
    shoulder, elbow, wrist = (joint[:2] for joint in arm)
    upper: list[Circle] = [(shoulder, 0.098 * unit), (elbow, 0.073 * unit)]
    fore: list[Circle] = [(elbow, 0.073 * unit), (wrist, 0.05 * unit)]
    hand = _hand(arm, unit)
    if outfit.sleeves < 1:
        sketch.shade([upper, fore, *hand], outfit.skin)
    else:
        sketch.shade(hand, outfit.skin)
    _sleeve(sketch, shoulder, elbow, wrist, outfit)
    folded = unit_vector(elbow - shoulder) @ unit_vector(wrist - elbow) < -0.2
    if folded and outfit.sleeves < 1:
        sketch.shade([fore, *hand], outfit.skin)


def _hand(arm: FloatArray, unit: float) -> list[Sequence[Circle]]:
    shoulder, wrist = arm[0][:2], arm[2][:2]
    along = arm[2] - arm[1]
    along = (along / max(float(np.sqrt(along @ along)), 1e-6))[:2]
    knuckles, tips = wrist + 0.09 * unit * along, wrist + 0.19 * unit * along
    aside = np.array([-along[1], along[0]]) * (1 if shoulder[0] < wrist[0] else -1)
    thumb = wrist + unit * (0.1 * along - 0.07 * aside)
    return [
        [(wrist, 0.048 * unit), (knuckles, 0.06 * unit)],
        [(knuckles, 0.055 * unit), (tips, 0.035 * unit)],
        [(wrist, 0.035 * unit), (thumb, 0.024 * unit)],
    ]


def _sleeve(
    sketch: Sketch, shoulder: FloatArray, elbow: FloatArray, wrist: FloatArray, outfit: Outfit
) -> None:
    unit = sketch.unit
    if outfit.sleeves <= 0:
        return
    dark = 0.6 * np.array(outfit.shirt, dtype=float)
    # The outline starts below the shoulder, so that sleeve and shirt look like one piece.
    start = shoulder + 0.22 * (elbow - shoulder)
    if outfit.sleeves < 1:
        end = shoulder + 2 * outfit.sleeves * (elbow - shoulder)
        sketch.fill([(start, 0.124 * unit), *_cuff(shoulder, end, 0.127 * unit)], dark)
        sleeve = [(shoulder, 0.113 * unit), *_cuff(shoulder, end, 0.114 * unit)]
        sketch.shade([sleeve], outfit.shirt, outline=0, contrast=0.75)
        return
    end = elbow + 0.9 * (wrist - elbow)
    fore = [(elbow, 0.09 * unit), *_cuff(elbow, end, 0.074 * unit)]
    sketch.fill([(start, 0.12 * unit), (elbow, 0.104 * unit)], dark)
    sketch.fill([(elbow, 0.104 * unit), *_cuff(elbow, end, 0.088 * unit)], dark)
    upper: list[Circle] = [(shoulder, 0.113 * unit), (elbow, 0.09 * unit)]
    sketch.shade([upper, fore], outfit.shirt, outline=0, contrast=0.75)
    band = [
        *_cuff(elbow, end, 0.074 * unit),
        *_cuff(elbow, end - 0.02 * (end - elbow), 0.074 * unit),
    ]
    sketch.fill(band, 0.72 * np.array(outfit.shirt, dtype=float))


def _cuff(start: FloatArray, end: FloatArray, radius: float) -> list[Circle]:
    """Return the two small circles at the straight end of a sleeve or trouser leg."""
    along = unit_vector(end - start)
    corner = 0.3 * radius
    aside = (radius - corner) * np.array([-along[1], along[0]])
    return [(end + aside, corner), (end - aside, corner)]


def draw_leg(sketch: Sketch, leg: FloatArray, outfit: Outfit, facing: FloatArray) -> None:
    """Draw a leg and a shoe that points in the direction the body faces.

    Parameters
    ----------
    sketch
        Receives the shapes.
    leg : (3, 3)
        Hip, knee and ankle (px): x, y, depth.
    outfit
        Colours and cut.
    facing : (2,)
        Direction of the body (x, depth).
    """
    unit = sketch.unit
    hip, knee, ankle = (joint[:2] for joint in leg)
    _shoe(sketch, leg, outfit, facing)
    calf: list[Circle] = [(knee, 0.112 * unit), (ankle, 0.088 * unit)]
    thigh: list[Circle] = [(hip, 0.168 * unit), (knee, 0.116 * unit)]
    colour = outfit.trousers
    if outfit.shorts:
        colour = outfit.skin
        middle = knee + 0.4 * (ankle - knee)
        bare: list[Circle] = [(hip, 0.14 * unit), (knee, 0.1 * unit)]
        calf = [(knee, 0.096 * unit), (middle, 0.1 * unit), (ankle, 0.064 * unit)]
        sock = knee + 0.86 * (ankle - knee)
        sketch.shade([bare, calf], colour)
        sketch.shade([[*_cuff(ankle, sock, 0.078 * unit), (ankle, 0.074 * unit)]], _SOCKS)
        end = hip + _SHORTS * (knee - hip)
        thigh = [(hip, 0.172 * unit), *_cuff(hip, end, 0.158 * unit)]
        sketch.shade([thigh], outfit.trousers)
    else:
        end = ankle + 0.05 * (ankle - knee)
        calf = [(knee, 0.114 * unit), *_cuff(knee, end, 0.098 * unit)]
        sketch.shade([thigh, calf], colour)
    if unit_vector(knee - hip) @ unit_vector(ankle - knee) < -0.1:
        is_calf = leg[2][2] > leg[0][2]
        sketch.shade([calf if is_calf else thigh], colour if is_calf else outfit.trousers)


def _shoe(sketch: Sketch, leg: FloatArray, outfit: Outfit, facing: FloatArray) -> None:
    unit, ankle = sketch.unit, leg[2][:2]
    shin = leg[2] - leg[1]
    shin = shin / max(float(np.sqrt(shin @ shin)), 1e-6)
    ahead = np.array([facing[0], 0.0, facing[1]])
    ahead = unit_vector(ahead - 0.6 * (ahead @ shin) * shin)
    # A foot that points towards the camera extends downwards in the image.
    toe_direction = np.array([ahead[0], ahead[1] + 0.33 * max(ahead[2], -0.3)])
    sole = ankle + 0.09 * unit * shin[:2]
    heel, toe = sole - 0.07 * unit * toe_direction, sole + 0.24 * unit * toe_direction
    shoe: list[Circle] = [(heel, 0.08 * unit), (toe, 0.075 * unit)]
    tread = [(centre + np.array([0, 0.028 * unit]), radius) for centre, radius in shoe]
    sketch.fill([(c, r + 0.01 * unit) for c, r in tread], (96.0, 94.0, 92.0))
    sketch.fill(tread, _SOLE)
    sketch.shade([shoe, [(ankle, 0.075 * unit), (sole, 0.085 * unit)]], outfit.shoes)
