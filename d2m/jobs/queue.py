"""Who comes first is served first, and everybody knows their place."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from d2m.core.errors import JobError

FIRST_GUESS_S = 20.0
"""How long a job is thought to take before any was seen (s)."""
_MEMORY = 0.3


class Line:
    """A waiting line.

    Parameters
    ----------
    longest
        Most who may wait, beside those who are served.
    counters
        How many are served at a time.
    """

    def __init__(self, longest: int, counters: int = 1) -> None:
        self._longest, self._counters = longest, counters
        self._turn = threading.Condition()
        self._places: list[Place] = []
        self._usual_s = FIRST_GUESS_S

    @contextlib.contextmanager
    def place(self) -> Iterator[Place]:
        """Stand in line; leaving the context leaves the line.

        Raises
        ------
        JobError
            If it is full.
        """
        place = Place(self)
        with self._turn:
            if len(self._places) >= self._longest + self._counters:
                raise JobError(
                    f"The server is full, too many clips wait already: try again in "
                    f"{self._minutes()}."
                )
            self._places.append(place)
            self._begin()
        try:
            yield place
        finally:
            with self._turn:
                if place.began_s is not None:
                    took = time.monotonic() - place.began_s
                    self._usual_s += _MEMORY * (took - self._usual_s)
                self._places.remove(place)
                self._begin()
                self._turn.notify_all()

    def _begin(self) -> None:
        for place in self._places[: self._counters]:
            place.began_s = place.began_s or time.monotonic()

    def _minutes(self) -> str:
        all_s = len(self._places) / self._counters * self._usual_s
        minutes = max(1, round(all_s / 60 / 2))
        return "a minute" if minutes == 1 else f"{minutes} minutes"


class Place:
    """A place in a `Line`."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.began_s: float | None = None

    @property
    def ahead(self) -> int:
        """How many must be done before it is one's turn; 0 when it is."""
        with self._line._turn:
            return self._ahead()

    @property
    def wait_s(self) -> float:
        """How long it may take until one's turn (s), by how long the last ones took."""
        line = self._line
        with line._turn:
            ahead = self._ahead()
            now = time.monotonic()
            begun = min(place.began_s or now for place in line._places)
            left = max(1.0, line._usual_s - (now - begun))
            return left + (ahead - 1) // line._counters * line._usual_s if ahead else 0.0

    def step(self, timeout_s: float) -> None:
        """Wait until the line moves, or for a time (s)."""
        with self._line._turn:
            if self._ahead():
                self._line._turn.wait(timeout_s)

    def _ahead(self) -> int:
        return max(0, self._line._places.index(self) - self._line._counters + 1)
