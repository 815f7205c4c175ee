from __future__ import annotations

import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from scipy.spatial.transform import Rotation
from typer.testing import CliRunner, Result

from d2m.checkpoints.installed import write_installed
from d2m.core.errors import DataError
from d2m.core.levels import HIGH
from d2m.models.i3d import build_i3d
from d2m.training.d2mgan.dataset import GENRE_CODES, D2MGANDataset
from d2m.training.datasets.cli import data
from d2m.training.datasets.copy_index import index_copy
from d2m.training.datasets.recorded_segments import smpl_motion
from d2m.training.datasets.recordings import find_aist, find_tiktok
from tests.training.datasets.copies import (
    AIST_TEST,
    AIST_TRAIN,
    IGNORED,
    smpl_poses,
    write_aist,
    write_tiktok_lists,
)

TRAIN_NAMES = tuple(name.replace("cAll", "c01") for name in AIST_TRAIN)
TEST_NAME = AIST_TEST[0].replace("cAll", "c01")


@pytest.fixture(scope="module")
def whole_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_aist(tmp_path_factory.mktemp("aist"))


@pytest.fixture
def aist(whole_copy: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole_copy, tmp_path / "copy"))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkpoints folder with I3D, not trained."""
    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    state = build_i3d().state_dict()
    write_installed("i3d", state, source_hash="0" * 64, source="I3D_8x8_R50.pyth", folder=folder)
    return folder


def prepare(root: Path, out: Path, *options: object, command: str = "aist") -> Result:
    arguments = [command, "--root", str(root), "--out", str(out), *map(str, options)]
    return CliRunner().invoke(data, arguments)


def files(out: Path) -> dict[str, int]:
    """Return the files in a folder with the times of their last changes (ns)."""
    found = [path for path in out.rglob("*") if path.is_file()]
    return {str(path.relative_to(out)): path.stat().st_mtime_ns for path in found}


def test_a_whole_copy_is_prepared_and_read_for_training(
    aist: Path, weights: Path, tmp_path: Path
) -> None:
    out = tmp_path / "dataset"
    result = prepare(aist, out, "--weights", weights)
    assert result.exit_code == 0, result.output
    assert "Nothing is missing." in result.output
    assert f"train d2mgan --data {out} --dataset aist" in result.output
    train = D2MGANDataset(out, "aist", "train", HIGH)
    assert train.names == tuple(f"{name}_seg{n}" for name in TRAIN_NAMES for n in (1, 2))
    test = D2MGANDataset(out, "aist", "test", HIGH)
    assert test.names == (f"{TEST_NAME}_seg1", f"{TEST_NAME}_seg2")
    genres = [GENRE_CODES[int(segment.genre)] for segment in (train[0], train[2])]
    assert genres == ["BR", "HO"]
    assert not torch.equal(train[0].visual, train[1].visual)
    assert IGNORED[:3] not in "".join(files(out))


def test_segments_are_cut_from_music_and_motion(aist: Path, tmp_path: Path) -> None:
    out = tmp_path / "dataset"
    prepare(aist, out, "--weights", tmp_path)
    name = TRAIN_NAMES[0]
    for number, pitch in ((1, 200), (2, 400)):
        sound, rate = soundfile.read(out / f"aistplus/audio_s2/train/{name}_seg{number}.wav")
        assert (rate, sound.shape) == (22_050, (44_100,))
        assert np.abs(np.fft.rfft(sound)).argmax() / 2 == pytest.approx(pitch, abs=1)
    motion = np.load(out / f"aistplus/motion_s2/train/{name}_seg2.npy")
    stored = smpl_poses(AIST_TRAIN[0])
    assert motion.shape == (120, 219)
    np.testing.assert_allclose(motion[:, :3], stored["smpl_trans"][120:240] / 93.0, rtol=1e-5)
    turns = Rotation.from_rotvec(stored["smpl_poses"][120:240].reshape(-1, 3)).as_matrix()
    np.testing.assert_allclose(motion[:, 3:].reshape(-1, 3, 3), turns, atol=1e-5)


def test_without_i3d_the_rest_is_prepared_and_said(aist: Path, tmp_path: Path) -> None:
    out = tmp_path / "dataset"
    result = prepare(aist, out, "--weights", tmp_path)
    assert result.exit_code == 0
    assert "weights fetch i3d" in result.output
    assert len((out / "aist_motion_train_segment.txt").read_text().splitlines()) == 4
    assert not (out / "aist_video_train_segment.txt").exists()


def test_a_second_run_changes_nothing_and_an_interrupted_one_goes_on(
    aist: Path, tmp_path: Path
) -> None:
    out = tmp_path / "dataset"
    prepare(aist, out, "--weights", tmp_path)
    before = files(out)
    # As after an interruption: the first dance was in work, the second had not begun.
    (out / f"aistplus/motion_s2/train/{TRAIN_NAMES[0]}_seg1.npy").unlink()
    for path in out.glob(f"aistplus/*/train/{TRAIN_NAMES[1]}_*"):
        path.unlink()
    kept = out / f"aistplus/motion_s2/test/{TEST_NAME}_seg1.npy"
    os.utime(kept, ns=(5, 5))
    prepare(aist, out, "--weights", tmp_path)
    assert files(out).keys() == before.keys()
    assert kept.stat().st_mtime_ns == 5


def test_segments_of_three_seconds_are_in_a_folder_of_their_own(aist: Path, tmp_path: Path) -> None:
    out = tmp_path / "dataset"
    result = prepare(aist, out, "--weights", tmp_path, "--seconds", 3)
    assert result.exit_code == 0
    names = (out / "s3" / "aist_audio_train_segment.txt").read_text().splitlines()
    assert names == [f"./aistplus/audio_s3/train/{name}_seg1.wav" for name in TRAIN_NAMES]
    assert np.load(out / "s3/aistplus/motion_s3/train" / f"{TRAIN_NAMES[0]}_seg1.npy").shape[0] == (
        180
    )


def test_what_is_missing_is_listed_with_numbers_and_sources(aist: Path, tmp_path: Path) -> None:
    (aist / "aist_plusplus_final" / "ignore_list.txt").unlink()
    (aist / "aist_plusplus_final" / "motions" / f"{AIST_TRAIN[1]}.pkl").unlink()
    (aist / "videos" / f"{TEST_NAME}.mp4").unlink()
    (aist / "music" / "mBR0.wav").unlink()
    out = tmp_path / "dataset"
    result = prepare(aist, out, "--check")
    assert result.exit_code == 0
    lines = [line for line in result.output.splitlines() if line.startswith("- ")]
    kinds = [line.split(" missing")[0] for line in lines]
    assert kinds == [
        "- motions: 2 of 4",
        "- videos: 2 of 4",
        "- songs: 2 of 4",
        "- lists of faulty motions: 1 of 1",
    ]
    assert "aistplusplus_dataset" in lines[0]
    assert "aistdancedb.ongaaccel.jp" in lines[1]
    assert "mBR0.wav" in lines[2]
    assert not out.exists()


def test_the_sound_of_a_video_replaces_a_missing_song(aist: Path) -> None:
    for song in (aist / "music").iterdir():
        song.unlink()
    copy = find_aist(index_copy(aist))
    assert not copy.missing
    assert all(one.music == one.video for one in copy.recordings)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"not a pickle", "damaged"),
        (pickle.dumps({"smpl_trans": np.zeros((9, 3))}), "holds no smpl_poses"),
        (pickle.dumps({"smpl_poses": np.zeros((9, 72)), "smpl_trans": np.zeros((8, 3))}), "fit"),
        (pickle.dumps({"smpl_poses": np.full((9, 72), np.nan)}), "NaN"),
        (pickle.dumps({"smpl_poses": Path("x")}), "holds other objects"),
        (pickle.dumps(smpl_poses("x", seconds=1.0)), "lasts only 1.0 s"),
    ],
)
def test_a_damaged_motion_is_named_and_the_others_go_on(
    aist: Path, tmp_path: Path, content: bytes, reason: str
) -> None:
    (aist / "aist_plusplus_final" / "motions" / f"{AIST_TRAIN[0]}.pkl").write_bytes(content)
    out = tmp_path / "dataset"
    result = prepare(aist, out, "--weights", tmp_path)
    assert result.exit_code == 1
    assert f"d2m: {TRAIN_NAMES[0]}: " in result.output
    assert reason in result.output
    listed = (out / "aist_audio_train_segment.txt").read_text()
    assert TRAIN_NAMES[0] not in listed
    assert TRAIN_NAMES[1] in listed


@pytest.mark.slow
def test_a_damaged_video_is_named_and_left_out(aist: Path, weights: Path, tmp_path: Path) -> None:
    (aist / "videos" / f"{TRAIN_NAMES[1]}.mp4").write_bytes(b"no video" * 100)
    out = tmp_path / "dataset"
    result = prepare(aist, out, "--weights", weights)
    assert result.exit_code == 1
    assert f"d2m: {TRAIN_NAMES[1]}: " in result.output
    assert D2MGANDataset(out, "aist", "train", HIGH).names == (
        f"{TRAIN_NAMES[0]}_seg1",
        f"{TRAIN_NAMES[0]}_seg2",
    )


def test_folders_without_the_data_are_refused_in_a_sentence(aist: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for root, command, expected in (
        (tmp_path / "none", "aist", "does not exist"),
        (empty, "aist", "crossmodal_train.txt and crossmodal_test.txt missing under empty"),
        (empty, "tiktok", "tiktok_audio_train_segment.txt is missing under empty"),
    ):
        result = prepare(root, tmp_path / "out", command=command)
        assert isinstance(result.exception, DataError)
        assert expected in str(result.exception)
    shutil.rmtree(aist / "aist_plusplus_final" / "motions")
    assert "None of the 3 motions" in str(prepare(aist, tmp_path / "out").exception)


def test_names_in_lists_can_not_lead_out_of_the_folder(aist: Path) -> None:
    path = aist / "aist_plusplus_final" / "splits" / "crossmodal_test.txt"
    path.write_text("../../etc/passwd\n")
    with pytest.raises(DataError, match="expected names of AIST"):
        find_aist(index_copy(aist))


def test_motions_are_not_mistaken_for_key_points(aist: Path) -> None:
    (path,) = [one.motion for one in find_aist(index_copy(aist)).recordings if one.split == "test"]
    assert path is not None
    assert path.parent.name == "motions"
    assert smpl_motion(path).shape == (243, 219)


TIKTOK_SEGMENTS = {
    "train": ("000007_7_188_seg1", "000007_8_189_seg2", "000007_8_189_seg1"),
    "test": ("000011_81_329_seg1",),
}


def test_tiktok_videos_and_segments_are_those_of_the_lists(tmp_path: Path) -> None:
    root = write_tiktok_lists(tmp_path / "lists", TIKTOK_SEGMENTS)
    (root / "000007_8_189.MP4").touch()
    copy = find_tiktok(index_copy(root))
    assert [(one.name, one.split, set(one.listed)) for one in copy.recordings] == [
        ("000007_7_188", "train", {1}),
        ("000007_8_189", "train", {1, 2}),
        ("000011_81_329", "test", {1}),
    ]
    (missing,) = copy.missing
    assert missing.as_text().startswith("- videos: 2 of 3 missing (000007_7_188.mp4")
    (root / "000007_8_189.MP4").unlink()
    with pytest.raises(DataError, match="None of the 3 listed videos"):
        find_tiktok(index_copy(root))


@pytest.mark.slow
def test_tiktok_videos_become_key_points(short_clip: Path, weights: Path, tmp_path: Path) -> None:
    root = write_tiktok_lists(tmp_path / "lists", TIKTOK_SEGMENTS)
    sound = tmp_path / "sound.wav"
    soundfile.write(sound, 0.2 * np.sin(np.arange(3 * 44_100) / 20), 44_100)
    for names in TIKTOK_SEGMENTS.values():
        _with_sound(short_clip, sound, root / f"{names[0].rpartition('_')[0]}.mp4")
    out = tmp_path / "dataset"
    result = prepare(root, out, "--weights", weights, command="tiktok")
    assert result.exit_code == 0, result.output
    segment = D2MGANDataset(out, "tiktok", "train", HIGH)[0]
    x, y, confidence = segment.motion.reshape(60, 25, 3)[:, 1].T
    assert segment.visual.shape == (1, 2048)
    assert float(confidence.mean()) > 0.5
    assert float(y.std()) > 0
    assert bool((x > 0).all())


def _with_sound(video: Path, sound: Path, target: Path) -> None:
    from tests.clips import ffmpeg

    ffmpeg("-i", video, "-i", sound, "-map", "0:v", "-map", "1:a", "-c:v", "copy", target)
