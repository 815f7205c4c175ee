"""What the page says about a song and the dance for it."""

from __future__ import annotations

from pathlib import Path

from d2m.choreography.write_dance import DANCE_KINDS
from d2m.core.dance_events import ChoreographySummary, SongSummary
from d2m.web import song_html
from d2m.web.dance_card import DANCE_DOWNLOADS
from tests.web.test_html import text_of


def song(**changes: object) -> SongSummary:
    facts = {"duration_s": 24.0, "tempo_bpm": 120.04, "has_beat": True, "confidence": 0.98}
    return SongSummary(**{**facts, "beats": 48, **changes})


def dance(**changes: object) -> ChoreographySummary:
    facts = {
        "style": "House",
        "style_is_chosen": False,
        "seed": 3,
        "dancers": 1,
        "paths": {kind: Path(f"song{ending}") for kind, ending in DANCE_KINDS.items()},
        "alt_text": "",
        "seconds": 12.3,
        "rights": "Yours <entirely>.",
        "figures": {"beat_hit": 0.934, "beat_coverage": 0.48, "downbeats_met": 0.81},
    }
    return ChoreographySummary(**{**facts, **changes})


def test_the_song_has_a_tempo_and_its_warnings_are_escaped() -> None:
    assert text_of(song_html.song_analysis(song())) == (
        "120 BPM, 48 beats in 24 s (confidence 98 %)."
    )
    text = text_of(song_html.song_analysis(song(has_beat=False)))
    assert "No beat was found" in text
    assert "confidence" not in text
    assert "<b>" not in song_html.song_warnings(song(warnings=("<b>",)))


def test_the_figures_are_sentences() -> None:
    text = text_of(song_html.choreography_figures(dance()))
    assert text.startswith("House, which suits the song.")
    assert "93 % of the dancer's stops meet a beat of the song within 100 ms." in text
    assert "There are 48 % as many stops as beats." in text
    assert "dancers." not in text
    two = text_of(song_html.choreography_figures(dance(dancers=2, style_is_chosen=True)))
    assert "House, as chosen. 2 dancers." in two


def test_without_a_beat_there_are_no_figures() -> None:
    text = text_of(song_html.choreography_figures(dance(figures={})))
    assert "No beat scores, because the song has no beat." in text
    assert "%" not in text


def test_every_file_of_a_dance_can_be_downloaded_but_the_dark_copy() -> None:
    assert {*DANCE_KINDS} - {*DANCE_DOWNLOADS} == {"dark"}
