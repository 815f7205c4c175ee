import numpy as np
import pytest

from d2m.metrics.dance_features import KINETIC_JOINTS, geometric_features, kinetic_features

FPS = 60.0
# A person who stands upright, arms hanging, facing the camera (torso lengths, y down).
STANDING = np.zeros((17, 3))
STANDING[0] = [0, -3.2, 0.2]
for left, x, y in ((5, 0.35, -2.8), (7, 0.35, -2.2), (9, 0.35, -1.7), (11, 0.2, -1.8),
                   (13, 0.2, -0.9), (15, 0.2, -0.05)):  # fmt: skip
    STANDING[left], STANDING[left + 1] = [x, y, 0], [-x, y, 0]
ARM = 0.6  # length of the upper arm
HAND_ABOVE, ELBOW_BENT, HAND_FAST, TRUNK_BENT, HIPS_FAST = 2, 7, 4, 30, 31


def frames(count: int = 30) -> np.ndarray:
    return np.repeat(STANDING[None], count, axis=0)


def test_kinetic_features_of_constant_motion():
    joints = frames()
    time = np.arange(len(joints)) / FPS
    joints[:, 9, 0] += 3 * time  # the left wrist to the side
    joints[:, 9, 1] -= 2 * time  # and up
    values = kinetic_features(joints, FPS).reshape(len(KINETIC_JOINTS), 3)
    assert values[KINETIC_JOINTS.index(9)] == pytest.approx([9, 4, 0], abs=1e-9)
    others = np.delete(values, KINETIC_JOINTS.index(9), axis=0)
    assert np.allclose(others, 0)


def test_effort_is_the_size_of_the_acceleration():
    joints = frames(61)
    time = np.arange(len(joints)) / FPS
    joints[:, 10, 2] += 0.5 * 4 * time**2
    effort = kinetic_features(joints, FPS).reshape(len(KINETIC_JOINTS), 3)[
        KINETIC_JOINTS.index(10), 2
    ]
    assert effort == pytest.approx(4, rel=0.05)  # one-sided differences at both ends


def test_a_person_who_stands_has_no_relation():
    assert geometric_features(frames(), FPS).shape == (32,)
    assert not geometric_features(frames(), FPS).any()


def test_relations_hold_in_their_share_of_the_frames():
    joints = frames(40)
    joints[10:, 9] = [0.5, -3.2, 0]  # the left hand goes up, and the elbow bends
    joints[10:, 7] = [0.9, -2.6, 0]
    features = geometric_features(joints, FPS)
    assert features[HAND_ABOVE] == features[ELBOW_BENT] == 0.75
    assert features[HAND_FAST] == 2 / 40  # central differences see the jump in two frames
    right = features[14:28]
    assert not right[[HAND_ABOVE, ELBOW_BENT, HAND_FAST]].any()


def test_the_trunk_bends_and_the_hips_travel():
    lying = frames()[:, :, [1, 0, 2]]
    features = geometric_features(lying, FPS)
    assert features[TRUNK_BENT] == 1.0
    joints = frames()
    joints[..., 0] += (2.5 * ARM * np.arange(len(joints)) / FPS)[:, None]
    assert geometric_features(joints, FPS)[HIPS_FAST] == 1.0
