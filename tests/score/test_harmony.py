"""Keys, scales, chords and their voicings."""

from __future__ import annotations

from itertools import pairwise

import pytest

from d2m.score.harmony import (
    HALF_BARS,
    SCALES,
    key_name,
    parse_chord,
    parse_progression,
)
from d2m.score.sub_genres.by_style import SUB_GENRES
from d2m.score.sub_genres.sub_genre import listed
from d2m.score.voicing import voice_lead


@pytest.mark.parametrize(
    ("key", "mode", "name"),
    [
        (2, "minor", "D minor"),
        (10, "minor", "Bb minor"),
        (10, "major", "Bb major"),
        (6, "minor", "F# minor"),
        (3, "major", "Eb major"),
        (0, "minor", "C minor"),
        (2, "dorian", "D dorian"),
        (0, "harmonic minor", "C harmonic minor"),
    ],
)
def test_names_of_keys(key: int, mode: str, name: str) -> None:
    assert key_name(key, mode) == name


@pytest.mark.parametrize(
    ("symbol", "key", "mode", "tones"),
    [
        ("1", 0, "major", (0, 4, 7)),
        ("1:9", 0, "dorian", (0, 3, 7, 10, 2)),
        ("4:9", 0, "dorian", (5, 9, 0, 3, 7)),
        ("4:7", 0, "minor", (5, 8, 0, 3)),
        ("5:dom7", 0, "minor", (7, 11, 2, 5)),
        ("b7:maj", 2, "major", (0, 4, 7)),
        ("2:9", 0, "major", (2, 5, 9, 0, 4)),
        ("3:9", 0, "major", (4, 7, 11, 2)),
        ("5:sus4", 0, "major", (7, 0, 2)),
        ("4:sus4", 0, "major", (5, 10, 0)),
        ("1:6", 9, "minor", (9, 0, 4, 5)),
        ("b2:maj", 0, "phrygian", (1, 5, 8)),
    ],
)
def test_chords(symbol: str, key: int, mode: str, tones: tuple[int, ...]) -> None:
    assert parse_chord(symbol, key, mode).tones == tones


def test_a_slash_names_the_bass() -> None:
    chord = parse_chord("4/5", 0, "major")
    assert chord.tones == (5, 9, 0)
    assert chord.bass == 7


def test_a_diminished_triad_becomes_its_relative() -> None:
    chord = parse_chord("7", 0, "major")
    assert chord.tones == (7, 11, 2)
    assert chord.bass == 11


def test_a_chord_alters_its_scale() -> None:
    dominant = parse_chord("5:dom7", 0, "minor")
    assert dominant.offsets == (0, 2, 3, 5, 7, 8, 11)
    assert set(dominant.stable_degrees) == {4, 6, 1, 3}


def test_a_melody_avoids_the_root_below_a_major_seventh() -> None:
    assert 0 not in parse_chord("1:maj7", 0, "major").stable_degrees
    assert 0 in parse_chord("1", 0, "major").stable_degrees


@pytest.mark.parametrize("style", SUB_GENRES)
def test_all_progressions_fill_the_phrase_in_all_modes(style: str) -> None:
    for sub_genre in SUB_GENRES[style]:
        assert set(listed(sub_genre.scales)) <= set(SCALES)
        texts = (sub_genre.progressions, sub_genre.drops, sub_genre.breaks)
        for text in (option for texts_ in texts for option in listed(texts_)):
            for mode in ("major", "minor", *listed(sub_genre.scales)):
                chords = parse_progression(text, 4, mode)
                assert len(chords) == HALF_BARS, text
                assert all(0 <= tone < 12 for chord in chords for tone in chord.tones)


@pytest.mark.parametrize("text", ["2:9 | 5:dom13 | 1:maj9 | 6:dom7b9", "1 | 5/7 | 6:min7 | 4"])
@pytest.mark.parametrize("key", range(0, 12, 3))
def test_voices_move_little(text: str, key: int) -> None:
    chords = parse_progression(text, key, "major")[::2]
    voicings = voice_lead(chords, voices=4, low=50, high=74)
    for chord, voicing in zip(chords, voicings, strict=True):
        assert {pitch % 12 for pitch in voicing} <= set(chord.tones)
        assert voicing[0] >= 50
        assert voicing[-1] <= 74
    for before, after in pairwise(voicings):
        moves = [abs(b - a) for a, b in zip(before, after, strict=True)]
        assert sum(moves) <= 14
        assert moves[-1] <= 5, "the top voice sings"
