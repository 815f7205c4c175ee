"""Fine-tuning by audio losses: what is trained, what is not, and resuming."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from d2m.checkpoints import generator_path, load_codec, load_generator, read_tensors
from d2m.core.levels import HIGH
from d2m.training.audio_finetuning import AudioFinetuningConfig, AudioFinetuningTask, finetune_audio
from d2m.training.loops.loop_synthesizer import SOUNDFONT
from d2m.training.trainer import Trainer

pytestmark = pytest.mark.skipif(not SOUNDFONT.is_file(), reason="needs fluid-soundfont-gm")

CONFIG = AudioFinetuningConfig(
    steps=4,
    batch=2,
    crop=96,
    true_items=1,
    report_every=2,
    save_every=2,
    device="cpu",
    tensorboard=False,
)


def bundled() -> dict[str, torch.Tensor]:
    return {n: t.float() for n, t in read_tensors(generator_path(HIGH))[0].items()}


def finetune(
    corpus: Path, folder: Path, config: AudioFinetuningConfig = CONFIG, task=AudioFinetuningTask
) -> None:
    Trainer(folder, config).train(task(corpus, load_codec(HIGH), config, start=bundled()))


@pytest.fixture(scope="module")
def finetuned(small_corpus, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("audio")
    finetune_audio(small_corpus, load_codec(HIGH), folder, CONFIG, start=bundled())
    return folder


def metrics(folder: Path) -> list[dict[str, float]]:
    read = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "seconds_a_step"} for line in read]


def test_generator_and_decoder_are_trained_but_not_encoder_and_codebook(finetuned):
    before, after = load_codec(HIGH).state_dict(), load_codec(HIGH, finetuned / "codec.safetensors")
    moved = {name for name, value in after.state_dict().items() if (value != before[name]).any()}
    assert moved
    assert all(name.startswith("decoders.") for name in moved)
    generator = load_generator(HIGH, finetuned / "weights.safetensors").state_dict()
    assert (generator["table.weight"] != bundled()["table.weight"]).any()
    assert (generator["head.2.weight"] != bundled()["head.2.weight"]).any()


def test_mel_distances_rank_true_generated_and_no_dance_codes(finetuned):
    last = metrics(finetuned)[-1]
    assert last["step"] == 4
    assert 0 < last["codec_mel"] < last["held_out_mel"] < last["no_dance_mel"] < 2
    assert all(np.isfinite(value) for value in last.values())
    assert {path.suffix for path in finetuned.rglob("*generated*")} >= {".wav"}


@pytest.mark.slow
def test_an_interrupted_run_resumes_with_the_same_results(small_corpus, finetuned, tmp_path):
    class Stopped(AudioFinetuningTask):
        def step(self, number, rng, engine):
            if number == 3:
                raise KeyboardInterrupt
            return super().step(number, rng, engine)

    with pytest.raises(KeyboardInterrupt):
        finetune(small_corpus, tmp_path, task=Stopped)
    assert len(metrics(tmp_path)) == 1
    finetune(small_corpus, tmp_path)
    for one, other in zip(metrics(tmp_path), metrics(finetuned), strict=True):
        assert one == pytest.approx(other, rel=1e-3)


def test_the_weight_of_a_discriminator_of_waveforms_rises_from_zero(small_corpus, tmp_path):
    config = replace(
        CONFIG, adversarial=0.5, channel_divisor=16, steps=3, report_every=3, save_every=3
    )
    task = AudioFinetuningTask(small_corpus, load_codec(HIGH), config, start=bundled())
    engine = Trainer(tmp_path, config).engine
    assert "discriminator" in task.modules()
    discriminator = task.modules()["discriminator"]
    before = {name: value.clone() for name, value in discriminator.state_dict().items()}
    first = task.step(0, np.random.default_rng(0), engine)
    assert first["discriminator"] == pytest.approx(6.0, abs=0.5)  # 2 per untrained scale
    assert any((value != before[name]).any() for name, value in discriminator.state_dict().items())
    alone = AudioFinetuningTask(
        small_corpus, load_codec(HIGH), replace(config, adversarial=0.0), start=bundled()
    )
    assert "discriminator" not in alone.modules()
    alone.step(0, np.random.default_rng(0), engine)
    same, other = (next(iter(each.decoder.parameters())).detach() for each in (alone, task))
    torch.testing.assert_close(same, other)  # the weight is 0 at step 0
    for each in (alone, task):
        each.step(300, np.random.default_rng(1), engine)
    same, other = (next(iter(each.decoder.parameters())).detach() for each in (alone, task))
    assert not torch.equal(same, other)


def test_the_mel_distance_alone_has_a_gradient_in_generator_and_decoder(small_corpus):
    config = replace(CONFIG, codebook=0.0, waveform=0.0)
    task = AudioFinetuningTask(small_corpus, load_codec(HIGH), config, start=bundled())
    engine = Trainer(Path("unused"), config).engine
    task.step(0, np.random.default_rng(0), engine)
    for network in (task.generator, task.decoder):
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        assert sum(float(gradient.abs().sum()) for gradient in gradients) > 0
    assert all(p.grad is None for p in task.codec.encoders.parameters())
    assert task.loss.log_temperature.grad is None or not task.loss.log_temperature.grad.any()
