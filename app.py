"""The page: upload a dance clip, get it back with music.

Widgets and callbacks only. The clip is never opened here: `d2m.worker` gives it to a
process that can be killed.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from d2m import page as words
from d2m.checkpoints.registry import COMPACT
from d2m.errors import D2MError
from d2m.job import Finished, Message, Result, Seen, Stage
from d2m.levels import LEVELS
from d2m.media.guard import ClipLimits
from d2m.routes import DenyRoutes
from d2m.styles import AUTO, STYLES
from d2m.worker import Ticket, Worker

HERE = Path(__file__).parent
KEEP_S = 3600
"""How long (s) clips and results stay on the server."""
QUEUE = {"concurrency_id": "generate", "concurrency_limit": 1}
PRIVATE = {"api_visibility": "private", "show_progress": "hidden"}
DOWNLOADS = {"mp4": "↓ Video", "wav": "↓ Music", "png": "↓ Beat plot"}
Update = dict[Any, Any]

WORKER = Worker()
EXAMPLES = words.examples(HERE / "examples")


def toast(error: D2MError) -> gr.Error:
    """Return what tells a person of an error; Gradio reads its text as HTML."""
    return gr.Error(escape(str(error), quote=False), print_exception=False)


class Form:
    """What a person sets."""

    def __init__(self) -> None:
        self.clip = gr.Video(
            label="Dance clip", sources=["upload", "webcam"], height=280, elem_id="clip"
        )
        if EXAMPLES:
            gr.Examples(
                [[str(clip.path)] for clip in EXAMPLES],
                self.clip,
                example_labels=[clip.title for clip in EXAMPLES],
                label="Or try a drawn dancer",
                api_visibility="private",
            )
        self.levels = gr.Radio(
            [("High", "high"), ("Low", "low"), ("Both", "both")],
            value="high",
            label="Level",
            info="High is fast, low is finer. Both puts them side by side.",
        )
        self.style = gr.Dropdown(
            [("From the dance", AUTO), *((style.label, style.name) for style in STYLES.values())],
            value=AUTO,
            label="Style",
            info="The music's genre.",
        )
        dice = gr.Button("Random", elem_id="dice")
        with gr.Row():
            self.seed = gr.Number(
                0,
                label="Seed",
                info="Changes the piece.",
                precision=0,
                min_width=140,
                buttons=[dice],
            )
            self.tempo = gr.Number(
                0, label="Tempo (BPM)", info="0 takes the dancer's.", min_width=140
            )
        self.weights = gr.Dropdown(
            words.weights(), value=COMPACT, label="Weights", visible=len(words.weights()) > 1
        )
        self.note = gr.HTML(visible=False, padding=False)
        self.weights.change(self.noted, self.weights, self.note, queue=False, **PRIVATE)
        dice.click(
            None,
            None,
            self.seed,
            js="() => Math.floor(Math.random() * 100000)",
            api_visibility="private",
        )

    @property
    def inputs(self) -> list[Any]:
        """The components, in the order of `job_of`."""
        return [self.clip, self.levels, self.style, self.seed, self.tempo, self.weights]

    def noted(self, name: str) -> Update:
        """Return the update that says whose weights these are, and under which terms."""
        return {self.note: gr.HTML(words.weights_note(name), visible=name != COMPACT)}

    def offered(self) -> Update:
        """Return the update that offers the weights that are installed by now."""
        choices = words.weights()
        return {self.weights: gr.Dropdown(choices, visible=len(choices) > 1)}


class LevelCard:
    """One level's results."""

    def __init__(self, name: str) -> None:
        self.name = name
        with gr.Column(visible=False, min_width=300, elem_classes="card") as self.column:
            gr.HTML(f"<h2>{name.capitalize()} level</h2>", padding=False)
            self.video = gr.Video(label=f"Clip with music ({name})", interactive=False, buttons=[])
            self.scores = gr.HTML(padding=False)
            self.audio = gr.Audio(
                label=f"Music ({name})",
                interactive=False,
                buttons=[],
                waveform_options=gr.WaveformOptions(waveform_progress_color="#7c3aed"),
            )
            self.plot = gr.Image(label=f"Beats ({name})", show_label=False, buttons=["fullscreen"])
            with gr.Row():
                self.downloads = {
                    kind: gr.DownloadButton(label, size="sm", min_width=80)
                    for kind, label in DOWNLOADS.items()
                }

    def shown(self, result: Result) -> Update:
        """Return the updates that show a result."""
        paths = {kind: str(path) for kind, path in result.paths.items()}
        files = {
            button: gr.DownloadButton(value=paths[kind], interactive=True)
            for kind, button in self.downloads.items()
        }
        return {
            self.column: gr.Column(visible=True),
            self.video: paths["mp4"],
            self.audio: paths["wav"],
            self.plot: gr.Image(paths["png"], alt_text=result.alt_text),
            self.scores: words.scores(result),
            **files,
        }

    def pending(self, visible: bool) -> Update:
        """Return the updates that leave the card empty until there is a result."""
        empty = gr.DownloadButton(value=None, interactive=False)
        return {
            self.column: gr.Column(visible=visible),
            self.scores: words.PENDING,
            **dict.fromkeys([self.video, self.audio, self.plot]),
            **dict.fromkeys(self.downloads.values(), empty),
        }

    @property
    def outputs(self) -> list[Any]:
        """All that a card's updates touch."""
        parts = [self.column, self.video, self.audio, self.plot, self.scores]
        return [*parts, *self.downloads.values()]


class Page:
    """The widgets and what they do."""

    def __init__(self) -> None:
        self.ticket = gr.State()
        with gr.Row(elem_id="main"):
            with gr.Column(scale=4, min_width=320):
                self.form = Form()
                with gr.Row():
                    self.generate = gr.Button("Generate", variant="primary", scale=3, min_width=120)
                    self.stop = gr.Button(
                        "Stop", variant="stop", scale=1, min_width=80, interactive=False
                    )
            with gr.Column(scale=8, min_width=320):
                self.status = gr.HTML(words.IDLE, padding=False, elem_id="status")
                self.rhythm = gr.HTML(visible=False, padding=False)
                self.steps = gr.HTML(words.STEPS, padding=False)
                with gr.Row(equal_height=False):
                    self.cards = {name: LevelCard(name) for name in LEVELS}
                self.report = gr.DownloadButton(
                    "↓ Report (JSON)", size="sm", visible=False, elem_id="report"
                )
        self._connect()

    @property
    def outputs(self) -> list[Any]:
        """All that the callbacks update."""
        cards = [part for card in self.cards.values() for part in card.outputs]
        page = [self.generate, self.stop, self.status, self.rhythm, self.steps, self.report]
        return [*page, *cards]

    def _connect(self) -> None:
        begun = self.generate.click(
            self.begin, None, [self.ticket, *self.outputs], queue=False, **PRIVATE
        )
        working = begun.then(
            self.work, [self.ticket, *self.form.inputs], self.outputs, **QUEUE, **PRIVATE
        )
        working.failure(self.fail, self.status, self.outputs, queue=False, **PRIVATE)
        # In the queue, as the job's news: so it comes after them.
        self.stop.click(self.halt, self.ticket, self.outputs, concurrency_limit=None, **PRIVATE)

    def begin(self) -> Update:
        """Clear the last results and say that the job waits."""
        updates: Update = {
            self.ticket: Ticket(),
            self.generate: gr.Button("Working …", interactive=False),
            self.stop: gr.Button(interactive=True),
            self.status: words.QUEUED,
            self.rhythm: gr.HTML(visible=False),
            self.steps: gr.HTML(visible=True),
            self.report: gr.DownloadButton(visible=False),
        }
        for card in self.cards.values():
            updates |= card.pending(visible=False)
        return updates

    def rest(self, status: str) -> Update:
        """Make the page usable again, and say why."""
        return {
            self.generate: gr.Button("Generate", interactive=True),
            self.stop: gr.Button(interactive=False),
            self.status: status,
        }

    def halt(self, ticket: Ticket | None) -> Update:
        """Stop the job, and say so."""
        if ticket is not None:
            ticket.cancel()
        return self.rest(words.STOPPED)

    def fail(self, status: str) -> Update:
        """Leave the busy state also when the job never began, such as when the queue is full."""
        began = "progressbar" not in status
        return self.rest(status if began else words.failure("Try again in a minute."))

    def work(self, ticket: Ticket, *form: Any) -> Iterator[Update]:
        """Do the job of the form, and show how it goes."""
        missing: tuple[str, ...] = ()
        try:
            with ticket.punched(), WORKER.news(*form) as news:
                for message in news:
                    if isinstance(message, Result):
                        missing = message.missing
                    if ticket.stop.is_set():
                        yield self.hidden(missing)
                        return
                    yield self.told(message)
        except D2MError as error:
            yield {**self.hidden(missing), **self.rest(words.failure(str(error)))}
            raise toast(error) from None

    def hidden(self, levels: Iterable[str]) -> Update:
        """Return the updates that hide the cards of levels that get no result."""
        columns = {self.cards[name].column: gr.Column(visible=False) for name in levels}
        return columns or {self.status: gr.skip()}

    def told(self, message: Message) -> Update:
        """Return the updates that show a message."""
        if isinstance(message, Stage):
            return {self.status: words.progress(message)}
        if isinstance(message, Seen):
            return {self.rhythm: gr.HTML(words.rhythm(message), visible=True)}
        if isinstance(message, Result):
            updates = {self.steps: gr.HTML(visible=False)}
            for name in message.missing:
                updates |= self.cards[name].pending(visible=True)
            return updates | self.cards[message.level].shown(message)
        if isinstance(message, Finished):
            report = gr.DownloadButton(value=str(message.report), visible=True)
            return {self.report: report, **self.rest(words.done(message))}
        return {self.status: gr.skip()}


def generate(
    clip: str | None,
    levels: str,
    style: str,
    seed: float | None,
    tempo_bpm: float | None,
    weights: str = COMPACT,
) -> Iterator[Any]:
    """Make music for a dance clip.

    Returns the files: a video with the music, the music, and a beat plot for each level,
    and a report (JSON) last.
    """
    files: list[str] = []
    try:
        with WORKER.news(clip, levels, style, seed, tempo_bpm, weights) as news:
            for message in news:
                if isinstance(message, Result):
                    files += [str(message.paths[kind]) for kind in DOWNLOADS]
                if isinstance(message, Finished):
                    files.append(str(message.report))
                yield files if isinstance(message, Result | Finished) else gr.skip()
    except D2MError as error:
        raise toast(error) from None


def build() -> gr.Blocks:
    """Return the page."""
    with gr.Blocks(
        title="D2M: music for dance videos",
        analytics_enabled=False,
        delete_cache=(KEEP_S // 12, KEEP_S),
    ) as page:
        gr.HTML(words.HEAD, padding=False, elem_id="head")
        form = Page().form
        gr.HTML(words.foot(EXAMPLES), padding=False, elem_id="foot")
        page.load(form.offered, None, [form.weights], queue=False, **PRIVATE)
        endpoint = gr.Button(visible=False)
        files = gr.Files(visible=False, label="Results")
        endpoint.click(generate, form.inputs, files, api_name="generate", **QUEUE)
    page.queue(max_size=16)
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


def main() -> None:
    """Serve the page until interrupted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.closing(WORKER):
        WORKER.warm_up()
        build().launch(
            theme=theme(),
            css_paths=HERE / "assets" / "page.css",
            show_error=False,
            max_file_size=ClipLimits().max_bytes,
            allowed_paths=[],
            enable_monitoring=False,
            ssr_mode=False,
            footer_links=["api"],
            app_kwargs={"middleware": [Middleware(DenyRoutes)]},
        )


if __name__ == "__main__":
    main()
