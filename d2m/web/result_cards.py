"""The cards with the results: the analysis, each level's music, both side by side, and files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from d2m.core.events import DanceSummary, ResultFiles, SoundtrackSummary
from d2m.core.levels import BASELINES, HOP_LEVELS, LEVELS_AND_BASELINES, STUDIO, Level
from d2m.core.settings import Settings
from d2m.score.notes import STEMS
from d2m.web import html
from d2m.web.dancer_choice import DancerChoice
from d2m.web.job_status import JobStatuses
from d2m.web.scripts import SWITCH_VIDEO
from d2m.web.setting_widgets import PRIVATE, Update
from d2m.web.stem_mixer import stem_files, stem_mixer
from d2m.web.theme import ACCENT

DOWNLOADS = {
    "mp4": "↓ Video",
    "wav": "↓ Music",
    "midi": "↓ MIDI",
    "csv": "↓ Beat markers",
    "lanes": "↓ Score picture",
    "png": "↓ Beat plot",
    "beats": "↓ Beat video",
    "original": "↓ Original picture",
}
"""Labels of the buttons that download files, by kind. Levels without a score have no MIDI, beat
markers and score picture; the beat video is optional, and the original picture (HEVC, VP9 or
AV1, with the music) is there where the video above had to be encoded for browsers."""
FILE_ORDER = (*DOWNLOADS, *STEMS)
"""Kinds of files in the order in which the endpoint returns those of a level."""
_STUDIO_DOWNLOADS = ("lanes",)
_RARE_DOWNLOADS = ("beats", "original")


class AnalysisCard:
    """The analysis of the clip, shown before the music.

    Parameters
    ----------
    dancer
        The widget of the form that chooses the dancer.
    statuses
        What the jobs of each page found.
    """

    def __init__(self, dancer: Any, statuses: JobStatuses) -> None:
        with gr.Column(visible=False, elem_id="analysis") as self.column:
            with gr.Row(elem_id="tempo"):
                self.summary = gr.HTML(html.ANALYSING, padding=False)
                self.clock = gr.Button(size="sm", min_width=120, visible=False, elem_id="clock")
            self.warnings = gr.HTML(visible=False, padding=False, elem_id="warnings")
            self.strip = gr.Image(
                label="The dancer", show_label=False, buttons=["fullscreen"], elem_id="strip"
            )
            self.dancer = DancerChoice(dancer, statuses, self.strip)

    @property
    def outputs(self) -> list[Any]:
        """The widgets that its updates change."""
        shown = [self.column, self.clock, self.summary, self.warnings, self.strip]
        return [*shown, *self.dancer.outputs]

    def pending(self, again: bool) -> Update:
        """Return the updates that show the empty card, or mark one of the same clip as old."""
        if again:
            return {
                self.column: gr.Column(visible=True, elem_classes="old"),
                self.clock: gr.Button(interactive=False),
                **self.dancer.pending(again),
            }
        return {
            self.column: gr.Column(visible=True, elem_classes=[]),
            self.clock: gr.Button(visible=False, interactive=False),
            self.summary: html.ANALYSING,
            self.warnings: gr.HTML(visible=False),
            self.strip: None,
            **self.dancer.pending(again),
        }

    def shown(self, dance: DanceSummary, settings: Settings) -> Update:
        """Return the updates that show an analysis."""
        strip = None
        if dance.strip:
            classes = ["people"] if dance.people > 1 else []
            strip = gr.Image(str(dance.strip), alt_text=dance.alt_text, elem_classes=classes)
        other_clock = html.clock_button(dance)
        return {
            self.column: gr.Column(visible=True, elem_classes=[]),
            self.clock: gr.Button(other_clock, visible=bool(other_clock)),
            self.summary: html.analysis(dance, settings),
            self.warnings: gr.HTML(html.warnings(dance), visible=bool(dance.warnings)),
            self.strip: strip,
            **self.dancer.shown(dance),
        }


class LevelCard:
    """The results of one level; those of the studio version have stems and a picture, too."""

    def __init__(self, name: str) -> None:
        self.name, self._is_studio = name, name == STUDIO.name
        self._classes = ["card", "studio"] if self._is_studio else ["card"]
        with gr.Column(
            visible=False, min_width=300, elem_classes=self._classes, elem_id=f"card-{name}"
        ) as self.column:
            gr.HTML(html.level_heading(LEVELS_AND_BASELINES[name]), padding=False)
            self.video = gr.Video(
                label=f"Clip with music ({name})",
                interactive=False,
                buttons=[],
                elem_classes="movie",
            )
            self.scores = gr.HTML(html.PENDING, padding=False)
            self.audio = gr.Audio(
                label=f"Music ({name})",
                interactive=False,
                buttons=[],
                waveform_options=gr.WaveformOptions(waveform_progress_color=ACCENT),
                elem_classes="wave",
            )
            self.downloads = self._add_downloads()
            self.stems = stem_mixer() if self._is_studio else None
            lanes = {"lanes": "on-light", "lanes_dark": "on-dark"} if self._is_studio else {}
            self.lanes = {kind: _plot(f"Score ({name})", "lanes", g) for kind, g in lanes.items()}
            self.plots = beat_plots(name)

    def _add_downloads(self) -> dict[str, Any]:
        kinds = [kind for kind in DOWNLOADS if self._is_studio or kind not in _STUDIO_DOWNLOADS]
        with gr.Row(elem_classes="downloads"):
            return {
                kind: gr.DownloadButton(
                    DOWNLOADS[kind], size="sm", min_width=80, visible=kind not in _RARE_DOWNLOADS
                )
                for kind in kinds
            }

    @property
    def cleared_widgets(self) -> list[Any]:
        """The widgets that `pending` changes."""
        return [self.column, self.scores, *self._emptied]

    @property
    def outputs(self) -> list[Any]:
        """The widgets that its updates change."""
        return [*self.cleared_widgets, *self.downloads.values()]

    @property
    def _emptied(self) -> list[Any]:
        """The widgets that are empty until there is a result."""
        stems = [self.stems] if self.stems else []
        return [self.video, self.audio, *stems, *self.lanes.values(), *self.plots.values()]

    def shown(self, result: SoundtrackSummary, settings: Settings) -> Update:
        """Return the updates that show a result."""
        paths = {kind: str(path) for kind, path in result.paths.items()}
        pictures = {
            picture: gr.Image(paths[kind], alt_text=text)
            for pictures, text in ((self.lanes, result.score_text), (self.plots, result.alt_text))
            for kind, picture in pictures.items()
        }
        files = {
            button: gr.DownloadButton(value=paths.get(kind), visible=kind in paths)
            for kind, button in self.downloads.items()
        }
        stems = {self.stems: stem_files(result.paths)} if self.stems else {}
        return {
            self.column: gr.Column(visible=True, elem_classes=self._classes),
            self.video: paths["mp4"],
            self.audio: paths["wav"],
            self.scores: html.scores(result, settings),
            **stems,
            **pictures,
            **files,
        }

    def pending(self, visible: bool) -> Update:
        """Return the updates that show the empty card, or hide it."""
        # The class hides the buttons: updating each of them would cost milliseconds.
        return {
            self.column: gr.Column(visible=visible, elem_classes=[*self._classes, "pending"]),
            self.scores: html.PENDING,
            **dict.fromkeys(self._emptied),
        }


def beat_plots(name: str) -> dict[str, gr.Image]:
    """Return the widgets of a beat plot for a light and for a dark page, by kind of file."""
    grounds = {"png": "on-light", "dark": "on-dark"}
    return {kind: _plot(f"Beats ({name})", "beats", ground) for kind, ground in grounds.items()}


def _plot(label: str, *classes: str) -> gr.Image:
    """Return the widget of a picture that is shown on a light or on a dark page."""
    return gr.Image(
        label=label, show_label=False, buttons=["fullscreen"], elem_classes=["plot", *classes]
    )


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
            self.level_choice: next(iter(HOP_LEVELS)),
            **dict.fromkeys(self.videos.values()),
        }


class KeepCard:
    """The buttons for the whole job: another song or arrangement, the ZIP and the report."""

    def __init__(self) -> None:
        with gr.Row(visible=False, elem_id="keep") as self.row:
            self.song = gr.Button("Another song", size="sm", min_width=120)
            self.arrangement = gr.Button("Other arrangement", size="sm", min_width=120)
            self.to_dance = gr.Button("Dance to this music", size="sm", min_width=120)
            self.archive = gr.DownloadButton("↓ Everything (ZIP)", size="sm", min_width=120)
            self.report = gr.DownloadButton("↓ Report (JSON)", size="sm", min_width=120)

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
            self.row: gr.Row(visible=bool(levels), elem_classes="pending"),
            self.arrangement: gr.Button(visible=any(one.name not in BASELINES for one in levels)),
        }

    def shown(self, files: ResultFiles) -> Update:
        """Return the updates that show the buttons."""
        return {
            self.row: gr.Row(visible=True, elem_classes=[]),
            self.archive: gr.DownloadButton(value=str(files.archive)),
            self.report: gr.DownloadButton(value=str(files.report)),
        }
