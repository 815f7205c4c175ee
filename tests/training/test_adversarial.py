"""The losses of D2M-GAN on the project's own corpus: decoder and compact generator."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from d2m.checkpoints import load_codec, load_generator, read_tensors
from d2m.core.errors import SettingsError
from d2m.core.levels import HIGH
from d2m.models.losses import LossWeights
from d2m.training.cli import train
from d2m.training.distributed import Engine
from d2m.training.generator import GeneratorConfig, GeneratorTask
from d2m.training.loops.loop_synthesizer import SOUNDFONT

needs_soundfont = pytest.mark.skipif(not SOUNDFONT.is_file(), reason="needs fluid-soundfont-gm")
FEW = ("--level", "high", "--channel-divisor", 16, "--batch", 1, "--steps", 2, "--report-every", 1)


def run_command(*arguments: object) -> None:
    done = CliRunner().invoke(train, [*map(str, arguments)])
    if done.exception is not None:
        raise done.exception


def metrics(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


@needs_soundfont
def test_fine_tuning_a_decoder_keeps_encoder_and_codebook(small_corpus, tmp_path):
    run_command("decoder", "--corpus", small_corpus, "--out", tmp_path, *FEW)
    weights, _ = read_tensors(tmp_path / "weights.safetensors")
    before = load_codec(HIGH).state_dict()
    moved = {name for name, tensor in weights.items() if not tensor.equal(before[name])}
    assert moved
    assert all(name.startswith("decoders.") for name in moved)
    assert max(float((weights[n] - before[n]).abs().max()) for n in moved) < 3e-5
    first, last = metrics(tmp_path)
    assert first["discriminator"] == pytest.approx(6.0, abs=0.5)  # 2 per untrained scale
    assert last["discriminator"] != first["discriminator"]
    assert {"held_out_convergence", "feature_matching", "adversarial"} <= set(last)
    assert (tmp_path / "samples" / "0000002" / "reconstructed.wav").is_file()
    assert load_codec(HIGH, tmp_path / "weights.safetensors").levels == (2,)


@needs_soundfont
def test_a_compact_generator_is_trained_with_the_losses_of_d2mgan(small_corpus, tmp_path):
    options = ("--adversarial", "--waveform", 1, "--mel", 1)
    run_command("generator", "--corpus", small_corpus, "--out", tmp_path, *FEW, *options)
    last = metrics(tmp_path)[-1]
    names = {"cross_entropy", "discriminator", "adversarial", "feature_matching", "waveform", "mel"}
    assert names <= set(last)
    assert np.isfinite(list(last.values())).all()
    load_generator(HIGH, tmp_path / "weights.safetensors")
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert {"discriminator", "discriminator_optimizer"} <= set(state)
    assert (tmp_path / "samples" / "0000002" / "generated.wav").is_file()


@needs_soundfont
def test_the_losses_of_d2mgan_change_the_gradient_and_are_off_by_default(small_corpus):
    config = GeneratorConfig(batch=1, channel_divisor=16, precision="no", device="cpu")
    engine = Engine(device="cpu", precision="no", threads=1)
    found = []
    for losses in (None, LossWeights(commitment=0, waveform=0, mel=0)):
        task = GeneratorTask(small_corpus, load_codec(HIGH), replace(config, d2mgan_losses=losses))
        seen = task.step(0, np.random.default_rng(0), engine)
        found.append((task.generator.head[2].weight.grad.clone(), seen))
    (plain, without), (adversarial, with_losses) = found
    assert "adversarial" not in without
    assert torch.equal(without["cross_entropy"], with_losses["cross_entropy"])
    assert not torch.allclose(plain, adversarial)


def test_weights_of_losses_that_are_switched_off_are_refused(tmp_path):
    with pytest.raises(SettingsError, match="need --adversarial"):
        run_command("generator", "--corpus", tmp_path, *FEW, "--mel", 1)
