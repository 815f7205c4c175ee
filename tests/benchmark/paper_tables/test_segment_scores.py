"""Scores of segments and the dances they come from."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.benchmark.paper_tables.published_figures import COPY_ROW
from d2m.benchmark.paper_tables.rhythm_table import rhythm_table, score_system
from d2m.benchmark.paper_tables.segment_scores import (
    OriginalClip,
    SegmentScorer,
    choose_embedding,
    cut_music,
    joined_audio,
    segment_estimates,
)
from d2m.benchmark.paper_tables.stored_cells import read_cells
from d2m.benchmark.paper_tables.table_dances import (
    folder_table_dances,
    genre_of_segment,
    joined_segments,
    table_keypoints,
)
from d2m.benchmark.paper_tables.table_systems import TableSystem
from d2m.benchmark.real_music import click_audio
from d2m.core.errors import CheckpointError
from d2m.core.levels import HIGH, SAMPLE_RATE
from d2m.perception.smpl import REST_POSE
from d2m.training.d2mgan.dataset import D2MGANDataset
from d2m.training.datasets.own_data import OwnPiece, own_folder, segment_names, write_own_data


def clicks(bpm: float, seconds: float = 4.0) -> np.ndarray:
    return click_audio(np.arange(0.2, seconds, 60 / bpm), round(seconds * SAMPLE_RATE))


def noise(seconds: float = 4.0) -> np.ndarray:
    rng = np.random.default_rng(4)
    return (0.1 * rng.standard_normal(round(seconds * SAMPLE_RATE))).astype(np.float32)


CLIPS = [
    OriginalClip(name="one", genre="house", audio=clicks(120)),
    OriginalClip(name="two", genre="pop", audio=noise()),
    OriginalClip(name="three", genre="house", audio=clicks(121)),
]


@pytest.fixture(scope="module")
def scorer() -> SegmentScorer:
    return SegmentScorer(CLIPS, choose_embedding()[1])


def test_own_music_scores_fully_and_silence_nothing(scorer):
    own = scorer.score("one", CLIPS[0].audio)
    assert own["segments"] == own["hit"] == own["coverage"] == own["genre"] == 2
    assert own["genre_other"] == 2  # the other clip of the genre is as near
    silence = scorer.score("one", np.zeros(10))
    assert (silence["hit"], silence["coverage"]) == (0, 0)
    assert scorer.score("one", noise())["genre"] == 0


def test_means_are_over_segments_and_n_counts_dances(scorer):
    sums = {"one": scorer.score("one", CLIPS[0].audio), "three": scorer.score("three", np.zeros(9))}
    found = segment_estimates(sums)
    assert found["hit"].value == 50
    assert found["hit"].n == 2
    assert found["hit"].lower < 50 < found["hit"].upper


def test_audio_is_cut_into_whole_segments_and_joined_again():
    audio = np.arange(5 * SAMPLE_RATE) / 1e6
    assert [len(one) for one in cut_music(audio, 2)] == [2 * SAMPLE_RATE] * 2
    joined = joined_audio(np.ones((3, 44_032)), 2)
    assert joined.shape == (3 * 2 * SAMPLE_RATE,)
    assert joined.sum() == 3 * 44_032


def test_segments_of_a_dance_are_joined_as_far_as_they_follow_each_other():
    names = ("gBR_a_seg2", "gBR_a_seg1", "gBR_a_seg4", "gBR_a_seg10", "b_seg1", "loose")
    assert joined_segments(names) == [
        ("b_seg1", [4]),
        ("gBR_a_seg1", [1, 0]),
        ("gBR_a_seg4", [2]),
        ("gBR_a_seg10", [3]),
        ("loose", [5]),
    ]
    assert genre_of_segment("gBR_a_seg2") == "break"
    assert genre_of_segment("000007_7_188_seg3") == ""


def test_a_standing_smpl_body_is_upright():
    motion = np.concatenate([np.zeros((60, 3)), np.tile(np.eye(3).ravel(), (60, 24))], axis=1)
    keypoints, fps = table_keypoints("a dance", motion, "aist")
    assert keypoints.shape == (60, 17, 2)
    assert fps == 60
    assert keypoints[0, 15, 1] == pytest.approx(-REST_POSE[7, 1])  # ankles are below: y is down
    assert keypoints[0, 0, 1] < keypoints[0, 5, 1] < keypoints[0, 11, 1] < keypoints[0, 15, 1]


def test_a_system_without_weights_is_a_row_with_the_reason(scorer):
    def load():
        raise CheckpointError("The weights x are missing.")

    system = TableSystem(title="x", published="", load=load)
    assert score_system(system, [], scorer, {}) == ({}, "Not measured. The weights x are missing.")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    root = tmp_path_factory.mktemp("own")
    assert write_own_data(root, number=1, held_out=2, seconds=4.0) == 6
    return root


def test_own_data_are_read_as_the_published_data_set(own):
    for seconds, count in ((2, 4), (3, 2), (4, 2)):
        data = D2MGANDataset(own_folder(own, seconds), "tiktok", "test", HIGH, seconds)
        assert len(data) == count
        segment = data[0]
        assert segment.motion.shape == (30 * seconds, 75)
        assert segment.visual.shape == (1, 2048)
        assert segment.audio.abs().max() == pytest.approx(0.95, abs=1e-3)
        assert (segment.visual >= 0).all()
        assert segment.visual.std() > 0
    train = D2MGANDataset(own, "tiktok", "train", HIGH)
    assert not set(train.names) & set(D2MGANDataset(own, "tiktok", "test", HIGH).names)
    assert genre_of_segment(train.names[0]) == "break"
    assert "directogram, not I3D" in (own / "README").read_text()


def test_own_data_that_were_interrupted_are_completed(own):
    piece = OwnPiece(number=100, split="test")
    first, second = segment_names(own, piece, 2)
    paths = [next(own.glob(f"tiktok/*_s2/{name}.*")) for name in (first, second)]
    kept = paths[1].stat().st_mtime_ns
    assert write_own_data(own, number=1, held_out=2, seconds=4.0) == 6
    assert paths[1].stat().st_mtime_ns == kept  # complete: nothing is written again
    (own / "tiktok" / "video_s2" / f"{first}.npy").unlink()
    assert write_own_data(own, number=1, held_out=2, seconds=4.0) == 6
    assert segment_names(own, piece, 2) == [first, second]


@pytest.mark.slow
def test_the_table_of_a_folder_has_all_rows_and_keeps_them(own, tmp_path):
    dances = list(folder_table_dances(own, "tiktok", 2))
    assert [dance.genre for dance in dances] == ["break", "pop"]
    cells = tmp_path / "rhythm.json"
    table, sums = rhythm_table(dances, "tiktok", data=own, cells=cells)
    rows = {row.title: row for row in table.rows}
    assert table.key == "tiktok"
    assert rows["original music"].cells["hit"].measured.value == 100
    assert rows["clicks on the beats"].cells["coverage"].measured.n == 2
    assert rows["high"].cells["hit"].published == 82.3
    assert rows[f"{COPY_ROW}, high"].cells["coverage"].published is None
    assert {"dance2music", "foley-music", "cmt", "random", "low", "studio"} <= set(rows)
    stored = read_cells(cells)
    assert set(stored) == {title for title in rows if not rows[title].note}
    assert stored["studio"]["sums"].keys() == sums["studio"].keys() == {d.name for d in dances}
