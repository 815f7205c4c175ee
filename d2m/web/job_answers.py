"""What HTTP and MCP answer to a job: what is new while it runs, in the end the whole document."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from d2m.core.event_documents import Document, ResultDocument, with_files
from d2m.jobs import WorkerPool
from d2m.jobs.messages import AnyJob, Finished, JobObserver, Message, Waiting
from d2m.web.job_progress import JobPart, JobProgress


class JobAnswer(ResultDocument, JobObserver[Document]):
    """Collects the events of a job in one document, with its place in the queue and its progress.

    Parameters
    ----------
    parts
        What the job does, from which its progress is estimated.
    """

    def __init__(self, parts: Sequence[JobPart]) -> None:
        super().__init__()
        self._whole = JobProgress(parts)

    def receive(self, event: Message) -> Document | None:
        """Take note of an event, and return the document with it; None if it adds nothing."""
        event.notify(self._whole)
        return event.notify(self)

    def on_waiting(self, waiting: Waiting) -> Document:
        """Return the job's place in the queue."""
        place = {"jobs_ahead": waiting.place, "seconds": round(waiting.seconds)}
        return {"status": "waiting", "queue": place}

    def on_progress(self, stage: str, share: float) -> Document:
        """Replace the progress: the stage, the share of the whole job, and the time left (s)."""
        document = super().on_progress(stage, round(share, 2))
        document["progress"]["share"] = round(self._whole.share, 2)
        left_s = self._whole.seconds_left
        if left_s is not None:
            document["progress"]["seconds_left"] = round(left_s)
        return document

    def on_finished(self, finished: Finished) -> Document:
        """Return the whole document, with the time that the job took (s)."""
        return {**self.finish(), "seconds": round(finished.seconds, 1)}


def job_answers(
    pool: WorkerPool,
    requested: tuple[AnyJob, Sequence[JobPart]],
    serve: Callable[[Path], Any],
    stop: threading.Event | None = None,
) -> Iterator[Document]:
    """Run a job, and yield what is new in its document; the last one is the whole document.

    Clients download the files of each answer, so that none should be in many of them.

    Parameters
    ----------
    pool
        Runs the job.
    requested
        The job, and what it does.
    serve
        Returns what the document says of a file, which is removed when the job is over.
    stop
        Ends the job early when it is set; the iterator then ends, too.

    Raises
    ------
    D2MError
        If the job fails, or can't be admitted.
    """
    job, parts = requested
    answer, last = JobAnswer(parts), Document()
    with pool.events(job, stop) as events:
        for event in events:
            if stop is not None and stop.is_set():
                return
            document = with_files(answer.receive(event), serve)
            if document and _without_estimates(document) != _without_estimates(last):
                yield _news(document, last)
                last = document


def _news(document: Document, last: Document) -> Document:
    """Return what a document of a running job has that the last one had not; if it is done, all."""
    if document["status"] == "done":
        return document
    always = ("status", "queue", "progress")
    news = {
        name: value for name, value in document.items() if name in always or value != last.get(name)
    }
    if "takes" in news:
        news["takes"] = [take for take in news["takes"] if take not in last.get("takes", [])]
    return news


def _without_estimates(document: Document) -> Document:
    """Return a document without the times that are left, which alone make no news."""
    return {
        name: {part: value for part, value in facts.items() if not part.startswith("seconds")}
        if name in ("queue", "progress")
        else facts
        for name, facts in document.items()
    }
