"""The settings: ranges, parsing, and the way into a report and back."""

import json

import pytest

from d2m.core.errors import SettingsError
from d2m.core.setting_fields import parse_form, parse_taps, setting_fields
from d2m.core.settings import Settings


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tempo_bpm": 900.0}, "The tempo is 900 BPM: choose 30 to 300."),
        ({"beat_shift_ms": float("nan")}, "The shift is nan ms: choose -500 to 500."),
        ({"start_s": -1.0}, "The start is -1 s"),
        ({"response": 3.0}, "The reaction to movement is 3: choose 0 to 2."),
        ({"original": -0.1}, "The original sound is -0.1: choose 0 to 1."),
        ({"seed": -1}, "The seed is -1: choose a whole number from 0 on."),
        ({"taps_s": (0.5, float("inf"))}, "tap them again"),
        ({"style": "polka"}, "polka"),
        ({"key": "H#"}, "The key is 'H#': choose auto, C, C#, D, Eb"),
        ({"mode": "phrygian"}, "The mode is 'phrygian': choose auto, major, minor."),
        ({"tempo_bpm": 20.0}, "The tempo is 20 BPM: choose 30 to 300."),
        ({"tempo_bpm": 400.0}, "The tempo is 400 BPM: choose 30 to 300."),
        ({"swing_percent": 40.0}, "The swing is 40 %: choose 50 to 75."),
        ({"energy": 3.0}, "The energy is 3: choose 0 to 2."),
        ({"ending": "fade"}, "The ending is 'fade': choose auto, hit, ring."),
        (
            {"drums": False, "bass": False, "chords": False, "lead": False},
            "No instrument is on: turn on drums, bass, chords or melody.",
        ),
    ],
)
def test_a_value_out_of_range_is_one_sentence(change, words):
    with pytest.raises(SettingsError) as refusal:
        Settings(**change)
    assert words in str(refusal.value)
    assert str(refusal.value).count(". ") == 0


def test_every_setting_describes_itself():
    for field in setting_fields(Settings):
        assert field.label
        assert field.help.endswith(".")
        assert field.section in (
            "music",
            "part",
            "beat",
            "sound",
            "weights",
            "score",
        )
        unit = field.unit.lower().replace("%", "percent")
        assert field.name.endswith(f"_{unit}") == bool(unit)


def test_facts_go_through_json_and_back():
    settings = Settings(style="house", seed=3, taps_s=(0.5, 1.0), tempo_bpm=112.5, denoise=False)
    assert Settings.from_facts(json.loads(json.dumps(settings.facts()))) == settings


@pytest.mark.parametrize("facts", [{"seed": "many"}, {"taps_s": 3}, [], None, {"start_s": "x"}])
def test_facts_that_are_no_settings_are_refused(facts):
    with pytest.raises(SettingsError, match=r"can't be read|is no|choose"):
        Settings.from_facts(facts)


def test_a_form_is_parsed_in_the_order_of_the_fields():
    form = ("house", 3, 2, 0.5, 0, "2", "dance", 0, "half", 0.25, -40, "1.0, 0.5")
    form += (1.5, 0, False, False, True, True, "compact")
    form += (1.2, 1, 1, "D", "minor", True, True, True, False, "full", "hit", 0, 2)
    expected = Settings(
        style="house",
        seed=3,
        variations=2,
        start_s=0.5,
        dancer="2",
        beats="dance",
        tempo_scale="half",
        shift_beats=0.25,
        beat_shift_ms=-40.0,
        taps_s=(0.5, 1.0),
        response=1.5,
        denoise=False,
        overlay=True,
        energy=1.2,
        key="D",
        mode="minor",
        lead=False,
        intro="full",
        ending="hit",
        arrangement=2,
    )
    assert parse_form(Settings, form) == expected
    assert parse_form(Settings, (None,) * len(form)) == Settings()


def test_a_form_with_text_for_a_number_is_one_sentence():
    form = [field.default for field in setting_fields(Settings)]
    form[1], form[9] = "many", ""
    with pytest.raises(SettingsError, match="The seed can't be read: choose a whole number"):
        parse_form(Settings, tuple(form))


def test_taps_are_sorted():
    assert parse_taps(" 1.0, 0.5 1.5,") == (0.5, 1.0, 1.5)
    assert parse_taps("") == ()
    with pytest.raises(SettingsError, match="times in seconds"):
        parse_taps("one, two")
