"""The form of the page, made from the fields of the settings."""

from __future__ import annotations

from typing import Any

import gradio as gr

from d2m.core.common_settings import COMPACT
from d2m.core.levels import BASELINES, DEFAULT_LEVELS, LEVELS, Level, levels_named
from d2m.core.setting_fields import setting_fields
from d2m.core.settings import INSTRUMENT_SWITCHES, Settings
from d2m.web import html
from d2m.web.examples import ExampleFile
from d2m.web.scripts import CLEAR_TAPS, TAP
from d2m.web.setting_widgets import PRIVATE, Update, example_buttons, setting_widget

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
"""The settings of the beat above the buttons that tap it, by rows of the form."""


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
        example_buttons(clips, self.clip, "Or try a drawn dancer")
        self.levels = gr.CheckboxGroup(
            _choices(LEVELS),
            value=[level.name for level in levels_named(DEFAULT_LEVELS)],
            label="Versions of the music",
            elem_id="levels",
        )
        with gr.Row():
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
            self.systems = gr.CheckboxGroup(
                _choices(BASELINES),
                label="Baselines",
                info="Other methods for the same dance, and music for no dance: for comparison.",
                elem_id="systems",
            )

    @property
    def inputs(self) -> list[Any]:
        """The widgets of the clip, the levels, the baselines and the fields of the settings."""
        return [self.clip, *self.versions, *(self.widgets[one.name] for one in self._fields)]

    @property
    def versions(self) -> list[Any]:
        """The widgets that say what is made: the levels and the baselines."""
        return [self.levels, self.systems]

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
        with gr.Row(equal_height=True):
            tap = gr.Button("Tap", elem_id="tap", min_width=80)
            clear = gr.Button("Clear taps", size="sm", min_width=80)
        self._add_section("beat")
        taps, start = self.widgets["taps_s"], self.widgets["start_s"]
        tap.click(None, [taps, start], taps, js=TAP, api_visibility="private")
        clear.click(None, None, taps, js=CLEAR_TAPS, api_visibility="private")

    def _add_weights_section(self) -> None:
        choices = html.installed_weights()
        weights = self.widgets["weights"] = gr.Dropdown(
            choices, value=COMPACT, label="Weights", visible=len(choices) > 1
        )
        self.note = gr.HTML(visible=False, padding=False)
        weights.change(self.show_note, weights, self.note, queue=False, **PRIVATE)


def _choices(levels: dict[str, Level]) -> list[tuple[str, str]]:
    """Return the labels and the names of levels that can be ticked."""
    return [(f"{one.label}: {one.summary}", name) for name, one in levels.items()]
