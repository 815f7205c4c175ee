"""What a batch prints while it runs and at its end, and options that don't fit together."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from d2m.__main__ import app
from d2m.core.errors import SettingsError
from d2m.jobs.batch.batch_console import (
    ConsoleBatch,
    duration_text,
    progress_text,
    summary_text,
)
from d2m.jobs.batch.clip_row import ClipRow
from d2m.jobs.batch.run_batch import BatchSummary

HALFWAY = BatchSummary(
    clips=300, ok=140, refused=8, failed=2, done_now=50, seconds=600.0, rows="out/results.jsonl"
)


def test_progress_holds_counts_speed_and_the_time_left() -> None:
    assert progress_text(HALFWAY) == (
        "150/300 clips: 140 ok, 8 refused, 2 failed; 300 clips an hour, 30 min left"
    )
    assert summary_text(HALFWAY) == (
        "300 clips: 140 ok, 8 refused, 2 failed; 50 done now in 10 min (300 clips an hour). "
        "Rows: out/results.jsonl"
    )
    before = BatchSummary(clips=300, ok=150, seconds=0.1)
    assert progress_text(before) == "150/300 clips: 150 ok, 0 refused, 0 failed"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (4330, "1 h 12 min")]
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_without_a_terminal_progress_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console = ConsoleBatch()
    console.on_begin(BatchSummary(clips=3, ok=1))
    bad = ClipRow(id="b", source="/b.mp4", status="refused", message="The file b.mp4 is empty.")
    console.on_row(bad, BatchSummary(clips=3, ok=1, refused=1, done_now=1, seconds=2.0))
    good = ClipRow(id="c", source="/c.mp4", status="ok")
    console.on_row(good, BatchSummary(clips=3, ok=2, refused=1, done_now=2, seconds=4.0))
    console.end()
    assert capsys.readouterr().err.splitlines() == [
        "3 clips, 1 of them done before",
        "b refused: The file b.mp4 is empty.",
        "2/3 clips: 1 ok, 1 refused, 0 failed; 1800 clips an hour, 2 s left",
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--engine", "slurm"], "Unknown engine 'slurm': choose local or ray"),
        (["--address", "auto"], "add --engine ray"),
        (["--shard", "2/2"], "choose i/n with i from 0 to n - 1"),
        (["--level", "middle"], "Unknown level"),
        (["--key", "H#"], "choose"),
        (["--weights", "lost"], "lost"),
    ],
)
def test_wrong_options_are_told_before_anything_is_written(
    options: list[str], sentence: str, tmp_path: Path
) -> None:
    source, out = tmp_path / "clips.csv", tmp_path / "out"
    source.write_text("path\na.mp4\n")
    done = CliRunner().invoke(app, ["batch", str(source), "--out", str(out), *options])
    assert isinstance(done.exception, SettingsError)
    assert sentence in str(done.exception)
    assert not out.exists()
