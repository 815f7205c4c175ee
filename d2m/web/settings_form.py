"""What a person sets."""

from __future__ import annotations

from typing import Any

import gradio as gr

from d2m.core.settings import COMPACT, MAX_SHIFT_MS, Settings, taps_in
from d2m.core.styles import AUTO, STYLES
from d2m.web import html
from d2m.web.examples import ExampleClip
from d2m.web.scripts import CLEAR_TAPS, ROLL, TAP

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
Update = dict[Any, Any]


def settings_of(
    style: str,
    seed: float | None,
    start_s: float | None,
    length_s: float | None,
    tempo_bpm: float | None,
    beat_shift_ms: float | None,
    taps: str | None,
    response: float,
    original: float,
    denoise: bool,
    loudness: bool,
    overlay: bool,
    weights: str,
) -> Settings:
    """Return the settings that a form describes; an empty number, or 0, is none.

    Raises
    ------
    SettingsError
        If a value is out of its range.
    """
    return Settings(
        style=style,
        seed=abs(int(seed or 0)),
        start_s=float(start_s or 0.0),
        length_s=float(length_s) if length_s else None,
        tempo_bpm=float(tempo_bpm) if tempo_bpm else None,
        beat_shift_ms=float(beat_shift_ms or 0.0),
        taps_s=taps_in(taps or ""),
        response=float(response),
        original=float(original),
        denoise=bool(denoise),
        loudness=bool(loudness),
        overlay=bool(overlay),
        weights=weights,
    )


class Form:
    """The widgets; their values are, in order, the clip, the levels, and `settings_of`'s.

    Parameters
    ----------
    clips
        Examples to offer.
    """

    def __init__(self, clips: list[ExampleClip]) -> None:
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
        self.levels = gr.Radio(
            [("High", "high"), ("Low", "low"), ("Both", "both")],
            value="high",
            label="Level",
            info="High is fast, low is finer. Both puts them side by side.",
        )
        with gr.Row():
            self._music()
        with gr.Accordion("Part of the clip", open=False), gr.Row():
            self.start_s = _number("Start (s)", "Where to begin.")
            self.length_s = _number("Length (s)", "0 goes on to the end.")
        with gr.Accordion("Beat", open=False):
            self._beat()
        with gr.Accordion("Sound and videos", open=False):
            self._sound()
        self._weights()

    @property
    def inputs(self) -> list[Any]:
        """The components, in order."""
        clip = [self.clip, self.levels]
        music = [self.style, self.seed]
        part = [self.start_s, self.length_s]
        beat = [self.tempo_bpm, self.beat_shift_ms, self.taps]
        sound = [self.response, self.original, self.denoise, self.loudness, self.overlay]
        return [*clip, *music, *part, *beat, *sound, self.weights]

    def noted(self, name: str) -> Update:
        """Return the update that says whose weights these are, and under which terms."""
        return {self.note: gr.HTML(html.weights_note(name), visible=name != COMPACT)}

    def offered(self) -> Update:
        """Return the update that offers the weights that are installed by now."""
        choices = html.weights()
        return {self.weights: gr.Dropdown(choices, visible=len(choices) > 1)}

    def _music(self) -> None:
        self.style = gr.Dropdown(
            [("From the dance", AUTO), *((style.label, style.name) for style in STYLES.values())],
            value=AUTO,
            label="Style",
            info="The music's genre.",
            min_width=170,
        )
        dice = gr.Button("Random", elem_id="dice")
        self.seed = gr.Number(
            0,
            label="Seed",
            info="Another seed, another piece.",
            precision=0,
            minimum=0,
            min_width=170,
            buttons=[dice],
        )
        dice.click(None, None, self.seed, js=ROLL, api_visibility="private")

    def _beat(self) -> None:
        self.look = gr.Button("Find the beat", size="sm", elem_id="look")
        with gr.Row():
            self.tempo_bpm = _number("Tempo (BPM)", "0 takes the dancer's.")
            self.beat_shift_ms = gr.Slider(
                -MAX_SHIFT_MS,
                MAX_SHIFT_MS,
                0,
                step=5,
                label="Beat shift (ms)",
                info="Later to the right.",
                min_width=140,
            )
        with gr.Row(equal_height=True):
            tap = gr.Button("Tap", elem_id="tap", min_width=80)
            clear = gr.Button("Clear taps", size="sm", min_width=80)
        self.taps = gr.Textbox(
            "",
            label="Tapped beats (s)",
            info="Tap once to play the clip, then on each beat. They win over tempo and dancer.",
            elem_id="taps",
        )
        tap.click(None, [self.taps, self.start_s], self.taps, js=TAP, api_visibility="private")
        clear.click(None, None, self.taps, js=CLEAR_TAPS, api_visibility="private")

    def _sound(self) -> None:
        self.response = gr.Slider(
            0,
            2,
            1,
            step=0.1,
            label="Response",
            info="How strongly the movement steers the music: 0 not at all, 1 as learned.",
        )
        self.original = gr.Slider(
            0, 1, 0, step=0.05, label="Clip's own sound", info="Kept under the music, in the video."
        )
        with gr.Row():
            self.denoise = gr.Checkbox(True, label="Take out hiss", min_width=140)
            self.loudness = gr.Checkbox(True, label="Bring to -14 LUFS", min_width=140)
        self.overlay = gr.Checkbox(False, label="Also a video that shows the beats")

    def _weights(self) -> None:
        choices = html.weights()
        self.weights = gr.Dropdown(
            choices, value=COMPACT, label="Weights", visible=len(choices) > 1
        )
        self.note = gr.HTML(visible=False, padding=False)
        self.weights.change(self.noted, self.weights, self.note, queue=False, **PRIVATE)


def _number(label: str, info: str) -> gr.Number:
    return gr.Number(0, label=label, info=info, minimum=0, min_width=140)
