"""Who comes first is served first, and everybody knows their place."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from d2m.errors import JobError

FIRST_GUESS_S = 20.0
"""How long a job is thought to take before any was seen (s)."""
_MEMORY = 0.3


class Line:
    """A waiting line for one counter.

    Parameters
    ----------
    longest
        Most who may wait, beside the one who is served.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
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
            if len(self._places) > self._longest:
                raise JobError(
                    f"The server is full, too many clips wait already: try again in "
                    f"{self._minutes()}."
                )
            self._places.append(place)
            self._begin_first()
        try:
            yield place
        finally:
            with self._turn:
                if place.began_s is not None:
                    took = time.monotonic() - place.began_s
                    self._usual_s += _MEMORY * (took - self._usual_s)
                self._places.remove(place)
                self._begin_first()
                self._turn.notify_all()

    def _begin_first(self) -> None:
        if self._places and self._places[0].began_s is None:
            self._places[0].began_s = time.monotonic()

    def _minutes(self) -> str:
        minutes = max(1, round(len(self._places) * self._usual_s / 60 / 2))
        return "a minute" if minutes == 1 else f"{minutes} minutes"


class Place:
    """A place in a `Line`."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self.began_s: float | None = None

    @property
    def ahead(self) -> int:
        """How many come before, the one who is served among them; 0 when it is one's turn."""
        with self._line._turn:
            return self._line._places.index(self)

    @property
    def wait_s(self) -> float:
        """How long it may take until one's turn (s), by how long the last ones took."""
        line = self._line
        with line._turn:
            ahead = line._places.index(self)
            begun = line._places[0].began_s or time.monotonic()
            left = max(1.0, line._usual_s - (time.monotonic() - begun))
            return left + max(0, ahead - 1) * line._usual_s if ahead else 0.0

    def step(self, timeout_s: float) -> None:
        """Wait until the line moves, or for a time (s)."""
        with self._line._turn:
            if self._line._places.index(self):
                self._line._turn.wait(timeout_s)
