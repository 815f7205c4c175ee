"""Dance files: what is written is read, and what can't be used is refused in a sentence."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from d2m.benchmark.comparison.compared_dance import (
    ANNOTATED,
    FROM_MOVEMENT,
    NO_RHYTHM,
    read_compared_dance,
)
from d2m.benchmark.comparison.dance_files import find_dances, read_dance, read_dance_file
from d2m.core.errors import DataError
from d2m.pipeline import DanceToMusic
from tests.benchmark.comparison.small_dances import BPM, LENGTH_S, write_small_dance


def save(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def test_a_dance_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "solo.npz"
    written = write_small_dance(path, 1, "house")
    found = read_dance_file(path)
    assert (found.fps, found.genre, found.duration_s) == (written.fps, "house", LENGTH_S)
    np.testing.assert_allclose(found.keypoints, written.keypoints, atol=1e-3)
    np.testing.assert_array_equal(found.beats_s, written.beats_s)


def test_the_beats_of_a_file_are_the_truth_and_no_system_is_told_them(tmp_path: Path) -> None:
    path = tmp_path / "solo.npz"
    written = write_small_dance(path, 1, "house")
    compared = read_compared_dance(path, DanceToMusic(), None)
    assert compared.beats_origin == ANNOTATED
    np.testing.assert_array_equal(compared.beats_s, written.beats_s)
    assert len(compared.kinematic_s) > 3
    assert len(compared.accents_s)
    told = read_dance(path, DanceToMusic())
    assert told.style.name == "house"
    assert not np.array_equal(told.rhythm.beats_s, written.beats_s)


def test_without_beats_they_are_estimated_or_none(tmp_path: Path) -> None:
    path = tmp_path / "solo.npz"
    write_small_dance(path, 1, "", with_beats=False)
    found = read_compared_dance(path, DanceToMusic(), None)
    assert found.beats_origin in (FROM_MOVEMENT, NO_RHYTHM)
    still = save(tmp_path / "still.npz", keypoints=np.ones((180, 17, 2)), fps=30.0)
    dance = read_compared_dance(still, DanceToMusic(), None)
    assert (dance.beats_origin, dance.truth, len(dance.beats_s)) == (NO_RHYTHM, None, 0)
    assert not len(dance.accents_s)


KEYPOINTS = np.ones((90, 17, 2))


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"fps": 30.0}, "no numbers named keypoints"),
        ({"keypoints": KEYPOINTS}, "no numbers named fps"),
        ({"keypoints": KEYPOINTS[:, :15], "fps": 30.0}, r"\(90, 15, 2\)"),
        ({"keypoints": KEYPOINTS * np.nan, "fps": 30.0}, "not finite"),
        ({"keypoints": KEYPOINTS, "fps": 0.0}, "fps in x.npz"),
        ({"keypoints": KEYPOINTS[:9], "fps": 30.0}, "lasts 0.3 s"),
        ({"keypoints": KEYPOINTS, "fps": 30.0, "beats_s": [2.0, 1.0]}, "ascending"),
        ({"keypoints": KEYPOINTS, "fps": 30.0, "beats_s": [1.0, 2.0]}, "has 2 beats"),
    ],
)
def test_wrong_content_is_refused(tmp_path: Path, arrays: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        read_dance_file(save(tmp_path / "x.npz", **arrays))


def test_damaged_files_and_equal_names_are_refused(tmp_path: Path) -> None:
    broken = tmp_path / "x.npz"
    broken.write_bytes(b"PK not a zip")
    with pytest.raises(DataError, match="can't be read"):
        read_dance_file(broken)
    (tmp_path / "x.mp4").touch()
    with pytest.raises(DataError, match="same name"):
        find_dances(tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        find_dances(tmp_path / "none")


def test_the_tempo_of_annotated_beats_is_theirs(tmp_path: Path) -> None:
    path = tmp_path / "solo.npz"
    write_small_dance(path, 2, "krump")
    truth = read_compared_dance(path, DanceToMusic(), None).truth
    assert truth is not None
    assert truth.tempo_bpm == pytest.approx(BPM)
