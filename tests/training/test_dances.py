"""Dances: procedural dances, projection, time-warp, loaders of motion data, example clips."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from d2m.core.errors import DataError
from d2m.training.data.dances import (
    AnnotatedDance,
    load_aist,
    load_cmu,
    procedural_dance,
    retime_to_beats,
    view,
)

EXAMPLES = Path(__file__).parents[2] / "examples"
BONES = ((5, 6), (11, 12), (5, 7), (7, 9), (6, 8), (8, 10), (11, 13), (13, 15), (12, 14), (14, 16))
CMU_JOINTS = (
    *("hip", "neck", "head", "leftEye", "rightEye", "lShldr", "lForeArm", "lHand", "rShldr"),
    *("rForeArm", "rHand", "lThigh", "lShin", "lFoot", "rThigh", "rShin", "rFoot"),
)


def speed(dance: AnnotatedDance) -> np.ndarray:
    return np.linalg.norm(np.diff(dance.keypoints, axis=0), axis=-1).mean(axis=1) * dance.fps


def beat_profile(dance: AnnotatedDance, n_bins: int = 8) -> np.ndarray:
    """Return the mean speed by phase in the beat; the first bin is centred on the beats."""
    times = (np.arange(len(dance.keypoints) - 1) + 0.5) / dance.fps
    phase = np.interp(times, dance.beats_s, np.arange(len(dance.beats_s)))
    inside = (times > dance.beats_s[0]) & (times < dance.beats_s[-1])
    bins = np.floor((phase[inside] + 0.5 / n_bins) * n_bins).astype(int) % n_bins
    energy = speed(dance)[inside]
    return np.array([energy[bins == b].mean() for b in range(n_bins)])


class TestProceduralDance:
    def test_bone_lengths_are_constant(self) -> None:
        for seed in range(4):
            points = procedural_dance(seed, tempo_bpm=120, duration_s=20).keypoints
            trunk = points[:, 5:7].mean(axis=1) - points[:, 11:13].mean(axis=1)
            lengths = [points[:, a] - points[:, b] for a, b in BONES] + [trunk]
            lengths = np.linalg.norm(lengths, axis=-1)
            np.testing.assert_allclose(lengths, lengths[:, :1].repeat(len(points), 1), rtol=1e-6)
            assert lengths[-1, 0] == pytest.approx(1.0)

    def test_movement_stops_on_the_beats(self) -> None:
        profiles = np.array(
            [beat_profile(procedural_dance(s, tempo_bpm=70 + 4 * s, duration_s=30,
                                           first_beat_s=0.4)) for s in range(16)]
        )  # fmt: skip
        relative = profiles / profiles.mean(axis=1, keepdims=True)
        # Dancers lag behind the beat, and hits stop after it: the minimum is on the beat or an
        # eighth of a beat later.
        assert np.argmin(relative.mean(axis=0)) in (0, 1)
        assert relative[:, :2].mean() < 0.7
        assert (relative[:, [7, 0, 1]].mean(axis=1) < 1).all()

    def test_beats_have_the_requested_tempo_and_start(self) -> None:
        dance = procedural_dance(3, tempo_bpm=96, duration_s=12, first_beat_s=0.5)
        assert dance.keypoints.shape == (720, 17, 3)
        np.testing.assert_allclose(dance.beats_s, np.arange(0.5, 12, 60 / 96))
        np.testing.assert_allclose(dance.downbeats_s, dance.beats_s[::4])

    def test_the_seed_determines_the_dance(self) -> None:
        first, again, other = (
            procedural_dance(seed, tempo_bpm=100, duration_s=8) for seed in (1, 1, 2)
        )
        np.testing.assert_array_equal(first.keypoints, again.keypoints)
        assert np.abs(first.keypoints - other.keypoints).max() > 0.5

    def test_movement_is_not_faster_than_a_human(self) -> None:
        for seed in range(8):
            points = procedural_dance(seed, tempo_bpm=140, duration_s=20).keypoints
            step = np.linalg.norm(np.diff(points, axis=0), axis=-1)
            # 28 torso lengths per second are about 14 m/s, the speed of a fast punch.
            assert np.isfinite(points).all()
            assert step.max() * 60 < 28

    def test_arms_and_legs_vary_independently_and_freezes_occur(self) -> None:
        shares, still = [], []
        for seed in range(12):
            dance = procedural_dance(seed, tempo_bpm=110, duration_s=60)
            velocity = np.linalg.norm(np.diff(dance.keypoints, axis=0), axis=-1) * 60
            bars = velocity[: len(velocity) // 130 * 130].reshape(-1, 130, 17).mean(axis=1)
            arms, legs = bars[:, 7:11].mean(axis=1), bars[:, 13:17].mean(axis=1)
            shares.append(legs / (arms + legs))
            still.append((bars.mean(axis=1) < 0.15).mean())
        shares = np.concatenate(shares)
        assert (shares < 0.2).mean() > 0.05
        assert (shares > 0.5).mean() > 0.05
        assert np.mean(still) > 0.01

    @pytest.mark.parametrize(
        "wrong", [{"tempo_bpm": 0, "duration_s": 5}, {"tempo_bpm": 90, "duration_s": 0}]
    )
    def test_a_tempo_or_duration_of_zero_is_refused(self, wrong: dict[str, float]) -> None:
        with pytest.raises(ValueError, match="positive"):
            procedural_dance(0, **wrong)


class TestView:
    def test_a_side_view_shows_depth_as_width(self) -> None:
        dance = procedural_dance(0, tempo_bpm=100, duration_s=4)
        np.testing.assert_allclose(view(dance, 0.0).keypoints, dance.keypoints[..., :2])
        side = view(dance, np.pi / 2).keypoints
        np.testing.assert_allclose(side, dance.keypoints[..., [2, 1]], atol=1e-9)

    def test_a_2d_dance_cannot_be_projected_again(self) -> None:
        flat = view(procedural_dance(0, tempo_bpm=100, duration_s=2), 0.0)
        with pytest.raises(ValueError, match="3-D"):
            view(flat, 1.0)


class TestWarp:
    @staticmethod
    def ticking(n_beats: int = 9) -> AnnotatedDance:
        """Return a dance whose nose has x = k on beat k, with beats every 0.5 s from 0.25 s."""
        beats = 0.25 + 0.5 * np.arange(n_beats)
        times = np.arange(round((beats[-1] + 0.5) * 60)) / 60
        points = np.zeros((len(times), 17, 2))
        points[:, 0, 0] = (times - 0.25) / 0.5
        return AnnotatedDance(name="tick", source="procedural", keypoints=points, fps=60.0,
                     beats_s=beats, downbeats_s=beats[::4])  # fmt: skip

    def nose_at(self, dance: AnnotatedDance, times: np.ndarray) -> np.ndarray:
        frames = np.arange(len(dance.keypoints)) / dance.fps
        return np.interp(times, frames, dance.keypoints[:, 0, 0])

    def test_each_beat_moves_to_its_new_time(self) -> None:
        new = np.cumsum([0.4, 0.55, 0.61, 0.4, 0.72, 0.5])
        warped = retime_to_beats(self.ticking(), new)
        np.testing.assert_allclose(self.nose_at(warped, new), np.arange(6), atol=0.05)
        np.testing.assert_allclose(warped.beats_s, new)
        np.testing.assert_allclose(warped.downbeats_s, new[[0, 4]])

    def test_missing_beats_play_backwards_without_a_jump(self) -> None:
        new = 0.3 + 0.45 * np.arange(21)
        warped = retime_to_beats(self.ticking(), new)
        expected = [0, 1, 2, 3, 4, 5, 6, 7, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3, 4]
        np.testing.assert_allclose(self.nose_at(warped, new), expected, atol=0.06)
        assert np.abs(np.diff(warped.keypoints[:, 0, 0])).max() < 0.05
        np.testing.assert_allclose(warped.downbeats_s, new[::4])

    def test_stops_follow_the_beats(self) -> None:
        dance = procedural_dance(9, tempo_bpm=112, duration_s=20)
        warped = retime_to_beats(dance, 0.2 + np.arange(24) * 60 / 90)
        profile = beat_profile(warped)
        assert profile[[7, 0, 1]].mean() < 0.7 * profile[3:6].mean()

    def test_a_single_beat_is_refused(self) -> None:
        with pytest.raises(ValueError, match="two"):
            retime_to_beats(self.ticking(), np.array([1.0]))


class TestLoaders:
    def test_aist_views_are_loaded_as_dances_with_known_beats(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        pose = rng.uniform(-200, 200, (17, 2))
        pose[5:7, 1], pose[11:13, 1] = -160, -10
        scored = np.full((2, 240, 17, 3), 0.9)
        scored[..., :2] = pose + 960 + np.linspace(0, 60, 240)[:, None, None]
        scored[0, 100:110, 9] = (0, 0, 0.05)
        path = tmp_path / "aist.npz"
        np.savez(path, gHO_sBM_cAll_d20_mHO1_ch02=scored.astype(np.float16))

        first, second = load_aist(path)
        assert first.name == "gHO_sBM_cAll_d20_mHO1_ch02 c01"
        assert first.keypoints.shape == (240, 17, 2)
        np.testing.assert_allclose(np.diff(first.beats_s), 60 / 115)
        np.testing.assert_allclose(first.keypoints, second.keypoints, atol=0.02)
        torso = first.keypoints[:, 5:7].mean(axis=1) - first.keypoints[:, 11:13].mean(axis=1)
        assert np.median(np.linalg.norm(torso, axis=-1)) == pytest.approx(1.0)
        # The translation through the image is kept: 60 px at torso lengths of about 150 px.
        assert np.ptp(first.keypoints[:, 11, 0]) > 0.3

    def test_break_song_0_has_80_bpm(self, tmp_path: Path) -> None:
        path = tmp_path / "aist.npz"
        np.savez(path, gBR_sBM_cAll_d04_mBR0_ch01=np.random.default_rng(0).random((1, 720, 17, 3)))
        (dance,) = load_aist(path)
        np.testing.assert_allclose(dance.beats_s, 0.75 * np.arange(16))

    def test_cmu_takes_are_loaded_upright_in_torso_lengths(self, tmp_path: Path) -> None:
        dance = procedural_dance(4, tempo_bpm=100, duration_s=12)
        coco_index = dict(
            zip(CMU_JOINTS[5:], (5, 7, 9, 6, 8, 10, 11, 13, 15, 12, 14, 16), strict=True)
        )
        coco_index |= {"leftEye": 1, "rightEye": 2}
        points = dance.keypoints
        middle = {"hip": points[:, 11:13].mean(axis=1), "head": points[:, 3:5].mean(axis=1),
                  "neck": points[:, 5:7].mean(axis=1)}  # fmt: skip
        joints = [points[:, coco_index[n]] if n in coco_index else middle[n] for n in CMU_JOINTS]
        captured = np.stack(joints, axis=1) * [50, -50, 50] + [0, 90, 0]
        path = tmp_path / "cmu.npz"
        np.savez(path, joint_names=np.array(CMU_JOINTS), parents=np.zeros(17, int), take_1=captured)

        (loaded,) = load_cmu(path)
        skipped = len(points) - len(loaded.keypoints)
        assert skipped < 10
        assert loaded.source == "cmu"
        moved = loaded.keypoints[:, 5:] - points[skipped:, 5:]
        np.testing.assert_allclose(moved - moved[:1, :1], 0, atol=1e-6)
        assert (loaded.keypoints[:, 0, 1] < loaded.keypoints[:, 11, 1]).mean() > 0.95
        assert len(loaded.beats_s) > 5
        # The joints of the face are estimates; they are near the true ones.
        gap = np.linalg.norm(
            loaded.keypoints[:, :5] - points[skipped:, :5] - moved[:1, :1], axis=-1
        )
        assert gap.max() < 0.25

    def test_other_files_are_refused_with_the_expected_form(self, tmp_path: Path) -> None:
        wrong = tmp_path / "wrong.npz"
        np.savez(wrong, gBR_sBM_cAll_d04_mBR0_ch01=np.zeros((3, 17, 2)))
        with pytest.raises(DataError, match=r"wrong\.npz should hold AIST"):
            load_aist(wrong)
        with pytest.raises(DataError, match=r"wrong\.npz should hold CMU"):
            load_cmu(wrong)
        wrong.write_bytes(b"not an archive")
        with pytest.raises(DataError, match=r"wrong\.npz can't be read"):
            load_aist(wrong)


class TestExampleClips:
    ABOUT = json.loads((EXAMPLES / "examples.json").read_text())

    def test_clips_are_small_and_described(self) -> None:
        files = sorted(path.name for path in EXAMPLES.glob("*.mp4"))
        assert files == sorted(about["file"] for about in self.ABOUT)
        assert sum((EXAMPLES / name).stat().st_size for name in files) < 3e6
        assert {about["orientation"] for about in self.ABOUT} == {"landscape", "portrait"}
        assert all(about["credit"] and about["licence"] for about in self.ABOUT)

    @pytest.mark.parametrize("about", ABOUT, ids=lambda about: about["file"])
    def test_a_pose_is_found_in_the_whole_clip(self, about: dict[str, object]) -> None:
        import av
        import mediapipe as mp

        with av.open(str(EXAMPLES / str(about["file"]))) as container:
            stream = container.streams.video[0]
            assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
            assert not container.streams.audio
            wide = stream.width > stream.height
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        assert wide == (about["orientation"] == "landscape")
        assert 8 <= len(frames) / 30 <= 12
        sampled = frames[:: len(frames) // 20]
        with mp.solutions.pose.Pose(static_image_mode=True, model_complexity=1) as detector:
            found = [detector.process(frame).pose_landmarks is not None for frame in sampled]
        assert all(found)
