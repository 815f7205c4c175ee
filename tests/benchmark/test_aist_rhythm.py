import numpy as np
import pytest
from typer.testing import CliRunner

from d2m.benchmark.aist_rhythm import evaluate_aist
from d2m.benchmark.cli import evaluate
from d2m.core.errors import DataError
from d2m.training.data.dances.mocap import aist_tempo

NAME = "gBR_sBM_cAll_d04_mBR2_ch01"


def sequence(bpm, n_views=2, seconds=8.0, fps=60.0):
    """Return views (V, F, 17, 3) of a body that stops on every beat, with scores."""
    rng = np.random.default_rng(0)
    beat = np.arange(round(seconds * fps)) / fps * bpm / 60
    poses = rng.normal(0, 30, (int(beat.max()) + 2, 17, 2)) + rng.normal([960, 540], 80, (17, 2))
    index = beat.astype(int)
    share = ((1 - np.cos(np.pi * (beat - index))) / 2)[:, None, None]
    points = poses[index] * (1 - share) + poses[index + 1] * share
    view = np.concatenate([points, np.full((len(beat), 17, 1), 0.9)], axis=2)
    return np.stack([view] * n_views).astype(np.float16)


def test_scores_depend_on_the_tempo_in_the_name(tmp_path):
    path = tmp_path / "keypoints.npz"
    # The names are of songs of 100 and 130 BPM; both dances are at 100 BPM.
    np.savez(path, **{NAME: sequence(100), "gLO_sBM_cAll_d13_mLO5_ch02": sequence(100, 1)})
    scores = evaluate_aist(path)
    assert scores.views == 3
    assert scores.tempo_accuracy == pytest.approx(2 / 3)
    right = scores.sequences[NAME]
    wrong = scores.sequences["gLO_sBM_cAll_d13_mLO5_ch02"]
    assert right.beat_f >= 0.9 > 0.7 > wrong.beat_f
    assert scores.beat_f == pytest.approx((2 * right.beat_f + wrong.beat_f) / 3)


@pytest.mark.parametrize(
    ("name", "bpm"),
    [(NAME, 100), ("gHO_sFM_cAll_d20_mHO5_ch12", 135), ("gKR_sBM_c01_d28_mKR0_ch02", 80)],
)
def test_the_name_contains_the_tempo_of_the_song(name, bpm):
    assert aist_tempo(name) == bpm


def test_wrong_files_are_refused(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, **{NAME: np.zeros((3, 4))})
    with pytest.raises(DataError, match="shape"):
        evaluate_aist(path)
    np.savez(path, dance=sequence(100))
    with pytest.raises(DataError, match="not an AIST"):
        evaluate_aist(path)
    np.savez(path)
    with pytest.raises(DataError, match="contains no sequences"):
        evaluate_aist(path)
    path.write_bytes(b"no archive")
    with pytest.raises(DataError, match=r"other\.npz can't be read"):
        evaluate_aist(path)


def test_the_command_prints_a_table(tmp_path):
    path = tmp_path / "keypoints.npz"
    np.savez(path, **{NAME: sequence(100)})
    done = CliRunner().invoke(evaluate, ["rhythm", "--aist", str(path)], catch_exceptions=False)
    assert done.exit_code == 0
    head, first, total = done.stdout.splitlines()
    assert head.split()[:2] == ["sequence", "views"]
    assert first.split()[:5] == [NAME, "2", "100", "100", "100%"]
    assert total.split()[:3] == ["all", "2", "100%"]


def test_the_command_needs_a_file():
    done = CliRunner().invoke(evaluate, ["rhythm"])
    assert done.exit_code == 2
    assert "--aist" in done.output
