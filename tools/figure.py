"""Draw a clothed dancer from joints: shaded, depth-ordered limbs that a detector finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from d2m.perception.skeleton import HIPS, SHOULDERS

FloatArray = NDArray[np.float64]
Image = NDArray[np.uint8]
Colour = tuple[int, int, int]
Circle = tuple[FloatArray, float]

LIGHT = np.array([-0.5, -0.8])
"""Where the light comes from in the image (x, y)."""
_SHADES = 7
_TURN = np.linspace(0, 2 * np.pi, 36, endpoint=False)
_RING = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=-1)


@dataclass(frozen=True, kw_only=True)
class Look:
    """Colours (red, green, blue) of a dancer."""

    skin: Colour
    hair: Colour
    shirt: Colour
    stripe: Colour
    trousers: Colour
    shoes: Colour


@dataclass(frozen=True, kw_only=True)
class HeadFrame:
    """Axes of the head in the image: left ear, crown, face; the middle; the unit (px)."""

    left: FloatArray
    up: FloatArray
    front: FloatArray
    middle: FloatArray
    unit: float

    def at(self, left: float, up: float, front: float) -> FloatArray:
        """Return a place of the head in the image, (x, y, depth)."""
        offset = left * self.left + up * self.up + front * self.front
        return np.asarray(self.middle + self.unit * offset)

    def faces(self, left: float, up: float, front: float) -> float:
        """Return how far the surface there faces the camera, -1 to 1."""
        normal = left * self.left + up * self.up + front * self.front
        return float(normal[2] / np.linalg.norm(normal))


def draw_figure(image: Image, joints: FloatArray, unit: float, look: Look) -> None:
    """Draw a dancer into an image.

    Parameters
    ----------
    image : (H, W, 3)
        RGB; drawn over in place. Drawn at twice the final size it comes out smooth.
    joints : (17, 3)
        COCO-17 joints (px): x right, y down, depth towards the camera.
    unit
        Torso length (px).
    look
        Colours.
    """
    head = head_frame(joints, unit)
    facing = facing_direction(joints)
    hips, shoulders = joints[list(HIPS)].mean(axis=0), joints[list(SHOULDERS)].mean(axis=0)
    parts: list[tuple[float, Callable[[], None]]] = [
        (float((hips + shoulders)[2] / 2), lambda: _trunk(image, joints, unit, look, facing)),
        (float(head.middle[2]) + 0.05 * unit, lambda: _head(image, head, look)),
        (
            min(float(shoulders[2]), float(head.middle[2])) - 0.3 * unit,
            lambda: _neck(image, joints, head, unit, look),
        ),
    ]
    for side in (0, 1):
        shoulder, elbow, wrist = (joints[5 + side], joints[7 + side], joints[9 + side])
        arm_depth = float(0.2 * shoulder[2] + 0.35 * elbow[2] + 0.45 * wrist[2]) + 0.06 * unit
        arm = (shoulder, elbow, wrist)
        parts.append((arm_depth, lambda arm=arm: _arm(image, arm, unit, look)))
        hip, knee, ankle = joints[11 + side], joints[13 + side], joints[15 + side]
        # Shirt over trousers, unless a knee is lifted well before the body.
        leg_depth = float((hip[2] + knee[2] + ankle[2]) / 3) - 0.42 * unit
        leg = (hip, knee, ankle)
        parts.append((leg_depth, lambda leg=leg: _leg(image, leg, unit, look, facing)))
    for _, draw in sorted(parts, key=lambda part: part[0]):
        draw()


def head_frame(joints: FloatArray, unit: float) -> HeadFrame:
    """Return the head's axes from nose, eyes and ears, steadied by the trunk's direction."""
    ears = joints[3:5].mean(axis=0)
    shoulders, hips = joints[list(SHOULDERS)].mean(axis=0), joints[list(HIPS)].mean(axis=0)
    up = _unit(0.7 * _unit(ears - shoulders) + 0.3 * _unit(shoulders - hips))
    front = joints[0] - ears
    front = _unit(front - (front @ up) * up + 1e-6)
    left = np.cross(up, front)
    if left @ (joints[3] - joints[4]) < 0:
        left = -left
    middle = ears + unit * (0.03 * up + 0.02 * front)
    return HeadFrame(left=left, up=up, front=front, middle=middle, unit=unit)


def facing_direction(joints: FloatArray) -> FloatArray:
    """Return the direction (x, depth) that hips and shoulders face, of length 1."""
    across = (joints[5] - joints[6]) + 1.5 * (joints[11] - joints[12])
    return np.asarray(_unit(np.array([-across[2], across[0]])))


def blob(
    image: Image,
    pieces: Sequence[Sequence[Circle]],
    colour: Colour,
    *,
    unit: float,
    outline: float = 0.55,
    contrast: float = 1.0,
) -> None:
    """Fill the convex hulls of groups of circles as one rounded body, lit from `LIGHT`."""
    base = np.array(colour, dtype=float)
    for piece in pieces if outline else ():
        _hull(image, [(c, r + 0.014 * unit) for c, r in piece], base * outline)
    for shade in range(_SHADES):
        level = shade / (_SHADES - 1)
        tone = base * (1 + contrast * (-0.3 + 0.42 * level)) + contrast * 14 * level**3
        for piece in pieces:
            inner = [(c + LIGHT * r * 0.42 * level, r * (1 - 0.72 * level)) for c, r in piece]
            _hull(image, inner, tone)


def _hull(image: Image, circles: Sequence[Circle], colour: FloatArray) -> None:
    points = np.concatenate([centre[:2] + radius * _RING for centre, radius in circles])
    hull = cv2.convexHull(np.round(points * 16).astype(np.int32))
    tone = tuple(float(v) for v in np.clip(colour, 0, 255))
    cv2.fillConvexPoly(image, hull, tone, lineType=cv2.LINE_AA, shift=4)


def _trunk(image: Image, joints: FloatArray, unit: float, look: Look, facing: FloatArray) -> None:
    """Draw trousers' top, T-shirt, collar and a stripe over the chest."""
    left, right = joints[5, :2], joints[6, :2]
    hips = joints[[11, 12], :2]
    middle, waist_mid = (left + right) / 2, hips.mean(axis=0)
    # Seen from the side the trunk is as deep as these circles.
    down = _unit(waist_mid - middle)
    shoulder = [middle + 0.8 * (point - middle) for point in (left, right)]
    waist = [waist_mid - 0.3 * unit * down + 0.55 * (h - waist_mid) for h in hips]
    seat = [(waist_mid + 0.85 * (h - waist_mid), 0.17 * unit) for h in hips]
    blob(image, [seat], look.trousers, unit=unit, outline=0.7)
    nape: Circle = (middle - 0.06 * unit * down, 0.075 * unit)
    top = [(p + 0.05 * unit * down, 0.125 * unit) for p in shoulder]
    ribs = [(middle + 0.92 * (p - middle) + 0.36 * unit * down, 0.15 * unit) for p in shoulder]
    belly = [(w, 0.165 * unit) for w in waist]
    hem = [(waist_mid + 0.9 * (h - waist_mid) - 0.02 * unit * down, 0.16 * unit) for h in hips]
    pieces = [[nape, *top], top + ribs, ribs + belly, belly + hem]
    blob(image, pieces, look.shirt, unit=unit, outline=0.62, contrast=0.75)
    if facing[1] > 0.05:
        band = [middle + 0.98 * (p - middle) + 0.3 * unit * down for p in shoulder]
        _hull(image, [(p, 0.05 * unit) for p in band], np.array(look.stripe, dtype=float))
        across = 0.045 * unit * facing[1] * np.array([-down[1], down[0]])
        collar = middle - 0.045 * unit * down + unit * np.array([0.05 * facing[0], 0.0])
        neckline = [(collar - across, 0.07 * unit), (collar + across, 0.07 * unit)]
        _hull(image, neckline, 0.66 * np.array(look.shirt, dtype=float))
        inside = [(centre - 0.018 * unit * down, radius) for centre, radius in neckline]
        throat = (collar - 0.09 * unit * down, 0.072 * unit)
        _hull(image, [*inside, throat], 0.93 * np.array(look.skin, dtype=float))


def _neck(image: Image, joints: FloatArray, head: HeadFrame, unit: float, look: Look) -> None:
    base = joints[list(SHOULDERS), :2].mean(axis=0)
    top = head.at(0, -0.12, -0.03)[:2]
    foot = base + 0.03 * unit * _unit(base - top)
    blob(image, [[(foot, 0.095 * unit), (top, 0.085 * unit)]], look.skin, unit=unit, contrast=0.7)


def _arm(
    image: Image, arm: tuple[FloatArray, FloatArray, FloatArray], unit: float, look: Look
) -> None:
    """Draw a bare arm with its hand and a short sleeve."""
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
    blob(image, [upper, fore, *hand], look.skin, unit=unit)
    folded = _unit(elbow - shoulder) @ _unit(wrist - elbow) < -0.2
    sleeve_end = shoulder + 0.5 * (elbow - shoulder)
    # No line where the sleeve grows out of the shirt, so that the two are one piece.
    start = shoulder + 0.22 * (elbow - shoulder)
    _hull(image, [(start, 0.122 * unit), (sleeve_end, 0.126 * unit)],
          0.6 * np.array(look.shirt, dtype=float))  # fmt: skip
    sleeve: list[Circle] = [(shoulder, 0.115 * unit), (sleeve_end, 0.112 * unit)]
    blob(image, [sleeve], look.shirt, unit=unit, outline=0, contrast=0.75)
    if folded:
        blob(image, [fore, *hand], look.skin, unit=unit)


def _leg(
    image: Image,
    leg: tuple[FloatArray, FloatArray, FloatArray],
    unit: float,
    look: Look,
    facing: FloatArray,
) -> None:
    """Draw a trouser leg and a shoe that points where the body faces."""
    hip, knee, ankle = (joint[:2] for joint in leg)
    shin = leg[2] - leg[1]
    shin = shin / max(float(np.linalg.norm(shin)), 1e-6)
    ahead = np.array([facing[0], 0.0, facing[1]])
    ahead = _unit(ahead - 0.6 * (ahead @ shin) * shin)
    # Toes towards the camera show as a foot that reaches down in the image.
    toe_way = np.array([ahead[0], ahead[1] + 0.33 * max(ahead[2], -0.3)])
    sole = ankle + 0.09 * unit * shin[:2]
    heel, toe = sole - 0.07 * unit * toe_way, sole + 0.24 * unit * toe_way
    shoe: list[Circle] = [(heel, 0.08 * unit), (toe, 0.075 * unit)]
    tread = [(c + np.array([0, 0.028 * unit]), r) for c, r in shoe]
    _hull(image, tread, np.array([236.0, 234.0, 228.0]))
    blob(image, [shoe, [(ankle, 0.075 * unit), (sole, 0.085 * unit)]], look.shoes, unit=unit)
    thigh: list[Circle] = [(hip, 0.175 * unit), (knee, 0.118 * unit)]
    calf: list[Circle] = [(knee, 0.118 * unit), (ankle, 0.088 * unit)]
    blob(image, [thigh, calf], look.trousers, unit=unit)
    if _unit(knee - hip) @ _unit(ankle - knee) < -0.1:
        nearer = calf if leg[2][2] > leg[0][2] else thigh
        blob(image, [nearer], look.trousers, unit=unit)


def _head(image: Image, head: HeadFrame, look: Look) -> None:
    """Draw skull, hair, ears and what of the face can be seen."""
    unit = head.unit
    skin, hair = np.array(look.skin, dtype=float), np.array(look.hair, dtype=float)
    crown: Circle = (head.at(0, 0.07, -0.03)[:2], 0.185 * unit)
    nape: Circle = (head.at(0, -0.06, -0.06)[:2], 0.15 * unit)
    chin: Circle = (head.at(0, -0.155, 0.075)[:2], 0.085 * unit)
    cheeks: Circle = (head.at(0, -0.03, 0.035)[:2], 0.152 * unit)
    brow: Circle = (head.at(0, 0.055, 0.05)[:2], 0.142 * unit)
    blob(image, [[chin, cheeks]], look.skin, unit=unit)
    blob(image, [[crown, nape]], look.hair, unit=unit, contrast=0.8)
    for side in (1, -1):
        if head.faces(side, 0, 0.25) > 0.05:
            ear = head.at(0.16 * side, -0.02, 0.0)[:2]
            _hull(image, [(ear, 0.048 * unit)], skin * 0.72)
            _hull(image, [(ear + 0.006 * unit * LIGHT, 0.038 * unit)], skin * 0.92)
    if head.front[2] > -0.15:
        blob(image, [[brow, cheeks], [cheeks, chin]], look.skin, unit=unit, outline=0.82,
             contrast=0.5)  # fmt: skip
        hairline = [(0.15, 0.07, 0.02), (0.13, 0.15, 0.06), (0.06, 0.2, 0.1), (-0.06, 0.19, 0.1),
                    (-0.13, 0.15, 0.06), (-0.15, 0.07, 0.02)]  # fmt: skip
        seen = [place for place in hairline if head.faces(*place) > -0.1]
        locks = [(head.at(*place)[:2], 0.042 * unit) for place in seen]
        for first, second in pairwise(locks):
            _hull(image, [first, second], hair)
        _face(image, head, skin, hair)


def _face(image: Image, head: HeadFrame, skin: FloatArray, hair: FloatArray) -> None:
    """Draw eyes, brows, nose and mouth where they face the camera."""
    unit = head.unit
    for side in (1, -1):
        if head.faces(0.35 * side, 0, 1) < 0.1:
            continue
        eye = head.at(0.066 * side, 0.03, 0.165)[:2]
        across = _unit(head.left[:2]) * (0.022 * unit * max(0.4, abs(head.left[0])))
        _hull(image, [(eye - across, 0.02 * unit), (eye + across, 0.02 * unit)],
              np.array([246.0, 244.0, 240.0]))  # fmt: skip
        _hull(image, [(eye, 0.0175 * unit)], np.array([52.0, 36.0, 28.0]))
        lid = eye - 0.027 * unit * np.array([0, 1])
        _hull(image, [(lid - 1.1 * across, 0.005 * unit), (lid + 1.1 * across, 0.005 * unit)],
              skin * 0.4)  # fmt: skip
        ends = [head.at(x * side, 0.095 - 0.1 * abs(x - 0.065), 0.16)[:2] for x in (0.035, 0.1)]
        _hull(image, [(end, 0.008 * unit) for end in ends], hair * 0.9)
    root, tip = head.at(0, 0.02, 0.175)[:2], head.at(0, -0.045, 0.215)[:2]
    shade = 0.012 * unit * np.array([1.0, 0.6])
    _hull(image, [(root + shade, 0.012 * unit), (tip + shade, 0.03 * unit)], skin * 0.8)
    _hull(image, [(root, 0.011 * unit), (tip, 0.025 * unit)], np.minimum(skin * 1.1, 255))
    if head.faces(0, -0.3, 1) > 0.05:
        smile = [head.at(x, 8 * x * x - 0.128, 0.165)[:2] for x in np.linspace(-0.055, 0.055, 5)]
        for first, second in pairwise(smile):
            _hull(image, [(first, 0.012 * unit), (second, 0.012 * unit)],
                  skin * np.array([0.72, 0.46, 0.46]))  # fmt: skip


def _unit(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-6))
