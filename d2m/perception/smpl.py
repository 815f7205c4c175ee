"""SMPL's 24 joints: from MediaPipe's landmarks, to joint rotations, and back to positions.

Positions are in SMPL's frame: m, y up; in the rest pose (a T-pose), x points to the body's
left and z forward. The inverse kinematics are analytic and treat each frame independently:

- Joints with several children (pelvis, chest) get the rigid fit of their bones (Kabsch), to
  the rest pose with this body's bone offsets (see `bone_offsets`).
- Joints with one child get the smallest rotation from their parent's orientation that points
  the bone at the child. Leaves (head, hands, toes) keep their parent's orientation.
- Shoulders and hips are also twisted so that the elbow or knee bends about its hinge axis.
  The twist is weighted by the bend, because a straight limb does not determine it.

Joint positions do not show how far a forearm, hand or head is twisted about its own axis.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.perception.rotations import kabsch, normalise_vectors, rotation_about_axis
from d2m.perception.skeleton import MEDIAPIPE_EARS, MEDIAPIPE_NOSE

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
"""Index of each joint's parent; -1 for the pelvis, which has none."""
REST_POSE: FloatArray = np.array([place for _, _, place in _BODY])
"""Joints (24, 3) of SMPL's mean body in its T-pose (m), relative to the pelvis; rounded to mm
and made symmetric."""
REST_OFFSETS: FloatArray = REST_POSE - np.vstack([REST_POSE[:1], REST_POSE[list(PARENTS[1:])]])
"""Offsets (24, 3) of joints from their parents in the rest pose (m)."""
REST_POSE.setflags(write=False)
REST_OFFSETS.setflags(write=False)

_CHILDREN = [[c for c, parent in enumerate(PARENTS) if parent == j] for j in range(len(PARENTS))]

_HINGES = {16: (0, -1, 0), 17: (0, 1, 0), 1: (1, 0, 0), 2: (1, 0, 0)}
"""Hinge axis, in the rest pose, of the elbow or knee below each shoulder and hip."""
# Sines of a bend between which the weight of the twist rises from 0 to 1 (11 to 30 degrees).
# Chosen by hand.
_BEND_RANGE = (0.2, 0.5)
# Twists (rad) between which the twist is reduced to 0: no limb turns that far, and a half turn
# could go either way. Chosen by hand.
_TWIST_RANGE = (2 * np.pi / 3, np.pi)

_LIMBS = [1, 2, 4, 5, 7, 8, 16, 17, 18, 19, 20, 21]
_LIMBS_OF_33 = [23, 24, 25, 26, 27, 28, 11, 12, 13, 14, 15, 16]
_TORSO = [0, 3, 6, 9, 12, 13, 14]
# Positions of SMPL joints that MediaPipe does not have, all chosen by hand:
_FOOT_FRACTION = 0.75  # from heel to toe
_SKULL_FRACTION = 0.25  # centre of the skull, from the midpoint of the ears to the nose
_HEAD_FRACTION = 0.5  # from the neck to the centre of the skull


def smpl_joints_from_mediapipe(world: NDArray[Any]) -> FloatArray:
    """Convert MediaPipe's world landmarks to SMPL's joints.

    MediaPipe's axes (x to the right of the picture, y down, z away from the camera) are
    rotated by 180 degrees about x: a person who faces the camera then looks along +z and has
    the left hand at +x. Limb joints are MediaPipe's own. Spine, neck and collars are placed
    between hips and shoulders as in the rest pose. The head joint lies between the neck and
    the head's landmarks, the hand joint between the knuckles of index and little finger, the
    foot joint three quarters of the way from heel to toe.

    Parameters
    ----------
    world : (F, 33, 3)
        World landmarks (m), y down.

    Returns
    -------
    (F, 24, 3)
        Positions (m) in the order of ``JOINTS``, y up, relative to the midpoint of the hips.
        NaN stays NaN.
    """
    points = np.asarray(world, dtype=float) * [1.0, -1.0, -1.0]
    joints = np.empty((len(points), len(JOINTS), 3))
    joints[:, _LIMBS] = points[:, _LIMBS_OF_33]
    joints[:, [22, 23]] = (points[:, [17, 18]] + points[:, [19, 20]]) / 2
    heels, toes = points[:, [29, 30]], points[:, [31, 32]]
    joints[:, [10, 11]] = heels + _FOOT_FRACTION * (toes - heels)
    axes, origin, length = _torso_axes(joints)
    rest_axes, rest_origin, rest_length = (part[0] for part in _torso_axes(REST_POSE[None]))
    local = np.einsum("jki,jk->ji", rest_axes, REST_POSE[_TORSO] - rest_origin) / rest_length
    local = np.einsum("fjik,jk->fji", axes, local * [0, 1, 1]) * length[:, None, None]
    joints[:, _TORSO] = origin[:, None] + local
    # Collars keep their proportion of the measured shoulder width. Otherwise, shoulders that are
    # measured too narrow would lie between the collars, with the bones between them reversed.
    share = REST_POSE[[13, 14], :1] / REST_POSE[16, 0]
    joints[:, [13, 14]] += share * (joints[:, [16]] - joints[:, [17]]) / 2
    neck, ears = joints[:, 12], points[:, list(MEDIAPIPE_EARS)].mean(axis=1)
    skull = ears + _SKULL_FRACTION * (points[:, MEDIAPIPE_NOSE] - ears)
    joints[:, 15] = neck + _HEAD_FRACTION * (skull - neck)
    return joints


def _torso_axes(joints: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return axes at torso joints (F, 7, 3, 3), the hips' midpoint (F, 3), torso length (F,).

    The second axis points from the hips to the shoulders. The first turns gradually from the
    line through the hips to the line through the shoulders.
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
    """Compute joint rotations from joint positions (inverse kinematics).

    The module's docstring describes the method. Bones without length follow their parent.

    Parameters
    ----------
    joints : (F, 24, 3)
        Positions in the order of ``JOINTS``, y up, in any unit; at least one frame. Bone
        lengths are measured over all frames.

    Returns
    -------
    (F, 24, 3, 3)
        Proper rotations relative to the parent; the pelvis's is relative to the world.

    Raises
    ------
    ValueError
        If there are no frames, or a position is not finite.
    """
    world, _ = _fit(joints)
    local = world.copy()
    local[:, 1:] = np.swapaxes(world[:, list(PARENTS[1:])], -1, -2) @ world[:, 1:]
    return local


def bone_offsets(joints: NDArray[Any]) -> FloatArray:
    """Measure a body's bones as offsets of joints from their parents in the rest pose.

    Lengths are medians over the frames. Directions are those of the rest pose, except from
    the pelvis to hips and spine and from the chest to neck and collars, where bodies and
    trackers differ: these are measured, and rotated together to fit the rest pose best.

    Parameters
    ----------
    joints : (F, 24, 3)
        As for `joint_rotations`.

    Returns
    -------
    (24, 3)
        Offsets in the unit of the joints; 0 for the pelvis.

    Raises
    ------
    ValueError
        As for `joint_rotations`.
    """
    return _fit(joints)[1]


def forward_kinematics(
    rotations: NDArray[Any], root: NDArray[Any], offsets: NDArray[Any]
) -> FloatArray:
    """Compute joint positions from joint rotations.

    Parameters
    ----------
    rotations : (F, 24, 3, 3)
        Rotations relative to the parent.
    root : (F, 3)
        Positions of the pelvis.
    offsets : (24, 3)
        Offsets of joints from their parents in the rest pose; the pelvis's is ignored.

    Returns
    -------
    (F, 24, 3)
        Positions in the unit of ``root`` and ``offsets``.
    """
    world = np.array(rotations, dtype=float)
    joints = np.empty(world.shape[:-1])
    joints[:, 0] = root
    for joint, parent in enumerate(PARENTS[1:], start=1):
        joints[:, joint] = joints[:, parent] + world[:, parent] @ offsets[joint]
        world[:, joint] = world[:, parent] @ world[:, joint]
    return joints


def _fit(joints: NDArray[Any]) -> tuple[FloatArray, FloatArray]:
    """Return rotations relative to the world (F, 24, 3, 3) and bone offsets (24, 3)."""
    joints = np.asarray(joints, dtype=float)
    if joints.shape[1:] != REST_POSE.shape or not len(joints):
        raise ValueError(f"joints must have the shape (frames, 24, 3), not {joints.shape}")
    if not np.isfinite(joints).all():
        raise ValueError("joints must be finite: fill gaps first")
    bones = np.zeros_like(joints)
    bones[:, 1:] = joints[:, 1:] - joints[:, list(PARENTS[1:])]
    lengths = np.median(np.linalg.norm(bones, axis=-1), axis=0)
    offsets = normalise_vectors(REST_OFFSETS) * lengths[:, None]
    world = np.empty((*joints.shape, 3))
    for joint, children in enumerate(_CHILDREN):
        world[:, joint] = inherited = world[:, PARENTS[joint]] if joint else np.eye(3)
        if len(children) > 1:
            group, rest = bones[:, children], offsets[children]
            world[:, joint], offsets[children] = _rigid_fit(group, rest, inherited)
        elif children:
            child = children[0]
            world[:, joint] = _point(inherited, REST_OFFSETS[child], bones[:, child])
        if joint in _HINGES:
            world[:, joint] = _twist(world[:, joint], joint, bones)
    return world, offsets


def _rigid_fit(
    bones: FloatArray, rest: FloatArray, prior: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Fit rotations (F, 3, 3), and the body's own offsets (K, 3), to bones (F, K, 3).

    The offsets are the median of the bones after undoing rotations fitted to the rest pose,
    rotated as a group to fit the rest pose best.
    """
    first = kabsch(rest, bones, prior)
    shape = np.median(np.einsum("fji,fkj->fki", first, bones), axis=0)
    shape = shape @ kabsch(rest, shape[None], np.eye(3))[0]
    shape = normalise_vectors(shape, normalise_vectors(rest)) * np.linalg.norm(
        rest, axis=-1, keepdims=True
    )
    return kabsch(shape, bones, prior), shape


def _point(rotations: FloatArray, rest: FloatArray, bone: FloatArray) -> FloatArray:
    """Apply the smallest rotations after which ``rest`` (3,) points along ``bone`` (F, 3)."""
    start = rotations @ normalise_vectors(rest)
    end = normalise_vectors(bone, start)
    axis = np.cross(start, end)
    angle = np.arctan2(np.linalg.norm(axis, axis=-1), (start * end).sum(axis=-1))
    # For opposite directions, any axis perpendicular to the bone is right.
    across = normalise_vectors(np.cross(start, np.eye(3)[np.abs(start).argmin(axis=-1)]))
    return rotation_about_axis(normalise_vectors(axis, across), angle) @ rotations


def _twist(rotations: FloatArray, joint: int, bones: FloatArray) -> FloatArray:
    """Twist an upper arm or thigh so that its elbow or knee bends about the hinge axis."""
    middle = _CHILDREN[joint][0]
    end = _CHILDREN[middle][0]
    along = normalise_vectors(REST_OFFSETS[middle])
    hinge = rotations @ normalise_vectors(np.cross(np.cross(along, _HINGES[joint]), along))
    axis = rotations @ along
    bend = np.cross(axis, normalise_vectors(bones[:, end], axis))
    sine = (np.cross(hinge, bend) * axis).sum(axis=-1)
    twist = np.arctan2(sine, (hinge * bend).sum(axis=-1))
    twist *= 1 - _smooth_step(np.abs(twist), *_TWIST_RANGE)
    twist *= _smooth_step(np.linalg.norm(bend, axis=-1), *_BEND_RANGE)
    return rotation_about_axis(axis, twist) @ rotations


def _smooth_step(value: FloatArray, low: float, high: float) -> FloatArray:
    """Return values that rise smoothly from 0 at ``low`` to 1 at ``high`` (smoothstep)."""
    x = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(x * x * (3 - 2 * x))
