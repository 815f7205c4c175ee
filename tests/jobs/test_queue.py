import threading
import time

import pytest

from d2m.core.errors import JobError
from d2m.jobs.queue import FIRST_GUESS_S, Line


def test_who_comes_first_is_served_first():
    line, waiting, served, threads = Line(5), [], [], []

    def stand(number: int) -> None:
        with line.place() as place:
            waiting.append(number)
            while place.ahead:
                place.step(0.01)
            served.append(number)

    with line.place() as first:
        assert first.ahead == 0
        assert first.wait_s == 0
        for number in range(4):
            threads.append(threading.Thread(target=stand, args=(number,)))
            threads[-1].start()
            while number not in waiting:
                time.sleep(0.001)
    for thread in threads:
        thread.join(5)
    assert served == [0, 1, 2, 3]


def test_a_full_line_says_when_to_come_back():
    line = Line(1)
    full = pytest.raises(JobError, match="full, too many clips wait already: try again in a min")
    with line.place(), line.place(), full, line.place():
        pass
    with line.place() as place:
        assert place.ahead == 0


def test_the_wait_is_told_by_the_last_jobs():
    line = Line(5)
    with line.place(), line.place() as second, line.place() as third:
        assert second.ahead == 1
        assert third.ahead == 2
        assert second.wait_s == pytest.approx(FIRST_GUESS_S, abs=1)
        assert third.wait_s == pytest.approx(2 * FIRST_GUESS_S, abs=1)
    for _ in range(30):
        with line.place():
            pass
    with line.place(), line.place() as second:
        assert second.wait_s == pytest.approx(1.0, abs=0.5)


def test_who_leaves_a_place_in_the_middle_holds_up_nobody():
    line = Line(5)
    with line.place():
        second = line.place()
        second.__enter__()
        with line.place() as third:
            second.__exit__(None, None, None)
            assert third.ahead == 1


def test_two_counters_serve_two():
    line = Line(2, counters=2)
    with line.place() as first, line.place() as second:
        assert (first.ahead, second.ahead) == (0, 0)
        third = line.place()
        waiting = third.__enter__()
        with line.place() as fourth:
            assert (waiting.ahead, fourth.ahead) == (1, 2)
            # Two are done in the time of one.
            assert fourth.wait_s == pytest.approx(waiting.wait_s, abs=1)
            with pytest.raises(JobError, match="full"), line.place():
                pass
        third.__exit__(None, None, None)
    with line.place(), line.place() as last:
        assert last.ahead == 0
