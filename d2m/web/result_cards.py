"""The cards with the results: the analysis, each level's music, and both side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from d2m.core.events import DanceSummary, SoundtrackSummary
from d2m.core.levels import LEVELS
from d2m.web import html
from d2m.web.scripts import SWITCH_VIDEO
from d2m.web.settings_form import PRIVATE, Update
from d2m.web.theme import ACCENT

DOWNLOADS = {"mp4": "↓ Video", "wav": "↓ Music", "png": "↓ Beat plot", "beats": "↓ Beat video"}
_CARD = ["card"]


class AnalysisCard:
    """The analysis of the clip, shown before the music."""

    def __init__(self) -> None:
        with gr.Column(visible=False, elem_id="analysis") as self.column:
            self.summary = gr.HTML(html.ANALYSING, padding=False)
            self.strip = gr.Image(
                label="The dancer", show_label=False, buttons=["fullscreen"], elem_id="strip"
            )

    @property
    def outputs(self) -> list[Any]:
        """The widgets that its updates change."""
        return [self.column, self.summary, self.strip]

    def pending(self) -> Update:
        """Return the updates that show the empty card."""
        return {
            self.column: gr.Column(visible=True),
            self.summary: html.ANALYSING,
            self.strip: None,
        }

    def shown(self, dance: DanceSummary) -> Update:
        """Return the updates that show an analysis."""
        strip = gr.Image(str(dance.strip), alt_text=dance.alt_text) if dance.strip else None
        return {
            self.column: gr.Column(visible=True),
            self.summary: html.analysis(dance),
            self.strip: strip,
        }


class LevelCard:
    """The results of one level."""

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
    def cleared_widgets(self) -> list[Any]:
        """The widgets that `pending` changes."""
        return [self.column, self.video, self.audio, self.scores, *self.plots.values()]

    @property
    def outputs(self) -> list[Any]:
        """The widgets that its updates change."""
        return [*self.cleared_widgets, *self.downloads.values()]

    def shown(self, result: SoundtrackSummary) -> Update:
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
        """Return the updates that show the empty card, or hide it."""
        # The class hides the buttons: updating each of them would cost milliseconds.
        return {
            self.column: gr.Column(visible=visible, elem_classes=[*_CARD, "pending"]),
            self.scores: html.PENDING,
            **dict.fromkeys([self.video, self.audio, *self.plots.values()]),
        }


class ComparisonCard:
    """Both levels side by side in one video, with a choice of whose music plays."""

    def __init__(self) -> None:
        names = list(LEVELS)
        with gr.Column(visible=False, elem_id="comparison", elem_classes=_CARD) as self.column:
            gr.HTML("<h2>Side by side</h2>", padding=False)
            self.videos = {
                name: gr.Video(
                    label=f"High on the left, low on the right, with the music of {name}",
                    show_label=False,
                    interactive=False,
                    buttons=[],
                    elem_id=f"comparison-{name}",
                )
                for name in names
            }
            with gr.Row(equal_height=False):
                self.level_choice = gr.Radio(
                    [(name.capitalize(), name) for name in names],
                    value=names[0],
                    label="Music of",
                    elem_id="comparison-level",
                    min_width=140,
                )
                self.downloads = {
                    name: gr.DownloadButton(
                        f"↓ Side by side, {name} music", size="sm", min_width=120
                    )
                    for name in names
                }
        self.level_choice.change(None, self.level_choice, None, js=SWITCH_VIDEO, **PRIVATE)

    @property
    def cleared_widgets(self) -> list[Any]:
        """The widgets that `hidden` changes."""
        return [self.column, self.level_choice, *self.videos.values()]

    @property
    def outputs(self) -> list[Any]:
        """The widgets that its updates change."""
        return [*self.cleared_widgets, *self.downloads.values()]

    def shown(self, comparisons: dict[str, Path]) -> Update:
        """Return the updates that show the videos, by level; none hide the card."""
        updates: Update = {self.column: gr.Column(visible=bool(comparisons))}
        for name, path in comparisons.items():
            updates[self.videos[name]] = str(path)
            updates[self.downloads[name]] = gr.DownloadButton(value=str(path))
        return updates

    def hidden(self) -> Update:
        """Return the updates that hide the card."""
        return {
            self.column: gr.Column(visible=False),
            self.level_choice: next(iter(LEVELS)),
            **dict.fromkeys(self.videos.values()),
        }
