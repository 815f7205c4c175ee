from __future__ import annotations

from dataclasses import dataclass

import pytest

from d2m.core.levels import HIGH, STUDIO, Level
from d2m.core.settings import Settings
from d2m.core.styles import STYLES, Style
from d2m.rendering.write_results import stem_of


@dataclass
class Track:
    settings: Settings
    style: Style = STYLES["house"]
    level: Level = HIGH


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("clip", "clip.house.seed3"),
        ("../../etc/pass wd", "etc_pass_wd.house.seed3"),
        ("тан€ц\n", "тан_ц.house.seed3"),
        ("...", "clip.house.seed3"),
        ("", "clip.house.seed3"),
    ],
)
def test_names_are_plain(name, stem):
    assert stem_of(Track(Settings(seed=3)), name) == stem


@pytest.mark.parametrize("letter", ["a", "ж", "字", "𠀀"])
def test_long_names_are_cut_between_letters(letter):
    stem = stem_of(Track(Settings(weights="aist")), 200 * letter)
    assert len(stem.encode()) <= 60 + len(".house.aist")
    assert set(stem.removesuffix(".house.aist")) == {letter}


def test_a_studio_version_is_named_by_its_seed_and_arrangement():
    settings = Settings(weights="aist", seed=3, arrangement=2)
    assert stem_of(Track(settings, level=STUDIO), "clip") == "clip.house.seed3.arrangement2"
    assert stem_of(Track(Settings(weights="aist", seed=3)), "clip") == "clip.house.aist"
