import math

import numpy as np
import pytest

from d2m.core.errors import AudioError, DataError
from d2m.metrics.codec import (
    CodebookUsage,
    codebook_usage,
    codec_distances,
    log_magnitude_l1,
    log_mel_l1,
    spectral_convergence,
)

NOISE = 0.2 * np.random.default_rng(4).standard_normal(22_050)
SILENCE = np.zeros(22_050)


def test_identical_audio_has_no_distance():
    distances = codec_distances(NOISE, NOISE)
    assert (distances.log_mel_l1, distances.spectral_convergence) == (0.0, 0.0)
    assert (distances.log_magnitude_l1, distances.multi_resolution_stft) == (0.0, 0.0)


def test_half_the_amplitude():
    assert log_mel_l1(NOISE / 2, NOISE) == pytest.approx(math.log10(2), abs=1e-3)
    assert spectral_convergence(NOISE / 2, NOISE) == pytest.approx(0.5, abs=1e-9)
    # Only magnitudes under the floor differ by less than a factor of two.
    assert log_magnitude_l1(NOISE / 2, NOISE) == pytest.approx(math.log(2), abs=2e-3)
    both = codec_distances(NOISE / 2, NOISE).multi_resolution_stft
    assert both == pytest.approx(0.5 + math.log(2), abs=2e-3)


def test_silence_is_as_far_from_music_as_the_music_is_loud():
    assert spectral_convergence(SILENCE, NOISE) == pytest.approx(1.0)
    assert log_mel_l1(SILENCE, SILENCE) == 0.0
    assert log_mel_l1(SILENCE, NOISE) > 2.0


def test_the_longer_audio_is_cut():
    longer = np.concatenate([NOISE, NOISE])
    assert log_mel_l1(longer, NOISE) == 0.0
    assert spectral_convergence(NOISE, longer) == 0.0


def test_phase_alone_hardly_matters():
    times = np.arange(20 * 22_050) / 22_050
    sine, cosine = np.sin(2 * np.pi * 440 * times), np.cos(2 * np.pi * 440 * times)
    assert spectral_convergence(sine, cosine, (2048,)) < 0.06
    assert np.abs(sine - cosine).mean() > 0.5


@pytest.mark.parametrize(
    ("codes", "used_share", "perplexity"),
    [
        ([[0, 1], [2, 3]], 4 / 8, 4.0),
        ([5, 5, 5, 5], 1 / 8, 1.0),
        # Entropy of (3/4, 1/4): its exponential is 4 / 3^(3/4).
        ([0, 0, 0, 7], 2 / 8, 4 / 3**0.75),
    ],
)
def test_codebook_usage(codes, used_share, perplexity):
    usage = codebook_usage(np.array(codes), 8)
    assert usage.used_share == used_share
    assert usage.perplexity == pytest.approx(perplexity)


def test_no_codes_use_nothing():
    empty = np.empty((0, 3), dtype=int)
    assert codebook_usage(empty, 8) == CodebookUsage(used_share=0.0, perplexity=0.0)


@pytest.mark.parametrize("codes", [[8], [-1], [0.5]])
def test_codes_of_another_codebook_are_refused(codes):
    with pytest.raises(DataError, match="from 0 to 7"):
        codebook_usage(np.array(codes), 8)


@pytest.mark.parametrize(
    "bad", [np.empty(0), np.array([np.nan, 0.0]), np.zeros((2, 100))], ids=["empty", "nan", "2-d"]
)
def test_invalid_audio_is_refused(bad):
    with pytest.raises(AudioError):
        codec_distances(bad, NOISE)
