"""The tab that makes a dance for a song."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from d2m.core.dance_settings import DanceSettings
from d2m.core.setting_fields import parse_form
from d2m.jobs import WorkerPool
from d2m.jobs.messages import DanceJob, JobObserver
from d2m.web import song_html
from d2m.web.dance_card import DanceCard
from d2m.web.dance_form import DanceForm
from d2m.web.examples import ExampleFile
from d2m.web.job_panel import JobPanel
from d2m.web.job_progress import JobPart, dance_parts
from d2m.web.setting_widgets import PRIVATE, Update

EXAMPLE_DANCE = Path(__file__).parent / "previews" / "dance.mp4"
"""A finished dance, shown before the first one; ``tools/make_example_dance.py`` makes it."""


class DancePage:
    """The widgets of the tab and their event handlers.

    Parameters
    ----------
    pool
        Runs the jobs.
    songs
        Examples to offer.
    """

    def __init__(self, pool: WorkerPool, songs: list[ExampleFile]) -> None:
        with gr.Row(elem_classes="frame"):
            with gr.Column(scale=4, min_width=320):
                self.form = DanceForm(songs)
                self._panel = JobPanel(pool, song_html.SONG_IDLE, "dance-")
            with gr.Column(scale=8, min_width=320, elem_id="dance-results"):
                with gr.Column(elem_classes="card") as self._example:
                    gr.Video(
                        str(EXAMPLE_DANCE),
                        label="A finished dance, for the example song",
                        interactive=False,
                        buttons=[],
                        elem_classes="movie",
                    )
                    gr.HTML(song_html.SONG_STEPS, padding=False)
                self.card = DanceCard()
        self._start_on(self._panel.generate.click)
        seed = self.form.widgets["seed"]
        dancers = self.form.widgets["dancers"]
        raised = self.card.another.click(
            lambda value, count: int(value or 0) + int(count or 1),
            [seed, dancers],
            seed,
            queue=False,
            **PRIVATE,
        )
        self._start_on(raised.then)

    def _start_on(self, event: Any) -> None:
        """Let an event start a job."""
        others = [self.card.another, self.card.to_music]
        self._panel.start_on(
            event,
            (self.begin, [], [self._example, *self.card.outputs, *others]),
            (self.run, self.form.inputs, self.card.outputs),
            (self.reset_buttons, others),
        )

    async def begin(self, request: gr.Request) -> Update:
        """Clear the last results, keep their places, and show that the job waits."""
        self._panel.statuses.create(request.session_hash, ())
        return {
            **self._panel.begun(),
            self._example: gr.Column(visible=False),
            **self.card.pending(),
            self.card.another: gr.Button(interactive=False),
            self.card.to_music: gr.Button(interactive=False),
        }

    async def reset_buttons(self) -> Update:
        """Enable the buttons that start a job."""
        return {
            **self._panel.released(),
            self.card.another: gr.Button(interactive=True),
            self.card.to_music: gr.Button(interactive=True),
        }

    def run(
        self, request: gr.Request, song: str | None, start_pose: str | None, *form: Any
    ) -> Iterator[Update]:
        """Run the job of the form, and show its results."""

        def prepare() -> tuple[DanceJob, JobObserver[Update], list[JobPart]]:
            settings = parse_form(DanceSettings, form)
            job = DanceJob.requested(song, start_pose, settings)
            return job, self.card, dance_parts(settings)

        status = self._panel.statuses.get(request.session_hash)
        yield from self._panel.run(status, prepare, self.card.places, {self.card.song: gr.skip()})
