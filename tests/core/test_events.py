"""The events of a job as a person reads them."""

from dataclasses import replace

import pytest

from d2m.core.events import DanceSummary

DANCE = DanceSummary(
    tempo_bpm=117.6,
    confidence=0.8,
    unsure=False,
    phase_confidence=0.7,
    clock="dance",
    clock_reason="the clip has no sound",
    has_sound_beats=False,
    candidates=((117.6, 0.0, 0.4),),
    beats=20,
    style="House",
    warnings=(),
)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "The beat comes from the dance, because the clip has no sound: 117.6 BPM."),
        ({"clock_reason": ""}, "The beat comes from the dance: 117.6 BPM."),
        (
            {"clock_reason": "", "unsure": True},
            "The beat is a guess from the dance: 117.6 BPM. Listen, and correct the beat if it is "
            "off.",
        ),
        (
            {"unsure": True, "has_rhythm": False, "tempo_bpm": 110.0},
            "The beat was sought in the dance, because the clip has no sound, but no rhythm "
            "was found: the music keeps a steady 110 BPM, not the dancer's. Listen, and correct "
            "the beat if it is off.",
        ),
        (
            {"clock": "sound", "clock_reason": ""},
            "The beat comes from the clip's own sound: 117.6 BPM.",
        ),
        ({"clock": "taps", "clock_reason": ""}, "The beat is as tapped: 117.6 BPM."),
    ],
)
def test_a_sentence_says_where_the_beat_comes_from(changes, sentence):
    assert replace(DANCE, **changes).beat_sentence == sentence
