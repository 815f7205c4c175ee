"""The benchmark: its arithmetic on figures that are given, and a real run on a short clip."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer

from tools.bench.__main__ import clips_named
from tools.bench.clips import CLIPS, LONG, PHONE, ROOT, START_OF_LONG, WARM_UP, make_clip
from tools.bench.figures import ClipFigures, growth, read_figures, write_figures
from tools.bench.floor import measure_floor
from tools.bench.measured_job import (
    JobFigures,
    cpu_of_tree_s,
    memory_of_tree_mb,
    memory_watch,
    process_tree,
    reported_seconds,
    stage_seconds,
    works,
)
from tools.bench.rounds import checked_out, measure_clips
from tools.bench.tables import clip_lines, comparison_lines, summary_lines

SHORT = dataclasses.replace(WARM_UP, name="short", title="2 s", source="break_aist_landscape.mp4")


def figures_of(*everything_s: float, title: str = "10 s") -> ClipFigures:
    """Return made-up figures: a floor of 8 s, and jobs of some lengths (s) and 1 GB."""
    rounds = [
        JobFigures(
            first_s=s / 4, both_s=s / 2, all_s=s, again_s=1, cpu_s=2 * s, cpu_both_s=s, peak_mb=1e3
        )
        for s in everything_s
    ]
    return ClipFigures(title, [{"seconds": 9, "cpu_s": 6}, {"seconds": 8, "cpu_s": 7}], rounds)


def test_ratios_are_those_of_the_quickest_to_the_least_floor() -> None:
    clip = figures_of(16, 12)
    assert clip.floor() == 8
    assert clip.ratio("all_s") == 1.5
    assert clip.ratio("both_s") == 0.75
    assert clip.ratio("cpu_s") == 24 / 6  # CPU time against CPU time
    assert clip.quickest.all_s == 12


def test_the_long_clip_is_compared_with_its_beginning() -> None:
    long, short = figures_of(60), figures_of(12)
    long.rounds[0].peak_mb = 1150
    figures = {LONG.name: long, START_OF_LONG.name: short}
    assert growth(figures) == (5, 150)
    assert "5.0 times the time, +150 MB" in "".join(summary_lines(figures))
    assert not list(summary_lines({LONG.name: long}))


def test_tables_show_times_ratios_and_their_range() -> None:
    old, new = {"a": figures_of(20, 24)}, {"a": figures_of(10, 6)}
    text = "\n".join(comparison_lines(old, new))
    assert "everything written                       20.00      6.00   0.30 (0.25 to 0.50)" in text
    assert "both videos after 0.38 x floor, everything after 0.75 x" in text
    old["a"].rounds[0].stages = {"Tracking the dancer": 3.0, "Nothing": 0.001}
    old["a"].rounds[0].reported = {"pose": 2.5, "high write": 0.5}
    text = "\n".join(clip_lines("a", old["a"]))
    assert "MediaPipe Pose alone (the floor)        8.00 s   least of 9.00, 8.00 s" in text
    assert "everything written                     20.00 s   2.50 x floor" in text
    sides = ["Tracking", "the", "dancer", "3.00", "s", "pose", "2.50", "s"]
    assert any(line.split() == sides for line in text.splitlines())
    assert "Nothing" not in text


def test_figures_survive_being_written(tmp_path: Path) -> None:
    figures = {"a": figures_of(20, 24)}
    write_figures(tmp_path / "figures.json", figures)
    assert read_figures(tmp_path / "figures.json") == figures


def test_stages_last_until_another_one_is_reported() -> None:
    stages = [(0.5, "read"), (1.0, "read"), (1.5, "track"), (3.0, "read")]
    assert stage_seconds(stages, 4.0) == {"read": 2.0, "track": 1.5}
    report = {"seconds": {"pose": 9.0}, "levels": {"high": {"seconds": {"plot": 0.4}}}}
    assert reported_seconds(report) == {"pose": 9.0, "high plot": 0.4}


def test_children_count_while_they_live_and_afterwards() -> None:
    before_s, before_mb, peak_mb = cpu_of_tree_s(os.getpid()), memory_of_tree_mb(), [0.0]
    work = "held = bytearray(200_000_000)\nfor n in range(10**7): pass\ninput()"
    with (
        memory_watch(peak_mb),
        subprocess.Popen([sys.executable, "-c", work], stdin=subprocess.PIPE) as child,
    ):
        while cpu_of_tree_s(os.getpid()) < before_s + 0.2:
            time.sleep(0.05)
        assert child.pid in process_tree(os.getpid())
        while works(child.pid):  # it ends up waiting for a line
            time.sleep(0.05)
        child.communicate(b"\n")
    assert peak_mb[0] > before_mb + 190
    assert cpu_of_tree_s(os.getpid()) > before_s + 0.2


def test_clips_have_names_and_are_made_once(tmp_path: Path) -> None:
    assert clips_named("phone, long") == [PHONE, LONG]
    with pytest.raises(typer.BadParameter, match="no clip is called 'tall'"):
        clips_named("tall")
    assert len({clip.name for clip in CLIPS}) == len(CLIPS)
    lying = dataclasses.replace(PHONE, seconds=0.5)
    path = make_clip(lying, tmp_path)
    written = path.stat().st_mtime_ns
    assert make_clip(lying, tmp_path) == path
    assert path.stat().st_mtime_ns == written
    assert [*tmp_path.iterdir()] == [path]


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(ValueError, match="can't be checked out"), checked_out("no-such-version"):
        pass


def test_a_version_is_checked_out_and_removed() -> None:
    with checked_out("HEAD") as tree:
        assert (tree / "d2m" / "pipeline.py").is_file()
    assert not tree.exists()
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "worktree", "list"], capture_output=True, text=True, check=True
    )
    assert str(tree) not in listed.stdout


@pytest.mark.slow
def test_a_real_run_measures_everything() -> None:
    figures = measure_clips([SHORT], rounds=1, levels="both")[SHORT.name]
    (job,) = figures.rounds
    assert len(figures.floors) == 2
    assert 0 < job.first_s < job.both_s <= job.all_s
    assert 0 < job.cpu_both_s <= job.cpu_s
    assert job.peak_mb >= job.before_mb > 100
    assert {"pose", "high generate", "low decode"} <= {*job.reported}
    assert "Tracking the dancer" in job.stages
    assert clip_lines("short", figures)


def test_the_floor_sees_the_dancer_in_upright_frames(tmp_path: Path) -> None:
    lying = dataclasses.replace(PHONE, seconds=0.5)
    floor = measure_floor(lying, make_clip(lying, tmp_path))
    assert floor["frames"] == 15
    assert floor["found"] == 1
    assert floor["seconds"] > 0
