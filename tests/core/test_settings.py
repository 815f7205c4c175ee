import json

import pytest

from d2m.core.errors import SettingsError
from d2m.core.settings import Settings, taps_in


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tempo_bpm": 900.0}, "The tempo is 900 BPM: choose 30 to 300."),
        ({"beat_shift_ms": float("nan")}, "The beat shift is nan ms: choose -500 to 500."),
        ({"start_s": -1.0}, "The start is -1 s"),
        ({"response": 3.0}, "The response is 3: choose 0 to 2."),
        ({"original": -0.1}, "The original is -0.1"),
        ({"seed": -1}, "The seed is -1"),
        ({"taps_s": (0.5, float("inf"))}, "tap them again"),
        ({"style": "polka"}, "polka"),
    ],
)
def test_a_value_out_of_range_is_one_sentence(change, words):
    with pytest.raises(SettingsError) as refusal:
        Settings(**change)
    assert words in str(refusal.value)
    assert str(refusal.value).count(". ") == 0


def test_facts_go_through_json_and_back():
    settings = Settings(style="house", seed=3, taps_s=(0.5, 1.0), tempo_bpm=112.5, denoise=False)
    assert Settings.from_facts(json.loads(json.dumps(settings.facts()))) == settings


@pytest.mark.parametrize("facts", [{"seed": "many"}, {"taps_s": 3}, [], None, {"start_s": "x"}])
def test_facts_that_are_none_are_refused(facts):
    with pytest.raises(SettingsError, match=r"can't be read|is no|choose"):
        Settings.from_facts(facts)


def test_taps_are_read_in_order():
    assert taps_in(" 1.0, 0.5 1.5,") == (0.5, 1.0, 1.5)
    assert taps_in("") == ()
    with pytest.raises(SettingsError, match="times in seconds"):
        taps_in("one, two")
