"""The tools below the player of the clip: a trimmer that chooses a part, and a tapper of beats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from d2m.media.clip_limits import ClipLimits
from d2m.perception.beat_correction import MIN_TAPS
from d2m.web.setting_widgets import PRIVATE

_HERE = Path(__file__).parent
_TRIMMER = """<div class="trimmer" role="group" aria-label="Part of the clip"
data-least="{least:g}" data-most="{most:g}" hidden>
<div class="rail"><canvas class="strip" aria-hidden="true"></canvas>
<canvas class="wave-line" aria-hidden="true" hidden></canvas><div class="part"></div>
<div class="handle" role="slider" tabindex="0" aria-label="Start of the part"></div>
<div class="handle" role="slider" tabindex="0" aria-label="End of the part"></div></div>
<p class="said"></p><p class="warning" role="status" hidden></p></div>"""
_TAPPER = """<div class="tapper" role="group" aria-label="Tap the beat" tabindex="-1"
data-needed="{needed}" hidden>
<div class="row"><button type="button" class="tap">Tap <kbd aria-hidden="true">T</kbd></button>
<button type="button" class="undo">Undo</button>
<button type="button" class="clear">Clear taps</button>
<button type="button" class="hear" aria-pressed="false">Play with clicks</button>
<span class="bpm"></span></div><p class="message" role="status"></p></div>"""


class ClipTools:
    """The trimmer and the tapper, which show up with a clip that the browser can play."""

    def __init__(self) -> None:
        limits = ClipLimits()
        frame = _TRIMMER.format(least=limits.min_duration_s, most=limits.max_duration_s)
        self._trimmer = _tool([0, 0], frame, "trimmer")
        self._tapper = _tool({"taps": "", "start": 0}, _TAPPER.format(needed=MIN_TAPS), "tapper")

    def connect(self, start_s: Any, length_s: Any, taps_s: Any) -> None:
        """Let the tools and the widgets of their settings change each other, in the browser.

        Parameters
        ----------
        start_s, length_s
            The numbers of the part (s).
        taps_s
            The text with the tapped beats.
        """
        both = [start_s, length_s]
        self._trimmer.input(None, self._trimmer, both, js="(part) => part", **PRIVATE)
        self._tapper.input(None, self._tapper, taps_s, js="({taps}) => taps", **PRIVATE)
        part = "(start, length) => [[start || 0, length || 0]]"  # an array holds all outputs
        tapped = "(taps, start) => ({taps: taps || '', start: start || 0})"
        for widget in both:
            widget.change(None, both, self._trimmer, js=part, **PRIVATE)
        for widget in (taps_s, start_s):
            widget.change(None, [taps_s, start_s], self._tapper, js=tapped, **PRIVATE)


def _tool(value: Any, frame: str, name: str) -> gr.HTML:
    """Return the widget of a tool, whose script has its name."""
    return gr.HTML(
        value,
        html_template=frame,
        js_on_load=(_HERE / f"{name}.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        padding=False,
        elem_id=name,
    )
