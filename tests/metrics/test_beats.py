import numpy as np
import pytest

from d2m.core.errors import SettingsError
from d2m.metrics.beats import (
    BeatsScores,
    beat_continuity,
    beat_f_measure,
    beats_scores,
    matched_beats,
    music_beats,
)

RATE = 22_050


def drum_hits(times_s, duration_s: float, sample_rate: int = RATE) -> np.ndarray:
    """Short drum hits at given times in silence."""
    rng = np.random.default_rng(3)
    audio = np.zeros(int(duration_s * sample_rate), dtype=np.float32)
    hit = 0.5 * rng.standard_normal(2000) * np.exp(-np.arange(2000) / 300)
    for time_s in times_s:
        start = int(time_s * sample_rate)
        audio[start : start + 2000] += hit[: len(audio) - start].astype(np.float32)
    return audio


SILENCE = np.zeros(4 * RATE, dtype=np.float32)
ALL = drum_hits([0.3, 1.3, 2.3, 3.3], 4.0)
EARLY = drum_hits([0.3, 1.3], 4.0)
LATE = drum_hits([1.4, 2.4, 3.4], 4.0)


@pytest.mark.parametrize(
    ("generated", "reference", "variant", "coverage", "hit"),
    [
        (ALL, ALL, "d2mgan", 1.0, 1.0),
        (ALL, ALL, "loris", 1.0, 1.0),
        (EARLY, ALL, "d2mgan", 0.5, 0.5),
        (EARLY, ALL, "loris", 1.0, 0.5),
        (ALL, EARLY, "d2mgan", 2.0, 1.0),
        (ALL, EARLY, "loris", 0.5, 1.0),
        (EARLY, LATE, "d2mgan", 2 / 3, 1 / 3),
        (EARLY, LATE, "loris", 1 / 2, 1 / 3),
        (SILENCE, ALL, "d2mgan", 0.0, 0.0),
        (ALL, SILENCE, "d2mgan", 0.0, 0.0),
        (SILENCE, SILENCE, "loris", 0.0, 0.0),
    ],
)
def test_beats_scores(generated, reference, variant, coverage, hit):
    scores = beats_scores(generated, reference, RATE, variant)
    assert scores == BeatsScores(coverage=pytest.approx(coverage), hit=pytest.approx(hit))


def test_the_longer_piece_is_cut():
    longer = np.concatenate([ALL, ALL])
    assert beats_scores(longer, ALL).coverage == 1.0
    assert beats_scores(EARLY, longer).hit == 0.5


def test_empty_audio_scores_zero():
    assert beats_scores(np.empty(0), ALL) == BeatsScores(coverage=0.0, hit=0.0)


def test_an_unknown_variant_is_refused():
    with pytest.raises(SettingsError, match="d2mgan or loris"):
        beats_scores(ALL, ALL, RATE, "mine")


@pytest.mark.parametrize(("bpm", "sample_rate"), [(100, 22_050), (132, 44_100)])
def test_music_beats_finds_a_drum(bpm, sample_rate):
    true_s = np.arange(0.4, 15.5, 60 / bpm)
    audio = drum_hits(true_s, 16.0, sample_rate)
    tempo, beats_s = music_beats(audio, sample_rate)
    assert tempo == pytest.approx(bpm, rel=0.03)
    assert beat_f_measure(beats_s, true_s) > 0.9
    nearest_s = true_s[np.abs(beats_s[:, None] - true_s).argmin(axis=1)]
    # Music is tracked later than bare drum hits, which are therefore corrected too far.
    assert -0.025 < np.median(beats_s - nearest_s) < 0.01


def test_silence_has_no_beat():
    tempo, beats_s = music_beats(SILENCE)
    assert tempo == 0.0
    assert beats_s.shape == (0,)


def test_f_measure_counts_beats_within_the_tolerance():
    reference = np.arange(0.5, 8.5, 1.0)
    assert beat_f_measure(reference + 0.06, reference) == 1.0
    assert beat_f_measure(reference + 0.08, reference) == 0.0
    assert beat_f_measure(reference + 0.08, reference, tolerance_s=0.1) == 1.0
    assert beat_f_measure(reference[::2], reference) == pytest.approx(2 / 3)
    # The beats of the first five seconds count.
    assert beat_f_measure(reference[3:], reference) == pytest.approx(2 * 5 / 13)


def test_without_beats_scores_are_zero():
    beats = np.array([1.0, 2.0, 3.0])
    assert beat_f_measure(np.empty(0), beats) == beat_f_measure(beats, np.empty(0)) == 0.0
    assert beat_continuity(beats[:1], beats).amlt == 0.0


def test_continuity_distinguishes_double_tempo_from_the_beat():
    reference = np.arange(0.5, 10.0, 0.5)
    same = beat_continuity(reference, reference)
    assert (same.cmlc, same.cmlt, same.amlc, same.amlt) == (1.0, 1.0, 1.0, 1.0)
    double = beat_continuity(np.arange(0.5, 9.6, 0.25), reference)
    assert double.cmlt < 0.6
    assert double.amlt > 0.95


def test_continuity_ends_where_beats_drift():
    reference = np.arange(0.5, 20.0, 0.5)
    drifting = reference.copy()
    drifting[20:] += 0.2
    score = beat_continuity(drifting, reference)
    assert 0.4 < score.cmlc < 0.6


def test_each_beat_is_matched_once_within_the_tolerance():
    dance = np.array([1.0, 2.0, 3.0])
    music = np.array([0.95, 1.04, 2.2, 3.06])
    pairs = matched_beats(dance, music)
    assert pairs.shape == (2, 2)
    assert pairs[0, 0] == 0
    assert pairs[0, 1] in (0, 1)
    assert pairs[1].tolist() == [2, 3]
    assert matched_beats(dance, np.empty(0)).shape == (0, 2)
