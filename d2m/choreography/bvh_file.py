"""A dance as BVH, the motion capture format that 3-D programs read.

The rotations follow from the positions of joints. They say where a bone points, but not how it is
twisted about its own axis: limbs get the rotation that takes them from rest to their direction on
the shortest way, so nothing is invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.choreography.joints import HEAD_FROM_SHOULDERS
from d2m.core.dancer_motion import Motion
from d2m.media.atomic_write import atomic_write
from d2m.perception.rotations import normalise_vectors
from d2m.perception.skeleton import COCO17, HIPS, SHOULDERS

FloatArray = NDArray[np.float64]

CM_PER_TORSO = 50.0
"""Centimetres of a torso length, from the middle of the shoulders to that of the hips, of a dancer
of ordinary height. Chosen by hand."""
_LEFT: FloatArray = np.array([1.0, 0.0, 0.0])
_UP: FloatArray = np.array([0.0, 1.0, 0.0])
_FORWARD: FloatArray = np.array([0.0, 0.0, 1.0])
_HEAD = normalise_vectors(HEAD_FROM_SHOULDERS[0] * (1, -1, 1))
"""Direction of the nose from the middle of the shoulders at rest."""


@dataclass(frozen=True, kw_only=True)
class _Bone:
    """A joint of the file, and the bone from it to the next one.

    Parameters
    ----------
    name
        Its name in the file.
    parent
        Name of the parent; empty for the root.
    start
        The joint, as an index of COCO-17 or the two whose middle it is.
    end
        Where the bone ends, likewise.
    across
        Two joints, left and right, whose line fixes the rotation about the bone; empty for limbs.
    """

    name: str
    parent: str
    start: tuple[int, ...]
    end: tuple[int, ...]
    across: tuple[int, ...] = ()


def _limb(name: str, parent: str, *joints: str) -> _Bone:
    start, end = (COCO17.index(joint) for joint in joints)
    return _Bone(name=name, parent=parent, start=(start,), end=(end,))


_BONES = (
    _Bone(name="Hips", parent="", start=HIPS, end=SHOULDERS, across=HIPS),
    _Bone(name="Chest", parent="Hips", start=SHOULDERS, end=SHOULDERS, across=SHOULDERS),
    _Bone(name="Head", parent="Chest", start=SHOULDERS, end=(0,)),
    _limb("LeftArm", "Chest", "left_shoulder", "left_elbow"),
    _limb("LeftForeArm", "LeftArm", "left_elbow", "left_wrist"),
    _limb("RightArm", "Chest", "right_shoulder", "right_elbow"),
    _limb("RightForeArm", "RightArm", "right_elbow", "right_wrist"),
    _limb("LeftUpLeg", "Hips", "left_hip", "left_knee"),
    _limb("LeftLeg", "LeftUpLeg", "left_knee", "left_ankle"),
    _limb("RightUpLeg", "Hips", "right_hip", "right_knee"),
    _limb("RightLeg", "RightUpLeg", "right_knee", "right_ankle"),
)
"""The skeleton of the file; parents come before their children."""


def write_bvh(path: Path, motion: Motion) -> None:
    """Write a dance as BVH: y up, centimetres, the dancer's left at positive x.

    Parameters
    ----------
    path
        The file.
    motion
        The dance.
    """
    joints = motion.joints * np.array([1.0, -1.0, 1.0]) * CM_PER_TORSO
    directions = {bone.name: _rest_direction(bone) for bone in _BONES}
    turns = _bone_rotations(joints, directions)
    offsets = {bone.name: _offset(bone, joints, turns) for bone in _BONES}
    lines = ["HIERARCHY", *_branch(_BONES[0], 0, offsets, directions, joints), "MOTION"]
    lines += [f"Frames: {len(joints)}", f"Frame Time: {1 / motion.fps:.8f}"]
    parents = {bone.name: bone.parent for bone in _BONES}
    columns = [_middle(joints, HIPS)]
    for name in _in_file_order(_BONES[0]):
        parent = turns.get(parents[name])
        local = turns[name] if parent is None else np.swapaxes(parent, -1, -2) @ turns[name]
        columns.append(_euler_zxy(local))
    table = np.concatenate(columns, axis=1)
    with atomic_write(path) as temporary, temporary.open("w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
        np.savetxt(file, table, fmt="%.4f")


def _bone_rotations(joints: FloatArray, directions: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """Return the rotation (F, 3, 3) of each bone from rest, by name.

    Parameters
    ----------
    joints : (F, 17, 3)
        COCO-17 joints, y up.
    directions : each (3,)
        Direction of each bone at rest.
    """
    turns: dict[str, FloatArray] = {}
    for bone in _BONES:
        if bone.across:
            left, right = bone.across
            across = normalise_vectors(joints[:, left] - joints[:, right], _LEFT)
            spine = _middle(joints, SHOULDERS) - _middle(joints, HIPS)
            turns[bone.name] = _upright(spine, across, is_spine_exact=bone.name == "Hips")
            continue
        bone_now = normalise_vectors(_middle(joints, bone.end) - _middle(joints, bone.start), _UP)
        carried = turns[bone.parent] @ directions[bone.name]
        turns[bone.name] = _shortest_turn(carried, bone_now) @ turns[bone.parent]
    return turns


def _upright(spine: FloatArray, across: FloatArray, *, is_spine_exact: bool) -> FloatArray:
    """Return rotations (F, 3, 3) whose x axis lies across the body and whose y axis is up it."""
    up = normalise_vectors(spine, _UP)
    forward = normalise_vectors(np.cross(across, up), _FORWARD)
    if is_spine_exact:
        across = np.cross(up, forward)
    else:
        up = np.cross(forward, across)
    return np.stack([across, up, forward], axis=-1)


def _shortest_turn(start: FloatArray, end: FloatArray) -> FloatArray:
    """Return the smallest rotations (F, 3, 3) from unit vectors (F, 3) to others (Rodrigues)."""
    axis = np.cross(start, end)
    cosine = (start * end).sum(-1)[:, None, None]
    cross = np.zeros((*axis.shape, 3))
    cross[..., [2, 0, 1], [1, 2, 0]] = axis
    cross -= np.swapaxes(cross, -1, -2)
    return np.asarray(np.eye(3) + cross + cross @ cross / np.maximum(1 + cosine, 1e-6))


def _rest_direction(bone: _Bone) -> FloatArray:
    """Return where a bone points at rest: legs down, arms to the sides, all else up."""
    if bone.name.endswith("Leg"):
        return np.negative(_UP)
    if bone.name.endswith("Arm"):
        return _LEFT.copy() if bone.name.startswith("Left") else np.negative(_LEFT)
    return _HEAD if bone.name == "Head" else _UP


def _offset(bone: _Bone, joints: FloatArray, turns: dict[str, FloatArray]) -> FloatArray:
    """Return the middle place (3,) of a joint from its parent, as the parent sees it (cm)."""
    if not bone.parent:
        return np.zeros(3)
    parent = next(one for one in _BONES if one.name == bone.parent)
    away = _middle(joints, bone.start) - _middle(joints, parent.start)
    return np.asarray(np.median(_seen_from(turns[parent.name], away), axis=0))


def _seen_from(turns: FloatArray, vectors: FloatArray) -> FloatArray:
    return np.asarray((np.swapaxes(turns, -1, -2) @ vectors[..., None])[..., 0])


def _branch(
    bone: _Bone,
    depth: int,
    offsets: dict[str, FloatArray],
    directions: dict[str, FloatArray],
    joints: FloatArray,
) -> list[str]:
    """Return the lines of a joint and all below it."""
    tab, inner = "\t" * depth, "\t" * (depth + 1)
    channels = "3" if bone.parent else "6 Xposition Yposition Zposition"
    lines = [
        f"{tab}{'JOINT' if bone.parent else 'ROOT'} {bone.name}",
        f"{tab}{{",
        f"{inner}OFFSET {_numbers(offsets[bone.name])}",
        f"{inner}CHANNELS {channels} Zrotation Xrotation Yrotation",
    ]
    below = [one for one in _BONES if one.parent == bone.name]
    for one in below:
        lines += _branch(one, depth + 1, offsets, directions, joints)
    if not below:
        away = _middle(joints, bone.end) - _middle(joints, bone.start)
        end = float(np.median(np.linalg.norm(away, axis=-1))) * directions[bone.name]
        lines += [
            f"{inner}End Site",
            f"{inner}{{",
            f"{inner}\tOFFSET {_numbers(end)}",
            f"{inner}}}",
        ]
    return [*lines, f"{tab}}}"]


def _in_file_order(bone: _Bone) -> list[str]:
    """Return the names of a joint and all below it in the order of the file."""
    below = [name for one in _BONES if one.parent == bone.name for name in _in_file_order(one)]
    return [bone.name, *below]


def _middle(joints: FloatArray, indices: tuple[int, ...]) -> FloatArray:
    return np.asarray(joints[:, list(indices)].mean(axis=1))


def _euler_zxy(turns: FloatArray) -> FloatArray:
    """Return the angles (F, 3) in degrees about z, x and y of rotations, without jumps."""
    x = np.arcsin(np.clip(turns[:, 2, 1], -1, 1))
    z = np.arctan2(-turns[:, 0, 1], turns[:, 1, 1])
    y = np.arctan2(-turns[:, 2, 0], turns[:, 2, 2])
    return np.asarray(np.degrees(np.stack([np.unwrap(z), x, np.unwrap(y)], axis=-1)))


def _numbers(vector: FloatArray) -> str:
    return " ".join(f"{value:.4f}" for value in vector)
