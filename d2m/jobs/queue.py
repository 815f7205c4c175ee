"""A first-in, first-out job queue of bounded length that estimates waiting times."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from d2m.core.errors import JobError

FIRST_GUESS_S = 20.0
"""Assumed length of a job before any has finished (s): a short clip on two cores."""
_SMOOTHING = 0.3
"""Weight of the latest job in the running mean of job lengths (0 to 1); chosen by hand."""


class JobQueue:
    """Admits jobs in the order in which they arrive.

    Parameters
    ----------
    max_waiting
        Most jobs that may wait, beside those that run.
    concurrency
        Jobs that run at a time.
    """

    def __init__(self, max_waiting: int, concurrency: int = 1) -> None:
        self._max_waiting, self._concurrency = max_waiting, concurrency
        self._changed = threading.Condition()
        self._tickets: list[Ticket] = []
        self._usual_s = FIRST_GUESS_S

    @contextlib.contextmanager
    def ticket(self) -> Iterator[Ticket]:
        """Enter the queue; leaving the context leaves the queue.

        Raises
        ------
        JobError
            If it is full.
        """
        ticket = Ticket(self)
        with self._changed:
            if len(self._tickets) >= self._max_waiting + self._concurrency:
                raise JobError(
                    "The server is full, too many jobs are waiting: try again in "
                    f"{self._minutes()}."
                )
            self._tickets.append(ticket)
            self._start()
        try:
            yield ticket
        finally:
            with self._changed:
                if ticket.started_s is not None:
                    took = time.monotonic() - ticket.started_s
                    self._usual_s += _SMOOTHING * (took - self._usual_s)
                self._tickets.remove(ticket)
                self._start()
                self._changed.notify_all()

    def __len__(self) -> int:
        """Return the number of jobs that run or wait."""
        with self._changed:
            return len(self._tickets)

    def ahead_of(self, ticket: Ticket) -> int:
        """Return how many jobs must finish before that of a ticket may start."""
        with self._changed:
            return self._ahead_of(ticket)

    def estimate_wait(self, ticket: Ticket) -> float:
        """Estimate the time until the job of a ticket may start (s), from the latest jobs."""
        with self._changed:
            ahead = self._ahead_of(ticket)
            if not ahead:
                return 0.0
            now = time.monotonic()
            started = min(one.started_s or now for one in self._tickets)
            left = max(1.0, self._usual_s - (now - started))
            return left + (ahead - 1) // self._concurrency * self._usual_s

    def wait_for_change(self, ticket: Ticket, timeout_s: float) -> None:
        """Wait until the queue moves, or for a time (s), unless the ticket's turn has come."""
        with self._changed:
            if self._ahead_of(ticket):
                self._changed.wait(timeout_s)

    def _ahead_of(self, ticket: Ticket) -> int:
        return max(0, self._tickets.index(ticket) - self._concurrency + 1)

    def _start(self) -> None:
        for ticket in self._tickets[: self._concurrency]:
            ticket.started_s = ticket.started_s or time.monotonic()

    def _minutes(self) -> str:
        total_s = len(self._tickets) / self._concurrency * self._usual_s
        minutes = max(1, round(total_s / 60 / 2))
        return "a minute" if minutes == 1 else f"{minutes} minutes"


class Ticket:
    """A place in a `JobQueue`.

    Attributes
    ----------
    started_s : float or None
        When the job could start (s, monotonic clock); None while it waits.
    """

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue
        self.started_s: float | None = None

    @property
    def ahead(self) -> int:
        """Number of jobs that must finish first; 0 when the job may start."""
        return self._queue.ahead_of(self)

    @property
    def wait_s(self) -> float:
        """Estimated time until the job may start (s)."""
        return self._queue.estimate_wait(self)

    def wait_for_change(self, timeout_s: float) -> None:
        """Wait until the queue moves, or for a time (s)."""
        self._queue.wait_for_change(self, timeout_s)
