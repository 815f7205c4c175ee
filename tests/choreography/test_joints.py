"""Conversions between COCO-17 joints and the 14 joints of the paper."""

from __future__ import annotations

import numpy as np

from d2m.choreography.joints import (
    HEAD_FROM_SHOULDERS,
    MIRRORED14,
    coco_from_joints14,
    hip_middle,
    joints14_from_coco,
    mirror14,
)
from d2m.training.data.dances import procedural_dance


def test_joints_survive_both_conversions() -> None:
    dance = procedural_dance(3, tempo_bpm=100, duration_s=8.0).keypoints
    joints = joints14_from_coco(dance)
    back = coco_from_joints14(joints)
    assert np.allclose(back[:, 5:], dance[:, 5:])
    # Eyes and ears are placed on a head of usual size.
    assert np.linalg.norm(back[:, :5] - dance[:, :5], axis=-1).mean() < 0.03
    assert np.allclose(joints14_from_coco(back)[:, 1:], joints[:, 1:])


def test_an_upright_head_faces_forward() -> None:
    body = np.zeros((14, 3))
    body[1] = [0, -1, 0]
    body[0] = body[1] + HEAD_FROM_SHOULDERS[0]
    body[2], body[3] = [0.36, -1, 0], [-0.36, -1, 0]
    body[8], body[9] = [0.18, 0, 0], [-0.18, 0, 0]
    assert np.allclose(coco_from_joints14(body)[:5], body[1] + HEAD_FROM_SHOULDERS, atol=0.02)


def test_mirroring_swaps_sides_and_is_its_own_inverse() -> None:
    joints = np.random.default_rng(0).normal(size=(5, 14, 3))
    mirrored = mirror14(joints)
    assert np.array_equal(mirrored[:, 2, 1:], joints[:, 3, 1:])
    assert np.array_equal(mirrored[:, 2, 0], -joints[:, 3, 0])
    assert np.array_equal(mirror14(mirrored), joints)
    assert all(MIRRORED14[MIRRORED14[index]] == index for index in range(14))
    assert np.allclose(hip_middle(mirrored) * [-1, 1, 1], hip_middle(joints))
