"""Training of a codec: a few steps, resuming, minutes, and starting from other weights."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from d2m.models.spectral_codec import SpectralCodec
from d2m.models.weight_files import read_weights
from d2m.training.codec_training import CodecTask, CodecTrainingConfig, train_codec
from d2m.training.trainer import Trainer
from tests.training.small import CODEC, FEW, cpu_engine, metrics

SMALL = CodecTrainingConfig(codec=CODEC, steps=8, crop=4096, warm_up=3, warm_up_share=1.0, **FEW)


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("codec")
    train_codec(corpus, folder, SMALL)
    return folder


def test_a_few_steps_write_a_codec_that_loads(trained):
    lines = metrics(trained)
    assert [line["step"] for line in lines] == [2, 4, 6, 8]
    assert all(np.isfinite(list(line.values())).all() for line in lines)
    assert {"held_out_score_log_mel", "held_out_score_convergence", "perplexity"} <= set(lines[-1])
    assert "commitment" not in lines[0]
    assert "commitment" in lines[-1]
    codec = SpectralCodec.from_pretrained(trained / "weights.safetensors")
    assert codec.config == CODEC
    assert codec.codebook.k.std() > 0
    examples = {path.name for path in (trained / "samples" / "0000008").glob("*.wav")}
    assert examples == {"score_original.wav", "score_reconstructed.wav"}


class Stopped(CodecTask):
    """A training that is interrupted while latents are not rounded yet, or later."""

    at = 0

    def step(self, number, rng, engine):
        if number == self.at:
            raise KeyboardInterrupt
        return super().step(number, rng, engine)


@pytest.mark.parametrize("at", [4, 7])
def test_an_interrupted_run_resumes_with_the_same_results(corpus, trained, tmp_path, at):
    config = replace(SMALL, save_every=3, samples=False)
    task = Stopped(corpus, config)
    task.at = at
    with pytest.raises(KeyboardInterrupt):
        Trainer(tmp_path, config).train(task)
    train_codec(corpus, tmp_path, config)
    assert metrics(tmp_path) == metrics(trained)
    whole, resumed = (read_weights(f / "weights.safetensors")[0] for f in (trained, tmp_path))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_a_training_for_minutes_ends_by_the_clock_and_does_not_begin_anew(corpus, tmp_path):
    config = replace(SMALL, minutes=1.0 / 60.0, samples=False)
    train_codec(corpus, tmp_path, config)
    (line,) = metrics(tmp_path)
    assert line["step"] > 0
    before = (tmp_path / "weights.safetensors").read_bytes()
    train_codec(corpus, tmp_path, config)
    assert (tmp_path / "weights.safetensors").read_bytes() == before


def test_the_codebook_is_placed_where_the_latents_are(corpus):
    task = CodecTask(corpus, SMALL)
    engine = cpu_engine()
    for number in range(3):
        outputs = task.step(number, np.random.default_rng(number), engine)
        assert "commitment" not in outputs
    far = float(task.codec.codebook.k.square().mean())
    outputs = task.step(3, np.random.default_rng(3), engine)
    assert far == 0.0
    entries = task.codec.codebook.k
    assert float(outputs["commitment"]) < float(entries.var(0).mean())


def test_another_level_starts_from_the_layers_that_fit(corpus, trained):
    start = SpectralCodec.from_pretrained(trained / "weights.safetensors").state_dict()
    low = replace(SMALL, codec=replace(CODEC, level="low"))
    other = CodecTask(corpus, low, start=start).codec.state_dict()
    same = {name for name in other if torch.equal(other[name], start[name])}
    assert {"encoder.waveform.weight", "codebook.k", "decoder.last.linear.weight"} <= same
    assert "encoder.last.linear.weight" not in same


def test_a_codec_that_fits_keeps_its_codebook(corpus, trained):
    start = SpectralCodec.from_pretrained(trained / "weights.safetensors").state_dict()
    engine = cpu_engine()
    outputs = CodecTask(corpus, SMALL, start=start).step(0, np.random.default_rng(0), engine)
    assert "commitment" in outputs
    low = replace(SMALL, codec=replace(CODEC, level="low"))
    outputs = CodecTask(corpus, low, start=start).step(0, np.random.default_rng(0), engine)
    assert "commitment" not in outputs


def test_the_learning_rate_rises_and_then_falls_to_nearly_nothing():
    factors = [SMALL.learning_rate_factor(n, n / 1000) for n in range(1000)]
    assert factors[0] < 0.02
    assert max(factors) == pytest.approx(factors[100], abs=0.03)
    assert all(a >= b for a, b in pairwise(factors[100:]))
    assert 0.01 < factors[-1] < 0.03


def test_a_discriminator_is_used_at_the_end_only(corpus, tmp_path):
    config = replace(
        SMALL, steps=4, warm_up=1, adversarial=0.5, adversarial_from=0.5, samples=False
    )
    train_codec(corpus, tmp_path, config)
    first, last = metrics(tmp_path)
    assert "discriminator" not in first
    assert last["discriminator"] == pytest.approx(6.0, rel=0.3)  # 2 for each resolution at first
    assert {"adversarial", "feature_matching"} <= set(last)
    assert np.isfinite(list(last.values())).all()
    assert SpectralCodec.from_pretrained(tmp_path / "weights.safetensors").config == CODEC
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert {"discriminator", "discriminator_optimizer"} <= set(state)


@pytest.mark.slow
def test_eighty_steps_bring_held_out_music_nearer(corpus, tmp_path):
    config = replace(SMALL, steps=80, warm_up=10, report_every=20, save_every=80, samples=False)
    train_codec(corpus, tmp_path, config)
    first, *_, last = metrics(tmp_path)
    assert last["held_out_score_log_mel"] < 0.9 * first["held_out_score_log_mel"]
