"""The styles that are suggested for a dance."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.core.styles import STYLES
from d2m.perception.style_features import STYLE_FEATURES, style_features
from d2m.perception.style_suggestion import suited_styles
from d2m.training.data.dances import procedural_dance, view
from d2m.training.data.dances.movement_modes import STYLE_MODES

FPS = 30.0


def dancer(style: str, number: int = 0) -> np.ndarray:
    """Return the joints of a procedural dancer of a style, whom the classifier never saw."""
    seed = 905_000 + 100 * list(STYLES).index(style) + number
    dance = procedural_dance(seed, tempo_bpm=104.0, duration_s=8.0, modes=STYLE_MODES[style])
    return view(dance, 0.3).keypoints[::2, :, :2]


def test_every_style_is_ranked_once():
    styles = suited_styles(dancer("house"), FPS, 120.0)
    assert sorted(one.name for one in styles) == sorted(STYLES)


def test_most_dancers_have_their_style_among_the_first_three():
    found = [
        style in [one.name for one in suited_styles(dancer(style, number), FPS, 104.0)[:3]]
        for style in STYLES
        for number in range(3)
    ]
    assert np.mean(found) > 0.6  # 0.3 by chance


@pytest.mark.parametrize("tempo_bpm", [52.0, 104.0, 208.0])
def test_half_and_double_tempo_suit_a_style_as_well(tempo_bpm):
    joints = dancer("lock")
    assert suited_styles(joints, FPS, tempo_bpm) == suited_styles(joints, FPS, 104.0)


def test_a_tempo_far_away_counts_against_a_style():
    joints = dancer("house")
    place = [
        [one.name for one in suited_styles(joints, FPS, tempo_bpm)].index("house")
        for tempo_bpm in (122.0, 82.0)
    ]
    assert place[0] <= place[1]


def test_size_and_place_in_the_picture_do_not_matter():
    joints = dancer("waack")
    moved = suited_styles(240 * joints + [700.0, 300.0], FPS, 110.0)
    assert moved == suited_styles(joints, FPS, 110.0)


def test_features_say_what_they_name():
    joints = dancer("middle-hip-hop")
    names = list(STYLE_FEATURES)

    def value(points: np.ndarray, name: str) -> float:
        return float(style_features(points, FPS)[names.index(name)])

    raised = joints.copy()
    raised[:, 9:11, 1] = joints[:, [0], 1] - 0.5
    assert value(raised, "hands_over") > 0.99
    assert value(raised, "hands_height") > value(joints, "hands_height")
    turned_over = joints * [1, -1]
    assert value(turned_over, "upside_down") > 0.99 > value(joints, "upside_down")
    resting = joints.copy()
    resting[:, 7:11] = joints[:, 5:6] + (joints[0, 7:11] - joints[0, 5])
    assert value(resting, "legs_share") > value(joints, "legs_share")


@pytest.mark.parametrize("frames", [1, 2, 90])
def test_a_dance_without_movement_has_a_style(frames):
    still = np.repeat(dancer("pop")[:1], frames, axis=0)
    assert np.isfinite(style_features(still, FPS)).all()
    assert len(suited_styles(still, FPS, 100.0)) == len(STYLES)
