"""Training of a codec for a few steps: what is trained, what is not, and resuming."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from d2m.checkpoints import codec_path, load_codec, read_tensors
from d2m.core.levels import HIGH
from d2m.training.codec import CodecConfig, CodecTask, train_codec
from d2m.training.distributed import Engine
from d2m.training.loops.loop_synthesizer import SOUNDFONT
from d2m.training.trainer import Trainer

pytestmark = pytest.mark.skipif(not SOUNDFONT.is_file(), reason="needs fluid-soundfont-gm")

FEW = {
    "batch": 2,
    "crop": 4096,
    "warm_up": 2,
    "ramp": 3,
    "report_every": 2,
    "save_every": 4,
    "device": "cpu",
}


def metrics(folder: Path) -> list[dict[str, float]]:
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(li).items() if k != "seconds_a_step"} for li in lines]


def bundled() -> dict[str, torch.Tensor]:
    return {name: tensor.float() for name, tensor in read_tensors(codec_path(HIGH))[0].items()}


def moved(weights: dict[str, torch.Tensor], start: dict[str, torch.Tensor], part: str) -> bool:
    names = [name for name in weights if name.startswith(part)]
    assert names
    return any(not torch.equal(weights[name], start[name]) for name in names)


@pytest.fixture(scope="module")
def trained(small_corpus, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("codec")
    train_codec(small_corpus, folder, CodecConfig(steps=8, **FEW))
    return folder


def test_a_few_steps_from_random_weights_write_a_codec_that_loads(trained):
    lines = metrics(trained)
    assert [line["step"] for line in lines] == [2, 4, 6, 8]
    assert all(np.isfinite(list(line.values())).all() for line in lines)
    assert lines[-1]["perplexity"] > 1.5
    codec = load_codec(HIGH, trained / "weights.safetensors")
    assert codec.codebook(HIGH).k.abs().max() > 0
    assert read_tensors(trained / "weights.safetensors")[1]["trained_steps"] == "8"


def test_thirty_steps_lower_the_loss(small_corpus, tmp_path):
    few = FEW | {"warm_up": 150, "report_every": 15, "save_every": 30}
    train_codec(small_corpus, tmp_path, CodecConfig(steps=30, **few))
    first, last = metrics(tmp_path)
    assert last["loss"] < 0.9 * first["loss"]


class Stopped(CodecTask):
    def step(self, number, rng, engine):
        if number == 5:
            raise KeyboardInterrupt
        return super().step(number, rng, engine)


def test_an_interrupted_run_resumes_with_the_same_results(small_corpus, trained, tmp_path):
    config = CodecConfig(steps=8, **FEW)
    task = Stopped(small_corpus, config)
    with pytest.raises(KeyboardInterrupt):
        Trainer(tmp_path, config).train(task)
    assert [line["step"] for line in metrics(tmp_path)] == [2, 4]
    train_codec(small_corpus, tmp_path, config)
    assert metrics(tmp_path) == metrics(trained)
    whole, resumed = (read_tensors(f / "weights.safetensors")[0] for f in (trained, tmp_path))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_decoder_only_does_not_change_encoder_and_codebook(small_corpus, tmp_path):
    config = CodecConfig(steps=3, decoder_only=True, **FEW)
    train_codec(small_corpus, tmp_path, config, start=bundled())
    weights, start = read_tensors(tmp_path / "weights.safetensors")[0], bundled()
    assert not moved(weights, start, "encoders.")
    assert not moved(weights, start, "bottleneck.")
    assert moved(weights, start, "decoders.")


def test_training_from_weights_changes_encoder_and_codebook_too(small_corpus, tmp_path):
    train_codec(small_corpus, tmp_path, CodecConfig(steps=2, **FEW), start=bundled())
    weights, start = read_tensors(tmp_path / "weights.safetensors")[0], bundled()
    assert all(moved(weights, start, part) for part in ("encoders.", "bottleneck.", "decoders."))


def test_frozen_parameters_get_no_gradient(small_corpus):
    config = CodecConfig(steps=2, decoder_only=True, **FEW)
    task = CodecTask(small_corpus, config, start=bundled())
    engine = Engine(device="cpu", precision="bf16", threads=1)
    for number in range(2):
        task.step(number, np.random.default_rng(number), engine)
    # Gradients that are never cleared would accumulate, and dominate the clipped norm.
    assert all(parameter.grad is None for parameter in task.codec.encoders.parameters())
