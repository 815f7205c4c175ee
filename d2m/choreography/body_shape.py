"""The shape of a dancer's body: bone lengths that never change, and joints that bend as they can.

A network's joints are independent points. Here they become one body: the directions of the bones
are kept, their lengths are those of the standard body.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.choreography.joints import HEAD_FROM_SHOULDERS, coco_hip_middle
from d2m.perception.skeleton import ANKLES, ELBOWS, HIPS, KNEES, SHOULDERS, WRISTS

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class BodyProportions:
    """Bone lengths in torso lengths; ``shoulder`` and ``hip`` are distances from the midline.

    The defaults were chosen by hand.
    """

    shoulder: float = 0.36
    hip: float = 0.18
    upper_arm: float = 0.57
    forearm: float = 0.5
    thigh: float = 0.84
    shin: float = 0.82
    neck: float = 0.1


STANDARD_BODY = BodyProportions()
"""The body of every generated dancer."""
HEAD_OFFSETS = HEAD_FROM_SHOULDERS + np.array([0.0, STANDARD_BODY.neck, 0.0])
"""Nose, left and right eye, left and right ear, relative to the top of the neck of a dancer
who faces the camera (torso lengths)."""
STRAIGHT_LEG = 0.999
"""Greatest distance of hip and ankle as a share of the leg's length: the knee stays defined."""
HEAD_TURN_RAD = 1.1
"""Farthest turn of the head from the chest in any direction (rad). Chosen by hand: 63 degrees."""
SHOULDER_TILT = 0.45
"""Farthest tilt of the shoulders against the spine (cosine of the angle). Chosen by hand."""
FOREARM_BACK = 0.35
"""Farthest bend of the elbow to the back of a lowered arm (share of the forearm). Chosen by hand:
hands on the hips need it."""
CLOSED_ELBOW = 0.9
"""Greatest cosine of the angle between forearm and reversed upper arm: 26 degrees, by hand."""
JOINT_SMOOTHING_S = 0.07
"""Standard deviation of the time over which noise is smoothed (s). Chosen by hand."""
SAME_PLACE = 0.08
"""Standard deviation of the distance within which poses are averaged (torso lengths): a joint that
moves farther keeps its hit. Chosen by hand, above the noise of generated joints (0.03)."""
_HEAD = slice(0, 5)
_WORLD_UP = np.array([0.0, -1.0, 0.0])


def smooth_joints(joints: FloatArray, fps: float) -> FloatArray:
    """Return joints ``(F, J, D)`` without noise, but with their hits.

    A bilateral filter: each joint is averaged with its places shortly before and after, as far as
    these are near. So a still joint becomes quiet, and a fast one keeps its stops; nothing is
    delayed.
    """
    reach = min(int(np.ceil(2.5 * JOINT_SMOOTHING_S * fps)), len(joints) - 1)
    padded = np.pad(joints, ((reach, reach), (0, 0), (0, 0)), mode="edge")
    total, weights = np.zeros_like(joints), np.zeros((*joints.shape[:2], 1))
    for shift in range(-reach, reach + 1):
        other = padded[reach + shift : reach + shift + len(joints)]
        distance = ((other - joints) ** 2).sum(axis=-1, keepdims=True) / SAME_PLACE**2
        weight = np.exp(-0.5 * (distance + (shift / fps / JOINT_SMOOTHING_S) ** 2))
        total += weight * other
        weights += weight
    return np.asarray(total / weights)


def standard_body(joints: FloatArray) -> FloatArray:
    """Return a dance with the bones of the standard body.

    The whole dance is scaled so that its legs have the right length. Then the bones get the right
    lengths from the hips up, and the legs by inverse kinematics between hips and ankles, so that
    the feet stay where they are.

    Parameters
    ----------
    joints : (F, 17, 3)
        COCO-17 joints of any body (x right, y down, z towards the camera).

    Returns
    -------
    (F, 17, 3)
        The joints in torso lengths.
    """
    joints = joints * _leg_scale(joints)
    body = STANDARD_BODY
    out = np.empty_like(joints)
    middle = coco_hip_middle(joints)
    spine = directions(joints[:, SHOULDERS].mean(axis=1) - middle, _WORLD_UP)
    hip_line = directions(joints[:, HIPS[0]] - joints[:, HIPS[1]], np.array([1.0, 0, 0]))
    line = directions(joints[:, SHOULDERS[0]] - joints[:, SHOULDERS[1]], hip_line)
    tilt = _dot(line, spine)
    line = directions(line + (np.clip(tilt, -SHOULDER_TILT, SHOULDER_TILT) - tilt) * spine, line)
    chest = middle + spine
    out[:, HIPS] = middle[:, None] + body.hip * np.stack([hip_line, -hip_line], axis=1)
    out[:, SHOULDERS] = chest[:, None] + body.shoulder * np.stack([line, -line], axis=1)
    axes = _axes(line, spine)
    out[:, _HEAD] = _head(joints, chest + body.neck * spine, axes)
    upper = directions(joints[:, ELBOWS] - joints[:, SHOULDERS], -spine[:, None])
    lower = directions(joints[:, WRISTS] - joints[:, ELBOWS], upper)
    lower = _possible_forearm(upper, lower, axes)
    out[:, ELBOWS] = out[:, SHOULDERS] + body.upper_arm * upper
    out[:, WRISTS] = out[:, ELBOWS] + body.forearm * lower
    out[:, KNEES], out[:, ANKLES] = joints[:, KNEES], joints[:, ANKLES]
    return bend_legs(out)


def bend_legs(joints: FloatArray) -> FloatArray:
    """Return joints ``(F, 17, 3)`` whose legs lead from the hips to the ankles, knees forward.

    Two bones a leg; the knee points where it pointed, but never backwards. Where a leg does not
    reach, the ankle comes nearer.
    """
    body = STANDARD_BODY
    hips, knees, ankles = joints[:, HIPS], joints[:, KNEES], joints[:, ANKLES]
    down = directions(ankles - hips, -_WORLD_UP)
    distance = np.linalg.norm(ankles - hips, axis=-1, keepdims=True)
    distance = np.clip(distance, 0.45, STRAIGHT_LEG * (body.thigh + body.shin))
    spine = directions(joints[:, SHOULDERS].mean(axis=1) - hips.mean(axis=1), _WORLD_UP)
    axes = _axes(hips[:, 0] - hips[:, 1], directions(spine + _WORLD_UP, _WORLD_UP))
    # Where a knee of a nearly straight leg points is noise: it then points ahead and outward.
    usual = np.stack([axes[:, 2] + 0.25 * axes[:, 0], axes[:, 2] - 0.25 * axes[:, 0]], axis=1)
    usual = usual + 0.6 * _WORLD_UP
    pole = _across(knees - hips, down) + 0.12 * directions(_across(usual, down), usual)
    ahead = directions(_across(np.broadcast_to(axes[:, None, 2], hips.shape), down), usual)
    back = _dot(pole, ahead)
    pole = directions(pole + (np.maximum(back, 0.05) - back) * ahead, ahead)
    along = (body.thigh**2 - body.shin**2 + distance**2) / (2 * distance)
    aside = np.sqrt(np.maximum(body.thigh**2 - along**2, 0))
    out = joints.copy()
    out[:, KNEES] = hips + along * down + aside * pole
    out[:, ANKLES] = hips + distance * down
    return out


def directions(vectors: FloatArray, otherwise: FloatArray) -> FloatArray:
    """Return vectors ``(..., 3)`` of length 1; those without a length point as `otherwise`."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(np.where(length > 1e-6, vectors / np.maximum(length, 1e-6), otherwise))


def _leg_scale(joints: FloatArray) -> float:
    """Return the factor that gives legs their standard length."""
    bones = np.linalg.norm(joints[:, KNEES] - joints[:, HIPS], axis=-1)
    bones = bones + np.linalg.norm(joints[:, ANKLES] - joints[:, KNEES], axis=-1)
    leg = float(np.median(bones))
    return (STANDARD_BODY.thigh + STANDARD_BODY.shin) / leg if leg > 1e-3 else 1.0


def _axes(left: FloatArray, up: FloatArray) -> FloatArray:
    """Return ``(F, 3, 3)``: left, down and forward of a part of the body, as rows."""
    left = directions(left - _dot(left, up) * up, np.array([1.0, 0, 0]))
    return np.stack([left, -up, np.cross(up, left)], axis=1)


def _head(joints: FloatArray, neck: FloatArray, axes: FloatArray) -> FloatArray:
    """Return the head's points ``(F, 5, 3)`` on top of the neck, turned as far as it can."""
    from scipy.spatial.transform import Rotation

    shape = HEAD_OFFSETS - HEAD_OFFSETS.mean(axis=0)
    points = joints[:, _HEAD] - joints[:, _HEAD].mean(axis=1, keepdims=True)
    # The rotation that fits best (Kabsch); a weak pull to the chest keeps it defined.
    fit = np.einsum("pi,fpj->fij", shape, points) + 1e-3 * axes
    u, _, vt = np.linalg.svd(fit)
    flip = np.ones((len(joints), 1, 3))
    flip[:, 0, 2] = np.sign(np.linalg.det(u @ vt))
    turned = Rotation.from_matrix((u * flip) @ vt @ axes.transpose(0, 2, 1)).as_rotvec()
    angle = np.linalg.norm(turned, axis=-1, keepdims=True)
    less = np.minimum(1, HEAD_TURN_RAD / np.maximum(angle, 1e-6))
    rows = Rotation.from_rotvec(turned * less).as_matrix() @ axes
    return np.asarray(neck[:, None] + HEAD_OFFSETS @ rows)


def _possible_forearm(upper: FloatArray, lower: FloatArray, axes: FloatArray) -> FloatArray:
    """Return directions of forearms ``(F, 2, 3)`` that elbows can bend to."""
    closed = _dot(upper, lower)
    lower = directions(lower + (np.maximum(closed, -CLOSED_ELBOW) - closed) * upper, upper)
    forward = np.broadcast_to(axes[:, None, 2], upper.shape)
    ahead = directions(_across(forward, upper), forward)
    # A lowered arm bends forward; one above the shoulder bends to the back as well.
    lowered = np.clip(_dot(upper, axes[:, None, 1]) + 0.5, 0, 1)
    back = _dot(lower, ahead)
    missing = np.maximum(-FOREARM_BACK - back, 0) * lowered
    rest = directions(lower - back * ahead + missing * upper, upper)
    back = np.clip(back + missing, -1, 1)
    return np.asarray(back * ahead + np.sqrt(1 - back**2) * rest)


def _across(vectors: FloatArray, along: FloatArray) -> FloatArray:
    """Return the part of vectors that is perpendicular to unit vectors."""
    return np.asarray(vectors - _dot(vectors, along) * along)


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray((a * b).sum(axis=-1, keepdims=True))
