"""A dance model, with the bundled weights, on songs that the tests make."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from d2m.choreography.dance_model import DANCE_FPS, DanceModel
from d2m.choreography.kinematic_beats import find_kinematic_beats
from d2m.choreography.song_analysis import SongAnalysis
from d2m.core.dance_styles import DANCE_STYLES
from d2m.core.errors import SettingsError
from d2m.core.levels import SAMPLE_RATE
from d2m.metrics.kinematic_scores import dance_beat_scores


def song_of(tempo_bpm: float, duration_s: float = 16.0) -> SongAnalysis:
    """Return a song of clicks whose beats are known."""
    beats = np.arange(0.35, duration_s, 60 / tempo_bpm)
    audio = np.random.default_rng(0).normal(0, 0.01, round(duration_s * SAMPLE_RATE))
    for beat in beats:
        start = round(beat * SAMPLE_RATE)
        audio[start : start + 500] += np.hanning(500)[: len(audio) - start]
    return SongAnalysis(
        path=Path("clicks.wav"),
        name="clicks",
        start_s=0.0,
        duration_s=duration_s,
        audio=audio.astype(np.float32),
        beats_s=beats,
        downbeats_s=beats[::4],
        tempo_bpm=tempo_bpm,
        has_beat=True,
        confidence=1.0,
        onsets_s=beats,
        warnings=(),
    )


@pytest.fixture(scope="module")
def model() -> DanceModel:
    return DanceModel.from_pretrained()


def test_dances_meet_the_beats(model: DanceModel) -> None:
    hits, met = [], []
    for seed, (tempo, style) in enumerate([(75, "pop"), (100, "house"), (125, "waack")]):
        song = song_of(tempo)
        dance = model.generate(song, style=style, seed=seed)
        assert dance.style == style
        assert dance.motion.fps == DANCE_FPS
        assert dance.motion.joints.shape == (round(16.0 * DANCE_FPS), 17, 3)
        found = find_kinematic_beats(dance.motion.joints, DANCE_FPS).beats_s
        scores = dance_beat_scores(found, song.beats_s, song.downbeats_s)
        hits.append(scores.hit)
        met.append(scores.downbeats_met)
    assert np.mean(hits) > 0.8
    assert np.mean(met) > 0.7


def test_settings_change_the_dance(model: DanceModel) -> None:
    song = song_of(110, 8.0)
    plain = model.generate(song, seed=3)
    assert plain.style in DANCE_STYLES
    assert sum(plain.style_scores.values()) == pytest.approx(1, abs=1e-4)
    again = model.generate(song, seed=3)
    assert np.array_equal(plain.motion.joints, again.motion.joints)

    def motion(**changes: object) -> float:
        joints = model.generate(song, seed=3, **changes).motion.joints  # type: ignore[arg-type]
        return float(np.linalg.norm(np.diff(joints, axis=0), axis=-1).mean())

    assert motion(energy=0.0) < motion() < motion(energy=2.0)
    mirrored = model.generate(song, seed=3, mirror=True).motion.joints
    assert np.abs(mirrored[:, 9, 0] + plain.motion.joints[:, 10, 0]).mean() < 0.1
    other = model.generate(song, seed=4).motion.joints
    assert np.abs(other - plain.motion.joints).mean() > 0.05


def test_a_song_shorter_than_a_bar_is_danced(model: DanceModel) -> None:
    dance = model.generate(song_of(60, 3.0), style="krump")
    assert np.isfinite(dance.motion.joints).all()
    assert len(dance.motion.joints) == 90


@pytest.mark.parametrize("method", ["no-composition", "lstm", "aud-mocogan"])
def test_baselines_dance_too(method: str) -> None:
    song = song_of(100, 6.0)
    motion = DanceModel.from_pretrained(method).generate(song, seed=1).motion
    assert motion.joints.shape == (180, 17, 3)
    assert np.isfinite(motion.joints).all()


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(SettingsError, match="full, no-composition, lstm, aud-mocogan"):
        DanceModel.from_pretrained("dream")
