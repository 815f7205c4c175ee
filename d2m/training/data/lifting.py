"""Estimate the depth of 2-D joints: an honest guess from the lengths of limbs.

A limb that appears shorter than it is points to the camera or away from it. How far follows from
its length; which of the two it is follows from the direction in which the body faces, from what
joints can do, and from the movement, which has no jumps. The camera is taken to be far away and
level. Movement of the whole body in depth can't be seen and is left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m.choreography.body_shape import BodyProportions
from d2m.choreography.joints import HEAD_FROM_SHOULDERS
from d2m.perception.skeleton import HIPS, SHOULDERS, torso_length
from d2m.perception.stage import stand_on_stage
from d2m.training.data.body_facing import body_facing

FloatArray = NDArray[np.float64]

ARM_JOINTS = ((5, 7, 9), (6, 8, 10))
LEG_JOINTS = ((11, 13, 15), (12, 14, 16))
"""COCO-17 joints of the left and right arm and leg, from the body outwards."""
LENGTH_QUANTILE = 0.9
"""Quantile over the frames of a limb's length in the picture that counts as its true length.
Chosen on motion capture: longer ones are errors of joints."""
LENGTH_RANGE = (0.85, 1.2)
"""Range of a limb's length, relative to the usual proportions. Chosen by hand."""
SLACK = 0.07
"""Share of a limb's length by which it may appear shorter without pointing anywhere: else errors
of joints would become depth. Chosen by hand."""
DEPTH_SMOOTHING_S = 0.06
"""Standard deviation (s) of the smoothing of depths. Chosen by hand."""
CHANGE_WEIGHT = 6.0
"""Weight of a limb's change of depth from frame to frame (per squared torso length, at 30 Hz)
against the costs of a posture. Chosen by hand."""
ARM_BEND, ARM_FRONT = 1.0, 0.5
"""Weights of an elbow in front of its arm, and of a hand behind the body. Chosen by hand."""
LEG_BEND, LEG_FRONT = 10.0, 0.5
"""Weights of a knee behind its leg, and of a thigh that points backward. Chosen by hand."""
HAND_FRONT = 0.2
"""How far in front of the shoulder hands usually are (torso lengths). Chosen by hand."""


def lift_to_3d(points: FloatArray, fps: float) -> FloatArray:
    """Estimate the joints in space of a dance seen by one camera.

    Parameters
    ----------
    points : (F, 17, 2)
        COCO-17 joints without gaps, in any unit: x right, y down.
    fps
        Frame rate (Hz).

    Returns
    -------
    (F, 17, 3)
        Joints on the stage, as of `d2m.perception.stage.stand_on_stage`.
    """
    from scipy.ndimage import gaussian_filter1d

    body = BodyProportions()
    flat = np.asarray(points, dtype=float) / _torso_size(points, body)
    facing = body_facing(flat, fps)
    sine, cosine = np.sin(facing), np.cos(facing)
    depth = np.zeros(flat.shape[:2])
    spine = flat[:, list(SHOULDERS)].mean(axis=1) - flat[:, list(HIPS)].mean(axis=1)
    # A torso that appears shorter bends forward, in the direction in which it faces.
    lean = _missing(np.linalg.norm(spine, axis=1), 1.0) * cosine
    for pair, half, base in ((HIPS, body.hip, 0.0), (SHOULDERS, body.shoulder, lean)):
        depth[:, pair[0]] = base - half * sine
        depth[:, pair[1]] = base + half * sine
    forward = np.stack([sine, np.zeros_like(sine), cosine], axis=-1)
    for limbs, lengths, is_arm in (
        (ARM_JOINTS, (body.upper_arm, body.forearm), True),
        (LEG_JOINTS, (body.thigh, body.shin), False),
    ):
        for part in (0, 1):
            lengths = _lengths(flat, limbs, part, lengths)
        for chain in limbs:
            steps = _limb_depths(flat, chain, lengths, forward, is_arm=is_arm, fps=fps)
            depth[:, chain[1]] = depth[:, chain[0]] + steps[0]
            depth[:, chain[2]] = depth[:, chain[1]] + steps[1]
    depth = gaussian_filter1d(depth, DEPTH_SMOOTHING_S * fps, axis=0, mode="nearest")
    neck = depth[:, list(SHOULDERS)].mean(axis=1, keepdims=True)
    depth[:, :5] = neck + cosine[:, None] * HEAD_FROM_SHOULDERS[:, 2]
    depth[:, :5] -= sine[:, None] * HEAD_FROM_SHOULDERS[:, 0]
    return stand_on_stage(np.concatenate([flat, depth[..., None]], axis=-1))


def _torso_size(points: FloatArray, body: BodyProportions) -> float:
    """Return the length of the torso in the unit of the points, as if it were upright.

    The limbs' longest appearances count as well, because a dancer may bend throughout.
    """
    sizes = [float(np.quantile(torso_length(points), LENGTH_QUANTILE))]
    for limbs, lengths in (
        (ARM_JOINTS, (body.upper_arm, body.forearm)),
        (LEG_JOINTS, (body.thigh, body.shin)),
    ):
        for part, length in enumerate(lengths):
            sizes.append(_longest(points, limbs, part) / length)
    return max(float(np.median(sizes)), 1e-9)


def _longest(points: FloatArray, limbs: tuple[tuple[int, ...], ...], part: int) -> float:
    """Return how long a part of a limb appears at most, on either side."""
    spans = [points[:, chain[part + 1]] - points[:, chain[part]] for chain in limbs]
    return max(float(np.quantile(np.linalg.norm(s, axis=1), LENGTH_QUANTILE)) for s in spans)


def _lengths(
    flat: FloatArray,
    limbs: tuple[tuple[int, ...], ...],
    part: int,
    usual: tuple[float, float],
) -> tuple[float, float]:
    """Return the lengths with that of one part measured (torso lengths)."""
    low, high = (usual[part] * limit for limit in LENGTH_RANGE)
    measured = min(max(_longest(flat, limbs, part), low), high)
    return (measured, usual[1]) if part == 0 else (usual[0], measured)


def _missing(seen: FloatArray, length: float) -> FloatArray:
    """Return the depth (F,) over which a part of a length reaches if it appears shorter."""
    return np.asarray(np.sqrt(np.maximum((length * (1 - SLACK)) ** 2 - seen**2, 0.0)))


def _limb_depths(
    flat: FloatArray,
    chain: tuple[int, ...],
    lengths: tuple[float, float],
    forward: FloatArray,
    *,
    is_arm: bool,
    fps: float,
) -> FloatArray:
    """Return the depths (2, F) over which both parts of an arm or leg reach, with their signs.

    The signs of all frames are those of the least cost: of postures that joints don't allow, and
    of changes of depth (dynamic programming over the four combinations).
    """
    parts = [flat[:, chain[i + 1]] - flat[:, chain[i]] for i in (0, 1)]
    sizes = [_missing(np.linalg.norm(p, axis=1), n) for p, n in zip(parts, lengths, strict=True)]
    signs = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
    reach = np.stack(sizes, axis=-1)[:, None] * signs  # (F, 4, 2)
    upper, lower = (
        np.concatenate([np.repeat(parts[i][:, None], 4, axis=1), reach[..., i : i + 1]], axis=-1)
        for i in (0, 1)
    )
    cost = _posture_cost(upper, lower, forward[:, None], is_arm=is_arm)
    weight = CHANGE_WEIGHT * (fps / 30.0)
    total, back = cost[0], np.zeros((len(cost), 4), dtype=int)
    for frame in range(1, len(cost)):
        change = ((reach[frame, :, None] - reach[frame - 1, None]) ** 2).sum(-1)
        options = total[None] + weight * change
        back[frame] = options.argmin(axis=1)
        total = options.min(axis=1) + cost[frame]
    best = int(total.argmin())
    chosen = np.zeros((2, len(cost)))
    for frame in range(len(cost) - 1, -1, -1):
        chosen[:, frame] = reach[frame, best]
        best = int(back[frame, best])
    return chosen


def _posture_cost(
    upper: FloatArray, lower: FloatArray, forward: FloatArray, *, is_arm: bool
) -> FloatArray:
    """Return the cost (F, 4) of postures of an arm or leg, in squared torso lengths.

    Knees point forward of the line from hip to ankle and elbows backward; hands are rather in
    front of the body, thighs rather forward.
    """
    whole = upper + lower
    along = whole / np.maximum(np.linalg.norm(whole, axis=-1, keepdims=True), 1e-6)
    bend = upper - (upper * along).sum(-1, keepdims=True) * along
    ahead = (bend * forward).sum(-1)
    if is_arm:
        hand = (whole * forward).sum(-1)
        cost = (
            ARM_BEND * np.maximum(ahead, 0.0) ** 2
            + ARM_FRONT * np.maximum(HAND_FRONT - hand, 0.0) ** 2
        )
        return np.asarray(cost)
    thigh = (upper * forward).sum(-1)
    cost = LEG_BEND * np.maximum(-ahead, 0.0) ** 2 + LEG_FRONT * np.maximum(-thigh, 0.0) ** 2
    return np.asarray(cost)
