"""Baseline CMT: bars retrieved or written for the movement of a dance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from d2m.core.errors import CheckpointError, DataError
from d2m.core.levels import STUDIO_SAMPLE_RATE
from d2m.generation.baselines.bar_library import RETRIEVED_BARS, AskedBars, BarLibrary
from d2m.generation.baselines.cmt import MAX_BARS, CMTModel, rhythm_of_dance
from d2m.generation.baselines.cmt_sampling import WordSampler
from d2m.perception.conditioning import Conditioning, condition
from d2m.perception.step_features import joint_directogram
from d2m.perception.video_rhythm import VideoRhythm
from d2m.score.compound_words import BAR, decode_words, simu_note_strengths
from d2m.score.sound_bank import SoundBank
from d2m.training.data.dances import procedural_dance, view

STYLE = 2


@pytest.fixture(scope="module")
def bank() -> SoundBank:
    return SoundBank.from_folder()


@pytest.fixture(scope="module")
def written(bank: SoundBank) -> CMTModel:
    return CMTModel.from_pretrained(bank=bank)


@pytest.fixture(scope="module")
def retrieved(bank: SoundBank) -> CMTModel:
    return CMTModel.from_pretrained(bank=bank, retrieval=True)


@pytest.fixture(scope="module")
def dance() -> Conditioning:
    seen = view(procedural_dance(5, tempo_bpm=112, duration_s=8.0), 0.3)
    return condition(seen.keypoints[: round(5 * seen.fps)], seen.fps)


def moving(n_bars: int) -> VideoRhythm:
    """Return a video that moves more and more, with a visual beat on each quarter."""
    weights = np.zeros((n_bars, 16))
    weights[:, ::4] = np.linspace(0.5, 2.0, n_bars)[:, None]
    return VideoRhythm(
        tempo_bpm=100.0, bar_flow=np.geomspace(0.2, 5.0, n_bars), beat_weights=weights
    )


@pytest.mark.parametrize("form", ["written", "retrieved"])
def test_music_is_as_long_as_the_dance(
    form: str, dance: Conditioning, request: pytest.FixtureRequest
) -> None:
    model: CMTModel = request.getfixturevalue(form)
    music = model.generate(dance, seed=1)
    assert music.audio.shape == (2, round(dance.duration_s * STUDIO_SAMPLE_RATE))
    assert np.abs(music.audio).max() > 0.05
    assert len(music.tracks) >= 3
    notes = [note for track in music.tracks for note in track.notes]
    assert len(notes) > 10 * dance.duration_s
    assert all(note.start_s + note.duration_s <= dance.duration_s + 1e-6 for note in notes)
    assert max(note.start_s for note in notes) > 0.7 * dance.duration_s


@pytest.mark.parametrize("form", ["written", "retrieved"])
def test_the_seed_decides(form: str, dance: Conditioning, request: pytest.FixtureRequest) -> None:
    model: CMTModel = request.getfixturevalue(form)
    one, again, other = (model.compose_tracks(dance, seed=seed) for seed in (3, 3, 4))
    assert one == again
    assert one != other


def test_more_movement_asks_for_denser_and_stronger_bars(retrieved: CMTModel) -> None:
    asked = retrieved.library.asked_bars(moving(8), STYLE)
    assert (np.diff(asked.density) >= 0).all()
    assert asked.density[-1] >= asked.density[0] + 5
    assert (asked.strength[:, 1:4] == 0).all()
    assert asked.strength[-1, 0] > asked.strength[0, 0] >= 1


def test_retrieved_bars_fit_better_than_others(retrieved: CMTModel) -> None:
    library = retrieved.library
    asked = library.asked_bars(moving(RETRIEVED_BARS), STYLE)
    notes = library.retrieve(asked, STYLE, np.random.default_rng(0))
    starts = library.phrase_starts(np.ones(len(library.song), dtype=bool), RETRIEVED_BARS)
    mean = library.phrase_differences(asked, starts).mean()
    found = simu_note_strengths(notes, RETRIEVED_BARS)
    beats = asked.strength > 0
    difference = (((found > 0).sum(axis=1) - asked.density) ** 2).mean()
    difference += ((found - asked.strength)[beats] ** 2).mean()
    assert difference < mean


def test_phrases_lie_inside_one_song(retrieved: CMTModel) -> None:
    library = retrieved.library
    starts = library.phrase_starts(library.style == STYLE, RETRIEVED_BARS)
    assert len(starts) > 5
    songs = library.song[starts[:, None] + np.arange(RETRIEVED_BARS)]
    assert (songs == songs[:, :1]).all()
    assert set(library.style[starts]) == {STYLE}


def test_control_decides_the_density_of_bars(written: CMTModel) -> None:
    assert written.network is not None
    asked = AskedBars(np.array([4, 12, 4, 12]), np.zeros((4, 16), dtype=np.int64))
    rng = np.random.default_rng(1)
    words = WordSampler(written.network, STYLE, asked, 1.0, rng).sample()
    bars = words[words[:, 0] == 0]
    assert np.array_equal(bars[:, 2], asked.density)
    notes = (simu_note_strengths(decode_words(words), 4) > 0).sum(axis=1)
    assert min(notes[[1, 3]]) > max(notes[[0, 2]])


def test_key_points_serve_without_flow(dance: Conditioning) -> None:
    assert dance.keypoints is not None
    alone = rhythm_of_dance(replace(dance, flow=None))
    expected = rhythm_of_dance(
        replace(dance, flow=joint_directogram(dance.keypoints, dance.fps), keypoints=None)
    )
    assert alone.tempo_bpm == expected.tempo_bpm
    assert np.array_equal(alone.bar_flow, expected.bar_flow)


def test_movement_data_is_needed(retrieved: CMTModel, dance: Conditioning) -> None:
    with pytest.raises(DataError, match="optical flow or key points"):
        retrieved.generate(replace(dance, flow=None, keypoints=None))


def test_a_long_clip_hears_its_bars_again(retrieved: CMTModel, dance: Conditioning) -> None:
    assert dance.flow is not None
    long = replace(dance, flow=np.tile(dance.flow, (80, 1)), duration_s=400.0)
    rhythm = rhythm_of_dance(long)
    assert len(rhythm.bar_flow) > MAX_BARS
    tracks = retrieved.compose_tracks(long, seed=0)
    again_s = MAX_BARS * 240.0 / rhythm.tempo_bpm
    starts = np.array([note.start_s for note in tracks[0].notes])
    first, second = starts[starts < 1.0], starts[(starts >= again_s) & (starts < again_s + 1.0)]
    assert np.allclose(first, second - again_s, atol=1e-6)
    assert starts.max() > 350.0


def test_a_missing_library_is_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cmt_bars"):
        BarLibrary.from_pretrained(tmp_path)


def test_notes_of_the_library_are_sorted_by_bar(retrieved: CMTModel) -> None:
    bars = retrieved.library.notes[:, BAR]
    assert (np.diff(bars) >= 0).all()
    assert bars.max() == len(retrieved.library.song) - 1
