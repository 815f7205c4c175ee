"""Segments of the published folder layout: what is read, and what is refused."""

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
from d2m.training.d2mgan.dataset import PublishedSegments, collate, vary_loudness
from tests.training.layout import (
    AIST,
    ENDINGS,
    ROOTS,
    SHAPES,
    TIKTOK,
    make,
    names_of,
    path,
    write_list,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    return {dataset: make(folder / dataset, dataset) for dataset in SHAPES}


@pytest.fixture
def aist(made, tmp_path):
    return Path(shutil.copytree(made["aist"], tmp_path / "aist"))


@pytest.fixture
def tiktok(made, tmp_path):
    return Path(shutil.copytree(made["tiktok"], tmp_path / "tiktok"))


@pytest.mark.parametrize("level", [HIGH, LOW], ids=["high", "low"])
@pytest.mark.parametrize("dataset", SHAPES)
def test_segments_are_what_the_files_hold(made, dataset, level):
    folder = made[dataset]
    segments = PublishedSegments(folder, dataset, "test", level)
    assert segments.names == names_of(dataset)
    assert len(segments) == 3
    for i, name in enumerate(names_of(dataset)):
        segment = segments[i]
        motion = np.load(folder / path(dataset, "motion", name))
        np.testing.assert_array_equal(segment.motion, motion.astype(np.float32))
        visual = np.load(folder / path(dataset, "video", name))
        np.testing.assert_array_equal(segment.visual, visual)
        sound, _ = soundfile.read(folder / path(dataset, "audio", name), dtype="float32")
        assert segment.audio.shape == (level.segment_codes * level.hop_length,)
        scaled = 0.95 * sound / np.abs(sound).max()
        np.testing.assert_allclose(segment.audio, scaled[: len(segment.audio)], atol=1e-6)


def test_genres_are_those_of_the_one_hot_file(aist):
    styles = list(STYLES)
    for name, one_hot in (("names", None), ("file", np.eye(10)[[2, 0, 9]])):
        if one_hot is None:
            (aist / "test_genre.npy").unlink()
        else:
            np.save(aist / "test_genre.npy", one_hot)
        segments = PublishedSegments(aist, "aist", "test", HIGH)
        found = [styles[int(segments[i].genre)] for i in range(3)]
        assert found == ["lock", "break", "ballet-jazz"], name


def test_the_genre_file_serves_where_names_tell_nothing(aist):
    for kind in ENDINGS:
        files = aist / ROOTS["aist"].format(kind, "test")
        for i, name in enumerate(AIST):
            (files / f"{name}.{ENDINGS[kind]}").rename(files / f"clip{i}.{ENDINGS[kind]}")
        write_list(aist, "aist", kind, ["clip0", "clip1", "clip2"])
    np.save(aist / "test_genre.npy", np.eye(10)[[7, 1, 3]])
    segments = PublishedSegments(aist, "aist", "test", HIGH)
    assert [int(segments[i].genre) for i in range(3)] == [7, 1, 3]


def test_tiktok_has_no_genres(made):
    assert PublishedSegments(made["tiktok"], "tiktok", "test", HIGH)[0].genre is None


@pytest.mark.parametrize("dataset", SHAPES)
def test_batches_go_into_the_published_networks(made, dataset):
    segments = PublishedSegments(made[dataset], dataset, "test", HIGH)
    batch = next(iter(DataLoader(segments, batch_size=2, collate_fn=collate)))
    assert batch.audio.shape == (2, 44_032)
    torch.testing.assert_close(batch.motion[1], segments[1].motion)
    with torch.device("meta"):
        encoder, generator = build_d2mgan(dataset, HIGH)
    genre = None if batch.genre is None else batch.genre.to("meta")
    latents = generator(encoder(batch.motion.to("meta")), batch.visual.to("meta"), genre)
    assert latents.shape == (2, 64, 344)


def test_short_sound_is_filled_up_with_silence(aist):
    soundfile.write(aist / path("aist", "audio", AIST[0]), np.full(1000, 0.2), SAMPLE_RATE)
    audio = PublishedSegments(aist, "aist", "test", LOW)[0].audio
    assert audio.shape == (44_096,)
    np.testing.assert_allclose(audio[:1000], 0.95, atol=1e-4)
    assert not audio[1000:].any()


def test_long_sound_is_cut_at_its_end(aist):
    sound = np.linspace(0, 0.5, 3 * SAMPLE_RATE)
    soundfile.write(aist / path("aist", "audio", AIST[0]), sound, SAMPLE_RATE)
    audio = PublishedSegments(aist, "aist", "test", HIGH)[0].audio
    np.testing.assert_allclose(audio, 0.95 * sound[:44_032] / 0.5, atol=1e-3)


def test_silence_stays_silence(aist):
    soundfile.write(aist / path("aist", "audio", AIST[0]), np.zeros(44_100), SAMPLE_RATE)
    assert not PublishedSegments(aist, "aist", "test", HIGH)[0].audio.any()


def test_channels_are_mixed_down(aist):
    both = np.stack([np.full(44_100, 0.5), np.linspace(-0.5, 0.5, 44_100)], axis=1)
    soundfile.write(aist / path("aist", "audio", AIST[0]), both, SAMPLE_RATE)
    audio = PublishedSegments(aist, "aist", "test", HIGH)[0].audio
    np.testing.assert_allclose(audio, 0.95 * both.mean(1)[:44_032] / 0.5, atol=1e-3)


def test_key_points_stored_apart_are_the_same_motion(tiktok):
    file = tiktok / path("tiktok", "motion", TIKTOK[1])
    flat = np.load(file)
    np.save(file, flat.reshape(1, 60, 25, 3))
    motion = PublishedSegments(tiktok, "tiktok", "test", HIGH)[1].motion
    np.testing.assert_array_equal(motion, flat.astype(np.float32))


def test_absolute_lists_begin_at_the_data_set(tiktok):
    for kind in ENDINGS:
        write_list(tiktok, "tiktok", kind, TIKTOK, start="/data/someone/")
    assert len(PublishedSegments(tiktok, "tiktok", "test", HIGH)[2].audio) == 44_032


def test_gains_are_drawn_from_the_generator_given():
    audio = torch.ones(50, 3)
    varied = vary_loudness(audio, np.random.default_rng(1))
    assert torch.equal(varied, vary_loudness(audio, np.random.default_rng(1)))
    assert torch.equal(varied[:, 0], varied[:, 2])
    assert 0.3 <= varied.min() < 0.4
    assert 0.9 < varied.max() <= 1.0


def opening(folder: Path, dataset: str, sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        PublishedSegments(folder, dataset, "test", HIGH)
    assert str(caught.value) == sentence


def reading(folder: Path, dataset: str, sentence: str) -> None:
    segments = PublishedSegments(folder, dataset, "test", HIGH)
    with pytest.raises(DataError) as caught:
        segments[0]
    assert str(caught.value) == sentence


@pytest.mark.parametrize("kind", ENDINGS)
@pytest.mark.parametrize("dataset", SHAPES)
def test_missing_file(made, tmp_path, dataset, kind):
    folder = Path(shutil.copytree(made[dataset], tmp_path / "copy"))
    file = path(dataset, kind, names_of(dataset)[1])
    (folder / file).unlink()
    opening(folder, dataset, f"{file} is on a list, but not in the data folder: add the file.")


def test_missing_list(tiktok):
    (tiktok / "tiktok_motion_test_segment.txt").unlink()
    opening(
        tiktok,
        "tiktok",
        "The list tiktok_motion_test_segment.txt is missing: expected it in the data folder, "
        "beside tiktok/.",
    )


def test_empty_list(aist):
    (aist / "aist_audio_test_segment.txt").write_text("\n\n")
    opening(
        aist,
        "aist",
        "The list aist_audio_test_segment.txt is empty: expected the path of one segment a line.",
    )


def test_list_that_is_no_text(aist):
    (aist / "aist_audio_test_segment.txt").write_bytes(b"\xff\xfe\x00\xd8")
    opening(
        aist,
        "aist",
        "The list aist_audio_test_segment.txt can't be read: expected one path a line.",
    )


@pytest.mark.parametrize("start", ["../", "/somewhere/", "./aistplus/../../"])
def test_paths_outside_the_folder(aist, start):
    lines = "".join(f"{start}{name}.npy\n" for name in AIST)
    (aist / "aist_motion_test_segment.txt").write_text(lines)
    opening(
        aist,
        "aist",
        f"The list aist_motion_test_segment.txt names {AIST[0]}.npy outside the data folder: "
        "expected paths such as aistplus/audio_s2/NAME.",
    )


def test_lists_of_different_lengths(aist):
    write_list(aist, "aist", "video", AIST[:2])
    opening(
        aist,
        "aist",
        "aist_video_test_segment.txt has 2 segments, aist_audio_test_segment.txt has 3: "
        "expected the same segments in the same order.",
    )


def test_lists_in_different_order(tiktok):
    write_list(tiktok, "tiktok", "motion", (TIKTOK[0], TIKTOK[2], TIKTOK[1]))
    opening(
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
def test_wrong_shape(made, tmp_path, dataset, kind, found, expected):
    folder = Path(shutil.copytree(made[dataset], tmp_path / "copy"))
    file = path(dataset, kind, names_of(dataset)[0])
    np.save(folder / file, np.zeros(found))
    reading(folder, dataset, f"{file} has the shape {found}: expected {expected}.")


def test_array_that_is_no_array(aist):
    file = path("aist", "motion", AIST[0])
    sentence = f"{file} can't be read: expected a NumPy file of numbers in shape (120, 219)."
    (aist / file).write_bytes(b"\x93NUMPY cut off")
    reading(aist, "aist", sentence)
    np.save(aist / file, np.full((120, 219), 0.5, dtype=object), allow_pickle=True)
    reading(aist, "aist", sentence)
    np.save(aist / file, np.full((120, 219), "text"))
    reading(aist, "aist", sentence)


def test_values_that_are_no_numbers(tiktok):
    file = path("tiktok", "motion", TIKTOK[0])
    np.save(tiktok / file, np.full((60, 75), np.nan))
    sentence = f"{file} holds values that are no numbers: expected finite ones."
    reading(tiktok, "tiktok", sentence)


def test_wrong_rate(aist):
    file = path("aist", "audio", AIST[0])
    soundfile.write(aist / file, np.zeros(96_000), 48_000)
    sentence = f"{file} has 48,000 samples a second: expected 22,050, so resample it."
    reading(aist, "aist", sentence)


def test_sound_that_is_no_sound(aist):
    file = path("aist", "audio", AIST[0])
    (aist / file).write_bytes(b"no sound")
    reading(aist, "aist", f"{file} can't be read: expected a WAV file.")
    soundfile.write(aist / file, np.zeros(0), SAMPLE_RATE)
    reading(aist, "aist", f"{file} holds no sound: expected the music of a segment.")


def test_genre_file_of_other_segments(aist):
    np.save(aist / "test_genre.npy", np.eye(10)[[2, 0]])
    opening(aist, "aist", "test_genre.npy has the shape (2, 10): expected (3, 10).")
    np.save(aist / "test_genre.npy", np.eye(10)[[2, 9, 0]])
    opening(
        aist,
        "aist",
        f"Row 2 of test_genre.npy says JB, but segment 2 is {AIST[1]}: expected the order of "
        "the lists; without test_genre.npy, the names give the genres.",
    )


@pytest.mark.parametrize("row", [np.zeros(10), np.ones(10), np.full(10, 0.1)])
def test_genres_that_are_not_one_hot(aist, row):
    np.save(aist / "test_genre.npy", np.stack([np.eye(10)[2], row, np.eye(10)[9]]))
    opening(
        aist,
        "aist",
        "test_genre.npy is not one-hot: expected a single 1 and nine 0 in each row.",
    )


def test_unknown_genre(aist):
    (aist / "test_genre.npy").unlink()
    for kind in ENDINGS:
        files = aist / ROOTS["aist"].format(kind, "test")
        old, new = f"{AIST[0]}.{ENDINGS[kind]}", f"solo_1.{ENDINGS[kind]}"
        (files / old).rename(files / new)
        write_list(aist, "aist", kind, ("solo_1", *AIST[1:]))
    opening(
        aist,
        "aist",
        "The genre of solo_1 is unknown: add test_genre.npy, or names that begin with g and "
        "one of BR, PO, LO, MH, LH, HO, WA, KR, JS, JB.",
    )


def test_unknown_choices(made):
    with pytest.raises(SettingsError, match="choose aist or tiktok"):
        PublishedSegments(made["aist"], "youtube", "test", HIGH)
    with pytest.raises(SettingsError, match="choose train or test"):
        PublishedSegments(made["aist"], "aist", "val", HIGH)
