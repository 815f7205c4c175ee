"""Tracking a drawn dancer with MediaPipe."""

import numpy as np
import pytest

from d2m.perception.mediapipe_graph import MediaPipeGraph
from d2m.perception.optical_flow import DirectogramMeter
from d2m.perception.pose import PoseTrack, track_of_samples
from d2m.perception.region_tracker import RegionTracker
from d2m.perception.skeleton import COCO17, HIPS, WRISTS, coco17_from_mediapipe, torso_length
from d2m.perception.solo_tracker import track_pose
from tests.perception.drawn_figure import draw_person, room

FPS = 30.0
LENGTH = 36
HEIGHT, WIDTH = 360, 640
ABSENT = range(14, 20)


def hips_x(frame: int) -> float:
    return WIDTH * (0.5 + 0.08 * np.sin(frame / 6))


def arm(frame: int) -> float:
    return 0.9 + 0.7 * np.sin(frame / 5)


def clip(absent=(), elsewhere=()):
    """Draw a person who sways and swings the arms; in some frames absent or at another place."""
    for frame in range(LENGTH):
        canvas = room(HEIGHT, WIDTH)
        if frame in elsewhere:
            draw_person(canvas, 0.12 * WIDTH, arm=arm(frame), size=0.9)
        elif frame not in absent:
            draw_person(canvas, hips_x(frame), arm=arm(frame), size=0.9)
        yield frame / FPS, canvas


@pytest.fixture(scope="module")
def track() -> PoseTrack:
    return track_pose(clip(absent=ABSENT), FPS)


def test_shapes_and_coverage(track):
    assert track.landmarks.shape == track.world.shape == (LENGTH, 33, 3)
    assert track.visibility.shape == (LENGTH, 33)
    assert track.fps == FPS
    # Between a frame with the person and one without, nobody is found.
    known = [frame for frame in range(LENGTH) if frame not in range(ABSENT[0] - 1, ABSENT[-1] + 2)]
    assert track.found[known].all()
    assert track.coverage == track.found.mean() < 1.0


def test_x_and_y_have_the_same_unit(track):
    joints = coco17_from_mediapipe(track.landmarks)[track.found]
    expected = np.array([hips_x(frame) for frame in range(LENGTH)])[track.found] / HEIGHT
    measured = joints[:, list(HIPS), 0].mean(axis=1)
    assert np.abs(measured - expected).mean() < 0.02
    # The drawn torso is 2.4 units of 0.105 x 0.9 heights from neck to hips.
    assert np.median(torso_length(joints[..., :2])) == pytest.approx(0.227, abs=0.05)


def test_left_and_right_are_the_dancers_own(track):
    joints = coco17_from_mediapipe(track.landmarks)[track.found]
    left, right = (joints[:, COCO17.index(f"{side}_shoulder"), 0] for side in ("left", "right"))
    assert (left > right).all()


def test_swinging_arms_move_the_wrists(track):
    joints = coco17_from_mediapipe(track.landmarks)
    height = -joints[:, list(WRISTS), 1].mean(axis=1)[track.found]
    swing = np.array([-np.cos(arm(frame)) for frame in range(LENGTH)])[track.found]
    assert np.corrcoef(height, swing)[0, 1] > 0.95


def test_gaps_are_filled_and_marked(track):
    lost = [frame for frame in ABSENT if not track.found[frame]]
    # MediaPipe may still track a person for a frame or two after they have gone.
    assert len(lost) >= len(ABSENT) - 2
    assert np.isfinite(track.landmarks).all()
    assert np.isfinite(track.world).all()
    assert (track.visibility[lost] == 0).all()
    assert (track.visibility[track.found].mean(axis=1) > 0.5).all()


def test_another_person_for_a_moment_is_not_tracked():
    other = range(16, 24)
    track = track_pose(clip(elsewhere=other), FPS)
    assert not track.found[list(other)].any()
    hips = coco17_from_mediapipe(track.landmarks)[:, list(HIPS), 0].mean(axis=1)
    assert hips.min() * HEIGHT > 0.3 * WIDTH


def test_a_person_who_stays_at_another_place_is_tracked_there():
    frames = list(clip(elsewhere=range(8, LENGTH)))
    track = track_pose(frames, FPS)
    assert not track.found[8:20].any()
    assert track.found[26:].all()
    assert track.landmarks[-1, :, 0].mean() * HEIGHT < 0.3 * WIDTH


def test_an_empty_room_gives_a_track_with_no_coverage():
    track = track_pose(((i / FPS, room()) for i in range(4)), FPS)
    assert track.coverage == 0.0
    assert np.isnan(track.landmarks).all()
    assert (track.visibility == 0).all()


def test_no_frames_give_an_empty_track():
    track = track_pose([], FPS)
    assert track.landmarks.shape == (0, 33, 3)
    assert track.coverage == 0.0


@pytest.mark.parametrize("shape", [(0, 0, 3), (4, 4), (4, 4, 4)])
def test_a_malformed_frame_is_refused_before_mediapipe_reads_it(shape):
    with pytest.raises(ValueError, match="frame must be"):
        track_pose([(0.0, np.zeros(shape, dtype=np.uint8))], FPS)


def test_progress_and_flow_use_the_same_pass():
    done: list[int] = []
    meter = DirectogramMeter(FPS)
    once = (frame for frame, _ in zip(clip(), range(5), strict=False))
    track = track_pose(meter.pass_through(once), FPS, progress=done.append)
    assert done == [1, 2, 3, 4, 5]
    assert len(meter.result()) == len(track.found) == 5


def test_the_networks_are_closed_if_the_caller_raises(monkeypatch):
    closed: list[MediaPipeGraph] = []
    close = MediaPipeGraph.close
    monkeypatch.setattr(MediaPipeGraph, "close", lambda self: (closed.append(self), close(self))[1])

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        track_pose(clip(), FPS, progress=stop)
    assert len(closed) == 2


def test_mediapipe_does_not_log_to_stderr(capfd):
    track_pose(((i / FPS, frame) for i, (_, frame) in zip(range(2), clip(), strict=False)), FPS)
    assert capfd.readouterr().err == ""


def wave(frames: np.ndarray) -> np.ndarray:
    """Return poses (F, 33, 7) that swing at 2 Hz, a tempo of 120 BPM."""
    values = np.zeros((len(frames), 33, 7))
    values[..., :6] = 0.1 * np.sin(2 * np.pi * 2 * frames / FPS)[:, None, None]
    values[:, 11:13, 1] -= 0.2  # shoulders over hips, so that the body has a size
    values[..., 6] = 0.9
    return values


def test_frames_between_those_read_follow_the_movement():
    frames = np.arange(31)
    truth, read = wave(frames), frames[::2]
    track = track_of_samples(list(read), list(truth[::2]), len(frames), FPS)
    assert track.found.all()
    np.testing.assert_allclose(track.landmarks, truth[..., :3], atol=0.002)
    np.testing.assert_allclose(track.world, truth[..., 3:6], atol=0.002)
    np.testing.assert_allclose(track.visibility, 0.9)


def test_who_stands_still_does_not_tremble_and_who_moves_is_not_smoothed():
    rng = np.random.default_rng(5)
    poses = wave(np.arange(0, 61, 2))
    poses[:, :20, :6] = poses[:1, :20, :6] + rng.normal(0, 0.002, (31, 20, 6))  # 0.01 torsos
    track = track_of_samples(range(0, 61, 2), list(poses), 61, FPS)
    steps = np.abs(np.diff(track.landmarks[::2, :20], axis=0)).mean()
    assert steps < 0.5 * np.abs(np.diff(poses[:, :20, :3], axis=0)).mean()
    np.testing.assert_allclose(track.landmarks[::2, 20:], poses[:, 20:, :3], atol=0.002)


def test_a_gap_is_not_filled_with_a_curve():
    truth = wave(np.arange(31))
    poses = [None if 10 <= frame <= 20 else truth[frame] for frame in range(0, 31, 2)]
    track = track_of_samples(range(0, 31, 2), poses, 31, FPS)
    assert track.found.tolist() == [not 8 < frame < 22 for frame in range(31)]
    gap = track.landmarks[9:22, 0, 0]
    np.testing.assert_allclose(np.diff(gap), np.diff(gap).mean(), atol=1e-9)
    assert (track.visibility[9:22] == 0).all()


@pytest.mark.parametrize(("fps", "expected"), [(30.0, 18), (24.0, 22), (20.0, 27), (12.0, 36)])
def test_the_pose_is_read_at_one_rate_whatever_that_of_the_clip(fps, expected, monkeypatch):
    read: list[int] = []
    add = RegionTracker.read
    monkeypatch.setattr(
        RegionTracker, "read", lambda self, *arguments: (read.append(1), add(self, *arguments))[1]
    )
    track_pose(clip(), fps)
    assert abs(len(read) - expected) <= 1
