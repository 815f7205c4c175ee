"""The bar-pointer model: beats, downbeats, tempo changes and gaps in activations."""

import numpy as np
import pytest

from d2m.perception.bar_pointer import FASTEST_BEAT_BPM, SLOWEST_BEAT_BPM, decode_bars

FPS = 100.0


def activations_of(beats_s: np.ndarray, duration_s: float, *, bar: int = 4, seed: int = 0):
    """Return activations (T, 2) with a peak of 0.6 on each beat, as wide as the networks'."""
    rng = np.random.default_rng(seed)
    frames_s = np.arange(round(duration_s * FPS)) / FPS
    activations = rng.uniform(0, 0.03, (len(frames_s), 2))
    for index, beat_s in enumerate(beats_s):
        bump = 0.6 * np.exp(-0.5 * ((frames_s - beat_s) / 0.015) ** 2)
        activations[:, 1 if index % bar == 0 else 0] += bump
    return activations.clip(0, 0.95)


def distances(frames: np.ndarray, beats_s: np.ndarray) -> np.ndarray:
    return np.abs(frames[:, None] / FPS - beats_s).min(axis=1)


@pytest.mark.parametrize("tempo_bpm", [62, 88.3, 104, 127.7, 140])
@pytest.mark.parametrize("bar", [3, 4])
def test_beats_and_downbeats_are_found(tempo_bpm, bar):
    beats_s = np.arange(0.37, 15.0, 60 / tempo_bpm)
    path = decode_bars(activations_of(beats_s, 15, bar=bar), FPS)
    assert distances(path.frames, beats_s).max() < 0.045
    assert abs(len(path.frames) - len(beats_s)) <= 1
    assert distances(path.frames[path.positions == 0], beats_s[::bar]).max() < 0.045


def test_positions_count_through_the_bar():
    path = decode_bars(activations_of(np.arange(0.2, 12.0, 0.5), 12), FPS)
    assert set(np.diff(path.positions) % 4) == {1}
    assert path.positions.max() == 3
    assert (np.diff(path.frames) > 0).all()


def test_a_drifting_tempo_is_followed():
    beats_s = np.cumsum(np.linspace(0.42, 0.62, 40))
    duration_s = beats_s[-1] + 0.2
    path = decode_bars(activations_of(beats_s, duration_s), FPS)
    assert distances(path.frames, beats_s).max() < 0.06
    assert abs(len(path.frames) - len(beats_s)) <= 1


def test_beats_go_on_where_nothing_is_heard():
    beats_s = np.arange(0.3, 12.0, 0.48)
    heard = np.concatenate((beats_s[:8], beats_s[12:]))
    activations = activations_of(beats_s, 12)
    silent = (np.arange(1200) / FPS > heard[7] + 0.1) & (np.arange(1200) / FPS < heard[8] - 0.1)
    activations[silent] = 0.01
    path = decode_bars(activations, FPS)
    assert distances(path.frames, beats_s).max() < 0.05


def test_all_intervals_are_tempi_of_the_model():
    noise = np.random.default_rng(4).uniform(0, 0.5, (2000, 2))
    intervals_s = np.diff(decode_bars(noise, FPS).frames) / FPS
    assert intervals_s.min() >= 60 / FASTEST_BEAT_BPM - 1 / FPS
    assert intervals_s.max() <= 60 / SLOWEST_BEAT_BPM + 1 / FPS


def test_a_given_bar_length_is_kept():
    beats_s = np.arange(0.2, 12.0, 0.5)
    path = decode_bars(activations_of(beats_s, 12, bar=4), FPS, bars=(3,))
    assert path.positions.max() == 2


@pytest.mark.parametrize("frames", [0, 1, 20])
def test_few_frames_are_no_error(frames):
    path = decode_bars(np.full((frames, 2), 0.1), FPS)
    assert len(path.frames) == len(path.positions) <= 1
