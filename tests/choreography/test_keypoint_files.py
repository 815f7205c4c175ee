"""The joints of a dance as NumPy and as OpenPose JSON."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from d2m.choreography.keypoint_files import write_keypoints, write_openpose
from d2m.perception.skeleton import BODY25, COCO17


def points(frames: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(100, 600, (frames, 17, 2))


def test_numpy_reads_the_joints(tmp_path: Path) -> None:
    path, joints = tmp_path / "dance.npz", np.ones((4, 17, 3))
    write_keypoints(path, points(4), joints, 30.0)
    with np.load(path) as read:
        np.testing.assert_allclose(read["keypoints"], points(4), rtol=1e-6)
        assert read["joints"].shape == (4, 17, 3)
        assert float(read["fps"]) == 30.0
        assert [*read["names"]] == [*COCO17]


def test_openpose_frames_hold_both_dancers_and_own_up_to_unknown_joints(tmp_path: Path) -> None:
    path, dancers = tmp_path / "dance.json", [points(3), points(3, seed=1)]
    write_openpose(path, dancers, 30.0, (1280, 720))
    facts = json.loads(path.read_text())
    assert (facts["fps"], facts["width"], facts["height"]) == (30.0, 1280, 720)
    assert [len(frame["people"]) for frame in facts["frames"]] == [2, 2, 2]
    person = facts["frames"][2]["people"][1]["pose_keypoints_2d"]
    body = dict(zip(BODY25, np.reshape(person, (25, 3)), strict=True))
    wrist, hips = dancers[1][2, COCO17.index("left_wrist")], dancers[1][2, 11:13].mean(axis=0)
    np.testing.assert_allclose(body["left_wrist"], [*wrist, 1.0], atol=0.01)
    np.testing.assert_allclose(body["mid_hip"], [*hips, 1.0], atol=0.01)
    unknown = {name for name, (x, y, confidence) in body.items() if x == y == confidence == 0}
    assert {"left_heel", "right_big_toe", "left_eye", "right_ear"} <= unknown
    assert len(unknown) == 10
