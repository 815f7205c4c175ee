"""The form of the page, made from the fields of the settings."""

from __future__ import annotations

from typing import Any

import gradio as gr

from d2m.core.common_settings import COMPACT
from d2m.core.levels import DEFAULT_LEVELS, LEVELS, levels_named
from d2m.core.setting_fields import Kind, SettingField, setting_fields
from d2m.core.settings import INSTRUMENT_SWITCHES, Settings
from d2m.web import html
from d2m.web.examples import ExampleClip
from d2m.web.scripts import CLEAR_TAPS, RANDOM_SEED, TAP

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""Options of event handlers that only the page may call."""
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
Update = dict[Any, Any]
"""New values or properties of widgets."""


class SettingsForm:
    """The widgets for the clip, the levels and all settings.

    Parameters
    ----------
    clips
        Examples to offer.
    settings
        The dataclass whose fields become widgets, each in the section that it names.
    """

    def __init__(self, clips: list[ExampleClip], settings: type[Settings] = Settings) -> None:
        self._fields = setting_fields(settings)
        self.widgets: dict[str, Any] = {}
        self.clip = gr.Video(
            label="Dance clip", sources=["upload", "webcam"], height=280, elem_id="clip"
        )
        if clips:
            gr.Examples(
                [[str(clip.path)] for clip in clips],
                self.clip,
                example_labels=[clip.title for clip in clips],
                label="Or try a drawn dancer",
                api_visibility="private",
            )
        self.levels = gr.CheckboxGroup(
            [(f"{one.name.capitalize()}: {one.summary}", name) for name, one in LEVELS.items()],
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

    @property
    def inputs(self) -> list[Any]:
        """The widgets in the order of the clip, the levels and the fields of the settings."""
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
                self.widgets[one.name] = _seed(one) if one.name == "seed" else _widget(one)

    def _add_rows(self, rows: tuple[tuple[str, ...], ...]) -> None:
        """Add the widgets of settings in rows."""
        by_name = {one.name: one for one in self._fields}
        for names in rows:
            with gr.Row(elem_classes="switches" if names == INSTRUMENT_SWITCHES else None):
                self.widgets |= {name: _widget(by_name[name]) for name in names if name in by_name}

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


def _widget(field: SettingField) -> Any:
    """Return the widget of a setting, by its kind."""
    if field.kind is Kind.SWITCH:
        return gr.Checkbox(
            field.default, label=field.label, min_width=70 if field.section == "score" else 140
        )
    if field.kind is Kind.CHOICE:
        return gr.Dropdown(
            list(field.choices),
            value=field.default,
            label=field.label,
            info=field.help,
            min_width=170,
        )
    if field.kind is Kind.TIMES:
        help_text = f"{field.help} Press Tap once to start the clip, then on each beat."
        return gr.Textbox("", label=field.title, info=help_text, elem_id=field.parameter)
    if field.step is not None:
        return gr.Slider(
            float(field.minimum or 0),
            float(field.maximum or 0),
            field.default,
            step=field.step,
            label=field.title,
            info=field.help,
            min_width=200,
        )
    return _number(field)


def _number(field: SettingField, **options: Any) -> gr.Number:
    # An empty optional number shows as 0, under the least value that is allowed otherwise.
    minimum = 0 if field.kind is Kind.OPTIONAL_NUMBER else field.minimum
    return gr.Number(
        field.default or 0,
        label=field.title,
        info=f"{field.help} {field.empty_help}".strip(),
        minimum=minimum,
        precision=0 if field.kind is Kind.INTEGER else None,
        min_width=170 if field.section == "music" else 140,  # as wide as the style
        **options,
    )


def _seed(field: SettingField) -> gr.Number:
    random = gr.Button("Random", elem_id="random-seed")
    seed = _number(field, buttons=[random])
    random.click(None, None, seed, js=RANDOM_SEED, api_visibility="private")
    return seed
