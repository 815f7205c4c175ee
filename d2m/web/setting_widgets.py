"""The widgets of settings, made from their fields, and what all event handlers share."""

from __future__ import annotations

from typing import Any

import gradio as gr

from d2m.core.setting_fields import Kind, SettingField
from d2m.web.scripts import RANDOM_SEED

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""Options of event handlers that only the page may call."""
Update = dict[Any, Any]
"""New values or properties of widgets."""


def setting_widget(field: SettingField) -> Any:
    """Return the widget of a setting, by its kind."""
    if field.name == "seed":
        return _seed(field)
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
        return gr.Textbox("", label=field.title, info=field.help, elem_id=field.parameter)
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
        min_width=170 if field.name == "seed" else 140,  # as wide as the style
        **options,
    )


def _seed(field: SettingField) -> gr.Number:
    random = gr.Button("Random", elem_classes="random-seed")
    seed = _number(field, buttons=[random])
    random.click(None, None, seed, js=RANDOM_SEED, api_visibility="private")
    return seed
