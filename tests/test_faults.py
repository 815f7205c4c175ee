"""Disks fill, processes die, people leave: one sentence, no litter, and the next job works."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import httpx
import pytest

from d2m.checkpoints import FAMILIES, is_installed
from d2m.core.errors import JobError, VideoError
from d2m.core.settings import COMPACT, Settings
from d2m.jobs import Worker
from d2m.jobs.messages import LOOK, Failed, Finished, Job
from d2m.jobs.worker_main import JobServer, sentence
from tests.conftest import ROOT
from tests.jobs.observe import cache_of, pid_of, until
from tools.visitor import Serving, Visitor, serving

NO_ROOM = "There is no room left for the files of this clip"
NO_MEMORY = "The clip needs more memory than there is"
INSIDE = "Something went wrong inside"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the worker that the tests share."""
    return tmp_path_factory.mktemp("worker")


@pytest.fixture(scope="module")
def worker(home: Path) -> Iterator[Worker]:
    with contextlib.closing(Worker(folder=home)) as worker:
        worker.warm_up()
        yield worker


@pytest.fixture(scope="module")
def small_clip(short_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clip whose copy is smaller than its music."""
    from imageio_ffmpeg import get_ffmpeg_exe

    clip = tmp_path_factory.mktemp("clips") / "small.mp4"
    command = ["-nostdin", "-v", "error", "-i", str(short_clip), "-vf", "scale=320:-2", "-an"]
    subprocess.run([get_ffmpeg_exe(), *command, str(clip)], check=True)
    return clip


def works(worker: Worker, clip: Path, out: Path) -> bool:
    *_, last = worker.run(Job(clip=clip, levels="high", out=out))
    return isinstance(last, Finished) and last.archive is not None and last.archive.is_file()


@contextlib.contextmanager
def bounded(home: Path, kind: int, most: int) -> Iterator[None]:
    """Bound what the worker's process may take, for a while."""
    pid = pid_of(home)
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
        (20_000, 0.1, "Reading the clip"),
        (100_000, 0.0, "Writing the files (high)"),  # by then it was looked at before
        (300_000, 0.0, "Packing the files"),
    ],
)
def test_full_disk(
    worker: Worker,
    home: Path,
    small_clip: Path,
    tmp_path: Path,
    most: int,
    start_s: float,
    stage: str,
) -> None:
    list(worker.run(Job(clip=small_clip, levels=LOOK, out=tmp_path)))
    news = worker.run(
        Job(clip=small_clip, levels="high", settings=Settings(start_s=start_s), out=tmp_path)
    )
    seen: list[str] = []

    def follow() -> None:
        seen.extend(getattr(message, "name", "") for message in news)

    with bounded(home, resource.RLIMIT_FSIZE, most), pytest.raises(JobError, match=NO_ROOM):
        follow()
    assert [*filter(None, seen)][-1] == stage
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".d2m-")]
    assert not list(cache_of(home).glob(".part-*"))
    assert works(worker, small_clip, tmp_path)


def test_no_room_for_a_folder(short_clip: Path, tmp_path: Path) -> None:
    home = tmp_path / "server"
    home.mkdir()
    with contextlib.closing(Worker(folder=home)) as worker:
        shutil.rmtree(home)
        full = pytest.raises(JobError, match="no room for another clip")
        with full, worker.news(str(short_clip), "high", Settings()):
            pass
        with full:
            list(worker.run(Job(clip=short_clip, levels=LOOK, out=tmp_path)))
        home.mkdir()
        assert works(worker, short_clip, tmp_path)


@pytest.mark.slow
def test_too_little_memory_for_a_clip(
    worker: Worker, home: Path, small_clip: Path, tmp_path: Path
) -> None:
    assert works(worker, small_clip, tmp_path)
    lines = Path(f"/proc/{pid_of(home)}/status").read_text().splitlines()
    size = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmSize"))
    job = Job(clip=small_clip, levels="both", settings=Settings(start_s=0.5), out=tmp_path)
    with bounded(home, resource.RLIMIT_AS, size + 2**20), pytest.raises(JobError) as caught:
        list(worker.run(job))
    assert "memory" in str(caught.value) or INSIDE in str(caught.value)
    assert str(caught.value).count(".") == 1
    assert works(worker, small_clip, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "stage",
    [
        *("Reading the clip", "Tracking the dancer", "Generating music (high)"),
        *("Writing the files (high)", "Writing the beat video (high)"),
    ],
)
def test_killed_in_each_stage(
    worker: Worker, home: Path, short_clip: Path, tmp_path: Path, stage: str
) -> None:
    for kept in cache_of(home).iterdir():
        shutil.rmtree(kept)
    os.kill(pid_of(home), signal.SIGKILL)  # its successor holds no clip in memory
    settings = Settings(overlay=True)
    news = worker.run(Job(clip=short_clip, levels="high", settings=settings, out=tmp_path))
    until(news, stage)
    os.kill(pid_of(home), signal.SIGKILL)
    with pytest.raises(JobError, match="broke off"):
        list(news)
    assert not list(cache_of(home).glob(".part-*"))
    assert works(worker, short_clip, tmp_path)


def test_a_stopped_job_says_so_at_once(worker: Worker, short_clip: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    news = worker.run(Job(clip=short_clip, levels=LOOK, out=tmp_path), stop)
    waiting = worker.run(Job(clip=short_clip, levels=LOOK, out=tmp_path), stop)
    next(news)
    next(waiting)
    stop.set()
    start = time.monotonic()
    next(waiting)
    next(news)
    assert time.monotonic() - start < 2.0  # 0.2 s on an idle machine
    waiting.close()
    news.close()


def behind(cause: BaseException) -> BaseException:
    try:
        raise VideoError("The clip is damaged: send another.") from cause
    except VideoError as error:
        return error


def out_of_memory() -> BaseException:
    import torch

    return torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/secret/place"), NO_ROOM),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), NO_ROOM),
        (OSError("moviepy: b'av_interleaved_write_frame(): No space left on device'"), NO_ROOM),
        (behind(OSError(errno.EFBIG, "File too large")), NO_ROOM),
        (MemoryError(), NO_MEMORY),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to"), NO_MEMORY),
        (out_of_memory(), NO_MEMORY),
        (behind(out_of_memory()), NO_MEMORY),
        (behind(ValueError("odd")), "The clip is damaged"),
        (PermissionError(errno.EACCES, "Permission denied", "/secret/place"), INSIDE),
        (KeyError("/secret/place"), INSIDE),
    ],
)
def test_one_sentence_for_an_error(error: BaseException, expected: str) -> None:
    told = sentence(error)
    assert told.startswith(expected)
    assert "/secret" not in told
    assert told.count(".") == 1
    assert "\n" not in told


def test_a_gpu_without_memory_ends_a_job_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    class Full:
        def __init__(self, **_: object) -> None:
            made.append(self)

        def produce(self, *_: object, **__: object) -> Iterator[object]:
            raise out_of_memory()
            yield

    monkeypatch.setattr("d2m.pipeline.DanceToMusic", Full)
    ours, theirs = Pipe()
    server = JobServer(theirs, tmp_path)
    for jobs in (1, 2):
        server.do(Job(clip=tmp_path / "clip.mp4", levels="high", out=tmp_path))
        failed = ours.recv()
        assert isinstance(failed, Failed)
        assert failed.sentence.startswith(NO_MEMORY)
        assert len(made) == jobs  # the pipeline of a failed job is not used again


@pytest.mark.parametrize("weights", [*(set(FAMILIES) - {COMPACT}), "none-such"])
def test_missing_checkpoint(worker: Worker, short_clip: Path, tmp_path: Path, weights: str) -> None:
    if weights in FAMILIES and is_installed(weights, FAMILIES[weights].levels[0]):
        pytest.skip("these weights are installed")
    level = FAMILIES[weights].levels[0].name if weights in FAMILIES else "high"
    settings = Settings(weights=weights)
    with pytest.raises(JobError) as caught:
        list(worker.run(Job(clip=short_clip, levels=level, settings=settings, out=tmp_path)))
    assert INSIDE not in str(caught.value)
    assert str(ROOT) not in str(caught.value)
    assert works(worker, short_clip, tmp_path)


def test_without_network_home_and_graphics_card(short_clip: Path, tmp_path: Path) -> None:
    alone = ["unshare", "-r", "-n"]
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], check=False).returncode:
        alone = []
    program = (
        "import contextlib, socket, sys; from pathlib import Path\n"
        "from d2m.jobs.messages import Job; from d2m.jobs import Worker\n"
        "with contextlib.closing(Worker()) as worker:\n"
        "    *_, last = worker.run(Job(clip=Path(sys.argv[1]), levels='high', out=Path('.')))\n"
        "print(type(last).__name__)"
    )
    environment = {k: v for k, v in os.environ.items() if k not in ("HOME", "XDG_CACHE_HOME")}
    environment |= {"CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [*alone, sys.executable, "-c", program, str(short_clip)],
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
    news = visitor.generate(visitor.upload(clip))
    for message in news:
        if message.stage == stage:
            return news
    raise AssertionError(f"the job ended before {stage!r}")


@pytest.mark.slow
def test_killed_server_leaves_no_worker_and_the_next_one_sweeps(
    tmp_path: Path, example_clip: Path, short_clip: Path
) -> None:
    folder = tmp_path / "served"
    with serving(folder) as living:
        root = living.root()
        with serving(tmp_path / "other") as dead:
            until_stage(Visitor(dead.url), example_clip, "Tracking the dancer")
            workers = dead.workers()
            left = dead.root()
            assert workers
            dead.process.kill()
            dead.process.wait(10)
            deadline = time.monotonic() + 5
            while any(map(lives, workers)) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert not any(map(lives, workers))
        moved = folder / left.name
        left.rename(moved)
        with serving(folder):
            assert not moved.exists()
            assert root.exists()
            assert len(list(folder.glob("d2m-server-*"))) == 2
        assert list(folder.glob("d2m-server-*")) == [root]
        assert done(Visitor(living.url), short_clip)


def done(visitor: Visitor, clip: Path) -> bool:
    return any(news.done for news in visitor.generate(visitor.upload(clip)))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("faults") / "served") as app:
        yield app


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["Reading the clip", "Tracking the dancer"])
def test_who_leaves_takes_the_job_along(
    app: Serving, example_clip: Path, short_clip: Path, stage: str
) -> None:
    visitor = Visitor(app.url)
    news = until_stage(visitor, example_clip, stage)
    (worker,) = app.workers()
    news.close()
    visitor.http.close()
    deadline = time.monotonic() + 5
    while lives(worker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not lives(worker)
    while list(app.root().glob("d2m-job-*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not list(app.root().glob("d2m-job-*"))
    assert done(Visitor(app.url), short_clip)


def test_a_worker_killed_under_the_page(app: Serving, short_clip: Path) -> None:
    visitor = Visitor(app.url)
    news = visitor.generate(visitor.upload(short_clip), seed=5)
    next(news)
    for pid in app.workers():
        os.kill(pid, signal.SIGKILL)
    texts = [message.text for message in news]
    assert any("title" in text for text in texts)
    assert httpx.get(app.url).status_code == 200
    assert done(Visitor(app.url), short_clip)


JUMPING = """
import os, time
true_time, told = time.time, os.environ["CLOCK_JUMP_S"]
time.time = lambda: true_time() + (float(open(told).read()) if os.path.exists(told) else 0.0)
"""


@pytest.mark.slow
@pytest.mark.parametrize("jump_s", [86_400, -86_400])
def test_a_clock_that_jumps(
    tmp_path: Path, example_clip: Path, short_clip: Path, jump_s: float
) -> None:
    (tmp_path / "sitecustomize.py").write_text(JUMPING)
    jump = tmp_path / "jump"
    paths = f"{tmp_path}{os.pathsep}{ROOT}"
    with serving(tmp_path / "served", PYTHONPATH=paths, CLOCK_JUMP_S=str(jump)) as app:
        visitor = Visitor(app.url)
        ends = []
        for news in visitor.generate(visitor.upload(example_clip)):
            if news.stage == "Tracking the dancer":
                jump.write_text(str(jump_s))
            ends.append(news.done)
        assert jump.exists()
        assert any(ends)
        assert done(Visitor(app.url), short_clip)
        assert httpx.get(app.url).status_code == 200
