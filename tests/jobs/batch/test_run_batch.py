"""Batches with real processes: rows, a second run, another try, shards, and what ends a batch.

A clip that is not there is refused without a process, so a batch of them takes a moment.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from d2m.core.errors import OutputError, SettingsError
from d2m.core.settings import Settings
from d2m.jobs.batch.clip_row import BatchClip, ClipRow
from d2m.jobs.batch.clip_worker import ClipWorker
from d2m.jobs.batch.run_batch import BatchSummary, local_engine, run_batch
from d2m.jobs.batch.shard import Shard
from d2m.jobs.messages import Limits
from tests.conftest import ROOT, children

MANY = 1000
"""Clips that are not there: so many that a batch of them is not done before it is stopped."""


def missing_clips(folder: Path, count: int = 3) -> Path:
    """Write a manifest of clips that are not there."""
    path = folder / "clips.csv"
    path.write_text("path\n" + "".join(f"clip{number:04}.mp4\n" for number in range(count)))
    return path


def do(source: Path, target: Path, workers: int = 1, **options: object) -> BatchSummary:
    engine = local_engine(workers)
    return run_batch(str(source), str(target), levels="high", engine=engine, **options)  # type: ignore[arg-type]


def rows_in(path: Path) -> list[ClipRow]:
    return [ClipRow.from_json(line) for line in path.read_text().splitlines()]


def files_in(folder: Path) -> dict[str, int]:
    """Return the files in a folder with the times of their last changes (ns)."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in files}


def batch_command(source: Path, target: Path, *options: object) -> list[str]:
    command = [sys.executable, "-m", "d2m", "batch", source, "--out", target, *options]
    return [str(word) for word in command]


@contextlib.contextmanager
def driver(source: Path, target: Path, *options: object) -> Iterator[subprocess.Popen[str]]:
    """Run the command in the background."""
    command = batch_command(source, target, *options)
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for_rows(target: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Wait until a batch has written some rows."""
    rows = target / "results.jsonl"
    while not rows.exists() or rows.read_bytes().count(b"\n") < count:
        assert process.poll() is None
        time.sleep(0.01)


def test_every_clip_has_a_row_in_the_order_of_the_list(tmp_path: Path) -> None:
    source, out = missing_clips(tmp_path, 20), tmp_path / "out"
    summary = do(source, out, workers=3)
    assert (summary.clips, summary.refused, summary.done_now, summary.done) == (20, 20, 20, 20)
    assert summary.rows == f"{out}/results.jsonl"
    rows = rows_in(out / "results.jsonl")
    assert [row.id for row in rows] == [f"clip{number:04}" for number in range(20)]
    assert all("There is no file" in row.message and row.status == "refused" for row in rows)
    for row in rows:
        assert ClipRow.from_json((out / row.id / "row.json").read_text()) == row


def test_a_finished_batch_does_nothing_and_retry_does_refused_clips_again(tmp_path: Path) -> None:
    source, out = missing_clips(tmp_path), tmp_path / "out"
    do(source, out)
    before = files_in(out)
    assert do(source, out).done_now == 0
    assert {**files_in(out), "results.jsonl": 0} == {**before, "results.jsonl": 0}
    summary = do(source, out, retry=True)
    assert (summary.done_now, summary.clips) == (3, 3)
    assert len(rows_in(out / "results.jsonl")) == 3
    assert files_in(out)["clip0000/row.json"] > before["clip0000/row.json"]


def test_rows_are_taken_from_the_folders_where_lines_are_missing_or_cut_off(
    tmp_path: Path,
) -> None:
    source, out = missing_clips(tmp_path, 4), tmp_path / "out"
    do(source, out)
    whole = (out / "results.jsonl").read_text()
    (out / "results.jsonl").write_text(whole[: len(whole) // 2])
    shutil.rmtree(out / "clip0001")
    assert do(source, out).done_now == 1
    lines = (out / "results.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [f"clip000{number}" for number in range(4)]


def test_rows_of_clips_that_are_listed_no_more_are_kept(tmp_path: Path) -> None:
    out = tmp_path / "out"
    do(missing_clips(tmp_path, 3), out)
    summary = do(missing_clips(tmp_path, 1), out)
    assert summary.clips == 1
    assert len(rows_in(out / "results.jsonl")) == 3


def test_a_refused_clip_is_done_again_once_its_line_is_another(tmp_path: Path) -> None:
    source, out = tmp_path / "clips.csv", tmp_path / "out"
    source.write_text("path,energy\na.mp4,9\nb.mp4,1\n")
    do(source, out)
    first, second = rows_in(out / "results.jsonl")
    assert first.message == "The energy is 9: choose 0 to 2."
    source.write_text("path,energy\na.mp4,2\nb.mp4,1\n")
    assert do(source, out).done_now == 1
    first, _ = rows_in(out / "results.jsonl")
    assert first.settings == {"energy": 2.0}
    assert "There is no file" in second.message


def test_shards_share_the_clips_and_their_rows_are_combined(tmp_path: Path) -> None:
    source, out = missing_clips(tmp_path, 7), tmp_path / "out"
    for index in (1, 0):
        summary = do(source, out, shard=Shard(index, 3))
        assert summary.rows == f"{out}/results.{index}-of-3.jsonl"
        assert not (out / "results.jsonl").exists()
    summary = do(source, out, shard=Shard(2, 3))
    assert (summary.clips, summary.done_now) == (2, 2)
    assert summary.rows == f"{out}/results.jsonl"
    assert [row.id[-1] for row in rows_in(out / "results.jsonl")] == [*"0123456"]
    assert do(source, out).done_now == 0


@pytest.mark.parametrize("text", ["3/3", "-1/2", "1", "a/b", "0/0", ""])
def test_a_wrong_shard_is_an_error(text: str) -> None:
    assert Shard.parse("2/3") == Shard(2, 3)
    with pytest.raises(SettingsError, match="from 0 to n - 1"):
        Shard.parse(text)


@pytest.mark.parametrize("workers", [0, -1])
def test_nothing_is_written_if_anything_is_wrong(workers: int, tmp_path: Path) -> None:
    source, out = missing_clips(tmp_path), tmp_path / "out"
    with pytest.raises(SettingsError, match="choose 1 or more"):
        do(source, out, workers=workers)
    with pytest.raises(SettingsError, match="There is no clip"):
        do(tmp_path, out)
    with pytest.raises(SettingsError, match="Unknown level"):
        run_batch(str(source), str(out), levels="middle")
    with pytest.raises(SettingsError, match="no-such"):
        do(source, out, settings=Settings(weights="no-such"))
    assert not out.exists()
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file can't be used"):
        do(source, tmp_path / "file")


def test_a_killed_batch_goes_on_with_one_row_a_clip(tmp_path: Path) -> None:
    source, out = missing_clips(tmp_path, MANY), tmp_path / "out"
    for killed_at in (30, 100):
        with driver(source, out, "--workers", 2) as process:
            wait_for_rows(out, killed_at, process)
            process.kill()
    finished = files_in(out)
    done = subprocess.run(
        batch_command(source, out), cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert f"{MANY} clips, " in done.stderr
    assert f"{MANY} clips: 0 ok, {MANY} refused, 0 failed" in done.stdout
    ids = [row.id for row in rows_in(out / "results.jsonl")]
    assert ids == [f"clip{number:04}" for number in range(MANY)]
    assert {path.name for path in out.iterdir()} == {*ids, "results.jsonl", ".batch.lock"}
    kept = {name for name in finished if name.endswith("/row.json") and name[0] != "."}
    after = files_in(out)
    assert all(after[name] == finished[name] for name in kept)
    assert len(after) == MANY + 2


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_second_batch_is_refused_and_a_signal_ends_the_first(
    end: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = missing_clips(tmp_path, MANY), tmp_path / "out"
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    with driver(source, out) as process:
        wait_for_rows(out, 10, process)
        with pytest.raises(OutputError, match="Another batch is writing"):
            do(source, out)
        process.send_signal(end)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "run the same command again" in errors
    assert "Traceback" not in errors
    assert 10 <= len(rows_in(out / "results.jsonl")) < MANY
    assert not [*(tmp_path / "temporary").iterdir()]


def test_a_full_disk_ends_the_batch_with_one_sentence(tmp_path: Path) -> None:
    """The limit on the size of a file is met by the file of rows, as a full disk would be."""
    source, out = missing_clips(tmp_path, 300), tmp_path / "out"
    done = subprocess.run(
        batch_command(source, out),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("d2m: ")
    assert "can't be written (file too large)" in done.stderr
    assert "the same command again" in done.stderr
    assert "Traceback" not in done.stderr
    assert 10 < (out / "results.jsonl").read_bytes().count(b"\n") < 300
    assert do(source, out).done == 300
    assert len(rows_in(out / "results.jsonl")) == 300


def test_temporary_files_of_killed_workers_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "d2m-batch-old" / "clip").mkdir(parents=True)
    with contextlib.closing(ClipWorker(str(tmp_path / "out"))):
        with contextlib.closing(ClipWorker(str(tmp_path / "out"))):
            assert len([*tmp_path.glob("d2m-batch-*")]) == 2
        assert not (tmp_path / "d2m-batch-old").exists()
    assert [*tmp_path.iterdir()] == [tmp_path / "out"]


@pytest.fixture(scope="module")
def two_clips(
    short_clip: Path, text_clip: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, BatchSummary]:
    """Return a folder with a good clip and a text, its results, and what came of them."""
    folder = tmp_path_factory.mktemp("batch")
    source, out = folder / "clips", folder / "out"
    source.mkdir()
    shutil.copy(short_clip, source)
    shutil.copy(text_clip, source)
    return source, out, do(source, out)


def test_a_good_and_a_bad_clip(two_clips: tuple[Path, Path, BatchSummary]) -> None:
    source, out, summary = two_clips
    assert (summary.ok, summary.refused, summary.failed) == (1, 1, 0)
    good, bad = rows_in(out / "results.jsonl")
    assert (good.id, good.status, good.source) == ("groove", "ok", str(source / "groove.mp4"))
    assert {*good.files} == {str(p.relative_to(out)) for p in (out / "groove").iterdir()}
    kinds = {Path(name).suffix for name in good.files}
    assert kinds == {".mp4", ".wav", ".png", ".mid", ".csv", ".json"}
    assert good.seconds > 0
    assert (bad.id, bad.status, bad.files) == ("letter", "refused", ())
    assert "is not a video" in bad.message
    assert [path.name for path in (out / "letter").iterdir()] == ["row.json"]


def test_finished_music_is_not_replaced_by_other_settings(
    two_clips: tuple[Path, Path, BatchSummary],
) -> None:
    source, out, _ = two_clips
    before = files_in(out)
    with pytest.raises(SettingsError, match="groove in the target was made with other"):
        do(source, out, settings=Settings(seed=3))
    elsewhere = source.parent / "elsewhere"
    shutil.copytree(source, elsewhere)
    with pytest.raises(SettingsError, match="groove in the target was made from"):
        do(elsewhere, out)
    assert files_in(out) == before


@pytest.mark.parametrize(
    "hurt",
    [signal.SIGKILL, pytest.param(signal.SIGSTOP, marks=pytest.mark.slow)],
    ids=["crash", "hang"],
)
def test_a_crash_or_a_hang_fails_its_clip_only(
    hurt: signal.Signals, short_clip: Path, text_clip: Path, tmp_path: Path
) -> None:
    rows, others = [], set(children(os.getpid()))
    with contextlib.closing(ClipWorker(str(tmp_path), limits=Limits(silent_s=10))) as worker:
        rows.append(worker.run(BatchClip(id="text", source=str(text_clip), levels="high")))
        (pid,) = set(children(os.getpid())) - others  # it is warm: it has done a clip
        clip = BatchClip(id="clip", source=str(short_clip), levels="high")
        thread = threading.Thread(target=lambda: rows.append(worker.run(clip)))
        thread.start()
        time.sleep(1.0)
        os.kill(pid, hurt)
        thread.join()
        again = BatchClip(id="text2", source=str(text_clip), levels="high")
        rows.append(worker.run(again))
    assert [row.status for row in rows] == ["refused", "failed", "refused"]
    assert ("crashed" if hurt == signal.SIGKILL else "got stuck") in rows[1].message
    assert [path.name for path in (tmp_path / "clip").iterdir()] == ["row.json"]


def test_a_clip_without_room_fails_unless_the_disk_is_full(
    short_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = BatchClip(id="clip", source=str(short_clip), levels="high")
    limits = Limits(file_bytes=20_000)
    with contextlib.closing(ClipWorker(str(tmp_path), limits=limits)) as worker:
        row = worker.run(clip)
        assert row.status == "failed"
        assert "no disk space" in row.message
        monkeypatch.setattr("d2m.jobs.batch.clip_worker.MIN_FREE_BYTES", 1 << 60)
        with pytest.raises(OutputError, match="MB of disk space are left for temporary files"):
            worker.run(replace(clip, is_again=True))
