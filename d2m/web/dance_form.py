"""The form of the tab that makes dances, made from the fields of its settings."""

from __future__ import annotations

from typing import Any

import gradio as gr

from d2m.core.dance_settings import DanceSettings
from d2m.core.setting_fields import setting_fields
from d2m.web.example_gallery import example_gallery
from d2m.web.examples import ExampleFile
from d2m.web.setting_widgets import setting_widget
from d2m.web.theme import ACCENT
from d2m.web.upload_limits import song_limits_note

_ROWS = (("style", "seed"), ("energy",), ("mirror",))
"""The settings of the dance, by rows of the form."""
_PICTURE_ROWS = (("dancers",), ("drawing", "look"), ("scene", "shape"))
"""The settings of the picture, likewise."""


class DanceForm:
    """The widgets for the song, the start pose and all settings.

    Parameters
    ----------
    songs
        Examples to offer.
    """

    def __init__(self, songs: list[ExampleFile]) -> None:
        self._fields = setting_fields(DanceSettings)
        self.widgets: dict[str, Any] = {}
        self.song = gr.Audio(
            label="Song",
            sources=["upload", "microphone"],
            type="filepath",
            editable=False,
            buttons=[],
            waveform_options=gr.WaveformOptions(
                waveform_progress_color=ACCENT, show_recording_waveform=False
            ),
            elem_id="song",
        )
        gr.HTML(song_limits_note(), padding=False)
        example_gallery(songs, self.song, "Or take an example")
        self._add_rows(_ROWS)
        with gr.Accordion("Dancers and picture", open=False):
            self._add_rows(_PICTURE_ROWS)
            self._add_section("picture")
        with gr.Accordion("Part of the song", open=False), gr.Row():
            self._add_section("part")
        with gr.Accordion("Start pose", open=False):
            self.start_pose = gr.File(
                label="Photo or clip of a person: the dance starts in that pose",
                type="filepath",
                height=140,
                elem_id="start-pose",
            )
        with gr.Accordion("Method", open=False):
            self._add_section("method")

    @property
    def inputs(self) -> list[Any]:
        """The widgets in the order of the song, the start pose and the fields of the settings."""
        return [self.song, self.start_pose, *(self.widgets[one.name] for one in self._fields)]

    def _add_rows(self, rows: tuple[tuple[str, ...], ...]) -> None:
        """Add the widgets of settings in rows."""
        by_name = {one.name: one for one in self._fields}
        for names in rows:
            with gr.Row():
                self.widgets |= {name: setting_widget(by_name[name]) for name in names}

    def _add_section(self, section: str) -> None:
        """Add the widgets of a section that have not been added yet."""
        for one in self._fields:
            if one.section == section and one.name not in self.widgets:
                self.widgets[one.name] = setting_widget(one)
