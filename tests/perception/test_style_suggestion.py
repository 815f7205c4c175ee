"""Suggesting a style of music from a dance."""

from dataclasses import replace

import numpy as np
import pytest

from d2m.core.styles import STYLES, Style
from d2m.perception.step_features import MOVEMENT_FEATURES
from d2m.perception.style_suggestion import suited_styles


def typical(style: Style) -> np.ndarray:
    features = np.zeros((64, len(MOVEMENT_FEATURES)))
    features[:, MOVEMENT_FEATURES.index("lower")] = 0.8 * style.legs
    features[:, MOVEMENT_FEATURES.index("upper")] = 0.8 * (1 - style.legs)
    features[:, MOVEMENT_FEATURES.index("reach")] = style.reach
    features[::8, MOVEMENT_FEATURES.index("accent")] = style.hits
    return features


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_a_typical_dance_gets_its_own_style(style):
    assert suited_styles(style.tempo_bpm, typical(style))[0] is style


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_a_nearly_typical_dance_gets_it_too(style):
    features = typical(style) * np.random.default_rng(0).uniform(0.95, 1.05, (64, 1))
    assert suited_styles(1.01 * style.tempo_bpm, features)[0] is style


def test_the_tempo_matters():
    features = typical(STYLES["house"])
    assert suited_styles(124.0, features)[0] is not suited_styles(80.0, features)[0]


@pytest.mark.parametrize(
    ("tempo_bpm", "one", "other"),
    [
        (
            106.0,
            {"legs": 0.75, "reach": 0.3, "hits": 0.5},
            {"legs": 0.3, "reach": 0.3, "hits": 0.5},
        ),
        (110.0, {"legs": 0.4, "reach": 0.2, "hits": 0.6}, {"legs": 0.4, "reach": 0.9, "hits": 0.6}),
        (86.0, {"legs": 0.4, "reach": 0.5, "hits": 1.0}, {"legs": 0.4, "reach": 0.5, "hits": 0.4}),
    ],
    ids=["legs", "reach", "hits"],
)
def test_the_way_of_moving_matters(tempo_bpm, one, other):
    base = STYLES["pop"]
    styles = [
        suited_styles(tempo_bpm, typical(replace(base, **values)))[0] for values in (one, other)
    ]
    assert styles[0] is not styles[1]


def test_a_dance_without_movement_has_a_style():
    styles = suited_styles(100.0, np.zeros((8, len(MOVEMENT_FEATURES))))
    assert {one.name for one in styles} == STYLES.keys()
