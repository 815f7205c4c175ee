"""The form of the page, made from the fields of the settings."""

from __future__ import annotations

from typing import Any

import gradio as gr

from d2m.core.common_settings import COMPACT
from d2m.core.setting_fields import setting_fields
from d2m.core.settings import INSTRUMENT_SWITCHES, Settings
from d2m.web import html
from d2m.web.clip_tools import ClipTools
from d2m.web.example_gallery import example_gallery
from d2m.web.examples import ExampleFile
from d2m.web.setting_widgets import PRIVATE, Update, setting_widget
from d2m.web.sound_choice import SoundChoice
from d2m.web.style_list import style_list
from d2m.web.upload_limits import clip_limits_note

SCORE_ROWS = (
    ("energy",),
    ("density",),
    ("brightness",),
    INSTRUMENT_SWITCHES,
    ("key", "mode"),
    ("intro", "ending"),
    ("swing_percent", "arrangement"),
)
"""The settings of the score, by rows of the form."""
BEAT_ROWS = (("beats",), ("tempo_bpm", "tempo_scale"), ("shift_beats", "beat_shift_ms"))
"""The settings of the beat above the tapped ones, by rows of the form."""


class SettingsForm:
    """The widgets for the clip, the levels and all settings.

    Parameters
    ----------
    clips
        Examples to offer.
    settings
        The dataclass whose fields become widgets, each in the section that it names.
    """

    def __init__(self, clips: list[ExampleFile], settings: type[Settings] = Settings) -> None:
        self._fields = setting_fields(settings)
        self.widgets: dict[str, Any] = {}
        self.clip = gr.Video(
            label="Dance clip", sources=["upload", "webcam"], height=280, elem_id="clip"
        )
        self._tools = ClipTools()
        gr.HTML(clip_limits_note(), padding=False, elem_classes="limits-note")
        example_gallery(clips, self.clip, "Or try a drawn dancer")
        self._sound = SoundChoice()
        self._add_rows((("style",),))
        style_list(self.widgets["style"])
        self._add_rows((("variations", "seed"),))
        self._add_section("music")
        with gr.Accordion("Song and arrangement", open=False, elem_id="score-settings"):
            self._add_rows(SCORE_ROWS)
            self._add_section("score")
        with gr.Accordion("Part of the clip", open=False), gr.Row():
            self._add_section("part")
        with gr.Accordion("Beat", open=False):
            self._add_beat_section()
        with gr.Accordion("Sound and videos", open=False):
            self._add_section("sound")
        self._add_weights_section()
        with gr.Accordion("For researchers", open=False, elem_id="research"):
            self._sound.add_levels()
        self._tools.connect(*(self.widgets[name] for name in ("start_s", "length_s", "taps_s")))

    @property
    def levels(self) -> gr.CheckboxGroup:
        """The levels and the baselines to make."""
        return self._sound.levels

    @property
    def inputs(self) -> list[Any]:
        """The widgets of the clip, the levels and the fields of the settings."""
        return [self.clip, self.levels, *(self.widgets[one.name] for one in self._fields)]

    def show_note(self, name: str) -> Update:
        """Return the update that shows the origin and the licence of the chosen weights."""
        return {self.note: gr.HTML(html.weights_note(name), visible=name != COMPACT)}

    def refresh_weights(self) -> Update:
        """Return the update that offers the weights installed now."""
        choices = html.installed_weights()
        return {self.widgets["weights"]: gr.Dropdown(choices, visible=len(choices) > 1)}

    def _add_section(self, section: str) -> None:
        """Add the widgets of a section that have not been added yet."""
        for one in self._fields:
            if one.section == section and one.name not in self.widgets:
                self.widgets[one.name] = setting_widget(one)

    def _add_rows(self, rows: tuple[tuple[str, ...], ...]) -> None:
        """Add the widgets of settings in rows."""
        by_name = {one.name: one for one in self._fields}
        for names in rows:
            with gr.Row(elem_classes="switches" if names == INSTRUMENT_SWITCHES else None):
                self.widgets |= {
                    name: setting_widget(by_name[name]) for name in names if name in by_name
                }

    def _add_beat_section(self) -> None:
        self.analyse = gr.Button("Find the beat", size="sm", elem_id="find-beat")
        self._add_rows(BEAT_ROWS)
        self._add_section("beat")

    def _add_weights_section(self) -> None:
        choices = html.installed_weights()
        weights = self.widgets["weights"] = gr.Dropdown(
            choices, value=COMPACT, label="Weights", visible=len(choices) > 1
        )
        self.note = gr.HTML(visible=False, padding=False)
        weights.change(self.show_note, weights, self.note, queue=False, **PRIVATE)
