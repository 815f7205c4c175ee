"""The buttons that correct the beat: what they change, and when they are offered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr
import pytest

from d2m.core.setting_fields import parse_form, setting_fields
from d2m.core.settings import Settings
from d2m.web import html
from d2m.web.beat_buttons import (
    BEAT_SETTINGS,
    BeatButtons,
    add_shifts,
    is_corrected,
    is_weak,
    other_guesses,
    rescaled,
)
from d2m.web.job_status import JobStatus, JobStatuses
from d2m.web.settings_form import SettingsForm
from tests.web.summaries import dance_summary


@pytest.mark.parametrize(
    ("shift", "by", "expected"),
    [
        (0, 0.25, 0.25),
        (0.25, 0.25, 0.5),
        (0.5, 0.25, -0.25),
        (0, -0.25, -0.25),
        (-0.5, -0.25, 0.25),
        (0.5, 0.5, 0),
        (-0.25, 0.5, 0.25),
    ],
)
def test_shifts_add_up_within_half_a_beat(shift: float, by: float, expected: float) -> None:
    assert add_shifts(shift, by) == expected
    assert Settings(shift_beats=add_shifts(shift, by)).shift_beats == expected


def test_half_of_double_is_the_tempo_found() -> None:
    assert [rescaled(scale, -1) for scale in ("double", "found", "half")] == [
        *("found", "half", "half")
    ]
    assert [rescaled(scale, 1) for scale in ("double", "found", "half")] == [
        *("double", "double", "found")
    ]


@pytest.mark.parametrize(
    ("changes", "weak"),
    [
        ({"phase_confidence": 0.5}, False),
        ({"phase_confidence": 0.49}, True),
        ({"unsure": True}, True),
        ({"unsure": True, "clock": "sound"}, True),
        ({"phase_confidence": 0.1, "clock": "sound"}, False),
        ({"phase_confidence": 0.1, "clock": "taps"}, False),
    ],
)
def test_corrections_come_first_where_the_beat_is_weak(changes: dict[str, Any], weak: bool) -> None:
    assert is_weak(dance_summary(**changes)) == weak


def test_other_guesses_are_those_that_no_button_gives() -> None:
    found = (118.4, 0.0, 0.5)
    shifted, double, half = (118.4, 0.5, 0.2), (236.0, 0.0, 0.1), (59.0, 0.0, 0.1)
    rival, same_rival = (96.237, 0.5, 0.1), (97.0, 0.0, 0.05)
    assert other_guesses(dance_summary(candidates=(found, shifted, rival))) == ((96.24, 0.5),)
    assert other_guesses(dance_summary(candidates=(found, double, half))) == ()
    assert other_guesses(dance_summary(candidates=(found, rival, same_rival))) == ((96.24, 0.5),)
    assert other_guesses(dance_summary(candidates=())) == ()


def test_a_dance_without_any_tempo_is_offered_those_of_its_styles() -> None:
    styles = (("house", "House"), ("krump", "Krump"), ("pop", "Pop"))
    still = dance_summary(tempo_bpm=110.0, unsure=True, has_rhythm=False, styles=styles)
    assert other_guesses(still) == ((124.0, 0.0), (84.0, 0.0), (100.0, 0.0))
    guessed = replace(still, candidates=((110.0, 0.0, 0.4), (92.0, 0.0, 0.3)))
    assert other_guesses(guessed) == ((92.0, 0.0),), "what the movement suggests comes first"


def test_what_the_form_shows_at_first_is_no_correction() -> None:
    with gr.Blocks():
        form = SettingsForm([])
    shown = {name: form.widgets[name].value for name in BEAT_SETTINGS}
    assert not is_corrected(shown)
    assert not is_corrected({name: getattr(Settings(), name) for name in BEAT_SETTINGS})
    assert not is_corrected(dict.fromkeys(BEAT_SETTINGS))
    for name, value in (
        ("beats", "sound"),
        ("tempo_bpm", 96),
        ("tempo_scale", "double"),
        ("shift_beats", -0.25),
        ("beat_shift_ms", 5),
        ("taps_s", "0.5, 1, 1.5, 2"),
    ):
        assert is_corrected({**shown, name: value}), name


def test_every_setting_of_the_section_is_one_of_the_buttons() -> None:
    fields = setting_fields(Settings)
    assert {one.name for one in fields if one.section == "beat"} == {*BEAT_SETTINGS}


class Pressed:
    """The buttons of a page, pressed without a browser."""

    def __init__(self, job: JobStatus) -> None:
        statuses = JobStatuses()
        self.status = statuses.create(None, ("high",))
        self.status.dance, self.status.settings = job.dance, job.settings
        self.status.others = job.others
        with gr.Blocks() as self._blocks:
            form = SettingsForm([])
            self.clock = gr.Button()
            self.buttons = BeatButtons(form.widgets, statuses, self.clock)
            list(self.buttons.pressed())
        self._names = {form.widgets[one.name]: one.name for one in setting_fields(Settings)}
        self.values = {name: form.widgets[name].value for name in BEAT_SETTINGS}
        self._others = {one.name: form.widgets[one.name].value for one in setting_fields(Settings)}

    def press(self, label: str) -> dict[str, Any]:
        """Press a button, and return the values of the form that differ from its first ones."""
        button = next(one for one in self.buttons.buttons if one.value == label)
        number = next(key for key, block in self._blocks.blocks.items() if block is button)
        handler = next(one for one in self._blocks.fns.values() if (number, "click") in one.targets)
        request = gr.Request(session_hash=None)
        updates = handler.fn(request, *self.values.values())
        before = dict(self.values)
        self.values |= {
            self._names[widget]: value for widget, value in updates.items() if widget in self._names
        }
        return {name: value for name, value in self.values.items() if value != before[name]}

    def settings(self) -> Settings:
        """Return the settings of the form."""
        settings: Settings = parse_form(Settings, tuple((self._others | self.values).values()))
        return settings


@pytest.mark.parametrize(
    ("label", "changed"),
    [
        ("¼ beat earlier", {"shift_beats": -0.25}),
        ("¼ beat later", {"shift_beats": 0.25}),
        ("½ beat later", {"shift_beats": 0.5}),
        ("Half tempo", {"tempo_scale": "half"}),
        ("Double tempo", {"tempo_scale": "double"}),
    ],
)
def test_a_button_changes_one_setting_and_the_way_back_undoes_it(
    label: str, changed: dict[str, Any]
) -> None:
    pressed = Pressed(JobStatus(dance=dance_summary()))
    assert pressed.press(label) == changed
    assert pressed.status.corrected
    assert pressed.settings() == Settings(**changed)
    pressed.press("Back to the detected beat")
    assert pressed.settings() == Settings()


@pytest.mark.parametrize(("has_sound_beats", "beats"), [(False, {}), (True, {"beats": "dance"})])
def test_another_guess_of_the_dance_stays_one_of_the_dance(
    has_sound_beats: bool, beats: dict[str, str]
) -> None:
    job = JobStatus(
        dance=dance_summary(has_sound_beats=has_sound_beats), others=((96.24, 0.5), (80.0, 0.0))
    )
    pressed = Pressed(job)
    pressed.press("Half tempo")
    first, *_ = (one for one in pressed.buttons.buttons if one.value == "Other tempo")
    first.value = "First"
    pressed.press("First")
    assert pressed.settings() == Settings(tempo_bpm=96.24, shift_beats=0.5, **beats)


@pytest.mark.parametrize(("clock", "beats"), [("sound", "dance"), ("dance", "sound")])
def test_the_other_clock_is_taken_as_it_is(clock: str, beats: str) -> None:
    pressed = Pressed(JobStatus(dance=dance_summary(clock=clock)))
    pressed.values["taps_s"] = "0.5, 1, 1.5, 2"
    pressed.values["tempo_bpm"] = 96
    pressed.clock.value = "Other clock"
    pressed.press("Other clock")
    assert pressed.settings() == Settings(beats=beats)


def test_buttons_without_effect_are_off() -> None:
    settings = Settings(tempo_scale="half", tempo_bpm=96.24, shift_beats=0.5)
    job = JobStatus(
        dance=dance_summary(tempo_bpm=48.1),
        settings=settings,
        others=((96.24, 0.5), (80.0, 0.0)),
    )
    buttons = Pressed(job).buttons
    updates = buttons.ready(job)
    off = {one.value for one in buttons.buttons if not updates[one].interactive}
    assert off == {"Half tempo", "Other tempo"}
    assert sum(not update.interactive for update in updates.values()) == 2
    job.settings, job.dance = Settings(), dance_summary(tempo_bpm=180.0)
    off = {one.value for one in buttons.buttons if not buttons.ready(job)[one].interactive}
    assert off == {"Double tempo"}


@pytest.mark.parametrize(
    ("changes", "settings", "again", "title", "opened"),
    [
        ({}, {}, False, html.BEAT_OFF, False),
        ({}, {}, True, html.BEAT_OFF, None),
        ({}, {"shift_beats": 0.25}, False, html.BEAT_OFF, True),
        ({"unsure": True}, {}, False, html.TRY_BEATS, True),
        ({"unsure": True}, {}, True, html.TRY_BEATS, True),
    ],
)
def test_the_box_opens_by_itself_where_it_is_needed(
    changes: dict[str, Any],
    settings: dict[str, Any],
    again: bool,
    title: str,
    opened: bool | None,
) -> None:
    job = JobStatus(again=again)
    buttons = Pressed(job).buttons
    updates = buttons.shown(job, dance_summary(**changes), Settings(**settings))
    update = updates[buttons.box]
    assert update.label == title
    assert update.constructor_args.get("open") == opened


def test_guesses_stay_while_one_of_them_is_tried() -> None:
    job = JobStatus()
    buttons = Pressed(job).buttons
    found = (118.4, 0.0, 0.5), (96.2, 0.5, 0.2)
    buttons.shown(job, dance_summary(candidates=found), Settings())
    assert job.others == ((96.2, 0.5),)
    given = dance_summary(tempo_bpm=96.2, candidates=((96.2, 0.0, 0.6), (96.2, 0.5, 0.3)))
    buttons.shown(job, given, Settings(tempo_bpm=96.2, shift_beats=0.5))
    assert job.others == ((96.2, 0.5),)
    buttons.shown(job, dance_summary(clock="sound"), Settings())
    assert job.others == ()


@pytest.mark.parametrize("corrected", [True, False])
def test_another_clip_takes_back_what_buttons_changed(corrected: bool) -> None:
    job = JobStatus(dance=dance_summary(), others=((96.2, 0.5),))
    pressed = Pressed(job)
    pressed.status.corrected = corrected
    updates = pressed.buttons.forget(gr.Request(session_hash=None))
    reset = {value for widget, value in updates.items() if isinstance(value, (str, float, int))}
    assert reset == ({"auto", 0, "found", ""} if corrected else set())
    assert (pressed.status.dance, pressed.status.others) == (None, ())
    assert not pressed.status.corrected
