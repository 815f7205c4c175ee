"""A worker pool with real processes, on real clips."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import threading
import time
from pathlib import Path

import pytest

from d2m.core.errors import JobError, SettingsError
from d2m.core.events import DanceSummary, ResultFiles, SoundtrackDetails, SoundtrackSummary
from d2m.core.settings import Settings
from d2m.jobs import WorkerPool
from d2m.jobs.messages import ANALYSIS_ONLY, Finished, Job, Limits, Stage, Waiting
from tests.jobs.processes import group_lives, process_of, until


@pytest.mark.slow
def test_both_levels(pool: WorkerPool, short_clip: Path, tmp_path: Path) -> None:
    import soundfile

    job = Job(
        clip=short_clip, levels="both", settings=Settings(style="house", seed=3), out=tmp_path
    )
    events = list(pool.run(job))
    stages = list(dict.fromkeys(m.name for m in events if isinstance(m, Stage)))
    for order in (
        ("Finding the rhythm", "Generating music (high)", "Writing the video (high)"),
        ("Writing the video (high)", "Drawing the plots (high)", "Packing the files"),
        ("Generating music (low)", "Writing the video (low)", "Drawing the plots (low)"),
        ("Writing the video (low)", "Writing the comparison", "Packing the files"),
    ):
        assert [stages.index(stage) for stage in order] == sorted(map(stages.index, order))
    assert all(0 <= m.fraction <= 1 for m in events if isinstance(m, Stage))
    summary, *music, files, finished = (m for m in events if not isinstance(m, Stage))
    assert [type(one) for one in music] == 2 * [SoundtrackSummary] + 2 * [SoundtrackDetails]
    high, low = sorted(music[:2], key=lambda one: one.level)
    assert isinstance(summary, DanceSummary)
    assert 40 < summary.tempo_bpm < 250
    assert isinstance(files, ResultFiles)
    assert isinstance(finished, Finished)
    assert finished.has_results
    for result, level in ((high, "high"), (low, "low")):
        assert isinstance(result, SoundtrackSummary)
        assert (result.level, result.style) == (level, "House")
        assert 0 <= result.scores["beat_f_measure"] <= 1
        assert soundfile.info(result.paths["wav"]).duration == pytest.approx(3.0, abs=0.1)
        assert all(
            path.parent == tmp_path and path.stat().st_size for path in result.paths.values()
        )
    assert all("beats" in one.alt_text and one.paths["png"].is_file() for one in music[2:])
    assert set(json.loads(files.report.read_text())["levels"]) == {"high", "low"}
    assert not list(tmp_path.glob("*.part"))


def test_a_second_job_reuses_the_analysis(
    pool: WorkerPool, short_clip: Path, tmp_path: Path
) -> None:
    jobs = [
        Job(clip=short_clip, levels="high", settings=Settings(seed=seed), out=tmp_path)
        for seed in (1, 2)
    ]
    list(pool.run(jobs[0]))
    process = process_of(pool).pid
    (first,) = tmp_path.glob("groove.*.seed1.high.wav")
    events = list(pool.run(jobs[1]))
    assert process_of(pool).pid == process
    assert not any(isinstance(m, Stage) and m.name == "Tracking the dancer" for m in events)
    (second,) = tmp_path.glob("groove.*.seed2.high.wav")
    assert first.read_bytes() != second.read_bytes()


@pytest.mark.slow
def test_the_analysis_outlives_the_process(
    pool: WorkerPool, short_clip: Path, tmp_path: Path
) -> None:
    list(pool.run(Job(clip=short_clip, levels=ANALYSIS_ONLY, out=tmp_path)))
    os.kill(process_of(pool).pid, signal.SIGKILL)
    shifted = Settings(beat_shift_ms=100.0)
    events = list(
        pool.run(Job(clip=short_clip, levels=ANALYSIS_ONLY, settings=shifted, out=tmp_path))
    )
    assert not any(isinstance(m, Stage) and m.name == "Tracking the dancer" for m in events)
    assert isinstance(events[-1], Finished)
    assert not events[-1].has_results
    assert not list(tmp_path.iterdir())


def test_a_bad_clip_is_refused_in_one_sentence_and_keeps_the_process(
    pool: WorkerPool, text_clip: Path, tmp_path: Path
) -> None:
    pool.warm_up()
    process = process_of(pool).pid
    with pytest.raises(JobError) as caught:
        list(pool.run(Job(clip=text_clip, levels="high", out=tmp_path)))
    sentence = str(caught.value)
    assert "letter.mp4 is not a video" in sentence
    assert str(text_clip.parent) not in sentence
    assert sentence.count("\n") == 0
    assert process_of(pool).pid == process


def test_results_that_cant_be_stored_reveal_no_paths(
    pool: WorkerPool, short_clip: Path, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder should be")
    with pytest.raises(JobError, match="can't store the results") as caught:
        list(pool.run(Job(clip=short_clip, levels="high", out=blocked)))
    assert str(tmp_path) not in str(caught.value)


def test_closing_kills_the_process_and_removes_its_files(
    pool: WorkerPool, example_clip: Path, tmp_path: Path
) -> None:
    events = pool.run(Job(clip=example_clip, levels="high", out=tmp_path))
    until(events, "Tracking the dancer")
    process = process_of(pool)
    assert list(pool.cache.rglob("copy.mp4"))
    cached = {*pool.cache.iterdir()}
    start = time.monotonic()
    events.close()
    assert time.monotonic() - start < 10.0  # 0.1 s on an idle machine
    assert not group_lives(process.pid)
    assert not process.scratch.exists()
    assert {*pool.cache.iterdir()} < cached
    assert not list(tmp_path.iterdir())
    assert process_of(pool).pid != process.pid


def test_a_job_that_never_started_keeps_the_process(pool: WorkerPool, short_clip: Path) -> None:
    pool.warm_up()
    process = process_of(pool).pid
    with pool.events(Job.requested(str(short_clip), "high", Settings())) as events:
        next(events)
    assert process_of(pool).pid == process


def test_events_need_a_clip_and_remove_the_results(pool: WorkerPool, short_clip: Path) -> None:
    with (
        pytest.raises(SettingsError, match="Choose a clip"),
        pool.events(Job.requested(None, "high", Settings())),
    ):
        pass
    with pool.events(Job.requested(str(short_clip), "high", Settings())) as events:
        (result,) = (message for message in events if isinstance(message, SoundtrackSummary))
        assert result.paths["mp4"].is_file()
    assert not result.paths["mp4"].exists()


def test_a_waiting_clip_may_be_deleted(pool: WorkerPool, short_clip: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(short_clip.read_bytes())
    with pool.events(Job.requested(str(clip), "high", Settings())) as events:
        next(events)
        clip.unlink()
        results = [message for message in events if isinstance(message, SoundtrackSummary)]
        assert results[0].paths["mp4"].name.startswith("clip.")


@pytest.mark.slow
def test_a_job_without_a_heartbeat_is_ended(short_clip: Path, tmp_path: Path) -> None:
    with contextlib.closing(WorkerPool(Limits(silent_s=5))) as pool:
        events = pool.run(Job(clip=short_clip, levels="high", out=tmp_path))
        until(events, "Tracking the dancer")
        pid = process_of(pool).pid
        os.kill(pid, signal.SIGSTOP)
        start = time.monotonic()
        with pytest.raises(JobError, match="got stuck"):
            list(events)
        assert 3 < time.monotonic() - start < 15
        assert process_of(pool).pid != pid
        *_, last = pool.run(Job(clip=short_clip, levels="high", out=tmp_path))
        assert isinstance(last, Finished)


def test_a_waiting_job_knows_its_place_and_the_queue_is_bounded(
    pool: WorkerPool, short_clip: Path, tmp_path: Path
) -> None:
    job = Job(clip=short_clip, levels=ANALYSIS_ONLY, out=tmp_path)
    first, second, third = (pool.run(job) for _ in range(3))
    assert isinstance(next(first), Stage)
    message = next(second)
    assert isinstance(message, Waiting)
    assert message.place == 1
    assert message.seconds > 0
    with pytest.raises(JobError, match="full"):
        next(third)
    first.close()
    assert any(isinstance(message, Finished) for message in second)


def test_a_killed_process_is_replaced(
    pool: WorkerPool, example_clip: Path, short_clip: Path, tmp_path: Path
) -> None:
    events = pool.run(Job(clip=example_clip, levels="high", out=tmp_path))
    until(events, "Reading the clip")
    process = process_of(pool).pid
    os.kill(process, signal.SIGKILL)
    with pytest.raises(JobError, match="crashed"):
        list(events)
    assert process_of(pool).pid != process
    *_, last = pool.run(Job(clip=short_clip, levels="high", out=tmp_path))
    assert isinstance(last, Finished)


def test_a_job_that_takes_too_long_is_ended(short_clip: Path, tmp_path: Path) -> None:
    with contextlib.closing(WorkerPool(Limits(seconds=0.5))) as pool:
        pool.warm_up()
        process = process_of(pool).pid
        with pytest.raises(JobError, match="took longer"):
            list(pool.run(Job(clip=short_clip, levels="high", out=tmp_path)))
        assert not group_lives(process)


def test_the_process_has_limits_and_leads_its_group(
    pool: WorkerPool, short_clip: Path, tmp_path: Path
) -> None:
    list(pool.run(Job(clip=short_clip, levels="high", out=tmp_path)))
    process = process_of(pool).pid
    assert os.getpgid(process) == process != os.getpgid(0)
    assert resource.prlimit(process, resource.RLIMIT_AS)[0] == Limits().memory_bytes
    assert resource.prlimit(process, resource.RLIMIT_FSIZE)[0] == Limits().file_bytes
    assert resource.prlimit(process, resource.RLIMIT_CORE)[0] == 0


def test_too_little_memory_is_reported_in_one_sentence(short_clip: Path, tmp_path: Path) -> None:
    with (
        contextlib.closing(WorkerPool(Limits(memory_bytes=200_000_000))) as pool,
        pytest.raises(JobError, match="lack of memory"),
    ):
        list(pool.run(Job(clip=short_clip, levels="high", out=tmp_path)))


@pytest.mark.slow
def test_a_process_is_replaced_after_its_last_job(text_clip: Path, tmp_path: Path) -> None:
    with contextlib.closing(WorkerPool(Limits(jobs=1))) as pool:
        pool.warm_up()
        process = process_of(pool).pid
        with pytest.raises(JobError, match="not a video"):
            list(pool.run(Job(clip=text_clip, levels="high", out=tmp_path)))
        assert process_of(pool).pid != process
        assert not group_lives(process)


@pytest.mark.slow
def test_two_jobs_at_a_time(short_clip: Path, tmp_path: Path) -> None:
    with contextlib.closing(WorkerPool(Limits(at_once=2, waiting=1))) as pool:
        outs = [tmp_path / name for name in "abc"]
        jobs = []
        for number, out in enumerate(outs):
            settings = Settings(start_s=number / 10)  # each has to analyse another part
            job = Job(clip=short_clip, levels=ANALYSIS_ONLY, settings=settings, out=out)
            jobs.append(pool.run(job))
        until(jobs[0], "Tracking the dancer")
        until(jobs[1], "Tracking the dancer")
        assert isinstance(next(jobs[2]), Waiting)
        first, second = (slot.process for slot in pool.slots)
        assert first is not None
        assert second is not None
        assert first.pid != second.pid
        jobs[0].close()
        assert not group_lives(first.pid)
        assert isinstance([*jobs[1]][-1], Finished)
        assert isinstance([*jobs[2]][-1], Finished)
        assert second.is_alive


def test_a_stopped_job_sends_an_event_at_once(
    pool: WorkerPool, short_clip: Path, tmp_path: Path
) -> None:
    stop, other = threading.Event(), Settings(start_s=0.3)  # a part that is not analysed yet
    job = Job(clip=short_clip, levels=ANALYSIS_ONLY, settings=other, out=tmp_path)
    events, waiting = pool.run(job, stop), pool.run(job, stop)
    next(events)
    next(waiting)
    stop.set()
    start = time.monotonic()
    next(waiting)
    next(events)
    assert time.monotonic() - start < 10.0  # 0.2 s on an idle machine
    waiting.close()
    events.close()


def test_a_closed_pool_refuses_jobs(short_clip: Path, tmp_path: Path) -> None:
    pool = WorkerPool()
    pool.close()
    with pytest.raises(JobError, match="closing"):
        list(pool.run(Job(clip=short_clip, levels="high", out=tmp_path)))
