"""Joint layouts, their conversions, and filling of gaps."""

import numpy as np
import pytest

from d2m.perception import skeleton
from d2m.perception.skeleton import (
    BODY25,
    COCO17,
    body25_from_mediapipe,
    coco17_from_mediapipe,
    fill_gaps,
    torso_length,
)


def mediapipe_names() -> list[str]:
    from mediapipe.python.solutions.pose import PoseLandmark

    return [landmark.name.lower() for landmark in PoseLandmark]


def numbered(n_frames: int = 3) -> np.ndarray:
    """Return landmarks whose x is their index and whose y is the frame."""
    points = np.zeros((n_frames, 33, 3))
    points[..., 0] = np.arange(33)
    points[..., 1] = np.arange(n_frames)[:, None]
    return points


def test_coco17_takes_the_landmarks_of_the_same_names():
    names = mediapipe_names()
    picked = coco17_from_mediapipe(numbered())[0, :, 0].astype(int)
    assert tuple(names[index] for index in picked) == COCO17


def test_joint_groups_have_the_right_indices():
    for group in ("SHOULDERS", "ELBOWS", "WRISTS", "HIPS", "KNEES", "ANKLES"):
        left, right = getattr(skeleton, group)
        part = group[:-1].lower()
        assert (COCO17[left], COCO17[right]) == (f"left_{part}", f"right_{part}")


def test_body25_takes_the_landmarks_of_the_same_names():
    names = mediapipe_names()
    body = body25_from_mediapipe(numbered(), np.ones((3, 33)))
    assert body.shape == (3, 25, 3)
    for joint, name in enumerate(BODY25):
        index = body[0, joint, 0]
        if name in ("neck", "mid_hip"):
            pair = "shoulder" if name == "neck" else "hip"
            expected = (names.index(f"left_{pair}") + names.index(f"right_{pair}")) / 2
            assert index == expected
        elif "toe" in name:
            assert names[int(index)] == f"{name.split('_')[0]}_foot_index"
        else:
            assert names[int(index)] == name
    np.testing.assert_array_equal(body[:, 0, 1], [0, 1, 2])


def test_a_midpoint_has_the_lower_confidence_of_its_sides():
    visibility = np.ones((1, 33))
    visibility[0, 11] = 0.2
    body = body25_from_mediapipe(numbered(1), visibility)
    assert body[0, BODY25.index("neck"), 2] == pytest.approx(0.2)
    assert body[0, BODY25.index("mid_hip"), 2] == 1.0


def test_gaps_are_interpolated_linearly_and_ends_held():
    points = np.zeros((7, 1, 2))
    points[:, 0, 0] = [np.nan, 1, 99, np.nan, 4, 5, np.nan]
    found = np.array([False, True, False, False, True, True, False])
    filled, n_filled = fill_gaps(points, found)
    np.testing.assert_allclose(filled[:, 0, 0], [1, 1, 2, 3, 4, 5, 5])
    assert n_filled == 4
    assert points[2, 0, 0] == 99  # the input is not changed


def test_gaps_of_single_joints_do_not_change_others():
    points = np.arange(12.0).reshape(3, 2, 2)
    found = np.array([[True, True], [False, True], [True, True]])
    holed = points.copy()
    holed[1, 0] = -1
    filled, n_filled = fill_gaps(holed, found)
    np.testing.assert_allclose(filled, points)
    assert n_filled == 1


def test_not_finite_counts_as_not_found_and_never_found_stays_nan():
    points = np.ones((4, 2, 2))
    points[2, 0, 1] = np.inf
    points[:, 1] = np.nan
    filled, n_filled = fill_gaps(points, np.ones(4, dtype=bool))
    np.testing.assert_allclose(filled[:, 0], 1.0)
    assert np.isnan(filled[:, 1]).all()
    assert n_filled == 1


def test_nothing_to_fill():
    assert fill_gaps(np.empty((0, 17, 2)), np.empty(0, dtype=bool))[1] == 0
    assert fill_gaps(np.ones((3, 17, 2)), np.ones(3, dtype=bool))[1] == 0


def test_torso_length():
    points = np.random.default_rng(1).normal(size=(9, 17, 2))
    points[:, list(skeleton.SHOULDERS)] = [0.0, -2.0]
    points[:, list(skeleton.HIPS)] = [0.0, 1.0]
    np.testing.assert_allclose(torso_length(2.0 * points + 5.0), 6.0)
