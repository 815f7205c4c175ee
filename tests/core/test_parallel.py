"""Tasks in threads, whose progress arrives in the thread of the caller."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing

import pytest

from d2m.core.parallel import run_at_once, usable_cores
from d2m.core.progress import Progress, silent


def meeting(barrier: threading.Barrier, name: str) -> Callable[[Progress], str]:
    """Return a task that ends only while another one runs."""

    def task(report: Progress) -> str:
        report(name, 0.5)
        barrier.wait(timeout=20)
        return name

    return task


def test_tasks_run_at_once_and_report_in_the_thread_of_the_caller() -> None:
    barrier, reports = threading.Barrier(2), []

    def progress(stage: str, share: float) -> None:
        reports.append((stage, share, threading.current_thread()))

    tasks = [meeting(barrier, name) for name in ("one", "other")]
    results = dict(run_at_once(tasks, progress, threads=2))
    assert results == {0: "one", 1: "other"}
    assert {name for name, *_ in reports} == {"one", "other"}
    assert {thread for *_, thread in reports} == {threading.current_thread()}


def test_results_come_in_the_order_in_which_tasks_end() -> None:
    ended = threading.Event()

    def late(report: Progress) -> str:  # noqa: ARG001
        assert ended.wait(timeout=20)
        return "late"

    with closing(run_at_once([late, lambda _: "early"], silent, threads=2)) as results:
        assert next(results) == (1, "early")
        ended.set()
        assert list(results) == [(0, "late")]


def test_one_thread_is_that_of_the_caller() -> None:
    def task(report: Progress) -> threading.Thread:
        report("stage", 0.0)
        return threading.current_thread()

    own = threading.current_thread()
    assert list(run_at_once([task, task], silent, threads=1)) == [(0, own), (1, own)]


def endless(stopped: threading.Event) -> Callable[[Progress], None]:
    """Return a task that reports until it is stopped."""

    def task(report: Progress) -> None:
        try:
            while not stopped.wait(0.01):
                report("working", 0.5)
        finally:
            stopped.set()

    return task


def test_the_error_of_a_task_ends_the_others() -> None:
    stopped = threading.Event()

    def fails(report: Progress) -> None:
        report("failing", 0.0)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        list(run_at_once([endless(stopped), fails], silent, threads=2))
    assert stopped.is_set()


def test_an_error_of_the_receiver_ends_all_tasks() -> None:
    events = [threading.Event(), threading.Event()]

    def stop(stage: str, share: float) -> None:
        raise KeyError(stage, share)

    with pytest.raises(KeyError):
        list(run_at_once([endless(one) for one in events], stop, threads=2))
    assert all(one.is_set() for one in events)


def test_there_is_at_least_one_core() -> None:
    assert usable_cores() >= 1
