"""The published folder layout: how segments are read, and which files are refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch.utils.data import DataLoader

from d2m.core.errors import DataError, SettingsError
from d2m.core.levels import HIGH, LOW, SAMPLE_RATE
from d2m.core.styles import STYLES
from d2m.models.d2mgan import build_d2mgan
from d2m.training.d2mgan.dataset import D2MGANDataset, apply_random_gain, collate
from tests.training.layout import (
    AIST,
    ENDINGS,
    ROOTS,
    SHAPES,
    TIKTOK,
    names_of,
    path,
    write_dataset,
    write_list,
)


@pytest.fixture(scope="module")
def data_folders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    return {dataset: write_dataset(folder / dataset, dataset) for dataset in SHAPES}


@pytest.fixture
def aist(data_folders, tmp_path):
    return Path(shutil.copytree(data_folders["aist"], tmp_path / "aist"))


@pytest.fixture
def tiktok(data_folders, tmp_path):
    return Path(shutil.copytree(data_folders["tiktok"], tmp_path / "tiktok"))


@pytest.mark.parametrize("level", [HIGH, LOW], ids=["high", "low"])
@pytest.mark.parametrize("dataset", SHAPES)
def test_segments_hold_the_contents_of_the_files(data_folders, dataset, level):
    folder = data_folders[dataset]
    segments = D2MGANDataset(folder, dataset, "test", level)
    assert segments.names == names_of(dataset)
    assert len(segments) == 3
    for i, name in enumerate(names_of(dataset)):
        segment = segments[i]
        motion = np.load(folder / path(dataset, "motion", name))
        np.testing.assert_array_equal(segment.motion, motion.astype(np.float32))
        visual = np.load(folder / path(dataset, "video", name))
        np.testing.assert_array_equal(segment.visual, visual)
        audio, _ = soundfile.read(folder / path(dataset, "audio", name), dtype="float32")
        assert segment.audio.shape == (level.segment_codes * level.hop_length,)
        scaled = 0.95 * audio / np.abs(audio).max()
        np.testing.assert_allclose(segment.audio, scaled[: len(segment.audio)], atol=1e-6)


def test_genres_are_read_from_the_one_hot_file_or_from_names(aist):
    styles = list(STYLES)
    for name, one_hot in (("names", None), ("file", np.eye(10)[[2, 0, 9]])):
        if one_hot is None:
            (aist / "test_genre.npy").unlink()
        else:
            np.save(aist / "test_genre.npy", one_hot)
        segments = D2MGANDataset(aist, "aist", "test", HIGH)
        found = [styles[int(segments[i].genre)] for i in range(3)]
        assert found == ["lock", "break", "ballet-jazz"], name


def test_the_genre_file_is_used_where_names_have_no_genre(aist):
    for kind in ENDINGS:
        files = aist / ROOTS["aist"].format(kind, "test")
        for i, name in enumerate(AIST):
            (files / f"{name}.{ENDINGS[kind]}").rename(files / f"clip{i}.{ENDINGS[kind]}")
        write_list(aist, "aist", kind, ["clip0", "clip1", "clip2"])
    np.save(aist / "test_genre.npy", np.eye(10)[[7, 1, 3]])
    segments = D2MGANDataset(aist, "aist", "test", HIGH)
    assert [int(segments[i].genre) for i in range(3)] == [7, 1, 3]


def test_tiktok_has_no_genres(data_folders):
    assert D2MGANDataset(data_folders["tiktok"], "tiktok", "test", HIGH)[0].genre is None


@pytest.mark.parametrize("dataset", SHAPES)
def test_batches_fit_the_published_networks(data_folders, dataset):
    segments = D2MGANDataset(data_folders[dataset], dataset, "test", HIGH)
    batch = next(iter(DataLoader(segments, batch_size=2, collate_fn=collate)))
    assert batch.audio.shape == (2, 44_032)
    torch.testing.assert_close(batch.motion[1], segments[1].motion)
    with torch.device("meta"):
        encoder, generator = build_d2mgan(dataset, HIGH)
    genre = None if batch.genre is None else batch.genre.to("meta")
    latents = generator(encoder(batch.motion.to("meta")), batch.visual.to("meta"), genre)
    assert latents.shape == (2, 64, 344)


def test_short_audio_is_padded_with_silence(aist):
    soundfile.write(aist / path("aist", "audio", AIST[0]), np.full(1000, 0.2), SAMPLE_RATE)
    audio = D2MGANDataset(aist, "aist", "test", LOW)[0].audio
    assert audio.shape == (44_096,)
    np.testing.assert_allclose(audio[:1000], 0.95, atol=1e-4)
    assert not audio[1000:].any()


def test_long_audio_is_cut_at_its_end(aist):
    long = np.linspace(0, 0.5, 3 * SAMPLE_RATE)
    soundfile.write(aist / path("aist", "audio", AIST[0]), long, SAMPLE_RATE)
    audio = D2MGANDataset(aist, "aist", "test", HIGH)[0].audio
    np.testing.assert_allclose(audio, 0.95 * long[:44_032] / 0.5, atol=1e-3)


def test_silence_stays_silence(aist):
    soundfile.write(aist / path("aist", "audio", AIST[0]), np.zeros(44_100), SAMPLE_RATE)
    assert not D2MGANDataset(aist, "aist", "test", HIGH)[0].audio.any()


def test_stereo_is_mixed_down_to_mono(aist):
    stereo = np.stack([np.full(44_100, 0.5), np.linspace(-0.5, 0.5, 44_100)], axis=1)
    soundfile.write(aist / path("aist", "audio", AIST[0]), stereo, SAMPLE_RATE)
    audio = D2MGANDataset(aist, "aist", "test", HIGH)[0].audio
    np.testing.assert_allclose(audio, 0.95 * stereo.mean(1)[:44_032] / 0.5, atol=1e-3)


def test_keypoints_with_split_axes_are_the_same_motion(tiktok):
    file = tiktok / path("tiktok", "motion", TIKTOK[1])
    flat = np.load(file)
    np.save(file, flat.reshape(1, 60, 25, 3))
    motion = D2MGANDataset(tiktok, "tiktok", "test", HIGH)[1].motion
    np.testing.assert_array_equal(motion, flat.astype(np.float32))


def test_absolute_paths_are_read_from_the_data_set_folder_on(tiktok):
    for kind in ENDINGS:
        write_list(tiktok, "tiktok", kind, TIKTOK, start="/data/author/")
    assert len(D2MGANDataset(tiktok, "tiktok", "test", HIGH)[2].audio) == 44_032


def test_random_gains_are_reproducible_and_in_their_range():
    audio = torch.ones(50, 3)
    varied = apply_random_gain(audio, np.random.default_rng(1))
    assert torch.equal(varied, apply_random_gain(audio, np.random.default_rng(1)))
    assert torch.equal(varied[:, 0], varied[:, 2])
    assert 0.3 <= varied.min() < 0.4
    assert 0.9 < varied.max() <= 1.0


def assert_opening_fails(folder: Path, dataset: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        D2MGANDataset(folder, dataset, "test", HIGH)
    assert str(caught.value) == message


def assert_reading_fails(folder: Path, dataset: str, message: str) -> None:
    segments = D2MGANDataset(folder, dataset, "test", HIGH)
    with pytest.raises(DataError) as caught:
        segments[0]
    assert str(caught.value) == message


@pytest.mark.parametrize("kind", ENDINGS)
@pytest.mark.parametrize("dataset", SHAPES)
def test_missing_file(data_folders, tmp_path, dataset, kind):
    folder = Path(shutil.copytree(data_folders[dataset], tmp_path / "copy"))
    file = path(dataset, kind, names_of(dataset)[1])
    (folder / file).unlink()
    assert_opening_fails(
        folder, dataset, f"{file} is listed, but missing in the data folder: add the file."
    )


def test_missing_list(tiktok):
    (tiktok / "tiktok_motion_test_segment.txt").unlink()
    assert_opening_fails(
        tiktok,
        "tiktok",
        "The list tiktok_motion_test_segment.txt is missing: expected it in the data folder, "
        "next to tiktok/.",
    )


def test_empty_list(aist):
    (aist / "aist_audio_test_segment.txt").write_text("\n\n")
    assert_opening_fails(
        aist,
        "aist",
        "The list aist_audio_test_segment.txt is empty: expected the path of one segment per line.",
    )


def test_list_that_is_not_text(aist):
    (aist / "aist_audio_test_segment.txt").write_bytes(b"\xff\xfe\x00\xd8")
    assert_opening_fails(
        aist,
        "aist",
        "The list aist_audio_test_segment.txt can't be read: expected one path per line.",
    )


@pytest.mark.parametrize("start", ["../", "/somewhere/", "./aistplus/../../"])
def test_paths_outside_the_folder(aist, start):
    lines = "".join(f"{start}{name}.npy\n" for name in AIST)
    (aist / "aist_motion_test_segment.txt").write_text(lines)
    assert_opening_fails(
        aist,
        "aist",
        f"The list aist_motion_test_segment.txt names {AIST[0]}.npy outside the data folder: "
        "expected paths such as aistplus/audio_s2/NAME.",
    )


def test_lists_of_different_lengths(aist):
    write_list(aist, "aist", "video", AIST[:2])
    assert_opening_fails(
        aist,
        "aist",
        "aist_video_test_segment.txt has 2 segments, aist_audio_test_segment.txt has 3: "
        "expected the same segments in the same order.",
    )


def test_lists_in_different_order(tiktok):
    write_list(tiktok, "tiktok", "motion", (TIKTOK[0], TIKTOK[2], TIKTOK[1]))
    assert_opening_fails(
        tiktok,
        "tiktok",
        f"Segment 2 is {TIKTOK[2]} in tiktok_motion_test_segment.txt, but {TIKTOK[1]} in "
        "tiktok_audio_test_segment.txt: expected the same segments in the same order.",
    )


@pytest.mark.parametrize(
    ("dataset", "kind", "found", "expected"),
    [
        ("aist", "motion", (60, 75), (120, 219)),
        ("aist", "motion", (219, 120), (120, 219)),
        ("tiktok", "motion", (59, 75), (60, 75)),
        ("aist", "video", (8, 2048), (1, 2048)),
        ("tiktok", "video", (), (1, 2048)),
    ],
)
def test_wrong_shape(data_folders, tmp_path, dataset, kind, found, expected):
    folder = Path(shutil.copytree(data_folders[dataset], tmp_path / "copy"))
    file = path(dataset, kind, names_of(dataset)[0])
    np.save(folder / file, np.zeros(found))
    assert_reading_fails(folder, dataset, f"{file} has the shape {found}: expected {expected}.")


def test_file_that_is_not_an_array(aist):
    file = path("aist", "motion", AIST[0])
    message = f"{file} can't be read: expected a NumPy file of numbers in shape (120, 219)."
    (aist / file).write_bytes(b"\x93NUMPY cut off")
    assert_reading_fails(aist, "aist", message)
    np.save(aist / file, np.full((120, 219), 0.5, dtype=object), allow_pickle=True)
    assert_reading_fails(aist, "aist", message)
    np.save(aist / file, np.full((120, 219), "text"))
    assert_reading_fails(aist, "aist", message)


def test_values_that_are_not_finite(tiktok):
    file = path("tiktok", "motion", TIKTOK[0])
    np.save(tiktok / file, np.full((60, 75), np.nan))
    message = f"{file} holds NaN or infinite values: expected finite numbers."
    assert_reading_fails(tiktok, "tiktok", message)


def test_wrong_sample_rate(aist):
    file = path("aist", "audio", AIST[0])
    soundfile.write(aist / file, np.zeros(96_000), 48_000)
    message = f"{file} has a sample rate of 48,000 Hz: resample it to 22,050 Hz."
    assert_reading_fails(aist, "aist", message)


def test_file_that_is_not_audio(aist):
    file = path("aist", "audio", AIST[0])
    (aist / file).write_bytes(b"not audio")
    assert_reading_fails(aist, "aist", f"{file} can't be read: expected a WAV file.")
    soundfile.write(aist / file, np.zeros(0), SAMPLE_RATE)
    assert_reading_fails(
        aist, "aist", f"{file} holds no valid audio: expected the music of a segment."
    )


def test_genre_file_of_other_segments(aist):
    np.save(aist / "test_genre.npy", np.eye(10)[[2, 0]])
    assert_opening_fails(aist, "aist", "test_genre.npy has the shape (2, 10): expected (3, 10).")
    np.save(aist / "test_genre.npy", np.eye(10)[[2, 9, 0]])
    assert_opening_fails(
        aist,
        "aist",
        f"Row 2 of test_genre.npy is JB, but segment 2 is {AIST[1]}: use the order of the "
        "lists, or remove test_genre.npy to read genres from the names.",
    )


@pytest.mark.parametrize("row", [np.zeros(10), np.ones(10), np.full(10, 0.1)])
def test_genres_that_are_not_one_hot(aist, row):
    np.save(aist / "test_genre.npy", np.stack([np.eye(10)[2], row, np.eye(10)[9]]))
    assert_opening_fails(
        aist,
        "aist",
        "test_genre.npy is not one-hot: expected one 1 and nine 0 in each row.",
    )


def test_unknown_genre(aist):
    (aist / "test_genre.npy").unlink()
    for kind in ENDINGS:
        files = aist / ROOTS["aist"].format(kind, "test")
        old, new = f"{AIST[0]}.{ENDINGS[kind]}", f"solo_1.{ENDINGS[kind]}"
        (files / old).rename(files / new)
        write_list(aist, "aist", kind, ("solo_1", *AIST[1:]))
    assert_opening_fails(
        aist,
        "aist",
        "The genre of solo_1 is unknown: add test_genre.npy, or use names that begin with g "
        "and one of BR, PO, LO, MH, LH, HO, WA, KR, JS, JB.",
    )


def test_unknown_choices(data_folders):
    with pytest.raises(SettingsError, match="choose aist or tiktok"):
        D2MGANDataset(data_folders["aist"], "youtube", "test", HIGH)
    with pytest.raises(SettingsError, match="choose train or test"):
        D2MGANDataset(data_folders["aist"], "aist", "val", HIGH)
