"""SMPL joints, inverse and forward kinematics."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from d2m.perception.smpl import (
    JOINTS,
    PARENTS,
    REST_OFFSETS,
    REST_POSE,
    bone_offsets,
    forward_kinematics,
    joint_rotations,
    smpl_joints_from_mediapipe,
)

J = {name: index for index, name in enumerate(JOINTS)}
RANGES = {  # rad; the flexion of hinges is drawn separately
    "hip": (0.9, 0.5, 0.4),
    "shoulder": (0.6, 0.9, 0.9),
    "spine1": (0.3, 0.3, 0.2),
    "spine2": (0.2, 0.0, 0.2),
    "spine3": (0.2, 0.3, 0.2),
    "neck": (0.4, 0.0, 0.3),
    "collar": (0.0, 0.2, 0.2),
    "wrist": (0.0, 0.6, 0.6),
    "ankle": (0.5, 0.0, 0.3),
}
HINGES = {"knee": (1, 0, 0), "left_elbow": (0, -1, 0), "right_elbow": (0, 1, 0)}


def human_rotations(n_frames: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    vectors = np.zeros((n_frames, 24, 3))
    vectors[:, 0] = rng.normal(size=(n_frames, 3))
    for name, joint in J.items():
        part = name.split("_")[-1]
        if part in RANGES:
            vectors[:, joint] = rng.uniform(-1, 1, (n_frames, 3)) * RANGES[part]
        axis = HINGES.get(name, HINGES.get(part))
        if axis is not None:
            vectors[:, joint] = rng.uniform(0.6, 2.2, (n_frames, 1)) * axis
    turned = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix()
    return turned.reshape(n_frames, 24, 3, 3)


def angles(one, other):
    trace = np.einsum("...ij,...ij->...", one, other)
    return np.degrees(np.arccos(np.clip((trace - 1) / 2, -1, 1)))


def assert_proper(rotations, tolerance=1e-5):
    assert np.isfinite(rotations).all()
    product = rotations @ np.swapaxes(rotations, -1, -2)
    assert np.abs(product - np.eye(3)).max() < tolerance
    assert np.abs(np.linalg.det(rotations) - 1).max() < tolerance


@pytest.fixture(scope="module")
def danced():
    rotations = human_rotations(400)
    root = np.random.default_rng(1).normal(size=(400, 3))
    return rotations, root, forward_kinematics(rotations, root, REST_OFFSETS)


def test_the_skeleton_is_that_of_smpl():
    assert len(JOINTS) == len(PARENTS) == 24
    assert all(parent < joint for joint, parent in enumerate(PARENTS))
    assert REST_POSE[J["left_hand"], 0] > 0.7 > REST_POSE[J["head"], 1] > 0.5
    assert REST_POSE[J["left_foot"], 2] > REST_POSE[J["left_ankle"], 2]
    height = REST_POSE[J["head"], 1] - REST_POSE[J["left_foot"], 1]
    assert 1.4 < height < 1.6


def test_a_rotation_moves_the_joints_below_it():
    rotations = np.broadcast_to(np.eye(3), (1, 24, 3, 3)).copy()
    rotations[0, J["left_elbow"]] = Rotation.from_rotvec([0, 0, np.pi / 2]).as_matrix()
    joints = forward_kinematics(rotations, np.array([[1.0, 2.0, 3.0]]), REST_OFFSETS)[0]
    still = [J[n] for n in JOINTS if n not in ("left_wrist", "left_hand")]
    np.testing.assert_allclose(joints[still], REST_POSE[still] + [1, 2, 3], atol=1e-12)
    forearm = joints[J["left_wrist"]] - joints[J["left_elbow"]]
    x, y, z = REST_OFFSETS[J["left_wrist"]]
    np.testing.assert_allclose(forearm, [-y, x, z], atol=1e-12)


def test_the_rest_pose_has_no_rotation():
    rotations = joint_rotations(REST_POSE[None] * 1.1 + 5)
    np.testing.assert_allclose(rotations, np.broadcast_to(np.eye(3), (1, 24, 3, 3)), atol=1e-6)


def test_positions_are_reproduced(danced):
    _, root, joints = danced
    rotations = joint_rotations(joints)
    assert_proper(rotations)
    offsets = bone_offsets(joints)
    np.testing.assert_allclose(offsets, REST_OFFSETS, atol=1e-5)
    rebuilt = forward_kinematics(rotations, root, REST_OFFSETS)
    assert np.linalg.norm(rebuilt - joints, axis=-1).max() < 1e-4


def test_rotations_that_joints_determine_are_reproduced(danced):
    true, _, joints = danced
    found = joint_rotations(joints)
    assert angles(found[:, 0], true[:, 0]).max() < 0.1
    world_true, world_found = true.copy(), found.copy()
    for joint, parent in enumerate(PARENTS[1:], start=1):
        for world in (world_true, world_found):
            world[:, joint] = world[:, parent] @ world[:, joint]
    for name in ("spine3", "left_hip", "right_hip", "left_shoulder", "right_shoulder"):
        error = angles(world_found[:, J[name]], world_true[:, J[name]])
        # The limbs of the rest pose are not quite straight, so hinges are only approximate.
        assert np.median(error) < 10, name
        assert np.quantile(error, 0.95) < 25, name


def test_frames_are_independent(danced):
    joints = danced[2]
    order = np.random.default_rng(2).permutation(len(joints))
    np.testing.assert_allclose(
        joint_rotations(joints[order]), joint_rotations(joints)[order], atol=1e-9
    )


def test_bone_lengths_are_measured(danced):
    rotations, root, _ = danced
    body = REST_OFFSETS.copy()
    body[[J["left_hip"], J["right_hip"]]] *= [1.5, 0.6, 1.0]
    body[[J["left_collar"], J["right_collar"]]] *= [0.5, 1.3, 1.0]
    body[[J["left_knee"], J["right_elbow"]]] *= 1.3
    joints = forward_kinematics(rotations, root, body)
    found, offsets = joint_rotations(joints), bone_offsets(joints)
    np.testing.assert_allclose(
        np.linalg.norm(offsets, axis=-1), np.linalg.norm(body, axis=-1), atol=1e-6
    )
    rebuilt = forward_kinematics(found, root, offsets)
    assert np.linalg.norm(rebuilt - joints, axis=-1).max() < 1e-4
    lengths = np.linalg.norm(offsets, axis=-1, keepdims=True)
    plain = (
        REST_OFFSETS * lengths / np.maximum(np.linalg.norm(REST_OFFSETS, axis=-1), 1e-9)[:, None]
    )
    rebuilt = forward_kinematics(found, root, plain)
    assert np.linalg.norm(rebuilt - joints, axis=-1).mean() < 0.05


@pytest.mark.parametrize(
    ("limb", "start", "bend"),
    [
        (("left_shoulder", "left_elbow", "left_wrist"), (0, 0, -1.2), (0, -1, 0)),
        (("right_shoulder", "right_elbow", "right_wrist"), (0, 0.3, 1.4), (0, 1, 0)),
        (("left_hip", "left_knee", "left_ankle"), (-1.0, 0, 0), (1, 0, 0)),
    ],
)
def test_a_limb_that_bends_and_straightens_does_not_flip(limb, start, bend):
    upper, lower, _ = limb
    swing = np.concatenate([np.linspace(2.2, -0.1, 120), np.linspace(-0.1, 2.0, 120)])
    vectors = np.zeros((len(swing), 24, 3))
    vectors[:, J[upper]] = start
    vectors[:, J[lower]] = swing[:, None] * np.array(bend)
    true = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix().reshape(-1, 24, 3, 3)
    noise = np.random.default_rng(3).normal(scale=5e-4, size=(len(swing), 24, 3))
    joints = forward_kinematics(true, np.zeros((len(swing), 3)), REST_OFFSETS) + noise
    found = joint_rotations(joints)
    step = angles(found[1:], found[:-1])[:, [J[upper], J[lower]]]
    assert step.max() < 6
    bent = swing > 1
    assert angles(found[bent, J[upper]], true[bent, J[upper]]).max() < 12


def test_the_twist_of_a_limb_that_straightens_fades_smoothly():
    swing = np.linspace(2.0, 0.0, 200)
    vectors = np.zeros((200, 24, 3))
    upper_arm = REST_OFFSETS[J["left_elbow"]]
    vectors[:, J["left_shoulder"]] = 1.5 * upper_arm / np.linalg.norm(upper_arm)
    vectors[:, J["left_elbow"], 1] = -swing
    true = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix().reshape(-1, 24, 3, 3)
    joints = forward_kinematics(true, np.zeros((200, 3)), REST_OFFSETS)
    found = joint_rotations(joints)[:, J["left_shoulder"]]
    assert angles(found[0], true[0, J["left_shoulder"]]) < 12
    assert angles(found[1:], found[:-1]).max() < 5
    assert angles(found[-1], np.eye(3)) < 1


@pytest.mark.parametrize("bend", [0.1, 0.25, 0.35, 0.45, 0.9])
def test_a_hinge_that_circles_the_limb_never_jumps(bend):
    along = Rotation.from_rotvec(np.linspace(0, 2 * np.pi, 400)[:, None] * [1.0, 0, 0]).as_matrix()
    rest = np.broadcast_to(REST_POSE, (400, 24, 3)).copy()
    forearm = along @ np.array([0.25 * np.cos(bend), 0, 0.25 * np.sin(bend)])
    for name, share in (("left_wrist", 1.0), ("left_hand", 1.3)):
        rest[:, J[name]] = REST_POSE[J["left_elbow"]] + share * forearm
    found = joint_rotations(rest)
    assert angles(found[1:], found[:-1]).max() < 6


def test_opposite_directions_still_give_rotations():
    joints = forward_kinematics(human_rotations(3), np.zeros((3, 3)), REST_OFFSETS)
    joints[0] = -REST_POSE
    joints[1, J["left_wrist"]] = joints[1, J["left_shoulder"]]
    joints[2] = REST_POSE * [-1, 1, 1]
    assert_proper(joint_rotations(joints))


@pytest.mark.parametrize("degenerate", ["all", "pelvis", "chest", "limb", "line"])
def test_bones_without_length_give_rotations(degenerate):
    joints = forward_kinematics(human_rotations(5), np.zeros((5, 3)), REST_OFFSETS)
    if degenerate == "all":
        joints[:] = 0.3
    elif degenerate == "pelvis":
        joints[:, [1, 2, 3]] = joints[:, :1]
    elif degenerate == "chest":
        joints[2, [12, 13, 14]] = joints[2, 9]
    elif degenerate == "limb":
        joints[:, J["left_elbow"]] = joints[:, J["left_shoulder"]]
    else:
        joints[:] = np.linspace(0, 1, 24)[:, None] * [0, 1, 0]
    assert_proper(joint_rotations(joints))
    assert np.isfinite(bone_offsets(joints)).all()


def test_a_body_without_extent_is_at_rest():
    rotations = joint_rotations(np.zeros((2, 24, 3)))
    np.testing.assert_allclose(rotations, np.broadcast_to(np.eye(3), (2, 24, 3, 3)), atol=1e-12)


@pytest.mark.parametrize("function", [joint_rotations, bone_offsets])
def test_malformed_joints_are_refused(function):
    joints = np.broadcast_to(REST_POSE, (3, 24, 3)).copy()
    with pytest.raises(ValueError, match="shape"):
        function(joints[:0])
    with pytest.raises(ValueError, match="shape"):
        function(joints[:, :23])
    joints[1, 4, 2] = np.nan
    with pytest.raises(ValueError, match="fill gaps"):
        function(joints)


def mediapipe_person():
    """Return world landmarks (1, 33, 3) of a person who faces the camera, arms stretched out."""
    world = np.zeros((1, 33, 3))
    body = {
        11: (0.18, -0.5, 0.02),
        13: (0.45, -0.5, 0.02),
        15: (0.70, -0.5, 0.02),
        17: (0.78, -0.48, 0.02),
        19: (0.78, -0.52, 0.0),
        23: (0.1, 0, 0),
        25: (0.1, 0.4, -0.02),
        27: (0.1, 0.8, 0.02),
        29: (0.1, 0.86, 0.06),
        31: (0.12, 0.88, -0.15),
        7: (0.07, -0.68, 0.0),
    }
    for landmark, (x, y, z) in body.items():
        world[0, landmark] = x, y, z
        world[0, landmark + 1] = -x, y, z
    world[0, 0] = 0, -0.66, -0.12
    return world


def test_a_person_who_faces_the_camera_looks_towards_it():
    joints = smpl_joints_from_mediapipe(mediapipe_person())
    at = {name: joints[0, index] for name, index in J.items()}
    assert at["left_wrist"][0] > 0.6 > -0.6 > at["right_wrist"][0]
    assert at["head"][1] > at["neck"][1] > at["spine3"][1] > at["pelvis"][1] > 0
    assert at["pelvis"][1] > at["left_hip"][1] > at["left_ankle"][1] > at["left_foot"][1]
    assert at["left_foot"][2] - at["left_ankle"][2] > 0.05
    assert at["head"][2] > at["neck"][2]
    pelvis = joint_rotations(joints)[0, 0]
    assert angles(pelvis, np.eye(3)) < 15
    assert np.array(pelvis)[2, 2] > 0.9


def test_a_person_who_turns_round_faces_away():
    turned = mediapipe_person() * [-1, 1, -1]
    pelvis = joint_rotations(smpl_joints_from_mediapipe(turned))[0, 0]
    half_turn = Rotation.from_rotvec([0, np.pi, 0]).as_matrix()
    assert angles(pelvis, half_turn) < 15


def test_a_raised_left_arm_is_the_left_one():
    raised = mediapipe_person()
    raised[0, [13, 15, 17, 19]] = [(0.2, -0.75, 0), (0.2, -1.0, 0), (0.2, -1.1, 0), (0.2, -1.1, 0)]
    rotations = joint_rotations(smpl_joints_from_mediapipe(raised))[0]
    assert angles(rotations[J["left_shoulder"]], np.eye(3)) > 60
    assert angles(rotations[J["right_shoulder"]], np.eye(3)) < 30


def test_spine_neck_and_collars_lie_as_in_the_rest_pose():
    world = np.zeros((1, 33, 3))
    limbs = {11: 16, 12: 17, 23: 1, 24: 2, 13: 18, 14: 19, 15: 20, 16: 21, 25: 4, 26: 5}
    turn = Rotation.from_rotvec([0.3, 0.8, -0.2]).as_matrix()
    body = (REST_POSE - REST_POSE[[1, 2]].mean(axis=0)) @ turn.T
    for landmark, joint in limbs.items():
        world[0, landmark] = body[joint] * [1, -1, -1]
    torso = [0, 3, 6, 9, 12, 13, 14]
    np.testing.assert_allclose(smpl_joints_from_mediapipe(world)[0, torso], body[torso], atol=1e-9)


def test_nan_landmarks_stay_nan():
    assert np.isnan(smpl_joints_from_mediapipe(np.full((2, 33, 3), np.nan))).all()
