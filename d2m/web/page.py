"""The page and what its buttons do. Clips are opened only by worker processes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from typing import Any

import gradio as gr

from d2m.core.errors import D2MError, SettingsError
from d2m.core.levels import DEFAULT_LEVELS
from d2m.core.setting_fields import parse_form
from d2m.core.settings import Settings
from d2m.jobs import WorkerPool
from d2m.jobs.messages import ANALYSIS_ONLY, Failed, Limits, requested_levels
from d2m.web import html
from d2m.web.endpoint import endpoint, error_toast
from d2m.web.examples import ExampleClip
from d2m.web.job_status import JobStatus, JobStatuses
from d2m.web.result_area import ResultArea
from d2m.web.scripts import ACCEPT_VIDEOS
from d2m.web.server_folder import KEEP_S
from d2m.web.settings_form import PRIVATE, SettingsForm, Update
from d2m.web.status_reports import status_reports

REFUSED_AT_ONCE = 10
"""Jobs that can be refused at a time because the queue is full (count); further ones wait in
Gradio's own queue. Chosen by hand."""
PROGRESS_QUEUE: dict[str, Any] = {"concurrency_id": "progress", "concurrency_limit": None}


def max_concurrent(limits: Limits) -> int:
    """Return how many jobs exist at a time: running, waiting, and about to be refused."""
    return limits.at_once + limits.waiting + REFUSED_AT_ONCE


class Page:
    """The widgets and their event handlers.

    Parameters
    ----------
    pool
        Runs the jobs.
    clips
        Examples to offer.
    settings
        The dataclass of the settings.
    """

    def __init__(
        self, pool: WorkerPool, clips: list[ExampleClip], settings: type[Settings] = Settings
    ) -> None:
        self._pool, self._settings = pool, settings
        self._statuses = JobStatuses()
        with gr.Row(elem_id="main"):
            with gr.Column(scale=4, min_width=320):
                self.form = SettingsForm(clips, settings)
                with gr.Row(elem_id="go"):
                    self.generate = gr.Button("Generate", variant="primary", scale=3, min_width=120)
                    self.stop = gr.Button(
                        "Stop", variant="stop", scale=1, min_width=80, interactive=False
                    )
            with gr.Column(scale=8, min_width=320):
                self.status = gr.HTML(html.IDLE, padding=False, elem_id="status")
                self.steps = gr.HTML(html.STEPS, padding=False)
                self.area = ResultArea(self.form.widgets, self._statuses)
        self._connect()

    @property
    def buttons(self) -> list[Any]:
        """The buttons that are disabled while a job runs, or enabled only then."""
        return [self.generate, self.form.analyse, self.stop]

    def _connect(self) -> None:
        levels = [self.form.levels]
        self._start_on(self.generate.click, self.begin, levels, self.run)
        self._start_on(self.form.analyse.click, self.begin, [], self.run_analysis)
        keep, widgets = self.area.keep, self.form.widgets
        for button, number in (
            (keep.song, widgets["seed"]),
            (keep.arrangement, widgets["arrangement"]),
        ):
            raised = button.click(
                lambda value: int(value or 0) + 1, number, number, queue=False, **PRIVATE
            )
            self._start_on(raised.then, self.begin, levels, self.run)
        for event in self.area.beat.pressed():
            self._start_on(event, self.begin_again, [], self.run_again)
        self._start_on(self.area.dancer.button.click, self.begin_again, [], self.run_again)
        self.area.beat.connect_clip(self.form.clip)
        self.area.dancer.connect_clip(self.form.clip)
        self.stop.click(self.request_stop, None, None, queue=False, **PRIVATE)

    def _start_on(self, event: Any, begin: Any, levels: list[Any], run: Any) -> None:
        """Let an event start a job, and report its progress meanwhile."""
        page = [self.status, self.steps, *self.buttons, *self.area.cleared_widgets]
        begun = event(begin, levels, page, queue=False, **PRIVATE)
        queue = _job_queue(self._pool)
        running = begun.then(run, self.form.inputs, self.area.outputs, **queue, **PRIVATE)
        running.failure(self.fail, None, None, queue=False, **PRIVATE)
        reporting = begun.then(self.report_progress, None, self.status, **PROGRESS_QUEUE, **PRIVATE)
        reporting.failure(self.fail_report, None, self.status, queue=False, **PRIVATE)
        buttons = [*self.buttons, *self.area.beat.buttons, self.area.dancer.button]
        reporting.then(self.reset_buttons, None, buttons, queue=False, **PRIVATE)

    async def begin(self, request: gr.Request, levels: Sequence[str] = (ANALYSIS_ONLY,)) -> Update:
        """Clear the last results, keep their places, and show that the job waits."""
        return self._begun(self._statuses.create(request.session_hash, tuple(levels)))

    async def begin_again(self, request: gr.Request) -> Update:
        """Begin a job with the levels of the last one, whose analysis stays for the moment.

        The clip is the same, with another beat or another dancer.
        """
        return self._begun(self._statuses.create(request.session_hash))

    def _begun(self, job: JobStatus) -> Update:
        levels = requested_levels(",".join(job.levels)) if job.levels else ()
        return {
            self.generate: gr.Button("Working …", interactive=False),
            self.form.analyse: gr.Button(interactive=False),
            self.stop: gr.Button(interactive=True),
            self.status: html.QUEUED,
            self.steps: gr.HTML(visible=False),
            **self.area.pending(levels, job.again),
        }

    async def reset_buttons(self, request: gr.Request) -> Update:
        """Enable the buttons that start a job."""
        return {
            self.generate: gr.Button("Generate", interactive=True),
            self.form.analyse: gr.Button(interactive=True),
            self.stop: gr.Button(interactive=False),
            self.area.dancer.button: gr.Button(interactive=True),
            **self.area.beat.ready(self._statuses.get(request.session_hash)),
        }

    async def request_stop(self, request: gr.Request) -> None:
        """Ask the job to stop; `report_progress` shows when it has."""
        self._statuses.get(request.session_hash).stop.set()

    async def fail(self, request: gr.Request) -> None:
        """End a job that never began, for example because Gradio's queue is full."""
        self._statuses.get(request.session_hash).fail("The server is busy: try again in a minute.")

    async def fail_report(self, request: gr.Request) -> str:
        """End a job whose progress can't be reported."""
        await self.fail(request)
        return html.status(self._statuses.get(request.session_hash))

    async def report_progress(self, request: gr.Request) -> AsyncIterator[str]:
        """Report the progress of the job."""
        job = self._statuses.get(request.session_hash)
        async with aclosing(status_reports(job)) as reports:
            async for status in reports:
                yield status

    def run_analysis(self, request: gr.Request, clip: str | None, *form: Any) -> Iterator[Update]:
        """Only analyse the clip of the form."""
        yield from self.run(request, clip, [ANALYSIS_ONLY], *form[1:])

    def run_again(self, request: gr.Request, clip: str | None, *form: Any) -> Iterator[Update]:
        """Run the job of the form with the levels of the last job."""
        levels = self._statuses.get(request.session_hash).levels
        yield from self.run(request, clip, levels, *form[1:])

    def run(
        self, request: gr.Request, clip: str | None, levels: Sequence[str], *form: Any
    ) -> Iterator[Update]:
        """Run the job of the form, and show its results."""
        job = self._statuses.get(request.session_hash)
        missing = self.area.places((), job.again)
        try:
            chosen = _chosen(levels)
            missing = self.area.places(requested_levels(chosen), job.again)
            settings = parse_form(self._settings, form)
            observer = self.area.observer(job, settings)
            with self._pool.events(clip, chosen, settings, job.stop) as events:
                for event in events:
                    if job.stop.is_set():
                        yield self.area.hidden(missing)
                        return
                    if updates := event.notify(observer):
                        missing -= updates.keys()
                        yield updates
                    else:
                        job.latest = event
        except D2MError as error:
            job.latest = Failed(str(error))
            yield self.area.hidden(missing)
            raise error_toast(error) from None
        finally:
            job.over.set()


def build(
    pool: WorkerPool, clips: list[ExampleClip], settings: type[Settings] = Settings
) -> gr.Blocks:
    """Build the page and its HTTP endpoint.

    Parameters
    ----------
    pool
        Runs the jobs.
    clips
        Examples to offer.
    settings
        The dataclass whose fields become widgets and HTTP parameters.
    """
    blocks: gr.Blocks = gr.Blocks(
        title="D2M: music for dance videos",
        analytics_enabled=False,
        delete_cache=(int(KEEP_S / 12), int(KEEP_S)),
    )
    with blocks:
        gr.HTML(html.HEAD, padding=False, elem_id="head")
        form = Page(pool, clips, settings).form
        gr.HTML(html.foot(clips), padding=False, elem_id="foot")
        weights = [form.widgets["weights"]]
        blocks.load(None, None, None, js=ACCEPT_VIDEOS, **PRIVATE)
        blocks.load(form.refresh_weights, None, weights, queue=False, **PRIVATE)
        button = gr.Button(visible=False)
        files = gr.Files(visible=False, label="Results")
        generate = endpoint(pool, settings)
        levels = gr.Textbox(DEFAULT_LEVELS, label="Levels", visible=False)
        inputs = [form.clip, levels, *form.inputs[2:]]
        button.click(generate, inputs, files, api_name="generate", **_job_queue(pool))
    blocks.queue(max_size=2 * max_concurrent(pool.limits))
    return blocks


def _chosen(levels: Sequence[str]) -> str:
    """Return the levels that are ticked as `requested_levels` reads them."""
    if not levels:
        raise SettingsError("Tick at least one version: studio, high or low.")
    return ",".join(levels)


def _job_queue(pool: WorkerPool) -> dict[str, Any]:
    return {"concurrency_id": "generate", "concurrency_limit": max_concurrent(pool.limits)}
