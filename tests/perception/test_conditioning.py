"""The one way from joints to conditioning."""

import numpy as np
import pytest

from d2m.core.metrical_grid import grid_from_beats
from d2m.core.settings import Settings
from d2m.perception.conditioning import (
    SLOW_BPM,
    condition,
    known_rhythm,
    two_or_more_beats,
)
from d2m.perception.rhythm import Rhythm
from d2m.training.data.dances import procedural_dance, view

FPS = 30.0


def joints(tempo_bpm: float = 112.0, duration_s: float = 6.0) -> np.ndarray:
    """Return the joints (F, 17, 2) of a procedural dancer at 30 Hz."""
    dance = view(procedural_dance(2, tempo_bpm=tempo_bpm, duration_s=duration_s), 0.2)
    return dance.keypoints[:: round(dance.fps / FPS), :, :2]


@pytest.mark.parametrize("beats", [[], [0.4], [0.4, 1.6]])
def test_a_clip_too_short_for_two_beats_still_has_a_grid(beats):
    rhythm = Rhythm(
        tempo_bpm=50.0,
        beats_s=np.array(beats),
        downbeats_s=np.array(beats[:1]),
        confidence=0.0,
        envelope=np.zeros(10),
        envelope_rate=60.0,
        unsure=True,
    )
    laid = two_or_more_beats(rhythm)
    assert np.diff(laid) == pytest.approx([1.2])
    assert list(laid[: len(beats)]) == beats
    assert grid_from_beats(laid, 2.0).starts[-1] >= grid_from_beats(laid, 2.0).n_frames


def test_shapes_and_ranges():
    found = condition(joints(), FPS, settings=Settings())
    steps = found.grid.n_steps
    assert found.features.shape == (steps, 11)
    assert np.isfinite(found.features).all()
    assert 0 <= found.features.min() <= found.features.max() <= 1
    assert found.duration_s == pytest.approx(6.0)


def test_known_beats_replace_the_estimated_ones():
    beats = 0.1 + np.arange(12) * 0.5
    rhythm = known_rhythm(beats, beats[2::4])
    found = condition(joints(), FPS, rhythm=rhythm)
    assert found.rhythm is rhythm
    assert rhythm.tempo_bpm == pytest.approx(120)
    np.testing.assert_allclose(found.grid.beats_s, beats[beats < 6.0], atol=0.004)
    first_bar = found.grid.times[:-1][found.grid.position % 16 == 0]
    assert np.abs(first_bar[:, None] - beats[2::4]).min(axis=0)[0] < 0.004


def test_optical_flow_replaces_the_movement_of_the_joints():
    points = joints()
    beats = known_rhythm(np.arange(12) * 0.5, np.arange(3) * 2.0)
    flow = np.zeros((len(points), 8))
    flow[:, 3] = 1.0
    by_joints, by_flow = (
        condition(points, FPS, rhythm=beats, flow=given).flow for given in (None, flow)
    )
    np.testing.assert_array_equal(by_flow, flow)
    assert by_joints.max(axis=0).min() > 0


def test_settings_correct_the_rhythm_and_scale_the_contrast():
    points = joints()
    plain = condition(points, FPS, settings=Settings())
    late = condition(points, FPS, settings=Settings(beat_shift_ms=100.0))
    shifts = late.rhythm.beats_s[:, None] - plain.rhythm.beats_s
    assert np.abs(shifts - 0.1).min(axis=1).max() < 1e-6
    tapped = condition(points, FPS, settings=Settings(taps_s=(0.2, 0.8, 1.4, 2.0)))
    assert tapped.rhythm.tempo_bpm == pytest.approx(100)
    still = condition(points, FPS, settings=Settings(response=0.0))
    np.testing.assert_allclose(still.features.std(axis=0), 0, atol=1e-12)


def test_without_settings_the_movement_stays_as_measured():
    points = joints(tempo_bpm=70.0)
    beats = np.arange(7) * 60 / 70
    slow = known_rhythm(beats, beats[::4])
    assert slow.tempo_bpm < SLOW_BPM
    measured = condition(points, FPS, rhythm=slow)
    accentuated = condition(points, FPS, rhythm=slow, settings=Settings())
    assert (measured.features != accentuated.features).any()
