"""Systems with known answers are compared, and files that can't be measured say so."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from typer.testing import CliRunner

from d2m.benchmark.cli import evaluate
from d2m.benchmark.comparison.clip_comparison import ComparedPiece
from d2m.benchmark.comparison.comparing import (
    PLAYERS_FOLDER,
    Comparison,
    ComparisonConfig,
    compare_systems,
)
from d2m.benchmark.comparison.trivial_music import (
    ANOTHER_MUSIC,
    CLICKS_ANTI_PHASE,
    CLICKS_IN_PHASE,
    OWN_MUSIC,
    SHIFTED_MUSIC,
    WHITE_NOISE,
    another_clip,
    beats_between,
)
from d2m.core.errors import DataError
from d2m.core.levels import SAMPLE_RATE
from d2m.media.audio_file import write_wav
from tests.benchmark.comparison.small_dances import write_clicks, write_small_dance


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two dances, a system with clicks, and one with faulty files."""
    root = tmp_path_factory.mktemp("comparison")
    (root / "clips").mkdir()
    (root / "faulty").mkdir()
    for number, name in enumerate(("first", "second")):
        beats_s = write_small_dance(root / "clips" / f"{name}.npz", number, "house").beats_s
        write_clicks(root / "clicks" / f"{name}.wav", beats_s)
        write_clicks(root / "reference" / f"{name}.wav", beats_s)
    write_wav(root / "faulty" / "first.wav", np.zeros(4 * SAMPLE_RATE, np.float32))
    (root / "faulty" / "second.wav").write_bytes(b"RIFF is not enough")
    return root


@pytest.fixture(scope="module")
def comparison(folder: Path) -> Comparison:
    (folder / "clips" / "broken.npz").write_text("no dance")
    config = ComparisonConfig(
        clips=folder / "clips",
        systems={"clicks": folder / "clicks", "faulty": folder / "faulty"},
        out=folder / "out",
        reference=folder / "reference",
        processes=1,
    )
    return compare_systems(config)


def piece_of(comparison: Comparison, row: str, clip: str = "first") -> ComparedPiece:
    (found,) = (one for one in comparison.pieces if (one.system, one.clip) == (row, clip))
    return found


def test_clicks_on_the_beats_are_found_by_both_trackers(comparison: Comparison) -> None:
    scores = piece_of(comparison, "clicks").scores
    assert scores["beat_f_librosa"] > 0.8
    assert scores["beat_f_network"] > 0.8
    assert scores["tempo_at_octave_network"] < 0.05
    assert abs(scores["mean_phase_network"]) < 0.1
    assert (scores["coverage"], scores["hit"], scores["loris_bhs"]) == (1.0, 1.0, 1.0)
    assert abs(scores["length_difference_s"]) < 0.01


def test_trivial_rows_score_what_they_are(comparison: Comparison) -> None:
    rows = {
        row: piece_of(comparison, row).scores
        for row in (CLICKS_IN_PHASE, CLICKS_ANTI_PHASE, SHIFTED_MUSIC, WHITE_NOISE)
    }
    assert rows[CLICKS_IN_PHASE]["beat_f_network"] > 0.8
    for row in (CLICKS_ANTI_PHASE, SHIFTED_MUSIC):
        assert rows[row]["beat_f_network"] < 0.2
        assert abs(rows[row]["mean_phase_network"]) > 0.4
        assert rows[row]["phase_concentration_network"] > 0.8
    assert rows[CLICKS_ANTI_PHASE]["hit"] == 1.0  # what the metric gives for nothing
    assert piece_of(comparison, OWN_MUSIC).scores["hit"] == 1.0
    assert not piece_of(comparison, ANOTHER_MUSIC).problem


def test_faulty_files_are_rows_that_say_so(comparison: Comparison) -> None:
    silent = piece_of(comparison, "faulty")
    assert silent.note == "It is silent. It is 2.0 s shorter than its clip."
    assert silent.scores["beat_f_network"] == 0.0
    assert silent.scores["silent_share"] == 1.0
    broken = piece_of(comparison, "faulty", "second")
    assert "second.wav" in broken.problem
    assert not broken.scores
    assert set(comparison.unread) == {"broken"}
    assert [one.clip for one in comparison.pieces_of("faulty")] == ["first"]


def test_every_measured_piece_has_a_copy_for_players(comparison: Comparison) -> None:
    media = comparison.config.out / PLAYERS_FOLDER
    players = {one.player for one in comparison.pieces if not one.problem}
    assert {path.name for path in media.iterdir()} == players
    assert all((media / name).stat().st_size > 500 for name in players)


def test_the_other_clip_is_never_the_same() -> None:
    names = list("abcdef")
    others = another_clip(names, 3)
    assert sorted(others.values()) == names
    assert all(name != other for name, other in others.items())
    assert another_clip(["a"], 0) == {}
    np.testing.assert_allclose(beats_between(np.array([0.3, 0.7, 1.1])), [0.1, 0.5, 0.9, 1.3])


def test_names_of_systems_are_checked(folder: Path) -> None:
    for systems, sentence in (
        ({}, "No system is given"),
        ({OWN_MUSIC: folder}, "every report has"),
        ({"x" * 60: folder}, "1 to 40 characters"),
        ({"a b": folder, "a/b": folder}, "almost the same name"),
    ):
        with pytest.raises(DataError, match=sentence):
            compare_systems(
                ComparisonConfig(clips=folder / "clips", systems=systems, out=folder / "x")
            )


def test_the_command_writes_a_report(folder: Path, tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    shutil.copy(folder / "clips" / "first.npz", clips)
    arguments = ["compare", "--clips", str(clips), "--system", f"mine={folder / 'clicks'}"]
    done = CliRunner().invoke(evaluate, [*arguments, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "report.html").exists()
    assert "no reference and no sound" in (tmp_path / "out" / "report.csv").read_text()


@pytest.mark.parametrize(
    "arguments", [["--system", "a=b"], ["--clips", "."], ["--clips", ".", "--system", "a"]]
)
def test_wrong_options_are_refused(tmp_path: Path, arguments: list[str]) -> None:
    done = CliRunner().invoke(evaluate, ["compare", *arguments, "--out", str(tmp_path)])
    assert done.exit_code != 0
    assert not (tmp_path / "report.html").exists()


@pytest.mark.slow
def test_a_video_is_compared_with_its_own_sound(short_clip: Path, tmp_path: Path) -> None:
    clips, system = tmp_path / "clips", tmp_path / "mine"
    clips.mkdir()
    system.mkdir()
    write_clicks(tmp_path / "clicks.wav", np.arange(0.2, 3.0, 0.5), length_s=3.0)
    inputs = ["-i", str(short_clip), "-i", str(tmp_path / "clicks.wav")]
    command = [get_ffmpeg_exe(), "-nostdin", "-v", "error", *inputs, "-c:v", "copy"]
    subprocess.run([*command, str(clips / "groove.mp4")], check=True)
    shutil.copy(clips / "groove.mp4", system / "groove.house.mp4")
    config = ComparisonConfig(
        clips=clips, systems={"mine": system}, out=tmp_path / "out", processes=1
    )
    found = compare_systems(config)
    mine = piece_of(found, "mine", "groove")
    assert (mine.file, mine.problem) == ("groove.house.mp4", "")
    assert mine.scores["hit"] == piece_of(found, OWN_MUSIC, "groove").scores["hit"] == 1.0
    assert piece_of(found, ANOTHER_MUSIC, "groove").problem == "No other clip has a reference."
    assert (tmp_path / "out" / PLAYERS_FOLDER / found.videos["groove"]).stat().st_size > 10_000
