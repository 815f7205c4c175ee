"""Tuning by sound: what learns, what stays, and that it goes on where it stopped."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from d2m.checkpoints import generator_path, load_codec, load_generator, read_tensors
from d2m.core.levels import HIGH
from d2m.score.synthesizer import SOUNDFONT
from d2m.training.audio_finetuning import AudioFinetuningConfig, AudioFinetuningTask, train_sound
from d2m.training.trainer import Trainer

pytestmark = pytest.mark.skipif(not SOUNDFONT.is_file(), reason="needs fluid-soundfont-gm")

CONFIG = AudioFinetuningConfig(
    steps=4,
    batch=2,
    crop=96,
    true=1,
    report_every=2,
    save_every=2,
    device="cpu",
    tensorboard=False,
)


def bundled() -> dict[str, torch.Tensor]:
    return {n: t.float() for n, t in read_tensors(generator_path(HIGH))[0].items()}


def tune(
    corpus: Path, folder: Path, config: AudioFinetuningConfig = CONFIG, job=AudioFinetuningTask
) -> None:
    Trainer(folder, config).train(job(corpus, load_codec(HIGH), config, start=bundled()))


@pytest.fixture(scope="module")
def tuned(small_corpus, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    train_sound(small_corpus, load_codec(HIGH), folder, CONFIG, start=bundled())
    return folder


def lines(folder: Path) -> list[dict[str, float]]:
    read = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "seconds_a_step"} for line in read]


def test_codes_keep_their_meaning_while_generator_and_decoder_learn(tuned):
    before, after = load_codec(HIGH).state_dict(), load_codec(HIGH, tuned / "codec.safetensors")
    moved = {name for name, value in after.state_dict().items() if (value != before[name]).any()}
    assert moved
    assert all(name.startswith("decoders.") for name in moved)
    generator = load_generator(HIGH, tuned / "weights.safetensors").state_dict()
    assert (generator["table.weight"] != bundled()["table.weight"]).any()
    assert (generator["head.2.weight"] != bundled()["head.2.weight"]).any()


def test_figures_tell_generated_from_true_codes_and_from_no_dance(tuned):
    last = lines(tuned)[-1]
    assert last["step"] == 4
    assert 0 < last["codec_mel"] < last["held_out_mel"] < last["no_dance_mel"] < 2
    assert all(np.isfinite(value) for value in last.values())
    assert {path.suffix for path in tuned.rglob("*generated*")} >= {".wav"}


@pytest.mark.slow
def test_a_stopped_run_goes_on_to_the_same_curve(small_corpus, tuned, tmp_path):
    class Stopped(AudioFinetuningTask):
        def step(self, number, rng, engine):
            if number == 3:
                raise KeyboardInterrupt
            return super().step(number, rng, engine)

    with pytest.raises(KeyboardInterrupt):
        tune(small_corpus, tmp_path, job=Stopped)
    assert len(lines(tmp_path)) == 1
    tune(small_corpus, tmp_path)
    for one, other in zip(lines(tmp_path), lines(tuned), strict=True):
        assert one == pytest.approx(other, rel=1e-3)


def test_a_discriminator_of_waveforms_learns_and_is_heard(small_corpus, tmp_path):
    config = replace(CONFIG, adversarial=0.5, narrow=16, steps=3, report_every=3, save_every=3)
    job = AudioFinetuningTask(small_corpus, load_codec(HIGH), config, start=bundled())
    engine = Trainer(tmp_path, config).engine
    assert "discriminator" in job.modules()
    judge = job.modules()["discriminator"]
    before = {name: value.clone() for name, value in judge.state_dict().items()}
    first = job.step(0, np.random.default_rng(0), engine)
    assert first["discriminator"] == pytest.approx(6.0, abs=0.5)  # three scales that know nothing
    assert any((value != before[name]).any() for name, value in judge.state_dict().items())
    alone = AudioFinetuningTask(
        small_corpus, load_codec(HIGH), replace(config, adversarial=0.0), start=bundled()
    )
    assert "discriminator" not in alone.modules()
    alone.step(0, np.random.default_rng(0), engine)
    same, other = (next(iter(run.decoder.parameters())).detach() for run in (alone, job))
    torch.testing.assert_close(same, other)  # its say rises from nothing
    for run in (alone, job):
        run.step(300, np.random.default_rng(1), engine)
    same, other = (next(iter(run.decoder.parameters())).detach() for run in (alone, job))
    assert not torch.equal(same, other)


def test_the_mel_distance_alone_reaches_generator_and_decoder(small_corpus):
    config = replace(CONFIG, codes=0.0, waveform=0.0)
    job = AudioFinetuningTask(small_corpus, load_codec(HIGH), config, start=bundled())
    engine = Trainer(Path("unused"), config).engine
    job.step(0, np.random.default_rng(0), engine)
    for network in (job.generator, job.decoder):
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        assert sum(float(gradient.abs().sum()) for gradient in gradients) > 0
    assert all(p.grad is None for p in job.codec.encoders.parameters())
    assert job.loss.log_temperature.grad is None or not job.loss.log_temperature.grad.any()
