"""The facts of levels and styles that everything else reads."""

import pytest

from d2m.core.errors import D2MError, SettingsError
from d2m.core.levels import HIGH, HOP_LEVELS, LOW, SAMPLE_RATE, hop_level_named, levels_named
from d2m.core.styles import SONGS_PER_STYLE, STYLES, songs_of, style_named


def test_levels_are_those_of_the_paper():
    assert (HIGH.hop_length, HIGH.vqvae_level) == (128, 2)
    assert (LOW.hop_length, LOW.vqvae_level) == (32, 1)
    assert HIGH.segment_codes * HIGH.hop_length == 44_032
    assert LOW.segment_codes * LOW.hop_length == 44_096
    assert HIGH.codes_per_second == SAMPLE_RATE / 128
    assert LOW.codes_per_second == 4 * HIGH.codes_per_second


def test_levels_by_name():
    assert hop_level_named("low") is LOW
    assert levels_named("high") == (HIGH,)
    assert levels_named("both") == tuple(HOP_LEVELS.values()) == (HIGH, LOW)


@pytest.mark.parametrize(
    ("choose", "choices"),
    [(hop_level_named, ["high", "low"]), (levels_named, ["high", "low", "both"])],
)
def test_an_unknown_level_is_refused_with_the_choices(choose, choices):
    with pytest.raises(SettingsError) as refusal:
        choose("middle")
    assert str(refusal.value) == f"Unknown level 'middle': choose {', '.join(choices)}."


def test_both_is_not_a_level():
    with pytest.raises(D2MError, match="'both'"):
        hop_level_named("both")


def test_styles_are_in_the_order_of_the_published_one_hot_vector():
    codes = [style.aist_code for style in STYLES.values()]
    assert codes == ["BR", "PO", "LO", "MH", "LH", "HO", "WA", "KR", "JS", "JB"]
    assert all(name == style.name for name, style in STYLES.items())
    for style in STYLES.values():
        assert 60 < style.tempo_bpm < 140
        assert all(0 <= value <= 1 for value in (style.legs, style.reach, style.hits))


def test_songs_are_shared_out_among_the_styles():
    songs = [list(songs_of(style)) for style in STYLES.values()]
    assert [song for own in songs for song in own] == list(range(60))
    assert {len(own) for own in songs} == {SONGS_PER_STYLE}


def test_an_unknown_style_is_refused_with_the_choices():
    assert style_named("house") is STYLES["house"]
    with pytest.raises(SettingsError) as refusal:
        style_named("polka")
    assert all(name in str(refusal.value) for name in ("polka", "auto", *STYLES))
