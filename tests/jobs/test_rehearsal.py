"""The short job that a worker process does at its start."""

from __future__ import annotations

import contextlib
import tempfile
import time
from pathlib import Path

import pytest

from d2m.core.errors import JobError, VideoError
from d2m.core.parallel import usable_cores
from d2m.jobs import WorkerPool
from d2m.jobs.messages import ANALYSIS_ONLY, Finished, Job, Limits
from d2m.jobs.rehearsal import rehearse
from tests.jobs.processes import process_of


def environment_of(pid: int) -> list[bytes]:
    """Return the environment variables of a process that may just have been started."""
    while not (content := Path(f"/proc/{pid}/environ").read_bytes()):
        time.sleep(0.05)
    return content.split(b"\0")


def test_a_rehearsal_asks_again_and_again_and_leaves_nothing(
    short_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    asked: list[float] = []

    def is_wanted() -> bool:
        asked.append(time.monotonic())
        return len(asked) > 5

    rehearse(short_clip, is_wanted)
    assert len(asked) == 6
    assert not list(tmp_path.glob("rehearsal-*"))


def test_a_clip_that_cannot_be_used_is_reported(text_clip: Path) -> None:
    with pytest.raises(VideoError, match="not a video"):
        rehearse(text_clip, lambda: False)


@pytest.mark.parametrize("is_usable", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_job_that_comes_at_once_is_done(
    short_clip: Path, text_clip: Path, tmp_path: Path, is_usable: bool
) -> None:
    rehearsal = short_clip if is_usable else text_clip
    with contextlib.closing(WorkerPool(rehearsal=rehearsal)) as pool:
        *_, last = pool.run(Job(clip=short_clip, levels=ANALYSIS_ONLY, out=tmp_path))
        assert isinstance(last, Finished)
        with pytest.raises(JobError, match="not a video"):
            list(pool.run(Job(clip=text_clip, levels="high", out=tmp_path)))


def test_processes_share_the_cores_and_their_threads_sleep_while_they_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    cores = usable_cores()
    for at_once in (1, cores, cores + 1):
        with contextlib.closing(WorkerPool(Limits(at_once=at_once))) as pool:
            pool.slots[0].warm_up()
            process = pool.slots[0].process
            assert process is not None
            environment = environment_of(process.pid)
        assert f"OMP_NUM_THREADS={max(1, cores // at_once)}".encode() in environment
        assert b"OMP_WAIT_POLICY=PASSIVE" in environment


def test_a_value_of_the_environment_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with contextlib.closing(WorkerPool()) as pool:
        pool.warm_up()
        environment = environment_of(process_of(pool).pid)
    assert b"OMP_NUM_THREADS=7" in environment
