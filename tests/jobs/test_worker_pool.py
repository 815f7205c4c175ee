"""The worker with its real process, on real clips."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from d2m.core.errors import JobError, SettingsError
from d2m.core.settings import Settings
from d2m.jobs import Worker
from d2m.jobs.messages import LOOK, Finished, Job, Limits, Result, Seen, Stage, Waiting
from tests.jobs.observe import cache_of, group_lives, pid_of, pids_of, scratch_folders, until


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the worker that the tests share."""
    return tmp_path_factory.mktemp("worker")


@pytest.fixture(scope="module")
def worker(home: Path) -> Iterator[Worker]:
    with contextlib.closing(Worker(Limits(waiting=1), home)) as worker:
        worker.warm_up()
        yield worker


def test_both_levels(worker: Worker, short_clip: Path, tmp_path: Path) -> None:
    import soundfile

    job = Job(
        clip=short_clip, levels="both", settings=Settings(style="house", seed=3), out=tmp_path
    )
    news = list(worker.run(job))
    stages = list(dict.fromkeys(m.name for m in news if isinstance(m, Stage)))
    assert stages[-10:] == [
        "Reading the clip",
        "Tracking the dancer",
        "Checking the picture",
        "Finding the rhythm",
        "Generating music (high)",
        "Writing the files (high)",
        "Generating music (low)",
        "Writing the files (low)",
        "Writing the comparison",
        "Packing the files",
    ]
    assert all(0 <= m.fraction <= 1 for m in news if isinstance(m, Stage))
    seen, high, low, finished = (m for m in news if not isinstance(m, Stage))
    assert isinstance(seen, Seen)
    assert 40 < seen.tempo_bpm < 250
    assert isinstance(finished, Finished)
    for result, level in ((high, "high"), (low, "low")):
        assert isinstance(result, Result)
        assert (result.level, result.style) == (level, "House")
        assert 0 <= result.scores["beat_f_measure"] <= 1
        assert "beats" in result.alt_text
        assert soundfile.info(result.paths["wav"]).duration == pytest.approx(3.0, abs=0.1)
        assert all(
            path.parent == tmp_path and path.stat().st_size for path in result.paths.values()
        )
    assert set(json.loads(finished.report.read_text())["levels"]) == {"high", "low"}
    assert not list(tmp_path.glob("*.part"))


def test_second_try_does_not_look_again(
    worker: Worker, home: Path, short_clip: Path, tmp_path: Path
) -> None:
    jobs = [
        Job(clip=short_clip, levels="high", settings=Settings(seed=seed), out=tmp_path)
        for seed in (1, 2)
    ]
    list(worker.run(jobs[0]))
    process = pid_of(home)
    (first,) = tmp_path.glob("groove.*.seed1.high.wav")
    news = list(worker.run(jobs[1]))
    assert pid_of(home) == process
    assert not any(isinstance(m, Stage) and m.name == "Tracking the dancer" for m in news)
    (second,) = tmp_path.glob("groove.*.seed2.high.wav")
    assert first.read_bytes() != second.read_bytes()


def test_what_was_seen_outlives_the_process(
    worker: Worker, home: Path, short_clip: Path, tmp_path: Path
) -> None:
    list(worker.run(Job(clip=short_clip, levels=LOOK, out=tmp_path)))
    os.kill(pid_of(home), signal.SIGKILL)
    shifted = Settings(beat_shift_ms=100.0)
    news = list(worker.run(Job(clip=short_clip, levels=LOOK, settings=shifted, out=tmp_path)))
    assert not any(isinstance(m, Stage) and m.name == "Tracking the dancer" for m in news)
    assert isinstance(news[-1], Finished)
    assert news[-1].report is None
    assert not list(tmp_path.iterdir())


def test_bad_clip_gives_one_sentence_and_keeps_the_process(
    worker: Worker, home: Path, text_clip: Path, tmp_path: Path
) -> None:
    worker.warm_up()
    process = pid_of(home)
    with pytest.raises(JobError) as caught:
        list(worker.run(Job(clip=text_clip, levels="high", out=tmp_path)))
    sentence = str(caught.value)
    assert "letter.mp4 is not a video" in sentence
    assert str(text_clip.parent) not in sentence
    assert sentence.count("\n") == 0
    assert pid_of(home) == process


def test_unexpected_error_says_nothing_of_the_inside(
    worker: Worker, short_clip: Path, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder should be")
    with pytest.raises(JobError, match="Something went wrong inside") as caught:
        list(worker.run(Job(clip=short_clip, levels="high", out=blocked)))
    assert str(tmp_path) not in str(caught.value)


def test_stop_kills_at_once_and_leaves_nothing(
    worker: Worker, home: Path, example_clip: Path, tmp_path: Path
) -> None:
    news = worker.run(Job(clip=example_clip, levels="high", out=tmp_path))
    until(news, "Tracking the dancer")
    process, (scratch,) = pid_of(home), scratch_folders(home)
    assert list(cache_of(home).rglob("copy.mp4"))
    kept = {*cache_of(home).iterdir()}
    start = time.monotonic()
    news.close()
    assert time.monotonic() - start < 2.0  # 0.1 s on an idle machine
    assert not group_lives(process)
    assert not scratch.exists()
    assert {*cache_of(home).iterdir()} < kept
    assert not list(tmp_path.iterdir())
    assert pid_of(home) != process


def test_job_that_never_began_costs_no_process(
    worker: Worker, home: Path, short_clip: Path
) -> None:
    worker.warm_up()
    process = pid_of(home)
    with worker.news(str(short_clip), "high", Settings()) as news:
        next(news)
    assert pid_of(home) == process


def test_news_needs_a_clip_and_leaves_no_results(worker: Worker, short_clip: Path) -> None:
    with (
        pytest.raises(SettingsError, match="Choose a clip"),
        worker.news(None, "high", Settings()),
    ):
        pass
    with worker.news(str(short_clip), "high", Settings()) as news:
        (result,) = (message for message in news if isinstance(message, Result))
        assert result.paths["mp4"].is_file()
    assert not result.paths["mp4"].exists()


def test_clip_that_waits_does_not_grow_too_old(
    worker: Worker, short_clip: Path, tmp_path: Path
) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(short_clip.read_bytes())
    with worker.news(str(clip), "high", Settings()) as news:
        next(news)
        clip.unlink()
        results = [message for message in news if isinstance(message, Result)]
        assert results[0].paths["mp4"].name.startswith("clip.")


@pytest.mark.slow
def test_job_without_a_sign_of_life_is_ended(short_clip: Path, tmp_path: Path) -> None:
    with contextlib.closing(Worker(Limits(silent_s=5), tmp_path)) as worker:
        news = worker.run(Job(clip=short_clip, levels="high", out=tmp_path / "out"))
        until(news, "Tracking the dancer")
        pid = pid_of(tmp_path)
        os.kill(pid, signal.SIGSTOP)
        start = time.monotonic()
        with pytest.raises(JobError, match="got stuck"):
            list(news)
        assert 3 < time.monotonic() - start < 15
        assert pid_of(tmp_path) != pid
        *_, last = worker.run(Job(clip=short_clip, levels="high", out=tmp_path / "out"))
        assert isinstance(last, Finished)


def test_a_waiting_job_knows_its_place_and_the_queue_is_bounded(
    worker: Worker, short_clip: Path, tmp_path: Path
) -> None:
    job = Job(clip=short_clip, levels=LOOK, out=tmp_path)
    first, second, third = (worker.run(job) for _ in range(3))
    assert isinstance(next(first), Stage)
    message = next(second)
    assert isinstance(message, Waiting)
    assert message.place == 1
    assert message.seconds > 0
    with pytest.raises(JobError, match="full"):
        next(third)
    first.close()
    assert any(isinstance(message, Finished) for message in second)


def test_killed_process_is_replaced(
    worker: Worker, home: Path, example_clip: Path, short_clip: Path, tmp_path: Path
) -> None:
    news = worker.run(Job(clip=example_clip, levels="high", out=tmp_path))
    until(news, "Reading the clip")
    process = pid_of(home)
    os.kill(process, signal.SIGKILL)
    with pytest.raises(JobError, match="broke off"):
        list(news)
    assert pid_of(home) != process
    *_, last = worker.run(Job(clip=short_clip, levels="high", out=tmp_path))
    assert isinstance(last, Finished)


def test_job_that_takes_too_long_is_ended(short_clip: Path, tmp_path: Path) -> None:
    with contextlib.closing(Worker(Limits(seconds=0.5), tmp_path)) as worker:
        worker.warm_up()
        process = pid_of(tmp_path)
        with pytest.raises(JobError, match="took longer"):
            list(worker.run(Job(clip=short_clip, levels="high", out=tmp_path / "out")))
        assert not group_lives(process)


def test_process_is_bounded_and_leads_its_group(
    worker: Worker, home: Path, short_clip: Path, tmp_path: Path
) -> None:
    list(worker.run(Job(clip=short_clip, levels="high", out=tmp_path)))
    process = pid_of(home)
    assert os.getpgid(process) == process != os.getpgid(0)
    assert resource.prlimit(process, resource.RLIMIT_AS)[0] == Limits().memory_bytes
    assert resource.prlimit(process, resource.RLIMIT_FSIZE)[0] == Limits().file_bytes
    assert resource.prlimit(process, resource.RLIMIT_CORE)[0] == 0


def test_too_little_memory_ends_in_one_sentence(short_clip: Path, tmp_path: Path) -> None:
    with (
        contextlib.closing(Worker(Limits(memory_bytes=200_000_000))) as worker,
        pytest.raises(JobError, match="lack of memory"),
    ):
        list(worker.run(Job(clip=short_clip, levels="high", out=tmp_path)))


def test_worn_out_process_is_replaced(text_clip: Path, tmp_path: Path) -> None:
    with contextlib.closing(Worker(Limits(jobs=1), tmp_path)) as worker:
        worker.warm_up()
        process = pid_of(tmp_path)
        with pytest.raises(JobError, match="not a video"):
            list(worker.run(Job(clip=text_clip, levels="high", out=tmp_path / "out")))
        assert pid_of(tmp_path) != process
        assert not group_lives(process)


def test_two_jobs_at_once_where_that_is_allowed(short_clip: Path, tmp_path: Path) -> None:
    with contextlib.closing(Worker(Limits(at_once=2, waiting=1), tmp_path)) as worker:
        outs = [tmp_path / name for name in "abc"]
        jobs = [
            worker.run(
                Job(clip=short_clip, levels="high", settings=Settings(start_s=n / 10), out=out)
            )
            for n, out in enumerate(outs)
        ]
        until(jobs[0], "Tracking the dancer")
        until(jobs[1], "Tracking the dancer")
        assert isinstance(next(jobs[2]), Waiting)
        both = pids_of(tmp_path)
        assert len(both) == 2
        jobs[0].close()
        (second,) = both & pids_of(tmp_path)
        (first,) = both - {second}
        assert not group_lives(first)
        assert isinstance([*jobs[1]][-1], Finished)
        assert isinstance([*jobs[2]][-1], Finished)
        assert second in pids_of(tmp_path)


def test_closed_worker_takes_no_job(short_clip: Path, tmp_path: Path) -> None:
    worker = Worker()
    worker.close()
    with pytest.raises(JobError, match="closing"):
        list(worker.run(Job(clip=short_clip, levels="high", out=tmp_path)))
