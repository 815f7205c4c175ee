"""Motion input of the published networks, on synthetic poses and a real clip."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from d2m.core.errors import PoseError
from d2m.media.clip import read_frames
from d2m.perception.d2mgan_motion import (
    REST_PELVIS,
    aist_motion,
    cut_segments,
    pack_aist,
    root_translation,
    tiktok_motion,
)
from d2m.perception.pose import PoseTrack
from d2m.perception.skeleton import BODY25, body25_from_mediapipe, fill_gaps
from d2m.perception.smpl import (
    JOINTS,
    bone_offsets,
    forward_kinematics,
    smpl_joints_from_mediapipe,
)
from d2m.perception.solo_tracker import track_pose
from tests.conftest import EXAMPLES

FEET = [index for index, name in enumerate(JOINTS) if name.endswith(("ankle", "foot"))]
SCALE = 2.5


def standing():
    """Return world landmarks (33, 3) of a person who stands and faces the camera (m)."""
    body = {
        11: (0.17, -0.50, 0.0),
        13: (0.25, -0.25, 0.0),
        15: (0.28, 0.0, -0.05),
        17: (0.29, 0.08, -0.05),
        19: (0.27, 0.08, -0.07),
        23: (0.1, 0, 0),
        25: (0.1, 0.40, -0.02),
        27: (0.1, 0.80, 0.02),
        29: (0.1, 0.86, 0.06),
        31: (0.12, 0.88, -0.15),
    }
    world = np.zeros((33, 3))
    world[:11] = 0, -0.68, -0.05
    for landmark, (x, y, z) in body.items():
        world[landmark] = x, y, z
        world[landmark + 1] = -x, y, z
    return world


def image_landmarks(world, hips, scale=SCALE):
    """Return image landmarks (F, 33, 3), in frame heights, of a body with its hips at ``hips``."""
    image = world[..., :2] / np.reshape(scale, (-1, 1, 1)) + np.asarray(hips)[:, None]
    return np.concatenate([image, world[..., 2:]], axis=-1)


def turning(n_frames, rad_per_frame):
    turn = Rotation.from_rotvec(np.arange(n_frames)[:, None] * [0, rad_per_frame, 0]).as_matrix()
    world = np.einsum("fij,lj->fli", turn, standing())
    return world, image_landmarks(world, np.full((n_frames, 2), 0.5))


def rotations_of(motion):
    return motion[:, 3:].reshape(-1, 24, 3, 3).astype(float)


def assert_proper(rotations):
    product = rotations @ np.swapaxes(rotations, -1, -2)
    assert np.abs(product - np.eye(3)).max() < 1e-5
    assert np.abs(np.linalg.det(rotations) - 1).max() < 1e-5


@pytest.fixture(scope="module")
def track() -> PoseTrack:
    clip = EXAMPLES / "break_aist_landscape.mp4"
    frames = [frame for frame, _ in zip(read_frames(clip, fps=30.0), range(75), strict=False)]
    return track_pose(frames, 30.0)


def test_a_real_clip(track):
    motion = aist_motion(track.world, track.landmarks, track.fps)
    assert track.coverage > 0.9
    assert motion.shape == (150, 219)
    assert motion.dtype == np.float32
    assert np.isfinite(motion).all()
    assert_proper(rotations_of(motion))


def test_a_real_clips_rotations_rebuild_its_joints(track):
    motion = aist_motion(track.world, track.landmarks, track.fps)
    joints = smpl_joints_from_mediapipe(track.world)
    rotations = rotations_of(motion)[::2]
    rebuilt = forward_kinematics(rotations, joints[:, 0], bone_offsets(joints))
    error = np.linalg.norm(rebuilt - joints, axis=-1)
    assert error.mean() < 0.03
    assert error.mean(axis=0).max() < 0.06


def test_a_real_clips_dancer_stands_on_the_floor(track):
    motion = aist_motion(track.world, track.landmarks, track.fps)
    joints = smpl_joints_from_mediapipe(track.world)
    pelvis = motion[:, :3] + REST_PELVIS
    placed = forward_kinematics(rotations_of(motion), pelvis, bone_offsets(joints))
    lowest = placed[:, FEET, 1].min(axis=1)
    assert np.abs(np.median(lowest)) < 0.1
    assert 0.7 < np.median(pelvis[:, 1]) < 1.2
    assert rotations_of(motion)[:, 0, 2, 2].mean() > 0.5


def test_packing_puts_the_root_first_and_matrices_row_by_row():
    rotations = np.arange(2 * 216, dtype=float).reshape(2, 24, 3, 3)
    root = np.array([[-1.0, -2, -3], [-4, -5, -6]])
    motion = pack_aist(root, rotations)
    assert motion.shape == (2, 219)
    assert motion.dtype == np.float32
    np.testing.assert_array_equal(motion[:, :3], root)
    np.testing.assert_array_equal(motion[0, 3:12], rotations[0, 0].ravel())
    np.testing.assert_array_equal(motion[1, -3:], rotations[1, 23, 2])


@pytest.mark.parametrize("fps", [24.0, 25.0, 29.97, 30.0, 60.0])
def test_a_steady_turn_keeps_its_timing(fps):
    speed = 1.3
    world, image = turning(round(2 * fps), speed / fps)
    motion = aist_motion(world, image, fps)
    assert len(motion) == pytest.approx(120, abs=1)
    pelvis = Rotation.from_matrix(rotations_of(motion)[:, 0])
    turned = (pelvis * pelvis[0].inv()).as_rotvec()[:, 1]
    times = np.minimum(np.arange(len(motion)) / 60, (len(world) - 1) / fps)
    # A rotation about the camera's down axis is the opposite rotation about the up axis.
    np.testing.assert_allclose(turned, -speed * times, atol=1e-4)


def test_rotations_between_frames_are_proper_and_half_way():
    world, image = turning(4, 1.2)
    motion = aist_motion(world, image, 30.0)
    rotations = rotations_of(motion)
    assert_proper(rotations)
    pelvis = Rotation.from_matrix(rotations[:, 0])
    steps = (pelvis[:-1].inv() * pelvis[1:]).magnitude()
    np.testing.assert_allclose(steps[:6], 0.6, atol=0.03)


def test_a_step_aside_and_a_jump_are_measured_in_metres():
    frames = np.arange(90)
    world = np.broadcast_to(standing(), (90, 33, 3))
    hips = np.stack([0.5 + 0.2 * (frames >= 45), 0.5 - 0.1 * (frames == 20)], axis=1)
    joints = smpl_joints_from_mediapipe(world)
    root = root_translation(joints, world, image_landmarks(world, hips), 30.0)
    assert root[60, 0] == pytest.approx(0.1 * SCALE)
    assert root[30, 0] == pytest.approx(-0.1 * SCALE)
    assert root[20, 1] - root[19, 1] == pytest.approx(0.1 * SCALE)
    placed = joints - joints[:, :1] + root[:, None]
    assert placed[30, FEET, 1].min() == pytest.approx(0, abs=1e-6)
    assert np.ptp(root[:, 2]) < 0.01


def test_a_dancer_who_comes_nearer_moves_along_z():
    distance = np.linspace(4.0, 3.0, 120)
    world = np.broadcast_to(standing(), (120, 33, 3))
    image = image_landmarks(world, np.full((120, 2), 0.5), scale=distance / 1.2)
    root = root_translation(smpl_joints_from_mediapipe(world), world, image, 30.0)
    assert np.diff(root[20:100:10, 2]).min() > 0
    assert root[100, 2] - root[20, 2] == pytest.approx(distance[20] - distance[100], rel=0.1)


def test_an_unsteady_size_gives_no_depth():
    rng = np.random.default_rng(0)
    world = np.broadcast_to(standing(), (120, 33, 3))
    scale = np.linspace(3, 2, 120) * np.exp(rng.normal(scale=0.2, size=120))
    image = image_landmarks(world, np.full((120, 2), 0.5), scale=scale)
    joints = smpl_joints_from_mediapipe(world)
    root = root_translation(joints, world, image, 30.0)
    np.testing.assert_allclose(root[:, 2], joints[:, 0, 2], atol=1e-12)


def test_a_track_with_gaps_gives_finite_motion():
    world, image = turning(40, 0.03)
    found = np.ones(40, dtype=bool)
    found[[0, 1, 15, 16, 17, 38, 39]] = False
    world, image = (np.where(found[:, None, None], a, np.nan) for a in (world, image))
    (world, n_filled), (image, _) = fill_gaps(world, found), fill_gaps(image, found)
    assert n_filled == 7
    visibility = np.broadcast_to(np.where(found, 0.9, 0.0)[:, None], (40, 33))
    assert np.isfinite(aist_motion(world, image, 30.0)).all()
    motion = tiktok_motion(image, visibility, 30.0, height_px=1000).reshape(40, 25, 3)
    assert np.isfinite(motion).all()
    assert (motion[~found, :, 2] == 0).all()
    assert (motion[found, :, 2] == np.float32(0.9)).all()


def test_a_clip_without_a_dancer_raises_a_pose_error():
    nothing = np.full((10, 33, 3), np.nan)
    with pytest.raises(PoseError, match="No dancer"):
        aist_motion(nothing, nothing, 30.0)
    with pytest.raises(PoseError, match="No dancer"):
        tiktok_motion(nothing, np.zeros((10, 33)), 30.0, height_px=720)
    with pytest.raises(PoseError, match="No dancer"):
        aist_motion(nothing[:0], nothing[:0], 30.0)


def test_a_torso_without_size_raises_a_pose_error():
    world = np.broadcast_to(standing(), (5, 33, 3))
    with pytest.raises(PoseError, match="torso"):
        aist_motion(world, np.zeros((5, 33, 3)), 30.0)


def test_mismatched_arrays_are_refused():
    world, image = turning(5, 0.1)
    with pytest.raises(ValueError, match="landmarks"):
        aist_motion(world, image[:4], 30.0)
    with pytest.raises(ValueError, match="landmarks"):
        tiktok_motion(image, np.ones((4, 33)), 30.0, height_px=720)
    with pytest.raises(ValueError, match="rates"):
        aist_motion(world, image, 0.0)
    with pytest.raises(ValueError, match="height_px"):
        tiktok_motion(image, np.ones((5, 33)), 30.0, height_px=0)


def test_tiktok_is_body25_in_pixels():
    rng = np.random.default_rng(0)
    image = rng.uniform(0, 1, (20, 33, 3))
    visibility = rng.uniform(0.1, 1, (20, 33))
    motion = tiktok_motion(image, visibility, 30.0, height_px=1920)
    assert motion.shape == (20, 75)
    assert motion.dtype == np.float32
    body = body25_from_mediapipe(image, visibility)
    nose = BODY25.index("nose")
    np.testing.assert_allclose(
        motion[:, 3 * nose : 3 * nose + 2], 1920 * image[:, 0, :2], rtol=1e-6
    )
    wrist = BODY25.index("left_wrist")
    expected = np.concatenate([1920 * body[:, wrist, :2], body[:, wrist, 2:]], axis=1)
    np.testing.assert_allclose(motion[:, 3 * wrist : 3 * wrist + 3], expected, rtol=1e-6)


def test_tiktok_resamples_in_time():
    times = np.arange(50) / 25
    image = np.broadcast_to((0.2 * times)[:, None, None], (50, 33, 3))
    motion = tiktok_motion(image, np.ones((50, 33)), 25.0, height_px=100)
    assert motion.shape == (60, 75)
    np.testing.assert_allclose(motion[:58, 0], 20 * np.arange(58) / 30, rtol=1e-5)
    np.testing.assert_allclose(motion[-1, 0], 20 * times[-1], rtol=1e-5)


def test_segments_begin_at_the_nearest_frame_and_hold_the_ends():
    motion = np.arange(300, dtype=np.float32)[:, None] * [1, 10]
    windows = cut_segments(motion, np.array([0.0, 1.009, 4.0, -0.5]), 60.0, 120)
    assert windows.shape == (4, 120, 2)
    np.testing.assert_array_equal(windows[0, :, 0], np.arange(120))
    np.testing.assert_array_equal(windows[1, :, 1], 10 * np.arange(61, 181))
    np.testing.assert_array_equal(windows[2, :, 0], np.minimum(np.arange(240, 360), 299))
    np.testing.assert_array_equal(windows[3, :, 0], np.maximum(np.arange(-30, 90), 0))
    assert cut_segments(motion, np.array([]), 30.0, 60).shape == (0, 60, 2)


def test_an_empty_motion_is_refused():
    with pytest.raises(ValueError, match="without frames"):
        cut_segments(np.zeros((0, 75)), np.array([0.0]), 30.0, 60)
