"""The facts of levels and styles that everything else reads."""

import pytest

from d2m.core.errors import D2MError, SettingsError
from d2m.core.levels import (
    BASELINES,
    DEFAULT_LEVELS,
    HIGH,
    HOP_LEVELS,
    LEVEL_CHOICES,
    LEVELS,
    LOW,
    SAMPLE_RATE,
    STUDIO,
    hop_level_named,
    hop_levels_named,
    level_named,
    levels_named,
)
from d2m.core.styles import STYLES, style_named


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
    assert hop_levels_named("both") == (HIGH, LOW)
    assert levels_named("studio") == (STUDIO,)
    assert levels_named("all") == tuple(LEVELS.values()) == (STUDIO, HIGH, LOW)


def test_levels_can_be_listed_in_any_order():
    assert levels_named("low, studio") == (STUDIO, LOW)
    assert levels_named("both,high") == (HIGH, LOW)
    assert levels_named(DEFAULT_LEVELS) == (STUDIO, HIGH)


def test_baselines_are_named_like_levels_but_belong_to_no_group():
    assert levels_named("random,dance2music,high") == (
        HIGH,
        BASELINES["dance2music"],
        BASELINES["random"],
    )
    assert not {*levels_named("all")} & {*BASELINES.values()}
    assert BASELINES["foley-music"].label == "Foley Music"
    assert HIGH.label == "High"
    with pytest.raises(SettingsError, match=r"Unknown system 'x': choose .*, foley-music, cmt, "):
        levels_named("x", noun="system")


@pytest.mark.parametrize("choice", ["", ",", "high,"])
def test_no_level_is_refused_with_the_choices(choice):
    with pytest.raises(SettingsError, match="No level is chosen: choose high, low, both, studio"):
        levels_named(choice)


def test_every_level_says_what_it_is():
    assert all(level.summary for level in LEVELS.values())
    assert [STUDIO.sample_rate, HIGH.sample_rate, LOW.sample_rate] == [44_100, 22_050, 22_050]


@pytest.mark.parametrize(
    ("choose", "choices"),
    [
        (hop_level_named, ["high", "low"]),
        (hop_levels_named, ["high", "low", "both"]),
        (levels_named, LEVEL_CHOICES),
    ],
)
def test_an_unknown_level_is_refused_with_the_choices(choose, choices):
    with pytest.raises(SettingsError) as refusal:
        choose("middle")
    assert str(refusal.value) == f"Unknown level 'middle': choose {', '.join(choices)}."


def test_one_level_or_baseline_has_a_name():
    assert level_named("high") is HIGH
    assert level_named("cmt") is BASELINES["cmt"]
    with pytest.raises(
        SettingsError, match=r"'hihg': did you mean 'high'\? Choose one of studio, "
    ):
        level_named("hihg")
    with pytest.raises(SettingsError, match="Unknown level 'x': choose one of studio, high, low, "):
        level_named("x")
    with pytest.raises(SettingsError, match="The level 'both' stands for several: choose one of "):
        level_named("both")


def test_both_is_not_a_level():
    with pytest.raises(D2MError, match="'both'"):
        hop_level_named("both")


def test_styles_are_in_the_order_of_the_published_one_hot_vector():
    codes = [style.aist_code for style in STYLES.values()]
    assert codes == ["BR", "PO", "LO", "MH", "LH", "HO", "WA", "KR", "JS", "JB"]
    assert all(name == style.name for name, style in STYLES.items())
    for style in STYLES.values():
        assert 60 < style.tempo_bpm < 140
        assert style.tempo_range[0] < style.tempo_bpm < style.tempo_range[1]
        assert style.mood


def test_an_unknown_style_is_refused_with_the_choices():
    assert style_named("house") is STYLES["house"]
    with pytest.raises(SettingsError) as refusal:
        style_named("polka")
    assert all(name in str(refusal.value) for name in ("polka", "auto", *STYLES))
