"""The files of a score: beat markers."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from d2m.rendering.score_files import write_beat_markers
from tests.score.scores import BEAT_S, N_BEATS, beat, small_score


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_beat_has_its_time_its_place_in_the_bar_and_its_section(tmp_path: Path) -> None:
    write_beat_markers(tmp_path / "beats.csv", small_score())
    found = rows(tmp_path / "beats.csv")
    assert [float(row["time_s"]) for row in found] == pytest.approx(
        [beat(number) for number in range(N_BEATS)]
    )
    assert [int(row["beat"]) for row in found] == [3, 4, *([1, 2, 3, 4] * 3)]
    assert [int(row["bar"]) for row in found] == [0, 0, *np.repeat([1, 2, 3], 4)]
    assert [row["section"] for row in found[:3]] == ["intro", "intro", "groove"]
    assert found[-1]["section"] == ""  # the piece has ended


def test_a_score_without_a_whole_bar_has_beats(tmp_path: Path) -> None:
    score = small_score(beats_s=BEAT_S * np.arange(3), downbeats_s=np.zeros(0), sections=())
    write_beat_markers(tmp_path / "beats.csv", score)
    assert [(row["beat"], row["bar"]) for row in rows(tmp_path / "beats.csv")] == [
        ("1", "0"),
        ("2", "0"),
        ("3", "0"),
    ]
