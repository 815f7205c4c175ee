"""Dance2Music: the search for a melody that repeats where the movement repeats."""

from __future__ import annotations

import itertools
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.core.levels import STUDIO_SAMPLE_RATE
from d2m.generation.baselines.dance2music import (
    MELODY_PITCHES,
    POSE_RATE,
    POSES_PER_NOTE,
    Dance2MusicModel,
    held_notes,
    melody_key,
    movement_similarity,
    pose_directions,
    search_melody,
)
from d2m.perception.conditioning import Conditioning
from d2m.score.sound_bank import SoundBank
from d2m.training.data.composed_pieces import ComposedPiece


@pytest.fixture(scope="module")
def dance() -> Conditioning:
    return ComposedPiece(number=100, held_out=True).dance()


def with_poses(dance: Conditioning, poses: NDArray[np.float64], fps: float) -> Conditioning:
    return replace(dance, keypoints=poses, fps=fps, duration_s=len(poses) / fps)


def whole_correlation(melody: NDArray[np.int64], poses: NDArray[np.float64]) -> float:
    """Return the correlation of both matrices, filled in."""
    notes = np.repeat(melody, POSES_PER_NOTE)
    music = 1 - np.abs(notes[:, None] - notes[None, :]) / 4
    return float(np.corrcoef(music.ravel(), (poses @ poses.T).ravel())[0, 1])


def test_the_similarity_is_the_correlation_of_both_matrices(dance):
    poses = pose_directions(dance)[:300]
    melody = np.random.default_rng(0).integers(5, size=50)
    assert movement_similarity(melody, poses) == pytest.approx(whole_correlation(melody, poses))


def test_a_melody_of_one_note_and_a_still_dancer_have_no_similarity(dance):
    poses = pose_directions(dance)[:60]
    assert movement_similarity(np.full(10, 2), poses) == 0
    assert movement_similarity(np.arange(10) % 5, np.repeat(poses[:1], 60, axis=0)) == 0
    assert len(search_melody(np.repeat(poses[:1], 60, axis=0))) == 10


def test_the_beam_finds_the_best_of_all_short_melodies(dance):
    poses = pose_directions(dance)[: 3 * POSES_PER_NOTE]
    melodies = [np.array([2, *rest]) for rest in itertools.product(range(5), repeat=2)]
    best = max(movement_similarity(melody, poses) for melody in melodies)
    assert movement_similarity(search_melody(poses), poses) == pytest.approx(best)


def test_poses_that_come_back_sound_alike(dance):
    joints = dance.keypoints
    assert joints is not None
    first, second = joints[0], joints[0] * [-1, 1] + [0, 300]
    second[9:11, 1] += 200
    figures = [np.repeat(one[None], 30, axis=0) for one in (first, second, first, second)]
    poses = pose_directions(with_poses(dance, np.concatenate(figures), POSE_RATE))
    melody = search_melody(poses)
    assert movement_similarity(melody, poses) > 0.95
    assert set(melody[:5]) & set(melody[5:10]) == set()


def test_place_and_size_of_the_dancer_do_not_count(dance):
    joints = dance.keypoints
    assert joints is not None
    rng = np.random.default_rng(0)
    sizes = rng.uniform(0.5, 2, (len(joints), 1, 1))
    moved = joints * sizes + rng.uniform(0, 999, (len(joints), 1, 2))
    before, after = (pose_directions(with_poses(dance, x, POSE_RATE)) for x in (joints, moved))
    np.testing.assert_allclose(after, before, atol=1e-9)


@pytest.mark.parametrize("fps", [24.0, 25.0, 30.0, 59.94])
def test_five_notes_a_second_at_every_frame_rate(dance, fps):
    joints = dance.keypoints
    assert joints is not None
    count = round(4 * fps)
    poses = pose_directions(with_poses(dance, joints[:count], fps))
    assert len(poses) == 4 * POSE_RATE
    assert len(search_melody(poses)) == 20


def test_a_clip_shorter_than_a_note_has_one_note(dance):
    joints = dance.keypoints
    assert joints is not None
    poses = pose_directions(with_poses(dance, joints[:2], 30.0))
    assert search_melody(poses).tolist() == [2]


def test_equal_neighbours_are_held_and_the_last_note_lasts_to_the_end():
    notes = held_notes(np.array([2, 2, 2, 0, 4, 4]), 1.5)
    assert [note.pitch for note in notes] == [64, 60, 69]
    assert [note.start_s for note in notes] == pytest.approx([0, 0.6, 0.8])
    assert [note.duration_s for note in notes] == pytest.approx([0.6, 0.2, 0.7])
    assert {note.velocity for note in notes} == {100}
    assert [note.pitch for note in held_notes(np.array([2, 0, 4, 1]), 0.5)] == [64, 60, 69]


def test_a_seed_gives_the_same_melody_again(dance):
    poses = pose_directions(dance)
    one, again, other = (search_melody(poses, seed) for seed in (3, 3, 4))
    assert one.tolist() == again.tolist() != other.tolist()
    assert one[0] == other[0] == 2


@pytest.mark.parametrize("number", [101, 102, 103])
def test_its_similarity_beats_that_of_random_melodies(number):
    poses = pose_directions(ComposedPiece(number=number, held_out=True).dance())
    melody = search_melody(poses)
    rng = np.random.default_rng(number)
    random = [movement_similarity(rng.integers(5, size=len(melody)), poses) for _ in range(200)]
    assert np.mean(movement_similarity(melody, poses) > np.array(random)) >= 0.95


def test_the_similarity_of_ten_minutes_does_not_fill_the_memory(dance):
    poses = np.tile(pose_directions(dance)[:180], (100, 1))
    melody = np.random.default_rng(0).integers(5, size=3000)
    tracemalloc.start()
    movement_similarity(melody, poses)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50e6  # the matrix would take 2.6 GB


def test_the_music_is_as_long_as_the_dance(dance):
    short = replace(dance, duration_s=3.3)
    music = Dance2MusicModel(SoundBank.from_folder()).generate(short)
    assert music.audio.shape == (2, round(3.3 * STUDIO_SAMPLE_RATE))
    assert np.abs(music.audio).max() > 0.05
    (track,) = music.tracks
    assert {note.pitch for note in track.notes} <= {*MELODY_PITCHES}
    assert track.notes[-1].start_s + track.notes[-1].duration_s == pytest.approx(3.3)
    assert -1 < music.scores["movement_similarity"] < 1


def test_neighbouring_seeds_give_other_pieces(dance):
    poses = pose_directions(dance)
    pieces = {
        held_notes(search_melody(poses, seed), 4.0, key=melody_key(seed)) for seed in range(12)
    }
    assert len(pieces) == 12
    assert melody_key(0) == 0
    assert {melody_key(seed) for seed in range(12)} == {*range(-6, 6)}


def test_a_dance_without_key_points_is_refused(dance):
    with pytest.raises(DataError, match=r"Dance2Music reads the joints .*: use a clip"):
        pose_directions(replace(dance, keypoints=None, fps=0.0))
