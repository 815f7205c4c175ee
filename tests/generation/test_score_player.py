"""Playing a score once for all levels that need it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from d2m.audio.waveform import mono_at
from d2m.core.errors import DataError
from d2m.core.levels import STUDIO_SAMPLE_RATE
from d2m.core.settings import Settings
from d2m.core.styles import STYLES
from d2m.generation import score_player
from d2m.generation.score_player import KEPT_PIECES, ScorePlayer
from d2m.score.dance_score import score_of
from d2m.score.notes import Score
from tests.synthetic import synthetic_conditioning


def score(seed: int = 3) -> Score:
    dance = replace(synthetic_conditioning(duration_s=3.0), style=STYLES["house"])
    return score_of(dance, Settings(), seed)


@pytest.fixture
def player() -> ScorePlayer:
    return ScorePlayer.from_folder()


@pytest.fixture
def mixed(monkeypatch: pytest.MonkeyPatch) -> list[Score]:
    """Return the scores that are mixed."""
    found: list[Score] = []
    mix = score_player.mix_stems

    def mix_and_note(one, *arguments, **options):
        found.append(one)
        return mix(one, *arguments, **options)

    monkeypatch.setattr(score_player, "mix_stems", mix_and_note)
    return found


def test_the_mono_audio_is_that_of_the_studio_version_and_is_played_once(player, mixed):
    played = player.play(score())
    mono = player.play_mono(score())
    np.testing.assert_array_equal(mono, mono_at(played.audio, STUDIO_SAMPLE_RATE))
    assert len(mixed) == 1


def test_another_song_or_brightness_is_played_anew(player, mixed):
    sounds = [
        player.play_mono(score()),
        player.play_mono(score(4)),
        player.play_mono(score(), brightness=0.3),
    ]
    assert len(mixed) == 3
    assert not np.array_equal(sounds[0], sounds[1])
    assert not np.array_equal(sounds[0], sounds[2])


def test_threads_that_need_the_same_piece_wait_for_one(player, mixed):
    with ThreadPoolExecutor(3) as threads:
        sounds = list(threads.map(lambda _: player.play_mono(score()), range(3)))
    assert len(mixed) == 1
    assert all(sound is sounds[0] for sound in sounds)


def test_a_piece_that_could_not_be_played_is_tried_again(player, monkeypatch):
    def fail(*_, **__):
        raise DataError("The sounds are missing.")

    with monkeypatch.context() as patch:
        patch.setattr(score_player, "mix_stems", fail)
        for _ in range(2):
            with pytest.raises(DataError, match="sounds are missing"):
                player.play_mono(score())
    assert np.abs(player.play_mono(score())).max() > 0.1


def test_only_the_last_pieces_are_kept(player, mixed, monkeypatch):
    monkeypatch.setattr(score_player, "mix_stems", lambda one, *_, **__: mixed.append(one) or {})
    monkeypatch.setattr(score_player, "master", lambda *_, **__: np.zeros((2, 2000), np.float32))
    for seed in (*range(KEPT_PIECES + 1), 0, KEPT_PIECES):
        player.play_mono(score(seed))
    assert [one.seed for one in mixed] == [*range(KEPT_PIECES + 1), 0]
