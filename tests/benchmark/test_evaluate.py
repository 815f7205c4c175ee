"""The command `python -m d2m evaluate`, from its options to the files it writes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from d2m.__main__ import app
from d2m.checkpoints import CHECKPOINTS
from d2m.core.errors import CheckpointError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def report(short_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Measure level high on two short pieces."""
    folder = tmp_path_factory.mktemp("report")
    done = CliRunner().invoke(
        app,
        f"evaluate --level high --pieces 2 --corpus {short_corpus} --report --out {folder}".split(),
        catch_exceptions=False,
    )
    assert done.exit_code == 0
    assert f"{folder / 'README.md'}\n" in done.stdout
    return folder


@pytest.fixture
def numbers(report: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((report / "results.json").read_text())
    return found


def mean(rows: dict[str, Any], row: str, key: str) -> float:
    return float(rows[row][key]["mean"])


def test_reference_rows_have_the_expected_scores(numbers):
    music = numbers["levels"]["high"]["music"]
    assert mean(music, "original music", "mel_l1") == 0.0
    assert mean(music, "original music", "hit") == 1.0
    assert mean(music, "original music", "loris_coverage") == 1.0
    assert mean(music, "shuffled music", "mel_l1") > 0.3
    assert mean(music, "codec", "mel_l1") < mean(music, "generated", "mel_l1")
    assert mean(music, "generated", "mel_l1") < mean(music, "random music", "mel_l1")


def test_the_dance_changes_the_music(numbers):
    changes = numbers["levels"]["high"]["changes"]
    assert mean(changes, "dance zeroed", "codes_changed") > 0.3
    assert mean(changes, "dance reversed in time", "mel_changed") > 0.05
    assert mean(changes, "beat grid a quarter beat early", "codes_changed") > 0.9
    figures = numbers["levels"]["high"]["figures"]
    assert figures["zeroed_rise"] == pytest.approx(mean(changes, "dance zeroed", "mel_rise"))
    assert figures["mel_ratio"] > 1.0


def test_music_for_dances_follows_the_true_beats(numbers):
    (rows,) = numbers["levels"]["high"]["dances"].values()
    assert mean(rows, "true beats", "beat_f") > 0.7
    assert rows["estimated beats"]["beat_f"]["pieces"] == 2


def test_the_report_names_weights_pieces_and_versions(report, numbers):
    assert set(numbers["weights"]) == {"codec_high.safetensors", "generator_high.safetensors"}
    text = (report / "README.md").read_text()
    for weights in numbers["weights"].values():
        assert len(weights["sha256"]) == 12
        assert weights["sha256"] in text
    assert "00-00, 01-00" in text
    assert "torch" in numbers["facts"]["versions"]


def test_missing_weights_are_reported_before_anything_is_measured(short_corpus, tmp_path):
    shutil.copytree(CHECKPOINTS / "compact", tmp_path / "weights" / "compact")
    (tmp_path / "weights" / "compact" / "generator_high.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"generator_high\.safetensors are missing"):
        CliRunner().invoke(
            app,
            f"evaluate --corpus {short_corpus} --weights {tmp_path / 'weights'} "
            f"--out {tmp_path / 'report'}".split(),
            catch_exceptions=False,
        )
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--level", "middle"], "choose high, low, both"),
        (["--corpus", "nowhere"], "No corpus in the folder nowhere"),
        (["--aist", "nowhere.npz"], "nowhere.npz can't be read"),
    ],
)
def test_errors_are_one_sentence(arguments, message, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "d2m", "evaluate", *arguments, "--out", str(tmp_path / "r")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "r").exists()
