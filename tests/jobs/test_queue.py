"""The order of the job queue, its bound and its estimates of waiting times."""

from __future__ import annotations

import threading
import time

import pytest

from d2m.core.errors import JobError
from d2m.jobs.queue import FIRST_GUESS_S, JobQueue


def test_jobs_start_in_the_order_of_arrival() -> None:
    queue = JobQueue(max_waiting=5)
    started: list[int] = []
    threads: list[threading.Thread] = []

    def run(number: int) -> None:
        with queue.ticket() as ticket:
            while ticket.ahead:
                ticket.wait_for_change(0.01)
            started.append(number)

    with queue.ticket() as first:
        assert first.ahead == 0
        assert first.wait_s == 0
        for number in range(4):
            threads.append(threading.Thread(target=run, args=(number,)))
            threads[-1].start()
            while len(queue) < number + 2:
                time.sleep(0.001)
    for thread in threads:
        thread.join(5)
    assert started == [0, 1, 2, 3]


def test_a_full_queue_says_when_to_come_back() -> None:
    queue = JobQueue(max_waiting=1)
    full = pytest.raises(JobError, match="full, too many jobs are waiting: try again in a min")
    with queue.ticket(), queue.ticket(), full, queue.ticket():
        pass
    with queue.ticket() as ticket:
        assert ticket.ahead == 0


def test_waiting_times_are_estimated_from_the_latest_jobs() -> None:
    queue = JobQueue(max_waiting=5)
    with queue.ticket(), queue.ticket() as second, queue.ticket() as third:
        assert second.ahead == 1
        assert third.ahead == 2
        assert second.wait_s == pytest.approx(FIRST_GUESS_S, abs=1)
        assert third.wait_s == pytest.approx(2 * FIRST_GUESS_S, abs=1)
    for _ in range(30):
        with queue.ticket():
            pass
    with queue.ticket(), queue.ticket() as second:
        assert second.wait_s == pytest.approx(1.0, abs=0.5)


def test_leaving_the_middle_of_the_queue_moves_the_others_up() -> None:
    queue = JobQueue(max_waiting=5)
    with queue.ticket():
        second = queue.ticket()
        second.__enter__()
        with queue.ticket() as third:
            assert third.ahead == 2
            second.__exit__(None, None, None)
            assert third.ahead == 1


def test_two_jobs_at_a_time() -> None:
    queue = JobQueue(max_waiting=2, concurrency=2)
    with queue.ticket() as first, queue.ticket() as second:
        assert (first.ahead, second.ahead) == (0, 0)
        entry = queue.ticket()
        third = entry.__enter__()
        with queue.ticket() as fourth:
            assert (third.ahead, fourth.ahead) == (1, 2)
            # Two jobs finish in the time of one.
            assert fourth.wait_s == pytest.approx(third.wait_s, abs=1)
            with pytest.raises(JobError, match="full"), queue.ticket():
                pass
        entry.__exit__(None, None, None)
    with queue.ticket(), queue.ticket() as last:
        assert last.ahead == 0
