"""What is told of a job, and how it is stopped."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest

from d2m.jobs.messages import Failed, Finished, Message, Stage, Waiting
from d2m.web import html
from d2m.web.job_status import Ticket, Tickets, told

T = TypeVar("T")


def apart(talk: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a thread of its own: a browser's loop may run in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, talk).result()


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        (None, "Waiting for its turn"),
        (Waiting(place=2, seconds=100), "2 clips are being made: about 2 min"),
        (Stage("Following the dancer", 0.31), 'aria-valuenow="31"'),
        (Failed("It is <b>empty</b>."), "It is &lt;b&gt;empty&lt;/b&gt;."),
        (Finished(seconds=12.4), "This is what was seen."),
        (Finished(seconds=12.4, report=Path("report.json")), "It took 12 s."),
    ],
)
def test_the_status_says_the_latest(news: Message | None, expected: str) -> None:
    assert expected in html.status(Ticket(news=news))


@pytest.mark.parametrize("news", [None, Waiting(place=1, seconds=9), Stage("Mixing", 0.5)])
@pytest.mark.parametrize(("stopped", "expected"), [(True, html.STOPPED), (False, html.BROKEN)])
def test_what_is_over_without_an_end_was_stopped_or_broke(
    news: Message | None, stopped: bool, expected: str
) -> None:
    ticket = Ticket(news=news)
    assert html.status(ticket) != expected
    ticket.over.set()
    if stopped:
        ticket.stop.set()
    assert html.status(ticket) == expected


def test_a_job_that_never_began_fails_and_one_that_is_over_stays_as_it_is() -> None:
    ticket = Ticket()
    ticket.fail("Too busy.")
    assert (ticket.stop.is_set(), ticket.over.is_set()) == (True, True)
    assert "Too busy." in html.status(ticket)
    ticket = Ticket(news=Finished(seconds=1))
    ticket.over.set()
    ticket.fail("Too busy.")
    assert "Done" in html.status(ticket)


def test_the_last_that_is_told_is_the_end_and_what_is_old_is_skipped() -> None:
    ticket = Ticket()
    steps = 300

    def work() -> None:
        for step in range(steps):
            ticket.news = Stage("Mixing", step / steps)
            time.sleep(0.002)
        ticket.news = Finished(seconds=3)
        ticket.over.set()

    async def listen() -> list[str]:
        threading.Thread(target=work).start()
        return [status async for status in told(ticket)]

    heard = apart(listen())
    assert "Done" in heard[-1]
    assert 3 <= len(heard) <= 10
    assert len({*heard}) == len(heard)


def test_who_leaves_stops_the_job() -> None:
    ticket = Ticket()

    async def leave() -> None:
        news = told(ticket)
        await anext(news)
        assert not ticket.stop.is_set()
        await news.aclose()

    apart(leave())
    assert ticket.stop.is_set()


def test_the_same_is_told_again_so_that_who_left_is_noticed() -> None:
    ticket = Ticket(news=Stage("Mixing", 0.5))

    async def listen() -> float:
        news, start = told(ticket), time.monotonic()
        assert await anext(news) == await anext(news)
        await news.aclose()
        return time.monotonic() - start

    assert 0.3 < apart(listen()) < 5


def test_each_page_has_its_ticket_and_old_ones_are_forgotten() -> None:
    tickets = Tickets(most=2)
    first, second = tickets.new("a"), tickets.new("b")
    assert (tickets.of("a"), tickets.of("b")) == (first, second)
    assert tickets.new("a") is not first
    third = tickets.new("c")
    assert tickets.of("c") is third
    assert not tickets.of("a").over.is_set()
    forgotten = tickets.of("b")
    assert forgotten.stop.is_set()
    assert "load it again" in html.status(forgotten)
