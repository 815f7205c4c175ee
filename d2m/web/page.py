"""The page and what its buttons do; the clip is opened only by the worker's process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import aclosing
from html import escape
from inspect import Signature, signature
from typing import Any

import gradio as gr

from d2m.core.errors import D2MError
from d2m.core.levels import LEVELS, levels_named
from d2m.jobs import Worker
from d2m.jobs.messages import LOOK, Failed, Finished, Limits, Message, Result, Seen, wanted
from d2m.web import html
from d2m.web.examples import ExampleClip
from d2m.web.job_status import Tickets, told
from d2m.web.result_cards import DOWNLOADS, AnalysisCard, ComparisonCard, LevelCard
from d2m.web.server_folder import KEEP_S
from d2m.web.settings_form import PRIVATE, Form, Update, settings_of

TURNED_AWAY = 10
"""How many are told at a time that the line is full, before a server's own queue holds them."""
TOLD: dict[str, Any] = {"concurrency_id": "tell", "concurrency_limit": None}


def toast(error: D2MError) -> gr.Error:
    """Return what tells a person of an error; Gradio reads its text as HTML."""
    return gr.Error(escape(str(error), quote=False), print_exception=False)


def most_at_once(limits: Limits) -> int:
    """Return how many jobs there are at a time: done, in line, and turned away."""
    return limits.at_once + limits.waiting + TURNED_AWAY


def _queue(worker: Worker) -> dict[str, Any]:
    return {"concurrency_id": "generate", "concurrency_limit": most_at_once(worker.limits)}


class Page:
    """The widgets and what they do.

    Parameters
    ----------
    worker
        Does the jobs.
    clips
        Examples to offer.
    """

    def __init__(self, worker: Worker, clips: list[ExampleClip]) -> None:
        self._worker = worker
        self._tickets = Tickets()
        with gr.Row(elem_id="main"):
            with gr.Column(scale=4, min_width=320):
                self.form = Form(clips)
                with gr.Row(elem_id="go"):
                    self.generate = gr.Button("Generate", variant="primary", scale=3, min_width=120)
                    self.stop = gr.Button(
                        "Stop", variant="stop", scale=1, min_width=80, interactive=False
                    )
            with gr.Column(scale=8, min_width=320):
                self.status = gr.HTML(html.IDLE, padding=False, elem_id="status")
                self.seen = AnalysisCard()
                self.steps = gr.HTML(html.STEPS, padding=False)
                with gr.Row(equal_height=False):
                    self.cards = {name: LevelCard(name) for name in LEVELS}
                self.comparison = ComparisonCard()
                with gr.Row(visible=False, elem_id="keep") as self.keep:
                    self.again = gr.Button("Another variation", size="sm", min_width=120)
                    self.archive = gr.DownloadButton("↓ Everything (ZIP)", size="sm", min_width=120)
                    self.report = gr.DownloadButton("↓ Report (JSON)", size="sm", min_width=120)
        self._connect()

    @property
    def results(self) -> list[Any]:
        """Where a job's results come."""
        cards = [part for card in self.cards.values() for part in card.outputs]
        keep = [self.keep, self.archive, self.report]
        return [*self.seen.outputs, *cards, *self.comparison.outputs, *keep]

    @property
    def emptied(self) -> list[Any]:
        """What a new job clears of the last one's."""
        cards = [part for card in self.cards.values() for part in card.emptied]
        return [*self.seen.outputs, *cards, *self.comparison.emptied, self.keep]

    @property
    def buttons(self) -> list[Any]:
        """What can't be pressed while a job runs, or only then."""
        return [self.generate, self.form.look, self.stop]

    def _connect(self) -> None:
        self._starts(self.generate.click, self.work)
        self._starts(self.form.look.click, self.look)
        next_seed = self.again.click(
            lambda seed: int(seed or 0) + 1,
            self.form.seed,
            self.form.seed,
            queue=False,
            **PRIVATE,
        )
        self._starts(next_seed.then, self.work)
        self.stop.click(self.halt, None, None, queue=False, **PRIVATE)

    def _starts(self, event: Any, work: Any) -> None:
        """Let an event start a job, and somebody tell of it meanwhile."""
        levels = [self.form.levels] if work == self.work else []
        page = [self.status, self.steps, *self.buttons, *self.emptied]
        begun = event(self.begin, levels, page, queue=False, **PRIVATE)
        working = begun.then(
            work, self.form.inputs, self.results, **_queue(self._worker), **PRIVATE
        )
        working.failure(self.fail, None, None, queue=False, **PRIVATE)
        telling = begun.then(self.tell, None, self.status, **TOLD, **PRIVATE)
        telling.failure(self.lose, None, self.status, queue=False, **PRIVATE)
        telling.then(self.rest, None, self.buttons, queue=False, **PRIVATE)

    async def begin(self, request: gr.Request, levels: str = LOOK) -> Update:
        """Clear the last results, keep their places, and say that the job waits."""
        self._tickets.new(request.session_hash)
        updates: Update = {
            self.generate: gr.Button("Working …", interactive=False),
            self.form.look: gr.Button(interactive=False),
            self.stop: gr.Button(interactive=True),
            self.status: html.QUEUED,
            self.steps: gr.HTML(visible=False),
            self.keep: gr.Row(visible=False),
            **self.seen.pending(),
            **self.comparison.hidden(),
        }
        for name, card in self.cards.items():
            updates |= card.pending(visible=LEVELS[name] in wanted(levels))
        return updates

    async def rest(self) -> Update:
        """Make the page usable again."""
        return {
            self.generate: gr.Button("Generate", interactive=True),
            self.form.look: gr.Button(interactive=True),
            self.stop: gr.Button(interactive=False),
        }

    async def halt(self, request: gr.Request) -> None:
        """Ask the job to stop; who tells of it says when it has."""
        self._tickets.of(request.session_hash).stop.set()

    async def fail(self, request: gr.Request) -> None:
        """End a job that never began, such as when the queue is full."""
        self._tickets.of(request.session_hash).fail("The server is busy: try again in a minute.")

    async def lose(self, request: gr.Request) -> str:
        """End a job that nobody can tell of."""
        await self.fail(request)
        return html.status(self._tickets.of(request.session_hash))

    async def tell(self, request: gr.Request) -> AsyncIterator[str]:
        """Tell how the job goes."""
        async with aclosing(told(self._tickets.of(request.session_hash))) as news:
            async for status in news:
                yield status

    def look(self, request: gr.Request, clip: str | None, *form: Any) -> Iterator[Update]:
        """Look at the clip of the form only."""
        yield from self.work(request, clip, LOOK, *form[1:])

    def work(
        self, request: gr.Request, clip: str | None, levels: str, *form: Any
    ) -> Iterator[Update]:
        """Do the job of the form, and show its results."""
        ticket = self._tickets.of(request.session_hash)
        to_come: set[str] = set()
        saw = False
        try:
            to_come |= {level.name for level in wanted(levels)}
            settings = settings_of(*form)
            with self._worker.news(clip, levels, settings, ticket.stop) as news:
                for message in news:
                    if ticket.stop.is_set():
                        yield self.cleared(to_come, saw)
                        return
                    if isinstance(message, Result):
                        to_come.discard(message.level)
                    saw = saw or isinstance(message, Seen)
                    if updates := self.shown(message):
                        yield updates
                    if not isinstance(message, Seen | Result):
                        ticket.news = message
        except D2MError as error:
            ticket.news = Failed(str(error))
            yield self.cleared(to_come, saw)
            raise toast(error) from None
        finally:
            ticket.over.set()

    def cleared(self, levels: Iterable[str], saw: bool) -> Update:
        """Return the updates that take away what gets no result."""
        updates: Update = {} if saw else self.seen.hidden()
        for name in levels:
            updates[self.cards[name].column] = gr.Column(visible=False)
        return updates or {self.keep: gr.skip()}

    def shown(self, message: Message) -> Update:
        """Return the updates that show what a message brings; none if it is but news."""
        if isinstance(message, Seen):
            return self.seen.shown(message)
        if isinstance(message, Result):
            return self.cards[message.level].shown(message)
        if not isinstance(message, Finished) or message.report is None:
            return {}
        return {
            **self.comparison.shown(message),
            self.keep: gr.Row(visible=True),
            self.archive: gr.DownloadButton(value=str(message.archive)),
            self.report: gr.DownloadButton(value=str(message.report)),
        }


def endpoint(worker: Worker) -> Any:
    """Return what answers ``/generate``."""

    def generate(clip: str | None, levels: str, *form: Any) -> Iterator[Any]:
        """Make music for a dance clip.

        Returns the files: for each level a video with the music, the music, and a beat plot;
        then a report (JSON), and everything in one ZIP.
        """
        files: list[str] = []
        try:
            levels_named(levels)
            with worker.news(clip, levels, settings_of(*form)) as news:
                for message in news:
                    if isinstance(message, Result):
                        files += [str(message.paths[k]) for k in DOWNLOADS if k in message.paths]
                    if isinstance(message, Finished):
                        files += [str(message.report), str(message.archive)]
                    yield files if isinstance(message, Result | Finished) else gr.skip()
        except D2MError as error:
            raise toast(error) from None

    # The parameters' names and order are the form's.
    own = list(signature(generate).parameters.values())[:2]
    form = list(signature(settings_of).parameters.values())
    generate.__signature__ = Signature([*own, *form])  # type: ignore[attr-defined]
    return generate


def build(worker: Worker, clips: list[ExampleClip]) -> gr.Blocks:
    """Return the page."""
    page: gr.Blocks = gr.Blocks(
        title="D2M: music for dance videos",
        analytics_enabled=False,
        delete_cache=(int(KEEP_S / 12), int(KEEP_S)),
    )
    with page:
        gr.HTML(html.HEAD, padding=False, elem_id="head")
        form = Page(worker, clips).form
        gr.HTML(html.foot(clips), padding=False, elem_id="foot")
        page.load(form.offered, None, [form.weights], queue=False, **PRIVATE)
        button = gr.Button(visible=False)
        files = gr.Files(visible=False, label="Results")
        button.click(endpoint(worker), form.inputs, files, api_name="generate", **_queue(worker))
    page.queue(max_size=2 * most_at_once(worker.limits))
    return page


def theme() -> gr.themes.Base:
    """Return the look: system fonts (nothing is fetched), one accent colour."""
    return gr.themes.Base(
        primary_hue="violet",
        neutral_hue="slate",
        radius_size="lg",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    ).set(
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        block_label_text_color="*neutral_700",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_text_color="white",
    )
