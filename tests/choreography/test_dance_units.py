"""Dance units: 32 poses whose kinematic beats are at fixed places."""

from __future__ import annotations

import numpy as np

from d2m.choreography.dance_beats import FASTEST_BPM, SLOWEST_BPM, dance_beats
from d2m.choreography.dance_units import POSES_PER_BEAT, UNIT_POSES, cut_units, place_unit
from d2m.choreography.joints import hip_middle, joints14_from_coco
from d2m.choreography.kinematic_beats import UNIT_FPS, find_kinematic_beats
from d2m.training.data.dances import procedural_dance


def test_units_follow_each_other_and_stop_at_their_beats() -> None:
    dance = procedural_dance(8, tempo_bpm=96, duration_s=24, first_beat_s=0.4)
    joints = joints14_from_coco(dance.keypoints)
    units = cut_units(joints, dance.fps, dance.beats_s, dance.downbeats_s)
    assert units.shape == (9, UNIT_POSES, 14, 3)
    assert np.allclose(units[:-1, -1], units[1:, 0])
    chain = np.concatenate([units[:, :-1].reshape(-1, 14, 3), units[-1, -1:]])
    found = find_kinematic_beats(chain, UNIT_FPS).beats_s * UNIT_FPS / POSES_PER_BEAT
    # A beat has 7.75 poses; by chance two in five kinematic beats would be this near to one.
    assert (np.abs(found - np.round(found)) < 0.2).mean() > 0.6


def test_a_dance_without_a_whole_bar_has_no_units() -> None:
    dance = procedural_dance(8, tempo_bpm=96, duration_s=2.0)
    joints = joints14_from_coco(dance.keypoints)
    assert len(cut_units(joints, dance.fps, dance.beats_s, dance.downbeats_s)) == 0


def test_a_placed_unit_begins_above_the_origin() -> None:
    unit = np.random.default_rng(1).normal(size=(3, UNIT_POSES, 14, 3))
    placed = place_unit(unit)
    assert np.allclose(hip_middle(placed[:, 0])[:, [0, 2]], 0)
    assert np.allclose(placed[..., 1], unit[..., 1])
    assert np.allclose(np.diff(placed, axis=1), np.diff(unit, axis=1))


def test_units_of_a_dance_begin_on_downbeats() -> None:
    beats = 0.3 + 0.5 * np.arange(40)
    chosen = dance_beats(beats, beats[2::4], 20.5)
    assert len(chosen.beats_s) == 4 * chosen.units + 1
    assert chosen.beats_s[0] <= 0
    assert chosen.beats_s[-1] >= 20.5
    assert np.all(np.diff(chosen.beats_s) > 0)
    assert np.abs(chosen.joins_s[:, None] - beats[2::4]).min(axis=1).max() < 1e-9


def test_fast_songs_keep_every_second_beat_and_slow_ones_add_beats() -> None:
    fast = 60 / (FASTEST_BPM + 10) * np.arange(50)
    slow = 60 / (SLOWEST_BPM - 8) * np.arange(20)
    for beats, factor in ((fast, 2.0), (slow, 0.5)):
        chosen = dance_beats(beats, beats[::4], float(beats[-1])).beats_s
        assert np.allclose(np.diff(chosen), factor * (beats[1] - beats[0]))
        assert np.abs(chosen - beats[4]).min() < 1e-9


def test_a_song_without_beats_is_danced_evenly() -> None:
    chosen = dance_beats(np.zeros(0), np.zeros(0), 5.0)
    assert chosen.beats_s[0] <= 0
    assert chosen.beats_s[-1] >= 5
    assert np.allclose(np.diff(chosen.beats_s), np.diff(chosen.beats_s)[0])
