"""Training of a generator: a few steps, resuming, and training the decoder with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from d2m.models.score_generator import ScoreGenerator
from d2m.models.spectral_codec import SpectralCodec
from d2m.models.weight_files import read_weights
from d2m.training.codec_losses import GENERATOR_WEIGHTS
from d2m.training.generator_training import (
    GeneratorTask,
    GeneratorTrainingConfig,
    train_generator,
)
from d2m.training.trainer import Trainer
from tests.training.small import FEW, GENERATOR, cpu_engine, metrics, small_codec

SMALL = GeneratorTrainingConfig(generator=GENERATOR, steps=4, crop=48, **FEW)


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("generator")
    train_generator(corpus, small_codec(), folder, SMALL)
    return folder


def test_a_few_steps_write_a_generator_that_loads(trained):
    lines = metrics(trained)
    assert [line["step"] for line in lines] == [2, 4]
    assert all(np.isfinite(list(line.values())).all() for line in lines)
    assert lines[-1]["log_mel_over_codec"] > 0
    assert 0 <= lines[-1]["held_out_right_codes"] <= 1
    assert ScoreGenerator.from_pretrained(trained / "weights.safetensors").config == GENERATOR
    assert not (trained / "codec.safetensors").exists()
    examples = {path.stem for path in (trained / "samples" / "0000004").glob("*.wav")}
    assert examples == {"studio", "copied", "generated"}


class Stopped(GeneratorTask):
    def step(self, number, rng, engine):
        if number == 3:
            raise KeyboardInterrupt
        return super().step(number, rng, engine)


def test_an_interrupted_run_resumes_with_the_same_results(corpus, trained, tmp_path):
    config = replace(SMALL, save_every=2, samples=False)
    with pytest.raises(KeyboardInterrupt):
        Trainer(tmp_path, config).train(Stopped(corpus, small_codec(), config))
    train_generator(corpus, small_codec(), tmp_path, config)
    assert metrics(tmp_path) == metrics(trained)
    whole, resumed = (read_weights(f / "weights.safetensors")[0] for f in (trained, tmp_path))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_the_decoder_is_trained_only_where_that_is_asked_for(corpus, tmp_path):
    codec = small_codec()
    before = {name: tensor.clone() for name, tensor in codec.state_dict().items()}
    config = replace(SMALL, decoder_rate=0.5, steps=2, samples=False)
    train_generator(corpus, codec, tmp_path, config)
    after = SpectralCodec.from_pretrained(tmp_path / "codec.safetensors").state_dict()
    moved = {name for name, tensor in after.items() if not torch.equal(tensor, before[name])}
    assert moved
    assert all(name.startswith("decoder.") for name in moved)
    assert "copied_mel" in metrics(tmp_path)[-1]


def test_the_loss_is_the_weighted_sum_of_features_and_audio(corpus):
    task = GeneratorTask(corpus, small_codec("low"), replace(SMALL, generator=replace(
        GENERATOR, level="low")))  # fmt: skip
    found = task.step(0, np.random.default_rng(0), cpu_engine())
    expected = SMALL.features * found["features"] + sum(
        getattr(GENERATOR_WEIGHTS, name) * found[name]
        for name in ("mel", "convergence", "treble", "tonal", "low_band")
    )
    assert float(found["loss"]) == pytest.approx(float(expected), rel=1e-5)
    assert GENERATOR_WEIGHTS.low_band == 0.0


def test_a_training_starts_from_given_weights(corpus, trained):
    start = read_weights(trained / "weights.safetensors")[0]
    state = GeneratorTask(corpus, small_codec(), SMALL, start=start).generator.state_dict()
    assert all(torch.equal(state[name], start[name]) for name in start)


def test_the_learning_rate_falls_to_nearly_nothing():
    assert SMALL.learning_rate_factor(0, 0.0) < 0.02
    assert SMALL.learning_rate_factor(1000, 1.0) == pytest.approx(0.02)


@pytest.mark.slow
def test_fifty_steps_bring_held_out_music_nearer(corpus, tmp_path):
    config = replace(SMALL, steps=50, report_every=10, save_every=50, samples=False)
    train_generator(corpus, small_codec(), tmp_path, config)
    first, *_, last = metrics(tmp_path)
    assert last["held_out_log_mel"] < first["held_out_log_mel"]
