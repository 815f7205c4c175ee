"""The list of styles: what each feels like, its tempo, and three seconds of it to hear."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from d2m.core.styles import AUTO, STYLES, Style
from d2m.web.setting_widgets import PRIVATE

PREVIEWS = Path(__file__).parent / "previews"
"""Folder with three seconds of each style (MP3), named by the style."""
_SCRIPT = Path(__file__).with_name("style_list.js")
_ROW = """<li data-style="{name}"><label><input type="radio" name="style-list" value="{name}">
<strong>{label}</strong> <span>{about}</span></label>{button}</li>"""
_BUTTON = """<button type="button" class="play" aria-pressed="false"
aria-label="Hear a sample of {label}"><span aria-hidden="true">&#9654;</span></button>"""


def style_list(style: Any) -> None:
    """Add the list below the widget of the setting; each shows what the other has chosen.

    Parameters
    ----------
    style
        The widget of the setting.
    """
    automatic = _ROW.format(
        name=AUTO, label="Match the dance", about="The style that suits the dance", button=""
    )
    rows = automatic + "".join(map(_row, STYLES.values()))
    listing = gr.HTML(
        {"style": AUTO, "files": _files()},
        html_template='<details class="styles"><summary>Hear the styles</summary>'
        f"<ul>{rows}</ul></details>",
        js_on_load=_SCRIPT.read_text(encoding="utf-8"),
        apply_default_css=False,
        padding=False,
        elem_id="styles",
    )
    listing.input(None, listing, style, js="({style}) => style", **PRIVATE)
    shown = "(style, shown) => ({...shown, style})"
    style.change(None, [style, listing], listing, js=shown, **PRIVATE)


def _row(style: Style) -> str:
    lowest, highest = style.tempo_range
    label = escape(style.label)
    return _ROW.format(
        name=style.name,
        label=label,
        about=f"{escape(style.mood)}, {lowest} to {highest} BPM",
        button=_BUTTON.format(label=label),
    )


def _files() -> dict[str, Any]:
    """Return the previews as the list reads them, by style; Gradio serves them."""
    paths = {name: PREVIEWS / f"{name}.mp3" for name in STYLES}
    return {
        name: gr.FileData(path=str(path), orig_name=path.name).model_dump()
        for name, path in paths.items()
        if path.is_file()
    }
