"""The results of the tab that makes dances: the song, the video, the plot and the files."""

from __future__ import annotations

from typing import Any

import gradio as gr

from d2m.core.dance_events import ChoreographySummary, SongSummary
from d2m.core.events import ResultFiles
from d2m.jobs.messages import JobObserver
from d2m.web import result_html, song_html
from d2m.web.setting_widgets import Update

DANCE_DOWNLOADS = {
    "mp4": "Video (MP4)",
    "npz": "Joints (NPZ)",
    "json": "Joints (OpenPose)",
    "bvh": "Motion (BVH)",
    "png": "Beat plot (PNG)",
}
"""Labels of the buttons that download files, by kind."""


class DanceCard(JobObserver[Update]):
    """The cards with the analysis of the song and the dance; turns events into their updates."""

    def __init__(self) -> None:
        with gr.Column(visible=False, elem_id="song-analysis") as self.song:
            self.summary = gr.HTML(song_html.LISTENING, padding=False)
            self.warnings = gr.HTML(visible=False, padding=False)
        with gr.Column(visible=False, elem_classes=["card", "studio"], elem_id="dance") as self.box:
            gr.HTML("<h2>Your dance</h2>", padding=False)
            self.video = gr.Video(
                label="Dance with the song", interactive=False, buttons=[], elem_classes="movie"
            )
            self.figures = gr.HTML(result_html.PENDING, padding=False)
            with gr.Row(elem_classes="buttons"):
                self.to_music = gr.Button(
                    "Make new music for this dance", size="sm", variant="primary"
                )
                self.another = gr.Button("Another dance", size="sm")
            with gr.Row(elem_classes="buttons"):
                self.downloads = {
                    kind: gr.DownloadButton(label, size="sm")
                    for kind, label in DANCE_DOWNLOADS.items()
                }
                self.archive = gr.DownloadButton("Everything (ZIP)", size="sm")
                self.report = gr.DownloadButton("Report (JSON)", size="sm")
            self.plots = {
                kind: gr.Image(
                    label="Beats of the dance",
                    show_label=False,
                    buttons=["fullscreen"],
                    elem_classes=["plot", ground],
                )
                for kind, ground in (("png", "on-light"), ("dark", "on-dark"))
            }

    @property
    def outputs(self) -> list[Any]:
        """The widgets that its updates change."""
        shown = [self.song, self.summary, self.warnings, self.box, self.video, self.figures]
        files = [*self.downloads.values(), self.archive, self.report]
        return [*shown, *files, *self.plots.values()]

    @property
    def places(self) -> set[Any]:
        """The parts that wait for a result."""
        return {self.song, self.box}

    def pending(self) -> Update:
        """Return the updates that clear the last results and keep the places of the next."""
        return {
            self.song: gr.Column(visible=True),
            self.summary: song_html.LISTENING,
            self.warnings: gr.HTML(visible=False),
            self.box: gr.Column(visible=True, elem_classes=["card", "studio", "pending"]),
            self.figures: result_html.PENDING,
            **dict.fromkeys((self.video, *self.plots.values())),
        }

    def on_song(self, song: SongSummary) -> Update:
        """Return the updates that show the analysis of the song."""
        return {
            self.song: gr.Column(visible=True),
            self.summary: song_html.song_analysis(song),
            self.warnings: gr.HTML(song_html.song_warnings(song), visible=bool(song.warnings)),
        }

    def on_choreography(self, choreography: ChoreographySummary) -> Update:
        """Return the updates that show the dance."""
        paths = {kind: str(path) for kind, path in choreography.paths.items()}
        return {
            self.box: gr.Column(visible=True, elem_classes=["card", "studio"]),
            self.video: paths["mp4"],
            self.figures: song_html.choreography_figures(choreography),
            **{
                button: gr.DownloadButton(value=paths[kind])
                for kind, button in self.downloads.items()
            },
            **{
                picture: gr.Image(paths[kind], alt_text=choreography.alt_text)
                for kind, picture in self.plots.items()
            },
        }

    def on_files(self, files: ResultFiles) -> Update:
        """Return the updates that offer the ZIP and the report."""
        return {
            self.archive: gr.DownloadButton(value=str(files.archive)),
            self.report: gr.DownloadButton(value=str(files.report)),
        }
