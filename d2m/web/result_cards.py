"""The cards with the results of a whole job: the analysis, both levels side by side, and files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from d2m.core.events import DanceSummary, ResultFiles
from d2m.core.levels import BASELINES, HOP_LEVELS, Level
from d2m.core.settings import Settings
from d2m.web import result_html
from d2m.web.dancer_choice import DancerChoice
from d2m.web.job_status import JobStatus, JobStatuses
from d2m.web.scripts import SWITCH_VIDEO
from d2m.web.setting_widgets import PRIVATE, Update
from d2m.web.style_offers import StyleOffers
from d2m.web.take import level_title


class AnalysisCard:
    """The analysis of the clip, shown before the music.

    Parameters
    ----------
    dancer, style
        The widgets of the form that choose the dancer and the style.
    statuses
        What the jobs of each page found.
    """

    def __init__(self, dancer: Any, style: Any, statuses: JobStatuses) -> None:
        with gr.Column(visible=False, elem_id="analysis") as self.column:
            with gr.Row(elem_id="tempo"):
                self.summary = gr.HTML(result_html.ANALYSING, padding=False)
                self.clock = gr.Button(size="sm", min_width=120, visible=False, elem_id="clock")
            self.styles = StyleOffers(style, statuses)
            self.warnings = gr.HTML(visible=False, padding=False, elem_id="warnings")
            self.strip = gr.Image(
                label="The dancer", show_label=False, buttons=["fullscreen"], elem_id="strip"
            )
            self.dancer = DancerChoice(dancer, statuses, self.strip)

    @property
    def outputs(self) -> list[Any]:
        """The widgets that its updates change."""
        shown = [self.column, self.clock, self.summary, self.warnings, self.strip]
        return [*shown, *self.styles.outputs, *self.dancer.outputs]

    def pending(self, again: bool) -> Update:
        """Return the updates that show the empty card, or mark one of the same clip as old."""
        if again:
            return {
                self.column: gr.Column(visible=True, elem_classes="old"),
                self.clock: gr.Button(interactive=False),
                **self.styles.pending(again),
                **self.dancer.pending(again),
            }
        return {
            self.column: gr.Column(visible=True, elem_classes=[]),
            self.clock: gr.Button(visible=False, interactive=False),
            self.summary: result_html.ANALYSING,
            self.warnings: gr.HTML(visible=False),
            self.strip: None,
            **self.styles.pending(again),
            **self.dancer.pending(again),
        }

    def shown(self, job: JobStatus, dance: DanceSummary, settings: Settings) -> Update:
        """Return the updates that show an analysis."""
        strip = None
        if dance.strip:
            classes = ["people"] if dance.people > 1 else []
            strip = gr.Image(str(dance.strip), alt_text=dance.alt_text, elem_classes=classes)
        other_clock = result_html.clock_button(dance)
        return {
            self.column: gr.Column(visible=True, elem_classes=[]),
            self.clock: gr.Button(other_clock, visible=bool(other_clock)),
            self.summary: result_html.analysis(dance, settings),
            self.warnings: gr.HTML(result_html.warnings(dance), visible=bool(dance.warnings)),
            self.strip: strip,
            **self.styles.shown(job, dance, settings),
            **self.dancer.shown(dance),
        }


class ComparisonCard:
    """Both hop levels side by side in one video, with a choice of whose music plays."""

    def __init__(self) -> None:
        names = list(HOP_LEVELS)
        with gr.Column(visible=False, elem_id="comparison", elem_classes=["card"]) as self.column:
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
            self.level_choice = gr.Radio(
                [(level_title(name), name) for name in names],
                value=names[0],
                label="Whose music plays",
                elem_id="comparison-level",
            )
            with gr.Row(elem_classes="buttons"):
                self.downloads = {
                    name: gr.DownloadButton(f"Side by side, {name} music (MP4)", size="sm")
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
            self.level_choice: next(iter(HOP_LEVELS)),
            **dict.fromkeys(self.videos.values()),
        }


class KeepCard:
    """The buttons for the whole job: another song or arrangement, the ZIP and the report."""

    def __init__(self) -> None:
        with gr.Row(visible=False, elem_id="keep", elem_classes="buttons") as self.row:
            self.song = gr.Button("Another song", size="sm")
            self.arrangement = gr.Button("Another arrangement", size="sm")
            self.to_dance = gr.Button("Dance to this music", size="sm")
            self.archive = gr.DownloadButton("Everything (ZIP)", size="sm")
            self.report = gr.DownloadButton("Report (JSON)", size="sm")

    @property
    def cleared_widgets(self) -> list[Any]:
        """The widgets that `pending` changes."""
        return [self.row, self.arrangement]

    @property
    def outputs(self) -> list[Any]:
        """The widgets that its updates change."""
        return [*self.cleared_widgets, self.archive, self.report]

    def pending(self, levels: tuple[Level, ...]) -> Update:
        """Return the updates that keep the place of the buttons, or hide them without levels."""
        return {
            self.row: gr.Row(visible=bool(levels), elem_classes=["buttons", "pending"]),
            self.arrangement: gr.Button(visible=any(one.name not in BASELINES for one in levels)),
        }

    def shown(self, files: ResultFiles) -> Update:
        """Return the updates that show the buttons."""
        return {
            self.row: gr.Row(visible=True, elem_classes="buttons"),
            self.archive: gr.DownloadButton(value=str(files.archive)),
            self.report: gr.DownloadButton(value=str(files.report)),
        }
