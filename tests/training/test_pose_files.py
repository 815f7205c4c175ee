"""Pose files of each format: the same dance comes out, and bad files say what was expected."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from d2m.core.errors import DataError
from d2m.perception.skeleton import ANKLES, BODY25, COCO17, HIPS
from d2m.perception.smpl import REST_POSE
from d2m.perception.stage import face_camera, stand_on_stage
from d2m.training.data.dances import procedural_dance
from d2m.training.data.pose_files import load_own_motions, read_poses

PX = np.array([640.0, 700.0])


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    dance = procedural_dance(3, tempo_bpm=100.0, duration_s=4.0, first_beat_s=0.2)
    return stand_on_stage(face_camera(dance.keypoints[::2]))


@pytest.fixture(scope="module")
def points(truth) -> np.ndarray:
    """Keypoints (F, 17, 3): x, y (px), score."""
    flat = truth[..., :2] * 160.0 + PX
    return np.concatenate([flat, np.full((*flat.shape[:2], 1), 0.9)], axis=-1)


def body25(points: np.ndarray) -> np.ndarray:
    body = np.zeros((len(points), len(BODY25), 3))
    for joint, name in enumerate(BODY25):
        if name in COCO17:
            body[:, joint] = points[:, COCO17.index(name)]
    return body


def landmarks(joints: np.ndarray) -> np.ndarray:
    order = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
    full = np.repeat(joints[:, :1], 33, axis=1)
    full[:, order] = joints
    return full


def openpose_frame(body: np.ndarray) -> dict[str, object]:
    return {"version": 1.3, "people": [{"pose_keypoints_2d": body.reshape(-1).tolist()}]}


def save(kind: str, points: np.ndarray, folder: Path) -> Path:
    """Write keypoints in a format."""
    path = folder / f"dance{'.npy' if kind == 'npy' else '.json'}"
    if kind.startswith("npz"):
        path = folder / "dance.npz"
        np.savez(path, keypoints=points[..., :2] if kind == "npz 2" else points, fps=30.0)
    elif kind == "npy":
        np.save(path, body25(points))
    elif kind == "json":
        path.write_text(json.dumps({"fps": 30, "keypoints": points.tolist()}))
    elif kind == "json list":
        path.write_text(json.dumps(body25(points).tolist()))
    elif kind == "openpose file":
        frames = [openpose_frame(body) for body in body25(points)]
        path.write_text(json.dumps({"fps": 30, "frames": frames}))
    elif kind == "openpose":
        path = folder / "frames"
        path.mkdir()
        for number, body in enumerate(body25(points)):
            text = json.dumps(openpose_frame(body))
            (path / f"dance_{number:012d}_keypoints.json").write_text(text)
    else:
        shares = landmarks(points)
        shares[..., :2] /= [1280.0, 720.0]
        path.write_text(
            json.dumps({"landmarks": shares.tolist(), "width": 1280, "height": 720, "fps": 30})
        )
    return path


@pytest.mark.parametrize(
    "kind",
    ["npz", "npz 2", "npy", "json", "json list", "openpose", "openpose file", "mediapipe"],
)
def test_2d_keypoints_come_out_as_they_went_in(kind, points, tmp_path):
    (motion,) = read_poses(save(kind, points, tmp_path))
    assert not motion.is_3d
    assert motion.fps == 30.0
    np.testing.assert_allclose(motion.joints, points[..., :2], atol=0.01)


def test_openpose_follows_one_person_and_fills_gaps(points, tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for number, body in enumerate(body25(points)):
        other = body + np.array([300.0, 0.0, -0.2])
        people = [openpose_frame(one)["people"][0] for one in (body, other)]  # type: ignore[index]
        frame = {"people": [] if number == 20 else people[:: 1 if number % 2 else -1]}
        (folder / f"{number:04d}.json").write_text(json.dumps(frame))
    (motion,) = read_poses(folder, fps=25.0)
    assert motion.fps == 25.0
    error = np.abs(motion.joints - points[..., :2])
    assert np.delete(error, 20, axis=0).max() < 0.01
    assert error[20].max() < 20


@pytest.mark.parametrize("axes", ["y up", "z up", "mirrored"])
def test_3d_joints_in_any_axes_come_out_on_the_stage(axes, truth, tmp_path):
    x, y, z = np.moveaxis(truth, -1, 0)
    stored = {
        "y up": np.stack([x, 5 - y, z], axis=-1),
        "z up": np.stack([x, -z, 40 - y], axis=-1),
        "mirrored": np.stack([x, y, -z], axis=-1),
    }[axes]
    np.save(tmp_path / "dance.npy", stored * 37.0)
    (dance,) = load_own_motions([tmp_path])
    np.testing.assert_allclose(dance.keypoints, truth, atol=1e-6)


def test_a_folder_of_files_gives_dances_in_space_with_beats(points, tmp_path):
    save("json", points, tmp_path)
    save("openpose", points, tmp_path)
    (tmp_path / "notes.txt").write_text("not a dance")
    dances = load_own_motions([tmp_path])
    assert [dance.name for dance in dances] == ["dance.json", "frames"]
    for dance in dances:
        assert dance.keypoints.shape == (len(points), 17, 3)
        assert len(dance.beats_s) >= 2
        assert abs(np.median(dance.keypoints[:, ANKLES, 1])) < 0.3


def smpl_file(path: Path, n_frames: int = 20) -> dict[str, np.ndarray]:
    """Write a body that turns about the vertical and lifts the left arm."""
    poses = np.zeros((n_frames, 24, 3))
    poses[:, 0, 1] = np.linspace(0, np.pi / 2, n_frames)
    poses[:, 16, 2] = np.linspace(0, np.pi / 2, n_frames)
    stored = {
        "smpl_loss": np.float64(0.1),
        "smpl_poses": poses.reshape(n_frames, 72).astype(np.float32),
        "smpl_scaling": np.array([93.7]),
        "smpl_trans": np.tile([0.0, 93.7, 0.0], (n_frames, 1)),
    }
    path.write_bytes(pickle.dumps(stored, protocol=2))
    return stored


def test_smpl_poses_move_the_joints_of_the_body(tmp_path):
    smpl_file(tmp_path / "gBR_sBM_cAll_d04_mBR0_ch01.pkl")
    (motion,) = read_poses(tmp_path / "gBR_sBM_cAll_d04_mBR0_ch01.pkl")
    assert motion.fps == 60.0
    first, last = motion.joints[0], motion.joints[-1]
    np.testing.assert_allclose(first[9], REST_POSE[20] + [0, 1, 0], atol=1e-6)
    assert first[0, 2] > first[3, 2]  # the nose is in front of the ears
    assert last[9, 1] - last[5, 1] > 0.45  # the arm is up
    assert last[0, 0] > 0.05  # the face has turned to the left


@pytest.mark.parametrize("key", ["keypoints3d_optim", "keypoints2d"])
def test_keypoints_of_aist_are_read(key, truth, points, tmp_path):
    stored = truth[:, :, :] * 50.0 if key == "keypoints3d_optim" else np.stack([points, points])
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({key: np.asfortranarray(stored)}))
    motions = read_poses(tmp_path / "a.pkl", fps=30.0)
    expected = stored if key == "keypoints3d_optim" else points[..., :2]
    np.testing.assert_allclose(motions[-1].joints, expected, atol=1e-6)


class _Evil:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


def test_a_pickle_that_calls_a_function_is_refused_and_calls_nothing(tmp_path):
    marker = tmp_path / "called"
    poses = np.zeros((20, 72))
    stored = {"smpl_poses": poses, "smpl_trans": _Evil(marker)}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(stored))
    with pytest.raises(DataError, match="holds other objects: expected a pickle file of AIST"):
        read_poses(tmp_path / "a.pkl")
    assert not marker.exists()


@pytest.mark.parametrize("values", [np.array([{}, None], dtype=object), np.array(["a"] * 3)])
def test_a_pickle_of_other_arrays_than_numbers_is_refused(values, tmp_path):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"smpl_poses": values}))
    with pytest.raises(DataError, match="numpy arrays only"):
        read_poses(tmp_path / "a.pkl")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.json", "[[1, 2", "expected a JSON file of poses"),
        ("a.json", "{}", "holds no keypoints"),
        ("a.json", json.dumps([[[1, 2]] * 12] * 20), r"shape \(20, 12, 2\): expected frames of 17"),
        ("a.json", json.dumps([[["x", 2]] * 17] * 20), "other things than numbers"),
        ("a.json", json.dumps([[[5, 9]] * 17] * 3), "has 3 frames: expected 10"),
        ("a.json", json.dumps([[[0.5, 0.4]] * 17] * 20), "add its width and height"),
        ("a.json", json.dumps([{"people": [{"face": []}]}] * 20), "not of OpenPose"),
        ("a.npz", "no archive", "expected a .npy or .npz file"),
        ("a.npy", "no array", "expected a .npy or .npz file"),
        ("a.pkl", "no pickle", "damaged or holds other objects"),
        ("a.txt", "", "is no pose file"),
    ],
)
def test_bad_files_say_in_one_sentence_what_was_expected(name, content, sentence, tmp_path):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=sentence) as caught:
        read_poses(tmp_path / name)
    assert str(caught.value).endswith(".")
    assert str(tmp_path) not in str(caught.value)


def test_a_joint_that_is_never_found_is_refused_but_a_head_is_not_needed(points, tmp_path):
    without_head = points.copy()
    without_head[:, :5] = 0.0
    np.save(tmp_path / "head.npy", without_head)
    (motion,) = read_poses(tmp_path / "head.npy")
    np.testing.assert_allclose(motion.joints[:, 5:], points[:, 5:, :2])
    assert np.isfinite(motion.joints).all()
    without_head[:, HIPS, 2] = 0.0
    np.save(tmp_path / "hips.npy", without_head)
    with pytest.raises(DataError, match="lacks a joint"):
        read_poses(tmp_path / "hips.npy")


def test_an_empty_folder_and_a_missing_file_are_named(tmp_path):
    with pytest.raises(DataError, match="holds no pose files"):
        load_own_motions([tmp_path])
    with pytest.raises(DataError, match="There is no file or folder lost"):
        load_own_motions([tmp_path / "lost.npz"])
