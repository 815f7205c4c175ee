"""Random codes, and the baselines as levels that are loaded once."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from d2m.checkpoints import CHECKPOINTS, load_codec
from d2m.checkpoints.registry import family_named
from d2m.checkpoints.resolve import InstalledWeights
from d2m.core.common_settings import COMPACT
from d2m.core.errors import CheckpointError
from d2m.core.levels import BASELINES, HIGH, SAMPLE_RATE
from d2m.core.settings import Settings
from d2m.generation.baselines.random_codes import (
    RandomCodesModel,
    read_code_usage,
    write_code_usage,
)
from d2m.generation.model_cache import ModelCache
from d2m.models.spectral_codec import SpectralCodec
from d2m.training.baselines.code_usage import measure_code_usage
from d2m.training.data.composed_pieces import write_track
from tests.synthetic import synthetic_conditioning


@pytest.fixture(scope="module")
def model() -> RandomCodesModel:
    return RandomCodesModel.from_pretrained()


def test_each_place_draws_its_own_codes_as_often_as_music_uses_them(model):
    codes = model.draw(20_000, seed=0).reshape(-1, model.codec.codes_per_frame)
    for place, counts in enumerate(model.counts):
        found = np.bincount(codes[:, place], minlength=len(counts))
        assert not found[counts == 0].any()
        assert np.corrcoef(found, counts)[0, 1] > 0.9


def test_the_places_of_a_frame_use_other_codes(model):
    shares = model.counts / model.counts.sum(axis=1, keepdims=True)
    apart = [np.abs(a - b).sum() / 2 for a, b in itertools.combinations(shares, 2)]
    assert min(apart) > 0.9  # so a draw from the whole codebook would mix them up


def test_the_music_is_as_long_as_the_dance_and_follows_the_seed(model):
    dance = synthetic_conditioning(duration_s=2.5)
    one, again, other = (model.generate(dance, seed=seed) for seed in (1, 1, 2))
    assert one.audio.shape == (round(2.5 * SAMPLE_RATE),)
    assert np.abs(one.audio).max() > 0.01
    assert one.codes is not None
    assert np.array_equal(one.audio, again.audio)
    assert not np.array_equal(one.codes, other.codes)


def test_a_missing_usage_or_that_of_another_codec_is_refused(model, tmp_path: Path):
    path = tmp_path / "random.safetensors"
    with pytest.raises(CheckpointError, match=r"random.safetensors, is missing: measure it"):
        read_code_usage(path, model.codec)
    other = SpectralCodec(model.codec.config)
    write_code_usage(path, other, model.counts)
    assert np.array_equal(read_code_usage(path, other), model.counts)
    with pytest.raises(CheckpointError, match="does not hold the usage of this codec's codes"):
        read_code_usage(path, model.codec)


def test_the_usage_is_counted_on_training_pieces(tmp_path: Path):
    noise = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE).astype(np.float32)
    write_track(tmp_path / "corpus" / "train" / "score-00000.flac", noise)
    folder = tmp_path / "weights"
    (folder / COMPACT).mkdir(parents=True)
    name = "codec_high.safetensors"
    (folder / COMPACT / name).symlink_to(CHECKPOINTS / COMPACT / name)
    path = measure_code_usage(tmp_path / "corpus", 1, folder)
    counts = read_code_usage(path, load_codec(HIGH))
    assert counts.sum(axis=1).tolist() == [SAMPLE_RATE // 512] * 4


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_is_loaded_once(name):
    cache = ModelCache()
    weights = InstalledWeights(family=family_named(COMPACT), levels=(), folder=CHECKPOINTS)
    model = cache.get(weights, BASELINES[name], Settings())
    assert model.level is BASELINES[name]
    assert cache.get(weights, BASELINES[name], Settings(seed=2)) is model
