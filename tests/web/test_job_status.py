"""The status of a job on the page, and how a job is stopped."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, TypeVar

import pytest

from d2m.core.events import SoundtrackSummary
from d2m.jobs.messages import Failed, Finished, Message, Stage, Waiting
from d2m.web import status_html
from d2m.web.job_progress import JobPart, JobProgress
from d2m.web.job_status import JobStatus, JobStatuses
from d2m.web.status_reports import status_reports

T = TypeVar("T")


def in_thread(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in another thread, because a browser's loop may run in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (None, "Waiting in the queue"),
        (Waiting(place=2, seconds=100), "2 jobs are ahead of yours: about 2 min."),
        (Stage("Tracking the dancer", 0.31), "Tracking the dancer"),
        (Failed("It is <b>empty</b>."), "It is <b>empty</b>."),
        (
            Finished(seconds=12.4, has_results=False),
            "Here is the analysis. Correct the beat, or press Generate.",
        ),
        (Finished(seconds=12.4), "It took 12 s."),
    ],
)
def test_the_status_shows_the_latest_event(event: Message | None, expected: str) -> None:
    status = status_html.status(JobStatus(latest=event))
    assert expected in (status["title"], status["detail"])


@pytest.mark.parametrize("event", [None, Waiting(place=1, seconds=9), Stage("Mixing", 0.5)])
@pytest.mark.parametrize(
    ("stopped", "expected"), [(True, status_html.STOPPED), (False, status_html.BROKEN)]
)
def test_a_job_that_ended_early_was_stopped_or_broke_off(
    event: Message | None, stopped: bool, expected: status_html.Status
) -> None:
    job = JobStatus(latest=event)
    assert status_html.status(job) != expected
    job.over.set()
    if stopped:
        job.stop.set()
    assert status_html.status(job) == expected


def test_a_job_that_never_began_fails_and_one_that_is_over_stays_unchanged() -> None:
    job = JobStatus()
    job.fail("Too busy.")
    assert (job.stop.is_set(), job.over.is_set()) == (True, True)
    assert status_html.status(job)["detail"] == "Too busy."
    job = JobStatus(latest=Finished(seconds=1))
    job.over.set()
    job.fail("Too busy.")
    assert status_html.status(job)["title"] == "Done"


def test_the_last_report_is_the_end_and_old_events_are_skipped() -> None:
    steps = 300
    part = JobPart(stages=("Mixing",), weight=1.0, phase=0)
    progress = JobProgress([part])
    job = JobStatus(progress=progress)

    def work() -> None:
        for step in range(steps):
            job.latest = Stage("Mixing", step / steps)
            progress.on_progress("Mixing", step / steps)
            time.sleep(0.002)
        job.latest = Finished(seconds=3)
        job.over.set()

    async def collect() -> list[status_html.Status]:
        threading.Thread(target=work).start()
        return [status async for status in status_reports(job)]

    reports = in_thread(collect())
    assert reports[-1]["title"] == "Done"
    assert 3 <= len(reports) <= 10
    assert all(one != next_one for one, next_one in pairwise(reports))
    shares = [one["share"] for one in reports[:-1]]
    assert shares == sorted(shares)


def test_leaving_the_page_stops_the_job() -> None:
    job = JobStatus()

    async def leave() -> None:
        news = status_reports(job)
        await anext(news)
        assert not job.stop.is_set()
        await news.aclose()

    in_thread(leave())
    assert job.stop.is_set()


def test_the_same_status_is_repeated_so_that_leaving_is_noticed() -> None:
    job = JobStatus(latest=Stage("Mixing", 0.5))

    async def listen() -> float:
        news, start = status_reports(job), time.monotonic()
        assert await anext(news) == await anext(news)
        await news.aclose()
        return time.monotonic() - start

    assert 0.3 < in_thread(listen()) < 5


def test_each_page_has_its_status_and_old_ones_are_dropped() -> None:
    statuses = JobStatuses(most=2)
    first, second = statuses.create("a"), statuses.create("b")
    assert (statuses.get("a"), statuses.get("b")) == (first, second)
    assert statuses.create("a") is not first
    third = statuses.create("c")
    assert statuses.get("c") is third
    assert not statuses.get("a").over.is_set()
    dropped = statuses.get("b")
    assert dropped.stop.is_set()
    assert "load it again" in status_html.status(dropped)["detail"]


def test_a_page_is_told_once_that_it_has_every_kind_of_song() -> None:
    kinds, statuses = ("classic", "deep"), JobStatuses()
    for kind, is_told in (("deep", False), ("deep", False), ("classic", True), ("classic", False)):
        status = statuses.create("a")
        piece = SoundtrackSummary(
            level="studio", style="House", paths={}, scores={}, seconds=1.0, kind=kind, kinds=kinds
        )
        assert bool(status.hear(piece)) == is_told, "every job of the page goes on with the list"
