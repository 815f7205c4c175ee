"""The evaluation of dances, on a made-up song and dancers that need no trained network."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from d2m.benchmark.dance_document import dance_goals, write_dance_document
from d2m.benchmark.dance_figures import MeasuredDance, measure_dance, row_figures
from d2m.benchmark.dance_rows import (
    METHOD_ROWS,
    REAL_ROW,
    bobbing,
    dancers,
    real_dance,
    reference_dance,
    still_pose,
)
from d2m.benchmark.dance_songs import EvaluationSong
from d2m.choreography.action_classifier import ActionClassifier, ActionClassifierConfig
from d2m.choreography.dance_model import GeneratedDance
from d2m.choreography.song_analysis import SongAnalysis
from d2m.core.dancer_motion import Motion

LENGTH_S = 10.0


def song(number: int, style: str, tempo_bpm: float) -> EvaluationSong:
    beats = np.arange(0.1, LENGTH_S, 60 / tempo_bpm)
    analysis = SongAnalysis(
        path=Path("song.flac"), name="song", start_s=0.0, duration_s=LENGTH_S,
        audio=np.zeros(round(LENGTH_S * 22_050), dtype=np.float32), beats_s=beats,
        downbeats_s=beats[::4], tempo_bpm=tempo_bpm, has_beat=True, confidence=1.0,
        onsets_s=beats, warnings=(),
    )  # fmt: skip
    return EvaluationSong(
        number=number, seed=number, style=style, tempo_bpm=tempo_bpm, analysis=analysis,
        beats_s=beats, downbeats_s=beats[::4], duration_s=LENGTH_S,
    )  # fmt: skip


SONGS = (song(1, "house", 120.0), song(2, "pop", 95.0), song(3, "krump", 80.0))


@pytest.fixture(scope="module")
def classifier() -> ActionClassifier:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return ActionClassifier(ActionClassifierConfig(hidden=16, features=4)).eval()


@pytest.fixture(scope="module")
def rows(classifier) -> dict[str, list[MeasuredDance]]:
    dancers = {
        REAL_ROW: real_dance, "reference": reference_dance, "still": still_pose, "bob": bobbing
    }  # fmt: skip
    return {
        title: [
            measure_dance(dancer(one, number), one, number, classifier)
            for one in SONGS
            for number in range(2 if dancer in (real_dance, reference_dance) else 1)
        ]
        for title, dancer in dancers.items()
    }


def test_a_bobbing_metronome_meets_all_beats_and_a_still_pose_none(rows):
    for dance in rows["bob"]:
        assert dance.scores["hit"] == 1.0
        assert dance.scores["downbeats_met"] == 1.0
        assert dance.scores["coverage"] == pytest.approx(1.0, abs=0.08)
        assert dance.scores["alignment_music"] > 0.9
        assert dance.scores["foot_slide"] == 0.0
    for dance in rows["still"]:
        assert np.isnan(dance.scores["hit"])
        assert dance.scores["coverage"] == dance.scores["alignment_dance"] == 0.0


def test_a_jump_shows_at_the_join_of_a_generated_dance(classifier):
    one = SONGS[0]
    motion = bobbing(one, 0)
    joints = motion.joints.copy()
    joints[5 * int(motion.fps) :] += [0.5, 0.0, 0.0]
    dance = GeneratedDance(
        motion=Motion(joints=joints, fps=motion.fps), style="house", style_scores={},
        joins_s=np.array([5.0]), seconds={},
    )  # fmt: skip
    scores = measure_dance(dance, one, 0, classifier).scores
    assert scores["join_acceleration"] > 3 * scores["fast_acceleration"]
    assert "join_acceleration" not in measure_dance(motion, one, 0, classifier).scores


def test_beats_at_the_ends_do_not_count(classifier):
    one = SONGS[0]
    late = replace(one, beats_s=np.array([0.1, 0.2]), downbeats_s=np.array([9.9]))
    scores = measure_dance(bobbing(one, 0), late, 0, classifier).scores
    assert scores["coverage"] == 0.0
    assert np.isnan(scores["downbeats_met"])


def test_windows_of_a_dance_have_features_of_all_kinds(rows):
    features = rows[REAL_ROW][0].features
    assert {kind: values.shape for kind, values in features.items()} == {
        "action": (2, 4), "kinetic": (2, 39), "geometric": (2, 32)
    }  # fmt: skip


def test_a_row_has_figures_with_intervals(rows):
    real, still = (row_figures(rows[title], rows["reference"]) for title in (REAL_ROW, "still"))
    assert {one.n for one in real.values()} == {3}
    assert all(one.lower <= one.value <= one.upper for one in real.values())
    assert 0 < real["hit"].value <= 1
    assert real["fid_g"].value < still["fid_g"].value
    assert real["multimodality"].value > 0
    assert "hit" not in still
    assert "multimodality" not in still
    assert still["div_k"].value == still["diversity"].value == 0.0


def test_a_row_that_is_its_own_reference_has_no_distance(rows):
    firsts = [dance for dance in rows[REAL_ROW] if dance.number == 0]
    figures = row_figures(firsts, firsts)
    assert figures["fid"].value == pytest.approx(0, abs=1e-4)
    assert figures["fid_k"].value == pytest.approx(0, abs=1e-4)


def results() -> dict:
    figure = {"value": 0.5, "lower": 0.25, "upper": 0.75, "n": 2}
    keys = (
        "fid", "coverage", "hit", "downbeats_met", "diversity", "multimodality", "foot_slide",
        "limb_deviation", "fast_acceleration", "join_acceleration",
    )  # fmt: skip
    rows = {
        title: {key: dict(figure) for key in keys}
        for title in (REAL_ROW, "Dancing to Music", "without composition", "LSTM")
    }
    rows["LSTM"].pop("multimodality")
    rows["LSTM"]["fid"]["value"] = 2.0
    fact = {
        "title": "song 100: pop, 95 BPM, 9 s", "found_tempo_bpm": 95.2, "found_beat_f": 0.97
    }  # fmt: skip
    trip = {
        "title": fact["title"], "tempo_bpm": 95.1, "tempo_met": True, "beat_f": 0.9, "heard_f": 0.8
    }  # fmt: skip
    return {
        "rows": rows, "dances": 5, "windows": 9, "songs": [fact], "round_trip": [trip],
        "left_out": {"Aud-MoCoGAN": "Its weights are missing."},
    }  # fmt: skip


def test_the_report_shows_figures_differences_and_goals(tmp_path):
    write_dance_document(results(), tmp_path / "dance.md")
    text = (tmp_path / "dance.md").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("| LSTM | 2 |"))
    assert "2.00 (0.25 to 0.75)" in line
    assert line.endswith("| - |")
    assert "50.0 % (25.0 to 75.0)" in line
    assert "The data are not the paper's" in text
    assert "evaluate dance --songs 1 --dances 5 --round-trip 1`" in text
    assert "1 of 1. Beats of the new music" in text
    assert "- Aud-MoCoGAN: Its weights are missing." in text
    assert json.loads((tmp_path / "dance.json").read_text())["songs"][0]["found_beat_f"] == 0.97


def test_methods_without_weights_are_left_out_with_the_reason(tmp_path):
    found, left_out = dancers(tmp_path)
    assert list(found) == [REAL_ROW, "still pose", "bobbing metronome"]
    assert set(left_out) == set(METHOD_ROWS)
    assert all(left_out.values())


def test_goals_compare_the_method_with_real_dances_and_baselines():
    goals = {goal.title: goal for goal in dance_goals(results())}
    assert not goals["beat hit"].reached
    assert goals["diversity over the diversity of real dances"].value == 1.0
    assert goals["FID of without composition over that of LSTM"].value == 0.25
    assert goals["foot slide"].reached
    assert not goals["deviation of limb lengths"].reached
    assert goals["acceleration at joins over the 95th percentile of real dances"].value == 1.0
    assert dance_goals({"rows": {}}) == []
