"""What both tabs share: the bar with the buttons and the status of a job, and how it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from typing import Any

import gradio as gr

from d2m.core.errors import D2MError
from d2m.jobs import WorkerPool
from d2m.jobs.messages import AnyJob, Failed, JobObserver, Limits
from d2m.web import status_html
from d2m.web.job_progress import JobPart, JobProgress
from d2m.web.job_status import JobStatus, JobStatuses
from d2m.web.setting_widgets import PRIVATE, Update
from d2m.web.status_html import Status, status_widget
from d2m.web.status_reports import status_reports

REFUSED_AT_ONCE = 10
"""Jobs that can be refused at a time because the queue is full (count); further ones wait in
Gradio's own queue. Chosen by hand."""
PROGRESS_QUEUE: dict[str, Any] = {"concurrency_id": "progress", "concurrency_limit": None}


def max_concurrent(limits: Limits) -> int:
    """Return how many jobs exist at a time: running, waiting, and about to be refused."""
    return limits.at_once + limits.waiting + REFUSED_AT_ONCE


def job_queue(pool: WorkerPool) -> dict[str, Any]:
    """Return the options of event handlers that run jobs."""
    return {"concurrency_id": "generate", "concurrency_limit": max_concurrent(pool.limits)}


class JobPanel:
    """The bar at the bottom of the window: the status of a tab's job, and its buttons.

    Parameters
    ----------
    pool
        Runs the jobs.
    idle
        The status before the first job.
    name
        First part of the ids of its elements, where they are not those of the first tab.
    """

    def __init__(self, pool: WorkerPool, idle: Status, name: str = "") -> None:
        self._pool = pool
        self.statuses = JobStatuses()
        with gr.Row(elem_id=f"{name}go", elem_classes="go"):
            self.status = status_widget(idle, f"{name}status", f"{name}results")
            self.generate = gr.Button(
                "Generate", variant="primary", min_width=150, elem_id=f"{name}generate"
            )
            self.stop = gr.Button(
                "Stop", variant="stop", min_width=90, interactive=False, elem_id=f"{name}stop"
            )
        self.stop.click(self.request_stop, None, None, queue=False, **PRIVATE)

    @property
    def widgets(self) -> list[Any]:
        """The widgets that `begun` changes."""
        return [self.status, self.generate, self.stop]

    def start_on(
        self,
        event: Any,
        begin: tuple[Any, list[Any], list[Any]],
        run: tuple[Any, list[Any], list[Any]],
        reset: tuple[Any, list[Any]],
    ) -> None:
        """Let an event start a job, and report its progress meanwhile.

        Parameters
        ----------
        event
            Connects a handler, such as ``button.click``.
        begin, run
            The handlers that clear the last results and that run the job, their inputs and their
            outputs beside those of the panel.
        reset
            The handler that enables the buttons after the job, and its outputs likewise.
        """
        begun = event(begin[0], begin[1], [*self.widgets, *begin[2]], queue=False, **PRIVATE)
        running = begun.then(*run, **job_queue(self._pool), **PRIVATE)
        running.failure(self.fail, None, None, queue=False, **PRIVATE)
        reporting = begun.then(self.report_progress, None, self.status, **PROGRESS_QUEUE, **PRIVATE)
        reporting.failure(self.fail_report, None, self.status, queue=False, **PRIVATE)
        outputs = [self.generate, self.stop, *reset[1]]
        reporting.then(reset[0], None, outputs, queue=False, **PRIVATE)

    def begun(self) -> Update:
        """Return the updates that show that a job waits."""
        return {
            self.generate: gr.Button("Working …", interactive=False),
            self.stop: gr.Button(interactive=True),
            self.status: status_html.QUEUED,
        }

    def released(self) -> Update:
        """Return the updates that enable the button that starts a job."""
        return {
            self.generate: gr.Button("Generate", interactive=True),
            self.stop: gr.Button(interactive=False),
        }

    async def request_stop(self, request: gr.Request) -> None:
        """Ask the job to stop; `report_progress` shows when it has."""
        self.statuses.get(request.session_hash).stop.set()

    async def fail(self, request: gr.Request) -> None:
        """End a job that never began, for example because Gradio's queue is full."""
        self.statuses.get(request.session_hash).fail("The server is busy: try again in a minute.")

    async def fail_report(self, request: gr.Request) -> Status:
        """End a job whose progress can't be reported."""
        await self.fail(request)
        return status_html.status(self.statuses.get(request.session_hash))

    async def report_progress(self, request: gr.Request) -> AsyncIterator[Status]:
        """Report the progress of the job."""
        job = self.statuses.get(request.session_hash)
        async with aclosing(status_reports(job)) as reports:
            async for status in reports:
                yield status

    def run(
        self,
        status: JobStatus,
        prepare: Callable[[], tuple[AnyJob, JobObserver[Update], Sequence[JobPart]]],
        places: set[Any],
        nothing: Update,
    ) -> Iterator[Update]:
        """Run a job and yield the updates that show its results.

        Parameters
        ----------
        status
            The status of the job.
        prepare
            Returns the job, the observer that turns its events into updates, and what the job
            does.
        places
            Parts that wait for a result; those that are left are hidden in the end.
        nothing
            Updates that change nothing.
        """
        try:
            job, observer, parts = prepare()
            progress = status.progress = JobProgress(parts)
            with self._pool.events(job, status.stop) as events:
                for event in events:
                    if status.stop.is_set():
                        yield _hidden(places) or nothing
                        return
                    event.notify(progress)
                    if updates := event.notify(observer):
                        places -= updates.keys()
                        yield updates
                    else:
                        status.latest = event
        except D2MError as error:
            status.latest = Failed(str(error))
            yield _hidden(places) or nothing
        finally:
            status.over.set()


def _hidden(places: set[Any]) -> Update:
    """Return the updates that hide the places of results that did not come."""
    return {place: type(place)(visible=False) for place in places}
