"""Examples with pictures that a press puts into the form."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from d2m.web.examples import ExampleFile
from d2m.web.setting_widgets import PRIVATE

_SCRIPT = Path(__file__).with_name("example_gallery.js")


def example_gallery(examples: Sequence[ExampleFile], widget: Any, title: str) -> None:
    """Offer files that a press puts into a widget, if there are any.

    Parameters
    ----------
    examples
        The files; those that have a poster show it.
    widget
        Takes the path of the chosen one.
    title
        What stands above them.
    """
    if not examples:
        return
    buttons = "".join(_button(index, example) for index, example in enumerate(examples))
    gallery = gr.HTML(
        html_template=f'<div class="examples" role="group" aria-label="{escape(title)}">'
        f"<p>{escape(title)}</p><div>{buttons}</div></div>",
        js_on_load=_SCRIPT.read_text(encoding="utf-8"),
        apply_default_css=False,
        padding=False,
    )

    def take(event: gr.EventData) -> str:
        return str(examples[int(event.index)].path)

    gallery.select(take, None, widget, queue=False, **PRIVATE)


def _button(index: int, example: ExampleFile) -> str:
    """Return the button of an example; its picture is small enough to be a part of the page."""
    picture = ""
    if example.poster.is_file():
        data = base64.b64encode(example.poster.read_bytes()).decode()
        picture = f'<img src="data:image/jpeg;base64,{data}" alt="">'
    title = escape(example.title).replace("$", "&#36;")
    return f'<button type="button" data-index="{index}">{picture}<span>{title}</span></button>'
