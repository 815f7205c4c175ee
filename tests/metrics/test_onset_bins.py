"""Onset bins, and the scores of D2M-GAN and LORIS made of them."""

from __future__ import annotations

import numpy as np
import pytest

from d2m.benchmark.real_music import click_audio
from d2m.core.errors import AudioError, DataError, SettingsError
from d2m.metrics.onset_bins import (
    CoverageHit,
    LorisScores,
    OnsetBins,
    count_onset_bins,
    seconds_with_onset,
    summarise_d2mgan,
    summarise_loris,
)

RATE = 22_050
LENGTH_S = 8


def sounds_at(times_s: np.ndarray, seed: int, decay_hz: float = 70.0) -> np.ndarray:
    """Return bursts of noise at given times, in silence."""
    rng = np.random.default_rng(seed)
    audio = np.zeros(LENGTH_S * RATE)
    burst = 0.5 * rng.standard_normal(2000) * np.exp(-decay_hz * np.arange(2000) / RATE)
    for time_s in times_s:
        part = audio[round(time_s * RATE) :][: len(burst)]
        part += burst[: len(part)]
    return audio.astype(np.float32)


# A piece with one onset in each second, at another place in each.
ONSET_A_SECOND = sounds_at(
    np.arange(LENGTH_S) + np.array([0.35, 0.8, 0.15, 0.5, 0.7, 0.25, 0.6, 0.4]), 1
)


def unrelated_song() -> np.ndarray:
    """Return a song of its own tempo and start: kicks, off-beat hats and a broken chord."""
    beats_s = np.arange(0.17, LENGTH_S - 0.3, 60 / 113)
    drums = sounds_at(beats_s, 3) + 0.3 * sounds_at(beats_s + 30 / 113, 4, 300.0)
    time = np.arange(LENGTH_S * RATE) / RATE
    hertz = np.array([330.0, 415.3, 493.9])[(time * 113 / 60).astype(int) % 3]
    return np.asarray(drums + 0.05 * np.sin(2 * np.pi * hertz * time), dtype=np.float32)


def bins_by_hand(onsets_s: np.ndarray, n_seconds: int) -> list[bool]:
    return [bool(np.any(np.floor(onsets_s) == second)) for second in range(n_seconds)]


def test_whole_seconds_are_bins() -> None:
    found = seconds_with_onset(np.array([0.0, 0.999, 1.0, 3.5]), 5)
    assert found.tolist() == [True, True, False, True, False]
    assert seconds_with_onset(np.array([4.0]), 4).tolist() == [False, False, False, True]
    assert seconds_with_onset(np.zeros(0), 3).tolist() == [False] * 3
    assert len(seconds_with_onset(np.zeros(0), 0)) == 0


def test_bins_and_scores_are_those_of_the_published_definition() -> None:
    rng = np.random.default_rng(0)
    clips, expected = [], []
    for _ in range(30):
        ours_s, theirs_s = (np.sort(rng.uniform(0, 6, rng.integers(1, 9))) for _ in range(2))
        ours, theirs = (seconds_with_onset(one, 6) for one in (ours_s, theirs_s))
        assert ours.tolist() == bins_by_hand(ours_s, 6)
        both = sum(a and b for a, b in zip(ours, theirs, strict=True))
        clips.append(OnsetBins(generated=int(ours.sum()), reference=int(theirs.sum()), both=both))
        expected.append((sum(ours) / sum(theirs), both / sum(theirs), both / sum(ours)))
    coverage, hit, precision = np.mean(expected, axis=0)
    assert max(row[0] for row in expected) > 1  # a coverage over 1 is counted as it is
    assert summarise_d2mgan(clips) == CoverageHit(
        coverage=pytest.approx(coverage), hit=pytest.approx(hit), n=30
    )
    loris = summarise_loris(clips)
    assert (loris.bcs, loris.bhs) == pytest.approx((precision, hit))


def test_scores_of_two_clips_computed_by_hand() -> None:
    clips = [
        OnsetBins(generated=4, reference=2, both=2),
        OnsetBins(generated=1, reference=4, both=1),
    ]
    # Coverage 2 and 0.25, hit 1 and 0.25: means of ratios, not the ratio of sums.
    assert summarise_d2mgan(clips) == CoverageHit(coverage=1.125, hit=0.625, n=2)
    # Precision 0.5 and 1, recall 1 and 0.25; the deviations are those of the two clips.
    assert summarise_loris(clips) == LorisScores(
        bcs=0.75, bhs=0.625, csd=0.25, hsd=0.375, f1=pytest.approx(2 * 0.75 * 0.625 / 1.375), n=2
    )


@pytest.mark.parametrize(("generated", "reference"), [(0, 3), (3, 0), (0, 0)])
def test_silence_on_either_side_scores_zero(generated: int, reference: int) -> None:
    bins = OnsetBins(generated=generated, reference=reference, both=0)
    assert summarise_d2mgan([bins]) == CoverageHit(coverage=0.0, hit=0.0, n=1)
    assert summarise_loris([bins]) == LorisScores(bcs=0.0, bhs=0.0, csd=0.0, hsd=0.0, f1=0.0, n=1)


def test_onsets_of_silence_and_of_a_known_piece_are_counted() -> None:
    silence = np.zeros(LENGTH_S * RATE, dtype=np.float32)
    some = sounds_at(np.array([0.35, 2.5, 2.8, 5.5]), 2)
    assert count_onset_bins(silence, ONSET_A_SECOND, RATE) == OnsetBins(
        generated=0, reference=LENGTH_S, both=0
    )
    for protocol in ("d2mgan", "loris"):
        assert count_onset_bins(some, ONSET_A_SECOND, RATE, protocol) == OnsetBins(
            generated=3, reference=LENGTH_S, both=3
        )
    assert count_onset_bins(np.zeros(0), some, RATE) == OnsetBins(generated=0, reference=0, both=0)


@pytest.mark.parametrize("protocol", ["d2mgan", "loris"])
@pytest.mark.parametrize("bpm", [60, 97, 120, 150])
def test_a_click_track_at_any_tempo_has_full_marks(bpm: int, protocol: str) -> None:
    clicks = click_audio(np.arange(0.2, LENGTH_S, 60 / bpm), LENGTH_S * RATE)
    bins = count_onset_bins(clicks, ONSET_A_SECOND, RATE, protocol)
    assert bins == OnsetBins(generated=LENGTH_S, reference=LENGTH_S, both=LENGTH_S)
    assert summarise_d2mgan([bins]) == CoverageHit(coverage=1.0, hit=1.0, n=1)
    assert summarise_loris([bins]).f1 == 1.0


@pytest.mark.parametrize("protocol", ["d2mgan", "loris"])
def test_an_unrelated_song_has_full_marks_too(protocol: str) -> None:
    bins = count_onset_bins(unrelated_song(), ONSET_A_SECOND, RATE, protocol)
    assert summarise_d2mgan([bins]) == CoverageHit(coverage=1.0, hit=1.0, n=1)
    assert summarise_loris([bins]).f1 == 1.0


def test_what_can_not_be_counted_is_refused() -> None:
    with pytest.raises(SettingsError, match="d2mgan or loris"):
        count_onset_bins(ONSET_A_SECOND, ONSET_A_SECOND, RATE, "mine")  # type: ignore[arg-type]
    with pytest.raises(AudioError, match="not finite"):
        count_onset_bins(np.full(RATE, np.nan), ONSET_A_SECOND, RATE)
    for onsets_s in ([-0.1], [5.1], [np.nan]):
        with pytest.raises(DataError, match="5 s of the piece"):
            seconds_with_onset(np.array(onsets_s), 5)
    for summarise in (summarise_d2mgan, summarise_loris):
        with pytest.raises(DataError, match="no clips"):
            summarise([])
