"""What a person gets: what was seen, each level's music, and both side by side."""

from __future__ import annotations

from typing import Any

import gradio as gr

from d2m.core.levels import LEVELS
from d2m.jobs.messages import Finished, Result, Seen
from d2m.web import html
from d2m.web.scripts import HEAR
from d2m.web.settings_form import PRIVATE, Update

DOWNLOADS = {"mp4": "↓ Video", "wav": "↓ Music", "png": "↓ Beat plot", "beats": "↓ Beat video"}
ACCENT = "#7c3aed"
_CARD = ["card"]


class AnalysisCard:
    """What was seen in the clip, before there is music."""

    def __init__(self) -> None:
        with gr.Column(visible=False, elem_id="seen") as self.column:
            self.facts = gr.HTML(html.LOOKING, padding=False)
            self.strip = gr.Image(
                label="The dancer", show_label=False, buttons=["fullscreen"], elem_id="strip"
            )

    @property
    def outputs(self) -> list[Any]:
        """All that its updates touch."""
        return [self.column, self.facts, self.strip]

    def pending(self) -> Update:
        """Return the updates that keep its place."""
        return {
            self.column: gr.Column(visible=True),
            self.facts: html.LOOKING,
            self.strip: None,
        }

    def hidden(self) -> Update:
        """Return the update that takes it away."""
        return {self.column: gr.Column(visible=False)}

    def shown(self, seen: Seen) -> Update:
        """Return the updates that show it."""
        strip = gr.Image(str(seen.strip), alt_text=seen.alt_text) if seen.strip else None
        return {self.facts: html.rhythm(seen), self.strip: strip}


class LevelCard:
    """One level's results."""

    def __init__(self, name: str) -> None:
        self.name = name
        with gr.Column(visible=False, min_width=300, elem_classes=_CARD) as self.column:
            gr.HTML(f"<h2>{name.capitalize()} level</h2>", padding=False)
            self.video = gr.Video(
                label=f"Clip with music ({name})", interactive=False, buttons=[], height=320
            )
            self.scores = gr.HTML(html.PENDING, padding=False)
            self.audio = gr.Audio(
                label=f"Music ({name})",
                interactive=False,
                buttons=[],
                waveform_options=gr.WaveformOptions(waveform_progress_color=ACCENT),
                elem_classes="wave",
            )
            self.plots = {
                kind: gr.Image(
                    label=f"Beats ({name})",
                    show_label=False,
                    buttons=["fullscreen"],
                    elem_classes=["plot", ground],
                )
                for kind, ground in (("png", "on-light"), ("dark", "on-dark"))
            }
            with gr.Row(elem_classes="downloads"):
                self.downloads = {
                    kind: gr.DownloadButton(label, size="sm", min_width=80, visible=kind != "beats")
                    for kind, label in DOWNLOADS.items()
                }

    @property
    def emptied(self) -> list[Any]:
        """What `pending` touches."""
        return [self.column, self.video, self.audio, self.scores, *self.plots.values()]

    @property
    def outputs(self) -> list[Any]:
        """All that its updates touch."""
        return [*self.emptied, *self.downloads.values()]

    def shown(self, result: Result) -> Update:
        """Return the updates that show a result."""
        paths = {kind: str(path) for kind, path in result.paths.items()}
        plots = {
            plot: gr.Image(paths[kind], alt_text=result.alt_text)
            for kind, plot in self.plots.items()
        }
        files = {
            button: gr.DownloadButton(value=paths.get(kind), visible=kind in paths)
            for kind, button in self.downloads.items()
        }
        return {
            self.column: gr.Column(visible=True, elem_classes=_CARD),
            self.video: paths["mp4"],
            self.audio: paths["wav"],
            self.scores: html.scores(result),
            **plots,
            **files,
        }

    def pending(self, visible: bool) -> Update:
        """Return the updates that leave the card empty until there is a result."""
        # Its buttons are hidden by the class: each one's update costs milliseconds of the server.
        return {
            self.column: gr.Column(visible=visible, elem_classes=[*_CARD, "pending"]),
            self.scores: html.PENDING,
            **dict.fromkeys([self.video, self.audio, *self.plots.values()]),
        }


class ComparisonCard:
    """Both levels in one picture, with a choice of which is heard."""

    def __init__(self) -> None:
        names = list(LEVELS)
        with gr.Column(visible=False, elem_id="comparison", elem_classes=_CARD) as self.column:
            gr.HTML("<h2>Side by side</h2>", padding=False)
            self.videos = {
                name: gr.Video(
                    label=f"High left, low right; {name} is heard",
                    show_label=False,
                    interactive=False,
                    buttons=[],
                    elem_id=f"comparison-{name}",
                )
                for name in names
            }
            with gr.Row(equal_height=False):
                self.heard = gr.Radio(
                    [(name.capitalize(), name) for name in names],
                    value=names[0],
                    label="Hear",
                    elem_id="hear",
                    min_width=140,
                )
                self.downloads = {
                    name: gr.DownloadButton(
                        f"↓ Side by side, {name} heard", size="sm", min_width=120
                    )
                    for name in names
                }
        self.heard.change(None, self.heard, None, js=HEAR, **PRIVATE)

    @property
    def emptied(self) -> list[Any]:
        """What `hidden` touches."""
        return [self.column, self.heard, *self.videos.values()]

    @property
    def outputs(self) -> list[Any]:
        """All that its updates touch."""
        return [*self.emptied, *self.downloads.values()]

    def shown(self, finished: Finished) -> Update:
        """Return the updates that show it, where there is something to compare."""
        updates: Update = {self.column: gr.Column(visible=bool(finished.comparisons))}
        for name, path in finished.comparisons.items():
            updates[self.videos[name]] = str(path)
            updates[self.downloads[name]] = gr.DownloadButton(value=str(path))
        return updates

    def hidden(self) -> Update:
        """Return the updates that take it away."""
        return {
            self.column: gr.Column(visible=False),
            self.heard: next(iter(LEVELS)),
            **dict.fromkeys(self.videos.values()),
        }
