"""The training of D2M-GAN on small networks: gradients, switches and settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from d2m.checkpoints.identify import match_parameters
from d2m.core.errors import CheckpointError, DataError, SettingsError
from d2m.core.levels import HIGH, HOP_LEVELS, LOW
from d2m.models.d2mgan import (
    DATASETS,
    D2MGANGenerator,
    MotionEncoder,
    NetworkVariant,
    motion_frames,
    segment_codes,
)
from d2m.models.losses import LossWeights
from d2m.training.d2mgan.config import D2MGANConfig
from d2m.training.d2mgan.task import D2MGANTask, load_training_codec
from d2m.training.distributed import Engine
from tests.training.jukebox import random_vqvae, write_vqvae
from tests.training.layout import write_dataset

SMALL = D2MGANConfig(channel_divisor=16, batch=1, device="cpu", fine_tune=False, tensorboard=False)
ONLY_SEQUENCES = LossWeights(waveform=0.0, mel=0.0)


@pytest.fixture(scope="module")
def aist(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("aist")
    write_dataset(folder, "aist", "train")
    return write_dataset(folder, "aist", "test")


@pytest.fixture
def engine() -> Engine:
    return Engine(device="cpu", precision="no", threads=1)


def make_task(folder: Path, config: D2MGANConfig = SMALL) -> D2MGANTask:
    return D2MGANTask(folder, random_vqvae(HOP_LEVELS[config.level]), config)


def one_step(task: D2MGANTask, engine: Engine, number: int = 0) -> dict[str, torch.Tensor]:
    return task.step(number, np.random.default_rng([0, number]), engine)


def state(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def same(network: torch.nn.Module, before: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def gradients(task: D2MGANTask) -> torch.Tensor:
    found = [p.grad for p in (*task.encoder.parameters(), *task.generator.parameters())]
    return torch.cat([gradient.flatten() for gradient in found if gradient is not None])


def test_a_step_changes_the_networks_but_not_the_codec(aist, engine):
    task = make_task(aist)
    codec = task.modules()["codec"]
    discriminator = task.objective.discriminator_trainer.discriminator
    networks = (task.encoder, task.generator, discriminator, codec)
    before = [state(network) for network in networks]
    metrics = one_step(task, engine)
    assert [same(*pair) for pair in zip(networks, before, strict=True)] == [False] * 3 + [True]
    assert all(parameter.grad is None for parameter in codec.parameters())
    assert all(torch.isfinite(value) for value in metrics.values())
    weighted = {
        "adversarial": 1,
        "feature_matching": 3,
        "commitment": 15,
        "waveform": 40,
        "mel": 15,
    }
    total = sum(weight * float(metrics[name]) for name, weight in weighted.items())
    assert float(metrics["generator"]) == pytest.approx(total, rel=1e-5)


def test_discriminator_and_generator_steps_do_not_change_each_other(aist, engine):
    task = make_task(aist, replace(SMALL, weights=ONLY_SEQUENCES))
    batch = task.batches.draw(0, np.random.default_rng(0), engine)
    generated = task.generate(batch, engine).reshape(1, 1, -1)
    real = torch.randn_like(generated)
    trainer = task.objective.discriminator_trainer
    before = state(trainer.discriminator)
    trainer.step(real, generated, engine)
    assert not same(trainer.discriminator, before)
    assert all(p.grad is None for p in (*task.encoder.parameters(), *task.generator.parameters()))

    trainer.optimizer.zero_grad(set_to_none=True)
    before = state(trainer.discriminator)
    losses = trainer.generator_losses(real, generated, engine)
    engine.backward_and_step(losses["adversarial"]() + losses["feature_matching"](), task.optimizer)
    assert gradients(task).abs().max() > 0
    assert same(trainer.discriminator, before)
    assert all(p.grad is None and p.requires_grad for p in trainer.discriminator.parameters())


@pytest.mark.parametrize("gradient", [True, False], ids=["paper", "published-code"])
def test_audio_losses_have_a_gradient_only_in_the_paper(aist, engine, gradient):
    found = []
    for weight in (0.0, 40.0):
        weights = LossWeights(adversarial=0, feature_matching=0, waveform=weight, mel=weight)
        task = make_task(aist, replace(SMALL, weights=weights, gradient=gradient))
        metrics = one_step(task, engine)
        found.append(gradients(task))
    assert float(metrics["waveform"]) > 0
    assert float(metrics["mel"]) > 0
    assert torch.equal(*found) is not gradient


def test_each_loss_alone_reaches_encoder_and_generator(aist, engine):
    none = LossWeights(adversarial=0, feature_matching=0, commitment=1, latent=0, waveform=0, mel=0)
    for name in ("adversarial", "feature_matching", "commitment", "latent", "waveform", "mel"):
        weights = replace(none, **({"commitment": 0.0} | {name: 1.0}))
        task = make_task(aist, replace(SMALL, weights=weights))
        metrics = one_step(task, engine)
        for network in (task.encoder, task.generator):
            assert any(p.grad is not None and p.grad.abs().max() > 0 for p in network.parameters())
        has_discriminator = name in ("adversarial", "feature_matching")
        assert set(metrics) == {name, "generator"} | (
            {"discriminator"} if has_discriminator else set()
        )
        assert (task.objective.discriminator_trainer is not None) is has_discriminator


def test_fine_tuning_changes_only_the_decoder(aist, engine):
    task = make_task(aist, replace(SMALL, fine_tune=True, weights=ONLY_SEQUENCES))
    codec = task.modules()["codec"]
    before = state(codec)
    metrics = one_step(task, engine)
    moved = {name for name, tensor in codec.state_dict().items() if not tensor.equal(before[name])}
    assert moved
    assert all(name.startswith("decoders.") for name in moved)
    assert float(metrics["synthesizer_discriminator"]) > 0
    assert set(task.weights()) == {"generator_high", "motion_high", "vqvae_high"}


@pytest.mark.parametrize("left_out", ["motion", "visual"])
def test_an_input_left_out_has_no_effect_on_the_networks(aist, engine, left_out):
    task = make_task(aist, replace(SMALL, weights=ONLY_SEQUENCES).without([left_out]))
    encoder = state(task.encoder)
    one_step(task, engine)
    batch = task.batches.held_out(2, engine.device)
    with torch.no_grad():
        answer = task.generate(batch, engine)
        other = batch._replace(**{left_out: torch.randn_like(getattr(batch, left_out))})
        assert torch.equal(task.generate(other, engine), answer)
        shown = task.generator(task.encoder(other.motion), other.visual, batch.genre)
    torch.testing.assert_close(shown, answer)
    assert same(task.encoder, encoder) is (left_out == "motion")


def test_scaling_scales_and_reshape_switches(aist, engine):
    only = replace(SMALL, weights=ONLY_SEQUENCES)
    unscaled = make_task(aist, replace(only, scaling=False))
    batch = unscaled.batches.held_out(2, engine.device)
    with torch.no_grad():
        assert unscaled.generate(batch, engine).abs().max() <= 1
        scaled = make_task(aist, only).generate(batch, engine)
        assert torch.allclose(scaled, 100 * unscaled.generate(batch, engine))
    for scales in (1, 2):
        network = make_task(
            aist, replace(only, scales=scales)
        ).objective.discriminator_trainer.discriminator
        assert len(network.model) == scales
    plain = make_task(aist, replace(only, reshape=False))
    first = plain.objective.discriminator_trainer.discriminator.model["disc_0"].model["layer_0"][1]
    assert first.weight.shape == (32, 64, 16)
    assert torch.isfinite(one_step(plain, engine)["discriminator"])


def test_objective_of_the_published_code():
    config = SMALL.as_published_code()
    assert not config.gradient
    assert not config.fine_tune
    assert (config.weights.commitment, config.weights.latent) == (8.0, 5.0)
    without = config.without(["commitment", "mel"]).weights
    assert (without.commitment, without.latent, without.mel, without.waveform) == (0, 0, 0, 40)


@pytest.mark.parametrize("seconds", [2, 3, 4])
@pytest.mark.parametrize("level", HOP_LEVELS.values(), ids=HOP_LEVELS)
@pytest.mark.parametrize("dataset", DATASETS)
def test_networks_for_other_lengths_generate_the_codes_of_that_length(dataset, level, seconds):
    layout, variant = DATASETS[dataset], NetworkVariant(seconds=seconds)
    with torch.device("meta"):
        motion = torch.zeros(2, motion_frames(layout, seconds), layout.values)
        code = MotionEncoder(layout, variant)(motion)
        genre = torch.zeros(2, dtype=torch.int64) if layout.genres else None
        generator = D2MGANGenerator(level, genres=layout.genres, variant=variant)
        latents = generator(code, torch.zeros(2, 1, 2048), genre)
    assert latents.shape == (2, 64, segment_codes(level, seconds))
    assert seconds - latents.shape[2] * level.hop_length / 22_050 < level.hop_length / 22_050
    assert segment_codes(level) == level.segment_codes


def test_segments_of_three_seconds_can_be_trained(tmp_path, engine):
    for split in ("train", "test"):
        write_dataset(tmp_path, "tiktok", split, seconds=3)
    config = replace(SMALL, dataset="tiktok", seconds=3, weights=ONLY_SEQUENCES)
    task = make_task(tmp_path, config)
    assert torch.isfinite(one_step(task, engine)["generator"])
    assert task.audio_examples(engine)["generated_0"].shape == (516 * 128,)
    with pytest.raises(DataError, match="expected"):
        make_task(tmp_path, replace(config, seconds=4)).step(0, np.random.default_rng(0), engine)


def test_weights_have_the_published_names_and_shapes_unless_sigma_differs(aist):
    task = make_task(
        aist,
        replace(SMALL, channel_divisor=1, weights=LossWeights(adversarial=0, feature_matching=0)),
    )
    networks = {"generator_high": "aist-high-generator", "motion_high": "aist-motion"}
    for name, weights in task.weights().items():
        tensors = weights.network.state_dict()
        assert match_parameters(tensors, networks[name], name).keys() == tensors.keys()
    with torch.device("meta"):
        unscaled = D2MGANGenerator(
            HIGH, genres=True, variant=NetworkVariant(sigma=1.0)
        ).state_dict()
    with pytest.raises(CheckpointError, match="unpublished_sigma"):
        match_parameters(unscaled, "aist-high-generator", "unscaled")


def test_every_segment_is_drawn_once_per_epoch(aist, engine):
    batches = make_task(aist).batches
    drawn = [batches.draw(number, np.random.default_rng(number), engine) for number in range(6)]
    for epoch in (drawn[:3], drawn[3:]):
        assert sorted(int(batch.genre) for batch in epoch) == [0, 2, 9]
    again = batches.draw(4, np.random.default_rng(4), engine)
    assert torch.equal(again.audio, drawn[4].audio)


def test_a_codec_without_the_level_is_refused(tmp_path):
    path = write_vqvae(tmp_path)
    with pytest.raises(CheckpointError, match="has no level low"):
        load_training_codec(LOW, path)
    codec = load_training_codec(HIGH, path)
    assert codec.levels == (2,)
    assert torch.equal(codec.codebook(HIGH).k, random_vqvae().codebook(HIGH).k)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"channel_divisor": 3}, "--channel-divisor is 3: choose 1, 2, 4, 8, 16"),
        ({"seconds": 5}, "--seconds is 5: choose 2, 3, 4"),
        ({"scales": 4}, "--scales is 4: choose 1, 2, 3"),
        ({"dataset": "youtube"}, "choose aist or tiktok"),
        ({"motion": False, "visual": False}, "get no dance"),
    ],
)
def test_impossible_settings_are_refused(changes, message):
    with pytest.raises(SettingsError, match=message):
        replace(SMALL, **changes)


def test_leaving_out_unknown_parts_or_all_losses_is_refused():
    with pytest.raises(SettingsError, match="Unknown part 'music' to leave out: choose motion"):
        SMALL.without(["music"])
    with pytest.raises(SettingsError, match="All losses are switched off"):
        SMALL.without(["adversarial", "feature-matching", "commitment", "waveform", "mel"])
    with pytest.raises(SettingsError, match="have no gradient"):
        SMALL.as_published_code().without(["adversarial", "feature-matching", "commitment"])
