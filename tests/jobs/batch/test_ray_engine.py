"""A batch with Ray: a real one on this machine, also when its processes are killed."""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from d2m.core.errors import SettingsError
from d2m.jobs.batch.clip_row import BatchClip, ClipRow
from d2m.jobs.batch.ray_engine import RayOptions, ray_engine, run_ray
from d2m.jobs.batch.ray_worker import TOKEN_NAME, RayWorker, clip_blocks
from d2m.jobs.batch.results_table import write_parquet
from d2m.jobs.batch.run_batch import run_batch
from d2m.jobs.messages import Limits
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
WAIT_S = 300.0
"""Longest wait for a process (s)."""


def clips_named(names: str) -> list[BatchClip]:
    """Return a clip for each letter, whose source is the letter in lower case."""
    return [BatchClip(id=f"{number}", source=name.lower()) for number, name in enumerate(names)]


def test_lists_get_shorter_and_hold_each_clip_once() -> None:
    clips = [BatchClip(id=str(number), source=str(number)) for number in range(1000)]
    blocks = clip_blocks(clips, workers=4)
    assert [clip for block in blocks for clip in block] == clips
    sizes = [len(block) for block in blocks]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 1000 // 16
    assert sizes[-15:] == [1] * 15
    assert len(clip_blocks(clips, workers=1)[0]) == 100
    assert len(clip_blocks(clips, workers=4, longest=1)) == 1000


def test_clips_of_one_source_stay_together() -> None:
    blocks = clip_blocks(clips_named("abAcBb"), workers=2)
    assert [[clip.source for clip in block] for block in blocks] == [["a", "a"], ["b"] * 3, ["c"]]


def test_options_without_workers_or_processors_are_refused() -> None:
    with pytest.raises(SettingsError, match="0 workers"):
        RayOptions(workers=0)
    with pytest.raises(SettingsError, match="more than 0 processors"):
        RayOptions(cpus_per_worker=0.0)


def test_a_folder_that_machines_do_not_share_is_refused(tmp_path: Path) -> None:
    (tmp_path / TOKEN_NAME).write_text("of the driver")
    batch = {"clips": [pickle.dumps(clips_named("a"))]}
    worker = RayWorker(
        str(tmp_path), Limits(), "of another driver", threads=1, ends_with_parent=False
    )
    (said,) = worker(batch)
    assert "is not shared by all machines" in said["error"][0]
    same = RayWorker(str(tmp_path), Limits(), "of the driver", threads=1, ends_with_parent=False)
    (said,) = same(batch)
    assert ClipRow.from_json(said["row"][0]).status == "refused"
    assert said["error"] == [""]


def test_an_address_without_a_cluster_is_refused(tmp_path: Path) -> None:
    options = RayOptions(address="nowhere")
    with pytest.raises(SettingsError, match="Ray can't be started or reached"):
        next(run_ray(clips_named("a"), str(tmp_path), options, Limits()))
    assert [*tmp_path.iterdir()] == []


@pytest.fixture
def source(short_clip: Path, text_clip: Path, tmp_path: Path) -> Path:
    """Return a manifest of two clips, a file that is none, and a line that can't be used."""
    manifest = tmp_path / "clips.csv"
    manifest.write_text(
        f"id,path,style\na,{short_clip},\nb,{short_clip},house\nletter,{text_clip},\n"
        f"wrong,{short_clip},minuet\n"
    )
    return manifest


def test_a_batch_with_ray_gives_each_clip_a_row(source: Path, tmp_path: Path) -> None:
    import pyarrow.parquet

    out = tmp_path / "out"
    engine = ray_engine(RayOptions(workers=2))
    summary = run_batch(str(source), str(out), levels="studio", engine=engine)
    assert (summary.ok, summary.refused, summary.failed) == (2, 2, 0)
    rows = rows_in(out)
    assert [row.id for row in rows] == ["a", "b", "letter", "wrong"]
    for row in rows:
        assert {*row.files, f"{row.id}/row.json"} == {
            f"{row.id}/{path.name}" for path in (out / row.id).iterdir()
        }
    write_parquet(str(out))
    table = pyarrow.parquet.read_table(out / "results.parquet").to_pylist()
    assert [(one["id"], one["status"], tuple(one["files"])) for one in table] == [
        (row.id, row.status, row.files) for row in rows
    ]
    again = run_batch(str(source), str(out), levels="studio", engine=engine)
    assert (again.done, again.done_now) == (4, 0)
    assert not (out / TOKEN_NAME).exists()


class Batch:
    """A batch of many small clips with Ray, in a process of its own."""

    def __init__(self, clips: Path, folder: Path) -> None:
        self.out = folder / "out"
        self._mark = f"D2M_TEST={uuid.uuid4().hex}"
        name, value = self._mark.split("=")
        temporary = folder / "tmp"
        temporary.mkdir(exist_ok=True)
        command = ("batch", str(clips), "--out", str(self.out), "--level", "studio")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "d2m", *command, "--workers", "2", "--engine", "ray"],
            cwd=ROOT,
            env={**os.environ, name: value, "TMPDIR": str(temporary)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait_for_rows(self, number: int) -> None:
        """Wait until some clips are finished."""
        wait_until(lambda: len([*self.out.glob("*/row.json")]) >= number)
        assert self.process.poll() is None

    def processes(self) -> dict[int, str]:
        """Return the command lines of the living processes of this batch."""
        found = {}
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has just ended
                if self._mark.encode() in (path / "environ").read_bytes():
                    words = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found[int(path.name)] = words
        return found

    def kill(self, name: str) -> int:
        """Kill a process whose command line contains a name, and return its id."""
        pid = next(pid for pid, words in self.processes().items() if name in words)
        os.kill(pid, signal.SIGKILL)
        return pid


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for something."""
    start = time.monotonic()
    while not is_so():
        assert time.monotonic() - start < WAIT_S
        time.sleep(0.2)


def rows_in(out: Path) -> list[ClipRow]:
    """Return the rows of a batch."""
    lines = (out / "results.jsonl").read_text().removesuffix("\n").split("\n")
    return [ClipRow.from_json(line) for line in lines]


def written(out: Path) -> dict[str, int]:
    """Return when the rows of the finished clips were written (ns)."""
    return {path.parent.name: path.stat().st_mtime_ns for path in out.glob("*/row.json")}


@pytest.fixture
def many_clips(short_clip: Path, tmp_path: Path) -> Path:
    """Return a folder of ten clips, one of which is broken."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for number in range(9):
        shutil.copy(short_clip, folder / f"clip{number}.mp4")
    (folder / "broken.mp4").write_bytes(short_clip.read_bytes()[:5000])
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["-m d2m batch", "/raylet/raylet ", "ray::MapWorker"])
def test_whatever_is_killed_each_clip_gets_one_row(
    victim: str, many_clips: Path, tmp_path: Path
) -> None:
    batch = Batch(many_clips, tmp_path)
    batch.wait_for_rows(3)
    batch.kill(victim)
    status = batch.process.wait(WAIT_S)
    wait_until(lambda: not batch.processes())
    if victim == "ray::MapWorker":
        assert status == 0
    else:
        assert status != 0
        before = written(batch.out)
        batch = Batch(many_clips, tmp_path)
        assert batch.process.wait(WAIT_S) == 0
        wait_until(lambda: not batch.processes())
        assert before.items() <= written(batch.out).items()
    names = {path.stem for path in many_clips.iterdir()}
    rows = rows_in(batch.out)
    assert len(rows) == len(names)
    assert {row.id for row in rows if row.status == "ok"} == names - {"broken"}
    for row in rows:
        if row.status == "ok":
            there = {f"{row.id}/{path.name}" for path in (batch.out / row.id).iterdir()}
            assert there == {*row.files}
    folders = {path.name for path in batch.out.iterdir() if path.is_dir()}
    assert folders == names  # and no folder of what is incomplete
