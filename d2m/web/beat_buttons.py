"""Buttons that correct the beat and make the last music again: shifts, tempi, other guesses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import gradio as gr

from d2m.core.events import DanceSummary
from d2m.core.setting_fields import setting_fields
from d2m.core.settings import Settings
from d2m.core.styles import STYLES
from d2m.metrics.beats import TEMPO_TOLERANCE
from d2m.perception.rhythm import WEAK_PHASE
from d2m.web import html, result_html
from d2m.web.job_status import JobStatus, JobStatuses
from d2m.web.scripts import FOCUS_TAPPER
from d2m.web.setting_widgets import PRIVATE, Update

BEAT_SETTINGS = ("beats", "tempo_bpm", "tempo_scale", "shift_beats", "beat_shift_ms", "taps_s")
"""Names of the settings that the buttons change."""
N_OTHERS = 3
"""Most other guesses that are offered (count), as many as an analysis has."""

_SHIFTS = {"¼ beat earlier": -0.25, "¼ beat later": 0.25, "½ beat later": 0.5}
_SCALES = ("half", "found", "double")
_FIELDS = {one.name: one for one in setting_fields(Settings)}
_FOUND = {"beats": "auto", "tempo_bpm": 0, "tempo_scale": "found", "shift_beats": 0.0}
_FOUND |= {"beat_shift_ms": 0.0, "taps_s": ""}  # as the form shows them


def is_weak(dance: DanceSummary) -> bool:
    """Return whether the beats are a guess, or may well lie between those of the dancer."""
    return dance.unsure or (dance.clock == "dance" and dance.phase_confidence < WEAK_PHASE)


def add_shifts(shift_beats: float, by: float) -> float:
    """Return a shift (beats) changed by another one, within half a beat either way."""
    total = round(shift_beats + by, 4)
    return total - 1 if total > 0.5 else total + 1 if total < -0.5 else total


def rescaled(scale: str, steps: int) -> str:
    """Return a tempo scale halved (-1) or doubled (1), but no further than the settings go."""
    return _SCALES[min(max(_SCALES.index(scale) + steps, 0), len(_SCALES) - 1)]


def other_guesses(dance: DanceSummary) -> tuple[tuple[float, float], ...]:
    """Return the tempo (BPM) and shift (beats) of each other guess that no other button gives.

    Buttons that shift the beats or halve and double the tempo are there anyway. Where the
    movement suggests no tempo at all, those of the styles that suit it are offered.
    """
    found: list[tuple[float, float]] = []
    known = [dance.tempo_bpm, *(tempo for tempo, _, _ in dance.candidates[:1])]
    guesses = [(tempo, shift) for tempo, shift, _ in dance.candidates[1:]]
    if not dance.has_rhythm and not dance.candidates:
        guesses = [(STYLES[name].tempo_bpm, 0.0) for name, _ in dance.styles]
    for tempo, shift in guesses:
        octaves = [one * factor for one in known for factor in (0.5, 1.0, 2.0)]
        if all(abs(tempo / octave - 1) > TEMPO_TOLERANCE for octave in octaves):
            found.append((round(tempo, 2), shift))
            known.append(tempo)
    return tuple(found[:N_OTHERS])


def is_corrected(values: dict[str, Any]) -> bool:
    """Return whether the beat settings, by name as the form or a job has them, differ from auto."""
    return any((values[name] or found) != found for name, found in _FOUND.items())


class BeatButtons:
    """The buttons, in a box that is open where the beat may be wrong.

    Parameters
    ----------
    widgets
        The widgets of the form, by the name of the setting.
    statuses
        What the jobs of each page found.
    clock
        The button that takes the beats from the other clock.
    """

    def __init__(self, widgets: dict[str, Any], statuses: JobStatuses, clock: gr.Button) -> None:
        self._widgets = {name: widgets[name] for name in BEAT_SETTINGS}
        self._statuses, self._clock = statuses, clock
        with (
            gr.Accordion(html.BEAT_OFF, open=False, visible=False, elem_id="beat-box") as self.box,
            gr.Row(elem_id="beat-buttons"),
        ):
            self._tap = _button("Tap the beat", visible=False)
            self._others = [_button("Other tempo", visible=False) for _ in range(N_OTHERS)]
            self._shifts = {_button(label): by for label, by in _SHIFTS.items()}
            self._half, self._double = _button("Half tempo"), _button("Double tempo")
            self._back = _button("Back to the detected beat", visible=False)
        self._tap.click(None, None, None, js=FOCUS_TAPPER, **PRIVATE)

    @property
    def buttons(self) -> list[Any]:
        """All buttons, which are enabled unless a job runs."""
        return [self._clock, *self._in_box]

    @property
    def outputs(self) -> list[Any]:
        """The widgets that its updates change, but for the button for the other clock."""
        return [self.box, self._tap, *self._in_box]

    @property
    def _in_box(self) -> list[Any]:
        return [*self._shifts, self._half, self._double, *self._others, self._back]

    def pressed(self) -> Iterator[Any]:
        """Connect the buttons to the form; yield an event for each, raised after the change."""
        changes: dict[Any, Callable[..., Update]] = {
            **{button: partial(self._shift, by) for button, by in self._shifts.items()},
            self._half: partial(self._scale, -1),
            self._double: partial(self._scale, 1),
            **{button: partial(self._take, n) for n, button in enumerate(self._others)},
            self._clock: self._change_clock,
            self._back: lambda _status, _form: dict(_FOUND),
        }
        widgets = list(self._widgets.values())
        for button, change in changes.items():
            yield button.click(
                self._handler(change), widgets, [*widgets, self._back], queue=False, **PRIVATE
            ).then

    def forget(self, request: gr.Request) -> Update:
        """Take back what the buttons changed, because it belongs to another clip."""
        status = self._statuses.get(request.session_hash)
        was_corrected, status.corrected = status.corrected, False
        status.dance, status.others = None, ()
        if not was_corrected:
            return {self._back: gr.skip()}
        return {self._widgets[name]: value for name, value in _FOUND.items()}

    def connect_clip(self, clip: Any) -> None:
        """Take back the corrections when another clip is chosen."""
        outputs = [*self._widgets.values(), self._back]
        clip.change(self.forget, None, outputs, queue=False, **PRIVATE)

    def pending(self) -> Update:
        """Return the updates that keep the place of the buttons, and disable them."""
        return {
            self.box: gr.Accordion(visible=True),
            **{button: gr.Button(interactive=False) for button in self._in_box},
        }

    def ready(self, status: JobStatus) -> Update:
        """Return the updates that enable the buttons after a job, as far as they make sense."""
        updates: Update = {button: gr.Button(interactive=True) for button in self.buttons}
        if status.dance and status.settings:
            tempo, scale = status.dance.tempo_bpm, status.settings.tempo_scale
            least, most = _FIELDS["tempo_bpm"].minimum or 0, _FIELDS["tempo_bpm"].maximum or 0
            can_halve = scale != "half" and tempo / 2 >= least
            can_double = scale != "double" and tempo * 2 <= most
            updates[self._half] = gr.Button(interactive=can_halve)
            updates[self._double] = gr.Button(interactive=can_double)
            used = (status.settings.tempo_bpm, status.settings.shift_beats)
            for button, guess in zip(self._others, status.others, strict=False):
                updates[button] = gr.Button(interactive=guess != used)
        return updates

    def shown(self, status: JobStatus, dance: DanceSummary, settings: Settings) -> Update:
        """Return the updates for a new analysis."""
        if dance.clock != "dance" or settings.tempo_bpm is None:
            status.others = other_guesses(dance)
        corrected = is_corrected({name: getattr(settings, name) for name in BEAT_SETTINGS})
        is_open = is_weak(dance) or corrected
        # A box that a person opened to press a button in it stays open.
        opened: Update = {"open": is_open} if is_open or not status.again else {}
        label = html.BEAT_OFF
        if is_weak(dance):
            label = html.TRY_BEATS if dance.has_rhythm else html.NO_BEATS
        updates: Update = {
            self.box: gr.Accordion(label=label, visible=True, **opened),
            self._tap: gr.Button(visible=is_weak(dance)),
            self._back: gr.Button(visible=corrected),
        }
        for n, button in enumerate(self._others):
            guess = status.others[n] if n < len(status.others) else None
            updates[button] = (
                gr.Button(result_html.guess_label(*guess), visible=True)
                if guess
                else gr.Button(visible=False)
            )
        return updates

    def _handler(self, change: Callable[..., Update]) -> Callable[..., Update]:
        """Return the handler of a click: it changes the form, and offers the way back."""

        def press(request: gr.Request, *form: Any) -> Update:
            status = self._statuses.get(request.session_hash)
            status.corrected = True
            values = dict(zip(BEAT_SETTINGS, form, strict=True))
            values |= change(status, values)
            return {
                **{self._widgets[name]: value for name, value in values.items()},
                self._back: gr.Button(visible=is_corrected(values)),
            }

        return press

    @staticmethod
    def _shift(by: float, _status: JobStatus, form: dict[str, Any]) -> dict[str, Any]:
        return {"shift_beats": add_shifts(float(form["shift_beats"] or 0), by)}

    @staticmethod
    def _scale(steps: int, _status: JobStatus, form: dict[str, Any]) -> dict[str, Any]:
        return {"tempo_scale": rescaled(form["tempo_scale"] or "found", steps)}

    @staticmethod
    def _take(number: int, status: JobStatus, form: dict[str, Any]) -> dict[str, Any]:
        """Take another guess of the dance's beats."""
        if number >= len(status.others):
            return {}
        tempo_bpm, shift = status.others[number]
        # Automatically, a sound that this tempo suits would become the clock.
        has_sound = status.dance is not None and status.dance.has_sound_beats
        beats = "dance" if has_sound else form["beats"]
        return {**_FOUND, "beats": beats, "tempo_bpm": tempo_bpm, "shift_beats": shift}

    @staticmethod
    def _change_clock(status: JobStatus, _form: dict[str, Any]) -> dict[str, Any]:
        """Take the beats from the other clock; corrections of the first don't suit it."""
        is_sound = status.dance is not None and status.dance.clock == "sound"
        return {**_FOUND, "beats": "dance" if is_sound else "sound"}


def _button(label: str, **options: Any) -> gr.Button:
    return gr.Button(label, size="sm", min_width=90, **options)
