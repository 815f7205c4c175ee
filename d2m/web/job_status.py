"""One press on the start button: what is told of its job, and how it is stopped."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from d2m.jobs.messages import Failed, Finished, Message
from d2m.web import html

TELL_S = 0.2
"""How often (s) a visitor is told, if there is something new."""
TELL_AGAIN_S = 0.5
"""How often (s) they are told the same."""


@dataclass(kw_only=True)
class Ticket:
    """What who does a job and who tells of it share.

    They are two, because news come faster than a page with many widgets can be redrawn: who
    tells takes the latest at their own pace, and skips the rest.

    Attributes
    ----------
    news : Waiting, Stage, Failed, Finished or None
        The latest on the job.
    stop : threading.Event
        Set when nobody wants the job any more.
    over : threading.Event
        Set when the job has ended, in whatever way, and all its results are shown.
    """

    news: Message | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def broke_off(self) -> bool:
        """Whether the job is over, but neither done nor failed."""
        return self.over.is_set() and not isinstance(self.news, Finished | Failed)

    def fail(self, sentence: str) -> None:
        """End a job that never began; one that is over stays as it is."""
        if not self.over.is_set():
            self.news = Failed(sentence)
            self.stop.set()
            self.over.set()


class Tickets:
    """The latest ticket of each page.

    They are not kept in Gradio's sessions: it forgets the oldest of those, and their jobs
    could not be told of any more.

    Parameters
    ----------
    most
        How many are kept; one costs about a kilobyte.
    """

    def __init__(self, most: int = 1000) -> None:
        self._most = most
        self._of: OrderedDict[str | None, Ticket] = OrderedDict()

    def new(self, page: str | None) -> Ticket:
        """Return a new ticket for a page."""
        self._of.pop(page, None)
        ticket = self._of[page] = Ticket()
        if len(self._of) > self._most:
            self._of.popitem(last=False)
        return ticket

    def of(self, page: str | None) -> Ticket:
        """Return the ticket of a page; one without has none that could begin."""
        ticket = self._of.get(page)
        if ticket is None:
            ticket = Ticket()
            ticket.fail("This page was open for too long: load it again.")
        return ticket


async def told(ticket: Ticket) -> AsyncGenerator[str, None]:
    """Yield how a job goes; who leaves before its end stops it."""
    try:
        last, silent_s = "", 0.0
        while True:
            over = ticket.over.is_set()  # first: what is told after it is the end
            status = html.status(ticket)
            # Gradio notices only between two news that a visitor has left.
            if over or status != last or silent_s >= TELL_AGAIN_S:
                yield status
                last, silent_s = status, 0.0
            if over:
                return
            await asyncio.sleep(TELL_S)
            silent_s += TELL_S
    finally:
        ticket.stop.set()
