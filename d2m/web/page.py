"""The page and what its buttons do. Uploads are opened only by worker processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from d2m.core.errors import SettingsError
from d2m.core.setting_fields import parse_form
from d2m.core.settings import Settings
from d2m.jobs import WorkerPool
from d2m.jobs.messages import ANALYSIS_ONLY, Job, JobObserver, requested_levels
from d2m.web import html, status_html
from d2m.web.dance_page import DancePage
from d2m.web.endpoint import add_endpoints
from d2m.web.examples import ExampleFile
from d2m.web.job_panel import JobPanel, job_queue, max_concurrent
from d2m.web.job_progress import JobPart, music_parts
from d2m.web.job_status import JobStatus
from d2m.web.result_area import ResultArea
from d2m.web.server_folder import KEEP_S
from d2m.web.setting_widgets import PRIVATE, Update
from d2m.web.settings_form import SettingsForm
from d2m.web.take_actions import TakeActions
from d2m.web.take_example import example_take
from d2m.web.take_player import SELECTED
from d2m.web.take_store import TakeStore
from d2m.web.upload_limits import upload_script

MUSIC_TAB, DANCE_TAB = "music", "dance"
"""Ids of the tabs."""


class MusicPage:
    """The tab that makes music for a dance: its widgets and their event handlers.

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
        self, pool: WorkerPool, clips: list[ExampleFile], settings: type[Settings] = Settings
    ) -> None:
        self._settings = settings
        with gr.Row(elem_classes="frame"):
            with gr.Column(scale=4, min_width=320, elem_id="form"):
                self.form = SettingsForm(clips, settings)
                # It stands at the bottom of the window, but comes here by the keyboard.
                self._panel = JobPanel(pool, status_html.IDLE)
            self._statuses = self._panel.statuses
            with gr.Column(scale=8, min_width=320, elem_id="results"):
                example = example_take()
                store = TakeStore(Path(get_upload_folder()), KEEP_S)
                self.area = ResultArea(self.form.widgets, self._statuses, store, example)
        self.takes = TakeActions(pool, store, self.area.player, example)
        self._connect()

    def _connect(self) -> None:
        versions = [self.form.levels]
        self._start_on(self._panel.generate.click, self.begin, versions, self.run)
        self._start_on(self.form.analyse.click, self.begin, [], self.run_analysis)
        keep, widgets = self.area.keep, self.form.widgets
        for button, number in (
            (keep.song, widgets["seed"]),
            (keep.arrangement, widgets["arrangement"]),
        ):
            raised = button.click(
                lambda value: int(value or 0) + 1, number, number, queue=False, **PRIVATE
            )
            self._start_on(raised.then, self.begin, versions, self.run)
        for event in self.area.pressed():
            self._start_on(event, self.begin_again, [], self.run_again)
        self.area.beat.connect_clip(self.form.clip)
        self.area.dancer.connect_clip(self.form.clip)

    def _start_on(self, event: Any, begin: Any, versions: list[Any], run: Any) -> None:
        """Let an event start a job."""
        buttons = [self.form.analyse, *self.area.buttons]
        self._panel.start_on(
            event,
            (begin, versions, [self.form.analyse, *self.area.cleared_widgets]),
            (run, self.form.inputs, self.area.outputs),
            (self.reset_buttons, buttons),
        )

    async def begin(
        self,
        request: gr.Request,
        levels: Sequence[str] = (ANALYSIS_ONLY,),
    ) -> Update:
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
            **self._panel.begun(),
            self.form.analyse: gr.Button(interactive=False),
            **self.area.pending(levels, job.again),
        }

    async def reset_buttons(self, request: gr.Request) -> Update:
        """Enable the buttons that start a job."""
        return {
            **self._panel.released(),
            self.form.analyse: gr.Button(interactive=True),
            **self.area.ready(self._statuses.get(request.session_hash)),
        }

    def run_analysis(self, request: gr.Request, clip: str | None, *form: Any) -> Iterator[Update]:
        """Only analyse the clip of the form."""
        yield from self.run(request, clip, [ANALYSIS_ONLY], *form[1:])

    def run_again(self, request: gr.Request, clip: str | None, *form: Any) -> Iterator[Update]:
        """Run the job of the form with the levels of the last job."""
        levels = self._statuses.get(request.session_hash).levels
        yield from self.run(request, clip, levels, *form[1:])

    def run(
        self,
        request: gr.Request,
        clip: str | None,
        levels: Sequence[str],
        *form: Any,
    ) -> Iterator[Update]:
        """Run the job of the form, and show its results."""
        job = self._statuses.get(request.session_hash)
        places = self.area.places((), job.again)

        def prepare() -> tuple[Job, JobObserver[Update], list[JobPart]]:
            chosen = _chosen(levels)
            made = requested_levels(chosen)
            places.update(self.area.places(made, job.again))
            settings = parse_form(self._settings, form)
            asked = Job.requested(clip, chosen, settings)
            return asked, self.area.observer(job, asked), music_parts(made, settings)

        yield from self._panel.run(job, prepare, places, {self.area.keep.row: gr.skip()})


def build(
    pool: WorkerPool,
    clips: list[ExampleFile],
    settings: type[Settings] = Settings,
    *,
    songs: Sequence[ExampleFile] = (),
) -> gr.Blocks:
    """Build the page and its HTTP endpoints.

    Parameters
    ----------
    pool
        Runs the jobs.
    clips, songs
        Examples to offer.
    settings
        The dataclass whose fields become widgets and HTTP parameters of the first tab.
    """
    blocks: gr.Blocks = gr.Blocks(
        title="D2M: music for dance videos, dances for music",
        analytics_enabled=False,
        delete_cache=(int(KEEP_S / 12), int(KEEP_S)),
    )
    with blocks:
        gr.HTML(html.HEAD, padding=False, elem_id="head")
        with gr.Tabs(selected=MUSIC_TAB, elem_id="tabs") as tabs:
            with gr.Tab("Dance to music", id=MUSIC_TAB):
                music = MusicPage(pool, clips, settings)
            with gr.Tab("Music to dance", id=DANCE_TAB):
                dance = DancePage(pool, list(songs))
        _connect_tabs(tabs, music, dance)
        gr.HTML(html.foot([*clips, *songs]), padding=False, elem_id="foot")
        form = music.form
        weights = [form.widgets["weights"]]
        blocks.load(None, None, None, js=upload_script(), **PRIVATE)
        music.takes.connect_load(blocks)
        blocks.load(form.refresh_weights, None, weights, queue=False, **PRIVATE)
        add_endpoints(pool, settings, job_queue(pool))
    blocks.queue(max_size=2 * max_concurrent(pool.limits))
    return blocks


def _connect_tabs(tabs: gr.Tabs, music: MusicPage, dance: DancePage) -> None:
    """Let a result of each tab become the input of the other."""
    to_music, to_dance = dance.card.to_music, music.area.keep.to_dance
    to_music.click(
        lambda video: (video, gr.Tabs(selected=MUSIC_TAB)),
        dance.card.video,
        [music.form.clip, tabs],
        queue=False,
        **PRIVATE,
    )
    to_dance.click(
        lambda key: (music.takes.music_of(key), gr.Tabs(selected=DANCE_TAB)),
        gr.Textbox(visible=False),
        [dance.form.song, tabs],
        js=SELECTED,
        queue=False,
        **PRIVATE,
    )


def _chosen(levels: Sequence[str]) -> str:
    """Return the levels that are ticked as `requested_levels` reads them."""
    if not levels:
        raise SettingsError("No sound is chosen: choose Studio, or tick a level.")
    return ",".join(levels)
