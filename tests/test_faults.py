"""A job that fails is reported in one sentence, leaves no files, and the next job works.

Here disks are full, memory is short, processes are killed and visitors leave.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import httpx
import pytest

from d2m.checkpoints import FAMILIES, is_installed
from d2m.core.common_settings import COMPACT
from d2m.core.errors import JobError, OutputError, VideoError
from d2m.core.events import ResultFiles
from d2m.core.output_folder import usable_output
from d2m.core.settings import Settings
from d2m.jobs import WorkerPool
from d2m.jobs.messages import ANALYSIS_ONLY, Failed, Finished, Job
from d2m.jobs.worker_main import JobRunner, sentence
from tests.conftest import ROOT, Server
from tests.jobs.processes import process_of, until
from tools.visitor import RunningApp, Visitor, run_app

NO_ROOM = "There is no disk space left for the files of this clip"
NO_MEMORY = "The clip needs more memory than there is"
INSIDE = "An internal error occurred"


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    with contextlib.closing(WorkerPool(folder=tmp_path_factory.mktemp("pool"))) as pool:
        pool.warm_up()
        yield pool


@pytest.fixture(scope="module")
def small_clip(short_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clip whose normalised copy is smaller than its music."""
    from imageio_ffmpeg import get_ffmpeg_exe

    clip = tmp_path_factory.mktemp("clips") / "small.mp4"
    command = ["-nostdin", "-v", "error", "-i", str(short_clip), "-vf", "scale=320:-2", "-an"]
    subprocess.run([get_ffmpeg_exe(), *command, str(clip)], check=True)
    return clip


def works(pool: WorkerPool, clip: Path, out: Path) -> bool:
    """Return whether a job succeeds and its files exist."""
    events = list(pool.run(Job(clip=clip, levels="high", out=out)))
    files = [event for event in events if isinstance(event, ResultFiles)]
    return isinstance(events[-1], Finished) and any(one.archive.is_file() for one in files)


@contextlib.contextmanager
def limited(pool: WorkerPool, kind: int, most: int) -> Iterator[None]:
    """Lower a resource limit of the pool's process for a while."""
    pid = process_of(pool).pid
    before = resource.prlimit(pid, kind)
    resource.prlimit(pid, kind, (most, before[1]))
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, kind, before)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("most", "start_s", "stage"),
    [
        (20_000, 0.1, "Tracking the dancer"),  # the copy is written meanwhile
        (100_000, 0.0, "Writing the video (high)"),  # the analysis is in the cache
        (300_000, 0.0, "Packing the files"),
    ],
)
def test_full_disk(
    pool: WorkerPool,
    small_clip: Path,
    tmp_path: Path,
    most: int,
    start_s: float,
    stage: str,
) -> None:
    list(pool.run(Job(clip=small_clip, levels=ANALYSIS_ONLY, out=tmp_path)))
    events = pool.run(
        Job(clip=small_clip, levels="high", settings=Settings(start_s=start_s), out=tmp_path)
    )
    stages: list[str] = []

    def follow() -> None:
        stages.extend(getattr(event, "name", "") for event in events)

    with limited(pool, resource.RLIMIT_FSIZE, most), pytest.raises(JobError, match=NO_ROOM):
        follow()
    assert [*filter(None, stages)][-1] == stage
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".d2m-")]
    assert not list(pool.cache.glob(".part-*"))
    assert works(pool, small_clip, tmp_path)


@pytest.mark.slow
def test_a_missing_temporary_folder_is_reported(short_clip: Path, tmp_path: Path) -> None:
    home = tmp_path / "server"
    home.mkdir()
    with contextlib.closing(WorkerPool(folder=home)) as pool:
        shutil.rmtree(home)
        full = pytest.raises(JobError, match="no room for another job")
        with full, pool.events(Job.requested(str(short_clip), "high", Settings())):
            pass
        with full:
            list(pool.run(Job(clip=short_clip, levels=ANALYSIS_ONLY, out=tmp_path)))
        home.mkdir()
        assert works(pool, short_clip, tmp_path)


@pytest.mark.slow
def test_too_little_memory_for_a_clip(pool: WorkerPool, small_clip: Path, tmp_path: Path) -> None:
    assert works(pool, small_clip, tmp_path)
    lines = Path(f"/proc/{process_of(pool).pid}/status").read_text().splitlines()
    size = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmSize"))
    job = Job(clip=small_clip, levels="both", settings=Settings(start_s=0.5), out=tmp_path)
    with limited(pool, resource.RLIMIT_AS, size + 2**20), pytest.raises(JobError) as caught:
        list(pool.run(job))
    assert "memory" in str(caught.value) or INSIDE in str(caught.value)
    assert str(caught.value).count(".") == 1
    assert works(pool, small_clip, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "stage",
    [
        *("Reading the clip", "Tracking the dancer", "Generating music (high)"),
        *("Writing the video (high)", "Writing the beat video (high)"),
    ],
)
def test_killed_in_each_stage(
    pool: WorkerPool, short_clip: Path, tmp_path: Path, stage: str
) -> None:
    for kept in pool.cache.iterdir():
        shutil.rmtree(kept)
    pool.slots[0].clear()
    settings = Settings(overlay=True)
    events = pool.run(Job(clip=short_clip, levels="high", settings=settings, out=tmp_path))
    until(events, stage)
    os.kill(process_of(pool).pid, signal.SIGKILL)
    with pytest.raises(JobError, match="crashed"):
        list(events)
    assert not list(pool.cache.glob(".part-*"))
    assert works(pool, short_clip, tmp_path)


def caused_by(cause: BaseException) -> BaseException:
    try:
        raise VideoError("The clip is damaged: send another.") from cause
    except VideoError as error:
        return error


def unusable(folder: str) -> BaseException:
    with pytest.raises(OutputError) as caught:
        usable_output(Path(folder))
    return caught.value


def out_of_memory() -> BaseException:
    import torch

    return torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/secret/folder"), NO_ROOM),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), NO_ROOM),
        (OSError("ffmpeg: b'av_interleaved_write_frame(): No space left on device'"), NO_ROOM),
        (caused_by(OSError(errno.EFBIG, "File too large")), NO_ROOM),
        (MemoryError(), NO_MEMORY),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to"), NO_MEMORY),
        (out_of_memory(), NO_MEMORY),
        (caused_by(out_of_memory()), NO_MEMORY),
        (caused_by(ValueError("odd")), "The clip is damaged"),
        (PermissionError(errno.EACCES, "Permission denied", "/secret/folder"), INSIDE),
        (KeyError("/secret/folder"), INSIDE),
        (unusable("/proc/secret"), "The server can't store"),
        (unusable("/proc/a\0b"), "The server can't store"),
    ],
)
def test_one_sentence_for_an_error(error: BaseException, expected: str) -> None:
    text = sentence(error)
    assert text.startswith(expected)
    assert "/secret" not in text
    assert text.count(".") == 1
    assert "\n" not in text


def test_a_gpu_without_memory_is_reported_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    created: list[object] = []

    class WithoutMemory:
        def __init__(self, **_: object) -> None:
            created.append(self)

        def produce(self, *_: object, **__: object) -> None:
            raise out_of_memory()

    monkeypatch.setattr("d2m.pipeline.DanceToMusic", WithoutMemory)
    ours, theirs = Pipe()
    runner = JobRunner(theirs, tmp_path)
    for jobs in (1, 2):
        runner.run(Job(clip=tmp_path / "clip.mp4", levels="high", out=tmp_path))
        failed = ours.recv()
        assert isinstance(failed, Failed)
        assert failed.sentence.startswith(NO_MEMORY)
        assert len(created) == jobs  # the pipeline of a failed job is not used again


@pytest.mark.slow
@pytest.mark.parametrize("weights", [*sorted({*FAMILIES} - {COMPACT}), "none-such"])
def test_missing_weights(pool: WorkerPool, short_clip: Path, tmp_path: Path, weights: str) -> None:
    if weights in FAMILIES and is_installed(weights, FAMILIES[weights].levels[0]):
        pytest.skip("these weights are installed")
    level = FAMILIES[weights].levels[0].name if weights in FAMILIES else "high"
    settings = Settings(weights=weights)
    with pytest.raises(JobError) as caught:
        list(pool.run(Job(clip=short_clip, levels=level, settings=settings, out=tmp_path)))
    assert INSIDE not in str(caught.value)
    assert str(ROOT) not in str(caught.value)
    assert works(pool, short_clip, tmp_path)


@pytest.mark.slow
def test_without_network_home_and_gpu(short_clip: Path, tmp_path: Path) -> None:
    isolated = ["unshare", "-r", "-n"]
    if not shutil.which("unshare") or subprocess.run([*isolated, "true"], check=False).returncode:
        isolated = []
    program = (
        "import contextlib, socket, sys; from pathlib import Path\n"
        "from d2m.jobs.messages import Job; from d2m.jobs import WorkerPool\n"
        "with contextlib.closing(WorkerPool()) as pool:\n"
        "    *_, last = pool.run(Job(clip=Path(sys.argv[1]), levels='high', out=Path('.')))\n"
        "print(type(last).__name__)"
    )
    environment = {k: v for k, v in os.environ.items() if k not in ("HOME", "XDG_CACHE_HOME")}
    environment |= {"CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [*isolated, sys.executable, "-c", program, str(short_clip)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "Finished\n", done.stderr
    assert not list(tmp_path.glob("d2m-*"))


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def until_stage(visitor: Visitor, clip: Path, stage: str) -> Iterator[Any]:
    events = visitor.generate(visitor.upload(clip))
    for event in events:
        if event.stage == stage:
            return events
    raise AssertionError(f"the job ended before {stage!r}")


@pytest.mark.slow
def test_a_killed_server_leaves_no_worker_and_the_next_one_removes_its_files(
    tmp_path: Path, example_clip: Path, short_clip: Path
) -> None:
    folder = tmp_path / "served"
    with run_app(folder) as living:
        root = living.root()
        with run_app(tmp_path / "other") as dead:
            until_stage(Visitor(dead.url), example_clip, "Tracking the dancer")
            workers = dead.workers()
            left = dead.root()
            assert workers
            dead.process.kill()
            dead.process.wait(10)
            deadline = time.monotonic() + 30
            while any(map(lives, workers)) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert not any(map(lives, workers))
        moved = folder / left.name
        left.rename(moved)
        with run_app(folder):
            assert not moved.exists()
            assert root.exists()
            assert len(list(folder.glob("d2m-server-*"))) == 2
        assert list(folder.glob("d2m-server-*")) == [root]
        assert done(Visitor(living.url), short_clip)


def done(visitor: Visitor, clip: Path) -> bool:
    return any(events.done for events in visitor.generate(visitor.upload(clip)))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    with run_app(tmp_path_factory.mktemp("faults") / "served") as app:
        yield app


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["Reading the clip", "Tracking the dancer"])
def test_leaving_the_page_ends_the_job(
    app: RunningApp, example_clip: Path, short_clip: Path, stage: str
) -> None:
    visitor = Visitor(app.url)
    events = until_stage(visitor, example_clip, stage)
    (worker,) = app.workers()
    events.close()
    visitor.http.close()
    deadline = time.monotonic() + 30
    while lives(worker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not lives(worker)
    while list(app.root().glob("d2m-job-*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not list(app.root().glob("d2m-job-*"))
    assert done(Visitor(app.url), short_clip)


def test_a_killed_worker_is_reported_on_the_page(server: Server, short_clip: Path) -> None:
    visitor = Visitor(server.url)
    events = visitor.generate(visitor.upload(short_clip), length_s=2.5)  # not analysed before
    next(event for event in events if event.stage == "Tracking the dancer")
    for pid in server.workers():
        os.kill(pid, signal.SIGKILL)
    assert any(event.failed for event in events)
    assert httpx.get(server.url, timeout=60).status_code == 200
    assert done(Visitor(server.url), short_clip)


JUMPING = """
import os, time
true_time, file = time.time, os.environ["CLOCK_JUMP_S"]
time.time = lambda: true_time() + (float(open(file).read()) if os.path.exists(file) else 0.0)
"""


@pytest.mark.slow
@pytest.mark.parametrize("jump_s", [86_400, -86_400])
def test_the_clock_of_the_system_may_jump(
    tmp_path: Path, example_clip: Path, short_clip: Path, jump_s: float
) -> None:
    (tmp_path / "sitecustomize.py").write_text(JUMPING)
    jump = tmp_path / "jump"
    paths = f"{tmp_path}{os.pathsep}{ROOT}"
    with run_app(tmp_path / "served", PYTHONPATH=paths, CLOCK_JUMP_S=str(jump)) as app:
        visitor = Visitor(app.url)
        ends = []
        for events in visitor.generate(visitor.upload(example_clip)):
            if events.stage == "Tracking the dancer":
                jump.write_text(str(jump_s))
            ends.append(events.done)
        assert jump.exists()
        assert any(ends)
        assert done(Visitor(app.url), short_clip)
        assert httpx.get(app.url, timeout=60).status_code == 200
