"""The page and what its buttons do. Clips are opened only by worker processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Sequence
from contextlib import aclosing
from typing import Any

import gradio as gr

from d2m.core.errors import D2MError, SettingsError
from d2m.core.events import DanceSummary, ResultFiles, SoundtrackSummary
from d2m.core.levels import DEFAULT_LEVELS, HOP_LEVELS, LEVELS, STUDIO
from d2m.core.setting_fields import parse_form
from d2m.core.settings import Settings
from d2m.jobs import WorkerPool
from d2m.jobs.messages import ANALYSIS_ONLY, Failed, JobObserver, Limits, requested_levels
from d2m.web import html
from d2m.web.endpoint import endpoint, error_toast
from d2m.web.examples import ExampleClip
from d2m.web.job_status import JobStatus, JobStatuses
from d2m.web.result_cards import AnalysisCard, ComparisonCard, KeepCard, LevelCard
from d2m.web.server_folder import KEEP_S
from d2m.web.settings_form import PRIVATE, SettingsForm, Update

REFUSED_AT_ONCE = 10
"""Jobs that can be refused at a time because the queue is full (count); further ones wait in
Gradio's own queue. Chosen by hand."""
PROGRESS_QUEUE: dict[str, Any] = {"concurrency_id": "progress", "concurrency_limit": None}
REPORT_S = 0.2
"""Shortest time between two reports of a job's progress (s); chosen by hand."""
REPEAT_S = 0.5
"""Time after which the same progress is reported again (s). Gradio notices only between two
reports that a visitor has left."""


def max_concurrent(limits: Limits) -> int:
    """Return how many jobs exist at a time: running, waiting, and about to be refused."""
    return limits.at_once + limits.waiting + REFUSED_AT_ONCE


async def status_reports(job: JobStatus) -> AsyncGenerator[str, None]:
    """Yield the status card of a job until it is over; closing it earlier stops the job."""
    try:
        last, silent_s = "", 0.0
        while True:
            over = job.over.is_set()  # read first, so that the last report is the end
            status = html.status(job)
            if over or status != last or silent_s >= REPEAT_S:
                yield status
                last, silent_s = status, 0.0
            if over:
                return
            await asyncio.sleep(REPORT_S)
            silent_s += REPORT_S
    finally:
        job.stop.set()


class Page(JobObserver[Update]):
    """The widgets and their event handlers. As an observer, it turns events into updates.

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
                self.analysis = AnalysisCard()
                self.steps = gr.HTML(html.STEPS, padding=False)
                self.keep = KeepCard()
                self.cards = {STUDIO.name: LevelCard(STUDIO.name)}
                with gr.Row(equal_height=False):
                    self.cards |= {name: LevelCard(name) for name in HOP_LEVELS}
                self.comparison = ComparisonCard()
        self._connect()

    @property
    def results(self) -> list[Any]:
        """The widgets that show the results of a job."""
        cards = [part for card in self.cards.values() for part in card.outputs]
        return [
            *self.analysis.outputs, *self.keep.outputs, *cards, *self.comparison.outputs
        ]  # fmt: skip

    @property
    def cleared_widgets(self) -> list[Any]:
        """The widgets that a new job clears."""
        cards = [part for card in self.cards.values() for part in card.cleared_widgets]
        return [
            *self.analysis.outputs,
            *self.keep.cleared_widgets,
            *cards,
            *self.comparison.cleared_widgets,
        ]

    @property
    def buttons(self) -> list[Any]:
        """The buttons that are disabled while a job runs, or enabled only then."""
        return [self.generate, self.form.analyse, self.stop]

    def _connect(self) -> None:
        self._start_on(self.generate.click, self.run)
        self._start_on(self.form.analyse.click, self.run_analysis)
        for button, number in (
            (self.keep.song, self.form.widgets["seed"]),
            (self.keep.arrangement, self.form.widgets["arrangement"]),
        ):
            raised = button.click(
                lambda value: int(value or 0) + 1, number, number, queue=False, **PRIVATE
            )
            self._start_on(raised.then, self.run)
        self.stop.click(self.request_stop, None, None, queue=False, **PRIVATE)

    def _start_on(self, event: Any, run: Any) -> None:
        """Let an event start a job, and report its progress meanwhile."""
        levels = [self.form.levels] if run == self.run else []
        page = [self.status, self.steps, *self.buttons, *self.cleared_widgets]
        begun = event(self.begin, levels, page, queue=False, **PRIVATE)
        queue = _job_queue(self._pool)
        running = begun.then(run, self.form.inputs, self.results, **queue, **PRIVATE)
        running.failure(self.fail, None, None, queue=False, **PRIVATE)
        reporting = begun.then(self.report_progress, None, self.status, **PROGRESS_QUEUE, **PRIVATE)
        reporting.failure(self.fail_report, None, self.status, queue=False, **PRIVATE)
        reporting.then(self.reset_buttons, None, self.buttons, queue=False, **PRIVATE)

    async def begin(self, request: gr.Request, levels: Sequence[str] = (ANALYSIS_ONLY,)) -> Update:
        """Clear the last results, keep their places, and show that the job waits."""
        self._statuses.create(request.session_hash)
        requested = requested_levels(",".join(levels)) if levels else ()
        updates: Update = {
            self.generate: gr.Button("Working …", interactive=False),
            self.form.analyse: gr.Button(interactive=False),
            self.stop: gr.Button(interactive=True),
            self.status: html.QUEUED,
            self.steps: gr.HTML(visible=False),
            **self.keep.pending(requested),
            **self.analysis.pending(),
            **self.comparison.hidden(),
        }
        for name, card in self.cards.items():
            updates |= card.pending(visible=LEVELS[name] in requested)
        return updates

    async def reset_buttons(self) -> Update:
        """Enable the buttons that start a job."""
        return {
            self.generate: gr.Button("Generate", interactive=True),
            self.form.analyse: gr.Button(interactive=True),
            self.stop: gr.Button(interactive=False),
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

    def run(
        self, request: gr.Request, clip: str | None, levels: Sequence[str], *form: Any
    ) -> Iterator[Update]:
        """Run the job of the form, and show its results."""
        job = self._statuses.get(request.session_hash)
        missing: set[Any] = set()
        try:
            missing |= {self.analysis.column}
            chosen = _chosen(levels)
            requested = requested_levels(chosen)
            missing |= {self.cards[level.name].column for level in requested}
            missing |= {self.keep.row} if requested else set()
            settings = parse_form(self._settings, form)
            with self._pool.events(clip, chosen, settings, job.stop) as events:
                for event in events:
                    if job.stop.is_set():
                        yield self.hidden(missing)
                        return
                    if updates := event.notify(self):
                        missing -= updates.keys()
                        yield updates
                    else:
                        job.latest = event
        except D2MError as error:
            job.latest = Failed(str(error))
            yield self.hidden(missing)
            raise error_toast(error) from None
        finally:
            job.over.set()

    def hidden(self, columns: Iterable[Any]) -> Update:
        """Return the updates that hide the places of results that did not come."""
        updates: Update = {column: gr.Column(visible=False) for column in columns}
        return updates or {self.keep.row: gr.skip()}

    def on_dance(self, dance: DanceSummary) -> Update:
        """Return the updates that show the analysis."""
        return self.analysis.shown(dance)

    def on_soundtrack(self, soundtrack: SoundtrackSummary) -> Update:
        """Return the updates that show one level's music."""
        return self.cards[soundtrack.level].shown(soundtrack)

    def on_files(self, files: ResultFiles) -> Update:
        """Return the updates that show the comparison and the downloads of the job."""
        return {
            **self.comparison.shown(files.comparisons),
            **self.keep.shown(files),
        }


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
