"""What the page says about the beat: which clock, how sure, what the scores compare."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import pytest

from d2m.core.events import SoundtrackSummary
from d2m.core.settings import Settings
from d2m.web import result_html
from tests.web.summaries import dance_summary


def text_of(page: str) -> str:
    """Return HTML without its tags, with plain spaces."""
    return re.sub("<.*?>", "", page).replace("&#8201;", " ").replace("&#x27;", "'")


def scores(soundtrack: SoundtrackSummary, settings: Settings) -> str:
    """Return the scores of a soundtrack in words."""
    return " ".join(result_html.score_sentences(soundtrack, settings))


def soundtrack(
    clock: str = "dance", *, unsure: bool = False, has_rhythm: bool = True, **scores: float
) -> SoundtrackSummary:
    return SoundtrackSummary(
        level="high",
        style="House",
        paths={},
        scores={**({"beat_f_measure": 0.934} if has_rhythm else {}), **scores},
        seconds=2.31,
        clock=clock,
        unsure=unsure,
        has_rhythm=has_rhythm,
    )


@pytest.mark.parametrize(
    ("changes", "settings", "expected"),
    [
        (
            {"clock": "sound", "clock_reason": ""},
            {},
            "118.4 BPM, from the clip's own sound. Confidence: 93 %. Best style: House.",
        ),
        (
            {},
            {},
            "118.4 BPM, from the dance. Confidence: 93 %. Reason: the clip has no sound. "
            "Best style: House.",
        ),
        (
            {"unsure": True},
            {},
            "118.4 BPM, guessed from the dance. Reason: the clip has no sound. Best style: House.",
        ),
        (
            {"unsure": True, "has_rhythm": False, "tempo_bpm": 110.0},
            {},
            "Steady 110 BPM, not the dancer's: no rhythm was found in the dance. Reason: the clip "
            "has no sound. Best style: House.",
        ),
        (
            {"unsure": True, "has_rhythm": False, "tempo_bpm": 55.0},
            {"beats": "dance", "tempo_scale": "half"},
            "Steady 55 BPM, not the dancer's: no rhythm was found in the dance. As chosen. "
            "Corrected: at half tempo. Best style: House.",
        ),
        ({"clock": "taps"}, {"taps_s": (0.5, 1, 1.5, 2)}, "118.4 BPM, as you tapped it. Reason"),
        (
            {"clock_reason": "the settings ask for it"},
            {"beats": "dance"},
            "118.4 BPM, from the dance. Confidence: 93 %. As chosen. Best style",
        ),
        (
            {"clock": "sound", "clock_reason": ""},
            {"shift_beats": -0.25, "tempo_scale": "half", "beat_shift_ms": 40},
            "Corrected: at half tempo, ¼ beat earlier, 40 ms later. Best style",
        ),
        (
            {"unsure": True},
            {"beats": "dance", "shift_beats": 0.5},
            "118.4 BPM, guessed from the dance. As chosen. Corrected: ½ beat later. Best style",
        ),
        (
            {},
            {"tempo_bpm": 118, "shift_beats": 0.3},
            "from the dance. Reason: the clip has no sound. Corrected: at the given tempo, "
            "0.3 beats later. Best style",
        ),
    ],
)
def test_the_first_line_says_where_the_beat_comes_from(
    changes: dict[str, Any], settings: dict[str, Any], expected: str
) -> None:
    page = result_html.analysis(dance_summary(**changes), Settings(**settings))
    assert expected in text_of(page)


def test_warnings_and_reasons_are_escaped() -> None:
    dance = dance_summary(clock_reason="<b>", warnings=("It is <dark>.",))
    assert "Reason: &lt;b&gt;." in result_html.analysis(dance, Settings())
    assert "It is &lt;dark&gt;." in result_html.warnings(dance)
    assert result_html.warnings(dance_summary()) == ""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"clock": "sound", "has_sound_beats": True}, "Use the dance's beat"),
        ({"clock": "dance", "has_sound_beats": True}, "Use the beat of the sound"),
        ({"clock": "dance", "has_sound_beats": False}, ""),
        ({"clock": "taps", "has_sound_beats": True}, ""),
    ],
)
def test_the_other_clock_is_offered_where_there_is_one(
    changes: dict[str, Any], expected: str
) -> None:
    assert result_html.clock_button(dance_summary(**changes)) == expected


@pytest.mark.parametrize(
    ("clock", "settings", "compared"),
    [
        ("sound", {}, "those of the clip's own sound within"),
        ("dance", {}, "those estimated from the dance within"),
        ("taps", {"taps_s": (1.0, 2.0)}, "the tapped ones within"),
        ("sound", {"shift_beats": 0.25}, "those of the clip's own sound, as corrected, within"),
    ],
)
def test_the_beat_match_says_what_it_compares(
    clock: str, settings: dict[str, Any], compared: str
) -> None:
    text = scores(soundtrack(clock), Settings(**settings))
    assert "Beat match 0.93 of 1" in text
    assert f"how many beats of the music match {compared} 70 ms" in text


def test_a_beat_match_with_a_guess_says_so() -> None:
    text = scores(soundtrack("sound", unsure=True), Settings(beats="sound"))
    assert "Beat match 0.93 of 1" in text
    assert "It is unsure, because the beat is a guess." in text
    assert "a guess" not in scores(soundtrack("sound"), Settings())


def test_a_beat_match_says_where_the_place_of_the_beat_is_a_guess() -> None:
    weak = replace(soundtrack(), is_phase_weak=True)
    assert weak.beat_match == "beat F-measure 0.93 (the place of the beat is a guess)"
    text = scores(weak, Settings())
    assert "It is unsure, because the place of the beat is a guess." in text
    assert "unsure" not in scores(soundtrack(), Settings())


def test_without_a_rhythm_there_is_no_beat_score() -> None:
    text = scores(soundtrack(unsure=True, has_rhythm=False), Settings())
    assert "No beat score, because no rhythm was found in the dance." in text
    assert "F-measure" not in text


@pytest.mark.parametrize("unsure", [False, True])
def test_hits_are_shown_where_they_are_known(unsure: bool) -> None:
    known = scores(soundtrack(unsure=unsure, hits_met=0.876), Settings())
    assert "The music meets 88 % of the dancer's hits within 45 ms." in known
    for unknown in (soundtrack(), soundtrack(hits_met=math.nan)):
        assert "hits" not in scores(unknown, Settings())


@pytest.mark.parametrize(
    ("guess", "label"),
    [
        ((96.2, 0.0), "Try 96.2 BPM"),
        ((96.2, 0.5), "Try 96.2 BPM, ½ beat later"),
        ((83.7, -0.25), "Try 83.7 BPM, ¼ beat earlier"),
    ],
)
def test_a_guess_is_offered_by_tempo_and_shift(guess: tuple[float, float], label: str) -> None:
    assert result_html.guess_label(*guess) == label
