"""The mixer of the stems: five players in the browser, in sync, each with mute and solo."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from d2m.rendering.score_lanes import STEM_LABELS

_SCRIPT = Path(__file__).with_name("stem_mixer.js")
_ROW = """<li class="stem" data-stem="{stem}"><span class="name">{label}</span>
<span class="meter" aria-hidden="true"><span class="level"></span></span>
<button type="button" class="mute" aria-pressed="false" aria-label="Mute {label}">Mute</button>
<button type="button" class="solo" aria-pressed="false" aria-label="Solo {label}">Solo</button>
<a download aria-label="Download {label} (FLAC)">&#8595; FLAC</a></li>"""
_FRAME = """<details class="stems" hidden><summary>Stems: mute, solo and keep each part</summary>
<div class="transport">
<button type="button" class="play" aria-label="Play the stems" disabled>Play</button>
<input type="range" class="seek" min="0" max="1" step="0.01" value="0" disabled
aria-label="Position">
<span class="clock"></span></div>
<p class="message" role="status"></p>
<ul>{rows}</ul></details>"""


def stem_mixer() -> gr.HTML:
    """Return the widget, which takes the stems of the result that the player shows.

    The browser loads the files only when the mixer is opened.
    """
    rows = "".join(_ROW.format(stem=stem, label=label) for stem, label in STEM_LABELS.items())
    return gr.HTML(
        None,
        html_template=_FRAME.format(rows=rows),
        js_on_load=_SCRIPT.read_text(encoding="utf-8"),
        apply_default_css=False,
        padding=False,
    )
