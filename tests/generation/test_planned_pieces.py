"""Which pieces a job makes, and in which order."""

from __future__ import annotations

import pytest

from d2m.core.errors import SettingsError
from d2m.core.levels import BASELINES, HIGH, LOW, STUDIO
from d2m.core.settings import Settings
from d2m.generation.planned_pieces import planned_pieces


def test_the_first_variation_of_all_levels_comes_first():
    pieces = planned_pieces((STUDIO, HIGH), Settings(seed=4, variations=3))
    assert [(one.level.name, one.variation, one.settings.seed) for one in pieces] == [
        *(("studio", 1, 4), ("high", 1, 4)),
        *(("studio", 2, 5), ("high", 2, 5)),
        *(("studio", 3, 6), ("high", 3, 6)),
    ]


def test_a_level_without_a_seed_is_made_once():
    levels = (STUDIO, LOW, BASELINES["cmt"])
    pieces = planned_pieces(levels, Settings(weights="aist", variations=2))
    made = [(one.level.name, one.variation) for one in pieces]
    assert made == [("studio", 1), ("low", 1), ("cmt", 1), ("studio", 2), ("cmt", 2)]


@pytest.mark.parametrize("number", [0, 9])
def test_the_number_of_variations_has_a_range(number):
    with pytest.raises(SettingsError, match=r"number of variations is .*: choose 1 to 8\."):
        Settings(variations=number)
