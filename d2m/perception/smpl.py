"""SMPL's 24 joints: from MediaPipe's landmarks, to rotations, and back to positions.

The frame is SMPL's: m, y up; in the rest pose (a T-pose) x points to the body's left and
z forward. The inverse kinematics are analytic, each frame by itself:

- joints with several children (pelvis, chest) get the rigid fit of their bones (Kabsch,
  determinant 1), against the rest pose as this body has it (see `bone_offsets`);
- joints with one child get the smallest swing, from where their parent would carry them,
  that points the bone at the child; leaves (head, hands, toes) follow their parents;
- shoulders and hips are also twisted so that the elbow or knee bends about its hinge, the
  more the more it is bent: a straight limb does not tell its twist.

How far a forearm, hand or head turns about itself can't be seen in joints.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.perception.rotations import kabsch, normalise_vectors, rotation_about_axis

FloatArray = NDArray[np.float64]

_BODY = (
    ("pelvis", -1, (0.000, 0.000, 0.000)),
    ("left_hip", 0, (0.069, -0.091, -0.006)),
    ("right_hip", 0, (-0.069, -0.091, -0.006)),
    ("spine1", 0, (0.000, 0.109, -0.027)),
    ("left_knee", 1, (0.105, -0.470, -0.012)),
    ("right_knee", 2, (-0.105, -0.470, -0.012)),
    ("spine2", 3, (0.000, 0.244, -0.026)),
    ("left_ankle", 4, (0.090, -0.868, -0.055)),
    ("right_ankle", 5, (-0.090, -0.868, -0.055)),
    ("spine3", 6, (0.000, 0.297, 0.000)),
    ("left_foot", 7, (0.116, -0.920, 0.066)),
    ("right_foot", 8, (-0.116, -0.920, 0.066)),
    ("neck", 9, (0.000, 0.511, -0.043)),
    ("left_collar", 9, (0.080, 0.417, -0.037)),
    ("right_collar", 9, (-0.080, 0.417, -0.037)),
    ("head", 12, (0.000, 0.576, 0.008)),
    ("left_shoulder", 13, (0.174, 0.449, -0.046)),
    ("right_shoulder", 14, (-0.174, 0.449, -0.046)),
    ("left_elbow", 16, (0.430, 0.436, -0.070)),
    ("right_elbow", 17, (-0.430, 0.436, -0.070)),
    ("left_wrist", 18, (0.683, 0.444, -0.073)),
    ("right_wrist", 19, (-0.683, 0.444, -0.073)),
    ("left_hand", 20, (0.767, 0.437, -0.085)),
    ("right_hand", 21, (-0.767, 0.437, -0.085)),
)
JOINTS = tuple(name for name, _, _ in _BODY)
"""Joint names in SMPL's order; every joint comes after its parent."""
PARENTS = tuple(parent for _, parent, _ in _BODY)
"""Index of each joint's parent; the pelvis has none."""
REST_POSE: FloatArray = np.array([place for _, _, place in _BODY])
"""(24, 3) Joints of SMPL's mean body in its T-pose (m), the pelvis at 0; rounded to mm and
made symmetric."""
REST_OFFSETS: FloatArray = REST_POSE - np.vstack([REST_POSE[:1], REST_POSE[list(PARENTS[1:])]])
"""(24, 3) From each joint's parent to it in the rest pose (m)."""
REST_POSE.setflags(write=False)
REST_OFFSETS.setflags(write=False)

_CHILDREN = [[c for c, parent in enumerate(PARENTS) if parent == j] for j in range(len(PARENTS))]

_HINGES = {16: (0, -1, 0), 17: (0, 1, 0), 1: (1, 0, 0), 2: (1, 0, 0)}
"""Axis in the rest pose about which the elbow or knee below a shoulder or hip bends."""
_BENT = (0.2, 0.5)
"""Sine of a bend from which, and from which wholly, the hinge counts (11 and 30 degrees)."""
_TWIST = (2 * np.pi / 3, np.pi)
"""Twists (rad) beyond the first are taken back towards none at the second: no limb turns so
far, and half a turn may come from either side."""

_NOSE, _EARS = 0, [7, 8]
_LIMBS = [1, 2, 4, 5, 7, 8, 16, 17, 18, 19, 20, 21]
_LIMBS_OF_33 = [23, 24, 25, 26, 27, 28, 11, 12, 13, 14, 15, 16]
_TORSO = [0, 3, 6, 9, 12, 13, 14]
_BALL = 0.75
"""Where on the way from the heel to the toe SMPL's foot joint is."""
_SKULL, _FACE = 0.5, 0.25
"""The head joint is so far from the neck to a point so far from between the ears to the nose."""


def smpl_joints_from_mediapipe(world: NDArray[Any]) -> FloatArray:
    """Place SMPL's joints in a body that MediaPipe sees.

    MediaPipe's axes (x to the right of the picture, y down, z away from the camera) are
    turned half round x, which mirrors nothing: a person who faces the camera looks along +z
    and has the left hand at +x. Limbs are MediaPipe's own. Spine, neck and collars lie
    between hips and shoulders as in the rest pose, and turn with both; the head joint is on
    the way from the neck to between ears and nose, the hand joint between index and little
    finger's knuckles, the foot joint three quarters from heel to toe.

    Parameters
    ----------
    world : (F, 33, 3)
        World landmarks (m), y down.

    Returns
    -------
    (F, 24, 3)
        In the order of ``JOINTS`` (m), y up, 0 in the middle of the hips. NaN stays NaN.
    """
    points = np.asarray(world, dtype=float) * [1.0, -1.0, -1.0]
    joints = np.empty((len(points), len(JOINTS), 3))
    joints[:, _LIMBS] = points[:, _LIMBS_OF_33]
    joints[:, [22, 23]] = (points[:, [17, 18]] + points[:, [19, 20]]) / 2
    heels, toes = points[:, [29, 30]], points[:, [31, 32]]
    joints[:, [10, 11]] = heels + _BALL * (toes - heels)
    axes, origin, length = _torso_axes(joints)
    rest_axes, rest_origin, rest_length = (part[0] for part in _torso_axes(REST_POSE[None]))
    local = np.einsum("jki,jk->ji", rest_axes, REST_POSE[_TORSO] - rest_origin) / rest_length
    local = np.einsum("fjik,jk->fji", axes, local * [0, 1, 1]) * length[:, None, None]
    joints[:, _TORSO] = origin[:, None] + local
    # Collars are out by a share of the width as seen: shoulders that are seen too narrow must
    # not end up inside them, which would turn the bones between them round.
    share = REST_POSE[[13, 14], :1] / REST_POSE[16, 0]
    joints[:, [13, 14]] += share * (joints[:, [16]] - joints[:, [17]]) / 2
    neck = joints[:, 12]
    ears = points[:, _EARS].mean(axis=1)
    joints[:, 15] = neck + _SKULL * (ears + _FACE * (points[:, _NOSE] - ears) - neck)
    return joints


def _torso_axes(joints: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return axes at each torso joint (F, 7, 3, 3), the hips' middle (F, 3) and the length (F,).

    The second axis runs from the hips to the shoulders; the first turns from the hips' line
    to the shoulders' on the way up.
    """
    hips, shoulders = joints[:, [1, 2]], joints[:, [16, 17]]
    origin = hips.mean(axis=1)
    spine = shoulders.mean(axis=1) - origin
    up = normalise_vectors(spine)[:, None]
    heights = REST_POSE[_TORSO, 1:2] - REST_POSE[1, 1]
    share = np.clip(heights / (REST_POSE[16, 1] - REST_POSE[1, 1]), 0, 1)
    lines = [normalise_vectors(pair[:, 0] - pair[:, 1])[:, None] for pair in (hips, shoulders)]
    aside = (1 - share) * lines[0] + share * lines[1]
    aside = normalise_vectors(aside - (aside * up).sum(axis=-1, keepdims=True) * up)
    up = np.broadcast_to(up, aside.shape)
    axes = np.stack([aside, up, np.cross(aside, up)], axis=-1)
    return axes, origin, np.linalg.norm(spine, axis=-1)


def joint_rotations(joints: NDArray[Any]) -> FloatArray:
    """Find the rotations that turn the rest pose into a body's pose.

    See the module for the method. A bone of no length keeps its parent's direction.

    Parameters
    ----------
    joints : (F, 24, 3)
        Positions in the order of ``JOINTS``, y up, in any unit; at least one frame. The
        body's build is measured over all frames.

    Returns
    -------
    (F, 24, 3, 3)
        Rotations relative to the parent's, proper; the pelvis's is the body's in the world.

    Raises
    ------
    ValueError
        If there are no frames, or a position is not finite: fill gaps first.
    """
    turned, _ = _fit(joints)
    local = turned.copy()
    local[:, 1:] = np.swapaxes(turned[:, list(PARENTS[1:])], -1, -2) @ turned[:, 1:]
    return local


def bone_offsets(joints: NDArray[Any]) -> FloatArray:
    """Measure a body's bones, as offsets from each joint's parent in the rest pose.

    Lengths are medians over the frames. Directions are the rest pose's, except from pelvis to
    hips and spine and from chest to neck and collars, where people and trackers differ: these
    are the body's own, turned together to lie nearest to the rest pose's.

    Parameters
    ----------
    joints : (F, 24, 3)
        As for `joint_rotations`.

    Returns
    -------
    (24, 3)
        In the joints' unit; the pelvis's is 0.

    Raises
    ------
    ValueError
        As `joint_rotations`.
    """
    return _fit(joints)[1]


def forward_kinematics(
    rotations: NDArray[Any], root: NDArray[Any], offsets: NDArray[Any]
) -> FloatArray:
    """Place the joints of a body whose bones are turned.

    Parameters
    ----------
    rotations : (F, 24, 3, 3)
        Relative to the parent's.
    root : (F, 3)
        Positions of the pelvis.
    offsets : (24, 3)
        From each joint's parent to it in the rest pose; the pelvis's is not used.

    Returns
    -------
    (F, 24, 3)
        Positions in the unit of ``root`` and ``offsets``.
    """
    turned = np.array(rotations, dtype=float)
    joints = np.empty(turned.shape[:-1])
    joints[:, 0] = root
    for joint, parent in enumerate(PARENTS[1:], start=1):
        joints[:, joint] = joints[:, parent] + turned[:, parent] @ offsets[joint]
        turned[:, joint] = turned[:, parent] @ turned[:, joint]
    return joints


def _fit(joints: NDArray[Any]) -> tuple[FloatArray, FloatArray]:
    """Return rotations in the world (F, 24, 3, 3) and the body's offsets (24, 3)."""
    joints = np.asarray(joints, dtype=float)
    if joints.shape[1:] != REST_POSE.shape or not len(joints):
        raise ValueError(f"joints must have the shape (frames, 24, 3), not {joints.shape}")
    if not np.isfinite(joints).all():
        raise ValueError("joints must be finite: fill gaps before looking for rotations")
    bones = np.zeros_like(joints)
    bones[:, 1:] = joints[:, 1:] - joints[:, list(PARENTS[1:])]
    lengths = np.median(np.linalg.norm(bones, axis=-1), axis=0)
    offsets = normalise_vectors(REST_OFFSETS) * lengths[:, None]
    turned = np.empty((*joints.shape, 3))
    for joint, children in enumerate(_CHILDREN):
        turned[:, joint] = carried = turned[:, PARENTS[joint]] if joint else np.eye(3)
        if len(children) > 1:
            group, rest = bones[:, children], offsets[children]
            turned[:, joint], offsets[children] = _rigid_fit(group, rest, carried)
        elif children:
            turned[:, joint] = _pointed(carried, REST_OFFSETS[children[0]], bones[:, children[0]])
        if joint in _HINGES:
            turned[:, joint] = _hinged(turned[:, joint], joint, bones)
    return turned, offsets


def _rigid_fit(
    bones: FloatArray, rest: FloatArray, prior: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Fit rotations (F, 3, 3) to a group of bones (F, K, 3), and the group's own shape (K, 3).

    The body's shape is the median of the bones seen from rotations fitted to the rest pose;
    it is then turned as a whole to lie nearest to the rest pose.
    """
    first = kabsch(rest, bones, prior)
    shape = np.median(np.einsum("fji,fkj->fki", first, bones), axis=0)
    shape = shape @ kabsch(rest, shape[None], np.eye(3))[0]
    shape = normalise_vectors(shape, normalise_vectors(rest)) * np.linalg.norm(
        rest, axis=-1, keepdims=True
    )
    return kabsch(shape, bones, prior), shape


def _pointed(turned: FloatArray, rest: FloatArray, bone: FloatArray) -> FloatArray:
    """Swing rotations (F, 3, 3) the least way that turns ``rest`` (3,) onto ``bone`` (F, 3)."""
    start = turned @ normalise_vectors(rest)
    end = normalise_vectors(bone, start)
    axis = np.cross(start, end)
    angle = np.arctan2(np.linalg.norm(axis, axis=-1), (start * end).sum(axis=-1))
    # Opposite directions leave the axis open: any across the bone serves.
    across = normalise_vectors(np.cross(start, np.eye(3)[np.abs(start).argmin(axis=-1)]))
    return rotation_about_axis(normalise_vectors(axis, across), angle) @ turned


def _hinged(turned: FloatArray, joint: int, bones: FloatArray) -> FloatArray:
    """Twist an upper arm or thigh so that what is below bends about its hinge."""
    middle = _CHILDREN[joint][0]
    end = _CHILDREN[middle][0]
    along = normalise_vectors(REST_OFFSETS[middle])
    hinge = turned @ normalise_vectors(np.cross(np.cross(along, _HINGES[joint]), along))
    axis = turned @ along
    bend = np.cross(axis, normalise_vectors(bones[:, end], axis))
    sine = (np.cross(hinge, bend) * axis).sum(axis=-1)
    twist = np.arctan2(sine, (hinge * bend).sum(axis=-1))
    twist *= 1 - _smooth_step(np.abs(twist), *_TWIST)
    return (
        rotation_about_axis(axis, twist * _smooth_step(np.linalg.norm(bend, axis=-1), *_BENT))
        @ turned
    )


def _smooth_step(value: FloatArray, low: float, high: float) -> FloatArray:
    """Rise from 0 at ``low`` to 1 at ``high``, without corners."""
    share = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share))
