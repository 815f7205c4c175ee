"""Cross-fades between unrelated songs of the bundled weights sound like the rest of the music."""

import numpy as np
import pytest

from d2m.audio.stitching import OVERLAP_S, segment_starts, stitch
from d2m.core.levels import HIGH, SAMPLE_RATE

N = 344 * 128
STEP = N - round(OVERLAP_S * SAMPLE_RATE)
HOP = 64
STYLES = ("break", "house", "waack", "pop", "ballet-jazz", "krump", "lock", "street-jazz")


@pytest.fixture(scope="module")
def songs(short_clip):
    from d2m.pipeline import DanceToMusic

    maker = DanceToMusic()
    dance = maker.perceive(short_clip)
    made = (maker.generate(dance, HIGH, style=style, seed=i) for i, style in enumerate(STYLES))
    return [track.audio for track in made]


@pytest.fixture(scope="module")
def segments(songs):
    """Return segments cut at random from different songs in turn."""
    rng = np.random.default_rng(0)
    # The fades at the ends of the songs would be mistaken for cross-fades.
    last = min(len(song) for song in songs) - N - round(0.4 * SAMPLE_RATE)
    begins = rng.integers(0, last, 48)
    return np.stack([songs[i % len(songs)][at : at + N] for i, at in enumerate(begins)])


@pytest.fixture(scope="module")
def stitched(segments):
    starts = STEP * np.arange(len(segments))
    return stitch(segments, starts, starts[-1] + N)


def hard_cuts(segments):
    """Return the segments one after the other, without cross-fades."""
    return np.concatenate([*(segment[:STEP] for segment in segments[:-1]), segments[-1]])


def spectral_flux(audio, size=256):
    """Return the rising spectral flux (T,), compressed so that clicks stand out."""
    frames = np.lib.stride_tricks.sliding_window_view(audio, size)[::HOP]
    spectra = np.abs(np.fft.rfft(frames * np.hanning(size))) ** 0.25
    return (np.maximum(np.diff(spectra, axis=0), 0) ** 2).sum(1)


def level(audio):
    power = np.convolve(audio.astype(float) ** 2, np.ones(1102) / 1102, "same")
    return np.sqrt(power[128::HOP])


def ranks(values, centres, reach_s, pick):
    """Return the rank of each cross-fade among the windows away from all cross-fades, 0 to 1."""
    reach = round(reach_s * SAMPLE_RATE / HOP)
    at = np.asarray(centres) // HOP
    windows = pick(np.lib.stride_tricks.sliding_window_view(values, 2 * reach + 1), axis=1)
    away = np.abs(np.arange(len(windows))[:, None] + reach - at).min(1) > 0.25 * SAMPLE_RATE / HOP
    rest = np.sort(windows[away])
    return np.searchsorted(rest, windows[at - reach]) / len(rest)


def fade_ends(segments, stitched):
    """Return the first sample after each cross-fade."""
    found = []
    for i in range(1, len(segments)):
        part, segment = stitched[i * STEP : i * STEP + N - STEP], segments[i, : N - STEP]
        like = [
            np.dot(part[at : at + 256], segment[at : at + 256])
            / (np.linalg.norm(part[at : at + 256]) * np.linalg.norm(segment[at : at + 256]) + 1e-9)
            for at in range(0, N - STEP - 256, 64)
        ]
        found.append(i * STEP + 64 * (int(np.flatnonzero(np.array(like) < 0.999).max(initial=0))))
    return found


def is_like_the_rest(found):
    return found.max() < 0.98 and np.mean(found > 0.9) < 0.1 and np.median(found) < 0.6


@pytest.mark.slow
def test_flux_at_cross_fades_is_within_the_range_of_the_rest(segments, stitched):
    found = ranks(spectral_flux(stitched), fade_ends(segments, stitched), 0.05, np.max)
    assert is_like_the_rest(found), np.sort(found).round(2)


def test_flux_at_hard_cuts_is_not(segments):
    found = ranks(spectral_flux(hard_cuts(segments)), STEP * np.arange(1, 48), 0.05, np.max)
    assert not is_like_the_rest(found), np.sort(found).round(2)


def test_level_does_not_drop_at_cross_fades(segments, stitched):
    found = ranks(level(stitched), fade_ends(segments, stitched), 0.1, np.min)
    assert found.min() > 0.01
    assert np.median(found) > 0.25


def test_segments_of_one_recording_are_stitched_back_unchanged(songs):
    song = songs[1]
    starts = np.array([0, 700, 9_000, len(song) - N])
    parts = np.stack([song[at : at + N] for at in starts])
    assert np.abs(stitch(parts, starts, len(song)) - song).max() < 1e-4


def test_segments_do_not_change_away_from_cross_fades():
    rng = np.random.default_rng(3)
    segments = rng.normal(0, 0.1, (3, 20_000)).astype(np.float32)
    segments /= segments.std(axis=1, keepdims=True) / 0.1
    whole = stitch(segments, np.array([0, 12_000, 24_000]), 44_000)
    assert np.allclose(whole[:12_000], segments[0, :12_000], atol=1e-3)
    assert np.allclose(whole[20_000:24_000], segments[1, 8_000:12_000], atol=1e-3)
    assert np.allclose(whole[32_000:], segments[2, 8_000:], atol=1e-3)


def powers(audio, size=1000):
    return (audio[: len(audio) // size * size].reshape(-1, size) ** 2).mean(1)


def test_steady_noise_keeps_its_power():
    segments = np.random.default_rng(4).normal(0, 0.1, (2, N)).astype(np.float32)
    found = powers(stitch(segments, np.array([0, STEP]), STEP + N))
    assert found.min() > 0.8 * 0.01
    assert found.max() < 1.2 * 0.01


@pytest.mark.parametrize("phase", [0.0, 1.0, 2.0])
def test_tones_out_of_phase_keep_their_power(phase):
    time = np.arange(STEP + N)
    tones = 0.1 * np.sin(0.05 * time + np.array([[0.0], [phase]]))
    segments = np.stack([tones[0, :N], tones[1, STEP:]]).astype(np.float32)
    found = powers(stitch(segments, np.array([0, STEP]), STEP + N), 500)
    assert found.min() > 0.8 * 0.005
    assert found.max() < 1.3 * 0.005


@pytest.mark.parametrize(("other", "largest"), [(0.5, 1.5), (0.05, 3.2)])
def test_levels_are_matched_at_the_cross_fade_by_slow_changes(other, largest):
    rng = np.random.default_rng(5)
    segments = (rng.normal(0, 0.1, (2, N)) * [[1.0], [other]]).astype(np.float32)
    whole = stitch(segments, np.array([0, STEP]), STEP + N)
    found = powers(whole)
    steps = 10 * np.abs(np.log10(found[1:] / found[:-1]))
    plain = -20 * np.log10(other)
    assert steps.max() < max(largest, plain - 6.0 + 1.5)
    assert found[:10].mean() == pytest.approx(0.01, rel=0.1)
    assert found[-10:].mean() == pytest.approx(0.01 * other**2, rel=0.1)


def test_the_result_has_the_requested_length():
    segment = np.random.default_rng(6).normal(0, 0.1, (1, 1000)).astype(np.float32)
    zero = np.zeros(1, int)
    assert np.array_equal(stitch(segment, zero, 1000), segment[0])
    assert np.array_equal(stitch(segment, zero, 600), segment[0, :600])
    longer = stitch(segment, np.array([5]), 1100)
    assert longer.dtype == np.float32
    assert np.array_equal(longer[5:1005], segment[0])
    assert not longer[:5].any()
    assert not longer[1005:].any()
    assert len(longer) == 1100


@pytest.mark.parametrize("overlap", [1, 50, 700, 999])
def test_overlaps_of_any_length_are_stitched(overlap):
    segments = np.random.default_rng(7).normal(0, 0.1, (4, 1000)).astype(np.float32)
    starts = (1000 - overlap) * np.arange(4)
    whole = stitch(segments, starts, starts[-1] + 1000)
    assert len(whole) == starts[-1] + 1000
    assert np.isfinite(whole).all()
    assert np.abs(whole).max() < 1.0
    silent = stitch(np.zeros((4, 1000), np.float32), starts, 3000)
    assert not silent.any()


@pytest.mark.parametrize("starts", [[0, 1000], [0, 0], [500, 0], [-1, 500], [0]])
def test_segments_out_of_order_or_without_overlap_are_refused(starts):
    with pytest.raises(ValueError, match="segments must"):
        stitch(np.ones((2, 1000), np.float32), np.array(starts), 2000)


@pytest.mark.parametrize("duration", [2.0, 2.001, 3.5, 3.6, 3.7, 12.0, 59.97])
def test_segments_cover_the_clip_evenly_and_end_with_it(duration):
    starts = segment_starts(duration, 2.0)
    assert starts[0] == 0
    assert starts[-1] + 2.0 == pytest.approx(duration)
    steps = np.diff(starts)
    assert np.all(steps <= 2.0 - OVERLAP_S + 1e-6)
    assert np.allclose(steps, steps[:1])
    # One segment fewer would leave too little overlap.
    assert len(starts) < 2 or (duration - 2.0) > (len(starts) - 2) * (2.0 - OVERLAP_S)


def test_a_short_clip_is_one_segment():
    assert segment_starts(1.2, 2.0).tolist() == [0.0]
    assert len(segment_starts(2 + 1.6 * 3, 2.0, overlap_s=0.4)) == 4
    assert len(segment_starts(8.0, 2.0, overlap_s=0.0)) == 4
    with pytest.raises(ValueError, match="overlap"):
        segment_starts(8.0, 2.0, overlap_s=2.0)
