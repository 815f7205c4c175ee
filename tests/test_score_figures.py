"""The measuring tool: the beat tracker, and the definitions of figures."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.core.levels import SAMPLE_RATE
from d2m.metrics.beats import beat_f_measure
from tests.synthetic import synthetic_conditioning
from tools.score_figures.beat_trackers import octave_f_measure, track_beats
from tools.score_figures.changes import beat_novelty, dance_changes_s, share_near
from tools.score_figures.dance_figures import beat_figures, hit_figures
from tools.score_figures.distances import (
    distance_rows,
    genre_scores,
    learned_genre_score,
    project_genre_scores,
)
from tools.score_figures.goals import FIT_GOALS, SOUND_GOALS, goal_table
from tools.score_figures.libraries import Library
from tools.score_figures.pieces import Piece, click_track, fitted, noise
from tools.score_figures.sound_figures import ending_figures, sound_figures

RATE = 44_100


@pytest.mark.parametrize("tempo_bpm", [72.0, 100.0, 128.0, 160.0])
def test_the_second_tracker_finds_clicks(tempo_bpm: float) -> None:
    beats_s = np.arange(0.3, 11.8, 60 / tempo_bpm)
    audio = np.zeros(12 * RATE)
    for beat_s in beats_s:
        start = round(beat_s * RATE)
        audio[start : start + 400] = np.sin(np.arange(400) * 0.2) * np.exp(-np.arange(400) / 80)
    found_s = track_beats(audio, RATE)
    assert beat_f_measure(found_s, beats_s) > 0.95
    offsets = [found_s[np.abs(found_s - beat_s).argmin()] - beat_s for beat_s in beats_s]
    assert abs(np.median(offsets)) < 0.012
    assert len(track_beats(np.zeros(RATE), RATE)) == 0


def test_half_tempo_counts_only_with_the_octave_aside() -> None:
    grid_s = np.arange(0.0, 10.0, 0.5)
    assert octave_f_measure(grid_s[::2], grid_s) == 1.0
    assert beat_f_measure(grid_s[::2], grid_s) == pytest.approx(2 / 3)


def test_clicks_fit_the_grid_and_noise_fits_no_hit() -> None:
    dance = synthetic_conditioning(3, duration_s=12.0)
    clicks = beat_figures(click_track(dance), dance)
    assert clicks["hmm_f"] > 0.9
    assert clicks["hmm_f"] > beat_figures(noise(dance), dance)["hmm_f"] + 0.3
    assert 0.7 < hit_figures(noise(dance), dance)["hit_ratio"] < 1.4


def test_hits_that_are_played_are_heard() -> None:
    dance = synthetic_conditioning(3, duration_s=12.0)
    audio = np.zeros(12 * SAMPLE_RATE, dtype=np.float32)
    for hit_s in dance.events.hits_s:
        start = round(hit_s * SAMPLE_RATE)
        audio[start : start + 300] = (
            0.5 * np.random.default_rng(1).standard_normal(300)[: len(audio) - start]
        )
    assert hit_figures(Piece(audio=audio, sample_rate=SAMPLE_RATE), dance)["hit_ratio"] > 2.5


def test_a_change_of_a_dance_is_found() -> None:
    values = np.zeros((16, 3))
    values[8:] = 1.0
    assert int(beat_novelty(values).argmax()) == 8
    dance = synthetic_conditioning(5, duration_s=20.0)
    changes_s = dance_changes_s(dance)
    assert 0 < len(changes_s) < 12
    assert share_near(changes_s, dance.grid.beats_s, 0.01) == 1.0
    assert np.isnan(share_near(np.empty(0), changes_s, 0.1))


def test_technical_figures_of_a_sine() -> None:
    time = np.arange(4 * RATE) / RATE
    sine = 0.5 * np.sin(2 * np.pi * 997 * time)
    figures = sound_figures(np.stack([sine, sine]), RATE, 4.0)
    assert figures["lufs"] == pytest.approx(-6.0, abs=0.1)
    assert figures["true_peak_db"] == pytest.approx(-6.02, abs=0.05)
    assert figures["correlation"] == pytest.approx(1.0)
    assert figures["clipped_samples"] == 0
    assert figures["mid_db"] == pytest.approx(0.0, abs=0.01)
    assert figures["length_error_s"] == 0
    opposite = sound_figures(np.stack([sine, -sine]) + 0.01, RATE, 4.0)
    assert opposite["correlation"] < -0.99
    assert opposite["dc_db"] == pytest.approx(-40.0, abs=0.5)


def test_a_peak_between_samples_counts() -> None:
    time = np.arange(RATE) / RATE
    sine = np.sin(2 * np.pi * RATE / 4 * time + np.pi / 4)
    figures = sound_figures(sine, RATE, 1.0)
    assert figures["true_peak_db"] == pytest.approx(0.0, abs=0.2)
    assert np.abs(sine).max() < 0.71


def test_a_piece_that_rings_out_and_one_that_is_cut() -> None:
    time = np.arange(4 * RATE) / RATE
    ringing = np.sin(2 * np.pi * 220 * time) * np.where(time < 2, 1, np.exp(-(time - 2) / 0.15))
    cut = np.sin(2 * np.pi * 220 * time)
    rings = ending_figures(ringing, RATE, 2.0, 4.0)
    assert rings["tail_s"] == 2.0
    assert rings["tail_decay_db"] > 60
    assert rings["tail_rise_db"] < 0.5
    assert ending_figures(cut, RATE, 2.0, 4.0)["tail_decay_db"] < 1
    assert sound_figures(ringing, RATE, 4.0)["last_50_ms_db"] < -50
    assert sound_figures(cut, RATE, 4.0)["last_50_ms_db"] > -10


def library(spread: float) -> Library:
    """Return eight songs of two styles whose embeddings differ by ``spread`` times their noise."""
    rng = np.random.default_rng(2)
    styles = np.repeat(["house", "krump"], 8)
    shift = spread * (styles == "krump")[:, None]
    segments = [rng.standard_normal((3, 12)) + one for one in shift]
    return Library(
        styles=styles,
        songs=np.tile(np.arange(8), 2),
        sub_genres=np.repeat(["a", "b"], 8),
        tags=np.zeros((16, 2)),
        embeddings=rng.standard_normal((16, 6)) + shift,
        spectra=rng.standard_normal((16, 4, 5)).astype(np.float32),
        segments=segments,
    )


def test_styles_that_differ_are_told_apart() -> None:
    apart, alike = library(8.0), library(0.0)
    assert genre_scores(apart)["neighbours"] == genre_scores(apart)["centroid"] == 1.0
    assert genre_scores(alike)["centroid"] < 0.8
    assert learned_genre_score(apart)["all"] == 1.0
    assert project_genre_scores(apart, library(8.0))["songs"] == 1.0
    rows = distance_rows(apart)["embedding"]
    assert rows["all"]["other"] > 2 * rows["all"]["median"]
    assert rows["all"]["nearest"] == min(rows[s]["nearest"] for s in ("house", "krump"))


def test_the_nearest_pair_is_named() -> None:
    songs = library(8.0)
    songs.embeddings[3] = songs.embeddings[1] + 1e-3
    row = distance_rows(songs)["embedding"]["house"]
    assert sorted(row["pair"]) == [1, 3]
    assert row["nearest"] < 0.01
    assert row["of_six"] > 10 * row["nearest"]


def test_tables_mark_what_misses_its_goal() -> None:
    rows = {"studio": [{"lufs": -14.1, "librosa_f": 0.99}, {"lufs": -16.0, "librosa_f": 0.89}]}
    (sound,) = goal_table(rows, SOUND_GOALS)[2:]
    assert sound == "| studio | 2 | **-15.05** (1 of 2) |"
    (fit,) = goal_table(rows, FIT_GOALS)[2:]
    assert fit == "| studio | 2 | **0.94** |"
    assert goal_table({"studio": [{"librosa_f": 0.98}]}, FIT_GOALS)[2].endswith("| 0.98 |")


def test_another_piece_is_fitted_to_a_length() -> None:
    piece = Piece(audio=np.ones((2, 100), dtype=np.float32), sample_rate=100)
    assert fitted(piece, 2.5).audio.shape == (2, 250)
    assert fitted(piece, 0.5).audio.shape == (2, 50)
