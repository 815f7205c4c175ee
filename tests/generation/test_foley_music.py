"""Baseline Foley Music: notes for any dance with key points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from d2m.core.errors import DataError
from d2m.core.levels import STUDIO_SAMPLE_RATE
from d2m.generation.baselines.foley_music import LIKELIEST_EVENTS, FoleyMusicModel, draw_event
from d2m.models.event_grammar import LONGEST_REST_S
from d2m.perception.conditioning import Conditioning, condition
from d2m.score.sound_bank import SoundBank
from d2m.training.data.dances import procedural_dance, view


@pytest.fixture(scope="module")
def model() -> FoleyMusicModel:
    return FoleyMusicModel.from_pretrained(bank=SoundBank.from_folder())


def a_dance(duration_s: float) -> Conditioning:
    dance = view(procedural_dance(5, tempo_bpm=112, duration_s=max(8.0, duration_s)), 0.3)
    return condition(dance.keypoints[: round(duration_s * dance.fps)], dance.fps)


@pytest.mark.parametrize("duration_s", [3.0, 10.3])
def test_music_is_as_long_as_the_dance_and_has_no_gaps(
    model: FoleyMusicModel, duration_s: float
) -> None:
    dance = a_dance(duration_s)
    music = model.generate(dance, seed=1)
    assert music.audio.shape == (2, round(dance.duration_s * STUDIO_SAMPLE_RATE))
    notes = music.tracks[0].notes
    onsets = np.array([note.start_s for note in notes])
    assert len(notes) > duration_s
    assert np.diff(onsets, prepend=0, append=duration_s).max() <= LONGEST_REST_S + 1.0
    assert all(note.start_s + note.duration_s <= duration_s + 1e-6 for note in notes)
    assert np.abs(music.audio).max() > 0.05


def test_the_seed_decides(model: FoleyMusicModel) -> None:
    dance = a_dance(4.0)
    one, again, other = (model.generate(dance, seed=seed) for seed in (3, 3, 4))
    assert one.tracks == again.tracks
    assert np.array_equal(one.audio, again.audio)
    assert one.tracks != other.tracks


def test_a_dance_without_key_points_is_refused(model: FoleyMusicModel) -> None:
    with pytest.raises(DataError, match="Foley Music reads the joints"):
        model.generate(replace(a_dance(3.0), keypoints=None, fps=0.0))


def test_only_allowed_and_likely_events_are_drawn() -> None:
    rng = np.random.default_rng(0)
    logits = np.arange(243, dtype=np.float32) / 100
    allowed = np.zeros(243, dtype=bool)
    allowed[:100] = True
    drawn = {draw_event(logits, allowed, rng) for _ in range(400)}
    assert drawn <= set(range(100 - LIKELIEST_EVENTS, 100))
    assert len(drawn) > 5
