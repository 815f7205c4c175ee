"""One press on the start button: what is told of its job, and how it is stopped."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from d2m.job import Failed, Finished, Message


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
