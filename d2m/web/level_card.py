"""The card with the music of one level: first the video, then plots and what else follows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from d2m.core.events import SoundtrackDetails, SoundtrackSummary
from d2m.core.levels import LEVELS_AND_BASELINES, STUDIO
from d2m.core.settings import Settings
from d2m.score.notes import STEMS
from d2m.web import result_html
from d2m.web.setting_widgets import Update
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


class LevelCard:
    """The results of one level; those of the studio version have stems and a picture, too."""

    def __init__(self, name: str) -> None:
        self.name, self._is_studio = name, name == STUDIO.name
        self._classes = ["card", "studio"] if self._is_studio else ["card"]
        with gr.Column(
            visible=False, min_width=300, elem_classes=self._classes, elem_id=f"card-{name}"
        ) as self.column:
            gr.HTML(result_html.level_heading(LEVELS_AND_BASELINES[name]), padding=False)
            self.video = gr.Video(
                label=f"Clip with music ({name})",
                interactive=False,
                buttons=[],
                elem_classes="movie",
            )
            self.scores = gr.HTML(result_html.PENDING, padding=False)
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
        """Return the updates that show the clip with the music; the plots follow."""
        paths = {kind: str(path) for kind, path in result.paths.items()}
        waiting = {
            button: gr.DownloadButton(visible=kind in self._later, interactive=False)
            for kind, button in self.downloads.items()
            if kind not in paths
        }
        return {
            self.column: gr.Column(visible=True, elem_classes=[*self._classes, "unfinished"]),
            self.video: paths["mp4"],
            self.audio: paths["wav"],
            self.scores: result_html.scores(result, settings),
            **waiting,
            **self._downloads_shown(result.paths),
        }

    def details_shown(self, details: SoundtrackDetails) -> Update:
        """Return the updates that show the plots and stems; the players go on."""
        pictures = {
            picture: gr.Image(str(details.paths[kind]), alt_text=text)
            for pictures, text in ((self.lanes, details.score_text), (self.plots, details.alt_text))
            for kind, picture in pictures.items()
        }
        stems = {self.stems: stem_files(details.paths)} if self.stems else {}
        return {
            self.column: gr.Column(elem_classes=self._classes),
            **pictures,
            **stems,
            **self._downloads_shown(details.paths),
        }

    def overlay_shown(self, beat_video: Path) -> Update:
        """Return the updates that offer the beat video."""
        return self._downloads_shown({"beats": beat_video})

    @property
    def _later(self) -> tuple[str, ...]:
        """Kinds of files that follow for each result of the level."""
        return ("png", *self.lanes)

    def _downloads_shown(self, paths: Mapping[str, Path]) -> Update:
        """Return the updates that offer files by kind."""
        return {
            button: gr.DownloadButton(value=str(paths[kind]), visible=True, interactive=True)
            for kind, button in self.downloads.items()
            if kind in paths
        }

    def pending(self, visible: bool) -> Update:
        """Return the updates that show the empty card, or hide it."""
        # The class hides the buttons: updating each of them would cost milliseconds.
        return {
            self.column: gr.Column(visible=visible, elem_classes=[*self._classes, "pending"]),
            self.scores: result_html.PENDING,
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
