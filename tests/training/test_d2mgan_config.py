"""The paper's training on small networks: what learns from what, and what switches change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from d2m.checkpoints import codec_path, load_codec
from d2m.checkpoints.identify import fitted
from d2m.core.errors import CheckpointError, DataError, SettingsError
from d2m.core.levels import HIGH, LEVELS, LOW
from d2m.models.d2mgan import (
    DATASETS,
    Generator,
    MotionEncoder,
    Variant,
    motion_frames,
    segment_codes,
)
from d2m.models.losses import LossWeights
from d2m.training.d2mgan.config import D2MGANConfig
from d2m.training.d2mgan.task import D2MGANTask, read_codec
from d2m.training.distributed import Engine
from tests.training.layout import make

SMALL = D2MGANConfig(narrow=16, batch=1, device="cpu", fine_tune=False, tensorboard=False)
ONLY_SEQUENCES = LossWeights(waveform=0.0, mel=0.0)


@pytest.fixture(scope="module")
def aist(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("aist")
    make(folder, "aist", "train")
    return make(folder, "aist", "test")


@pytest.fixture
def engine() -> Engine:
    return Engine(device="cpu", precision="no", threads=1)


def job(folder: Path, config: D2MGANConfig = SMALL) -> D2MGANTask:
    return D2MGANTask(folder, load_codec(LEVELS[config.level]), config)


def one_step(run: D2MGANTask, engine: Engine, number: int = 0) -> dict[str, torch.Tensor]:
    return run.step(number, np.random.default_rng([0, number]), engine)


def state(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def same(network: torch.nn.Module, before: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def gradients(run: D2MGANTask) -> torch.Tensor:
    found = [p.grad for p in (*run.encoder.parameters(), *run.generator.parameters())]
    return torch.cat([gradient.flatten() for gradient in found if gradient is not None])


def test_a_step_moves_what_it_should_and_nothing_else(aist, engine):
    run = job(aist)
    codec = run.modules()["codec"]
    judge = run.objective.adversary.network
    networks = (run.encoder, run.generator, judge, codec)
    before = [state(network) for network in networks]
    figures = one_step(run, engine)
    assert [same(*pair) for pair in zip(networks, before, strict=True)] == [False] * 3 + [True]
    assert all(parameter.grad is None for parameter in codec.parameters())
    assert all(torch.isfinite(value) for value in figures.values())
    weighted = {
        "adversarial": 1,
        "feature_matching": 3,
        "commitment": 15,
        "waveform": 40,
        "mel": 15,
    }
    total = sum(weight * float(figures[name]) for name, weight in weighted.items())
    assert float(figures["generator"]) == pytest.approx(total, rel=1e-5)


def test_the_discriminators_step_leaves_the_generator_alone_and_the_other_way_round(aist, engine):
    run = job(aist, replace(SMALL, weights=ONLY_SEQUENCES))
    batch = run._batches.draw(0, np.random.default_rng(0), engine)
    generated = run.generate(batch, engine).reshape(1, 1, -1)
    real = torch.randn_like(generated)
    adversary = run.objective.adversary
    before = state(adversary.network)
    adversary.learn(real, generated, engine)
    assert not same(adversary.network, before)
    assert all(p.grad is None for p in (*run.encoder.parameters(), *run.generator.parameters()))

    adversary.optimizer.zero_grad(set_to_none=True)
    before = state(adversary.network)
    losses = adversary.losses(real, generated, engine)
    engine.update(losses["adversarial"]() + losses["feature_matching"](), run.optimizer)
    assert gradients(run).abs().max() > 0
    assert same(adversary.network, before)
    assert all(p.grad is None and p.requires_grad for p in adversary.network.parameters())


@pytest.mark.parametrize("gradient", [True, False], ids=["paper", "published-code"])
def test_audio_losses_teach_the_generator_only_in_the_paper(aist, engine, gradient):
    found = []
    for weight in (0.0, 40.0):
        weights = LossWeights(adversarial=0, feature_matching=0, waveform=weight, mel=weight)
        run = job(aist, replace(SMALL, weights=weights, gradient=gradient))
        figures = one_step(run, engine)
        found.append(gradients(run))
    assert float(figures["waveform"]) > 0
    assert float(figures["mel"]) > 0
    assert torch.equal(*found) is not gradient


def test_each_loss_alone_reaches_encoder_and_generator(aist, engine):
    none = LossWeights(adversarial=0, feature_matching=0, commitment=1, latent=0, waveform=0, mel=0)
    for name in ("adversarial", "feature_matching", "commitment", "latent", "waveform", "mel"):
        weights = replace(none, **({"commitment": 0.0} | {name: 1.0}))
        run = job(aist, replace(SMALL, weights=weights))
        figures = one_step(run, engine)
        for network in (run.encoder, run.generator):
            assert any(p.grad is not None and p.grad.abs().max() > 0 for p in network.parameters())
        judged = name in ("adversarial", "feature_matching")
        assert set(figures) == {name, "generator"} | ({"discriminator"} if judged else set())
        assert (run.objective.adversary is not None) is judged


def test_fine_tuning_moves_the_decoder_alone(aist, engine):
    run = job(aist, replace(SMALL, fine_tune=True, weights=ONLY_SEQUENCES))
    codec = run.modules()["codec"]
    before = state(codec)
    figures = one_step(run, engine)
    moved = {name for name, tensor in codec.state_dict().items() if not tensor.equal(before[name])}
    assert moved
    assert all(name.startswith("decoders.") for name in moved)
    assert float(figures["synthesizer_discriminator"]) > 0
    assert set(run.weights()) == {"generator_high", "motion_high", "vqvae_high"}


@pytest.mark.parametrize("left_out", ["motion", "visual"])
def test_an_input_left_out_neither_matters_nor_is_missed_by_the_player(aist, engine, left_out):
    run = job(aist, replace(SMALL, weights=ONLY_SEQUENCES).without([left_out]))
    encoder = state(run.encoder)
    one_step(run, engine)
    batch = run._batches.held_out(2, engine.device)
    with torch.no_grad():
        answer = run.generate(batch, engine)
        other = batch._replace(**{left_out: torch.randn_like(getattr(batch, left_out))})
        assert torch.equal(run.generate(other, engine), answer)
        shown = run.generator(run.encoder(other.motion), other.visual, batch.genre)
    torch.testing.assert_close(shown, answer)
    assert same(run.encoder, encoder) is (left_out == "motion")


def test_other_switches_change_what_they_say(aist, engine):
    only = replace(SMALL, weights=ONLY_SEQUENCES)
    unscaled = job(aist, replace(only, scaling=False))
    batch = unscaled._batches.held_out(2, engine.device)
    with torch.no_grad():
        assert unscaled.generate(batch, engine).abs().max() <= 1
        scaled = job(aist, only).generate(batch, engine)
        assert torch.allclose(scaled, 100 * unscaled.generate(batch, engine))
    for scales in (1, 2):
        network = job(aist, replace(only, scales=scales)).objective.adversary.network
        assert len(network.model) == scales
    plain = job(aist, replace(only, reshape=False))
    first = plain.objective.adversary.network.model["disc_0"].model["layer_0"][1]
    assert first.weight.shape == (32, 64, 16)
    assert torch.isfinite(one_step(plain, engine)["discriminator"])


def test_published_code_is_its_own_objective():
    config = SMALL.as_published_code()
    assert not config.gradient
    assert not config.fine_tune
    assert (config.weights.commitment, config.weights.latent) == (8.0, 5.0)
    without = config.without(["commitment", "mel"]).weights
    assert (without.commitment, without.latent, without.mel, without.waveform) == (0, 0, 0, 40)


@pytest.mark.parametrize("seconds", [2, 3, 4])
@pytest.mark.parametrize("level", LEVELS.values(), ids=LEVELS)
@pytest.mark.parametrize("dataset", DATASETS)
def test_networks_of_other_lengths_give_the_codes_of_their_seconds(dataset, level, seconds):
    layout, variant = DATASETS[dataset], Variant(seconds=seconds)
    with torch.device("meta"):
        motion = torch.zeros(2, motion_frames(layout, seconds), layout.values)
        code = MotionEncoder(layout, variant)(motion)
        genre = torch.zeros(2, dtype=torch.int64) if layout.genres else None
        generator = Generator(level, genres=layout.genres, variant=variant)
        latents = generator(code, torch.zeros(2, 1, 2048), genre)
    assert latents.shape == (2, 64, segment_codes(level, seconds))
    assert seconds - latents.shape[2] * level.hop_length / 22_050 < level.hop_length / 22_050
    assert segment_codes(level) == level.segment_codes


def test_segments_of_three_seconds_train(tmp_path, engine):
    for split in ("train", "test"):
        make(tmp_path, "tiktok", split, seconds=3)
    config = replace(SMALL, dataset="tiktok", seconds=3, weights=ONLY_SEQUENCES)
    run = job(tmp_path, config)
    assert torch.isfinite(one_step(run, engine)["generator"])
    assert run.sounds(engine)["generated_0"].shape == (516 * 128,)
    with pytest.raises(DataError, match="expected"):
        job(tmp_path, replace(config, seconds=4)).step(0, np.random.default_rng(0), engine)


def test_weights_have_the_published_names_and_shapes_unless_they_mean_something_else(aist):
    run = job(
        aist, replace(SMALL, narrow=1, weights=LossWeights(adversarial=0, feature_matching=0))
    )
    networks = {"generator_high": "aist-high-generator", "motion_high": "aist-motion"}
    for name, weights in run.weights().items():
        tensors = weights.network.state_dict()
        assert fitted(tensors, networks[name], name).keys() == tensors.keys()
    with torch.device("meta"):
        unscaled = Generator(HIGH, genres=True, variant=Variant(sigma=1.0)).state_dict()
    with pytest.raises(CheckpointError, match="unpublished_sigma"):
        fitted(unscaled, "aist-high-generator", "unscaled")


def test_every_segment_is_seen_once_an_epoch(aist, engine):
    batches = job(aist)._batches
    drawn = [batches.draw(number, np.random.default_rng(number), engine) for number in range(6)]
    for epoch in (drawn[:3], drawn[3:]):
        assert sorted(int(batch.genre) for batch in epoch) == [0, 2, 9]
    again = batches.draw(4, np.random.default_rng(4), engine)
    assert torch.equal(again.audio, drawn[4].audio)


def test_a_codec_without_the_level_is_refused():
    with pytest.raises(CheckpointError, match="has no level low"):
        read_codec(LOW, codec_path(HIGH))
    assert read_codec(HIGH, codec_path(HIGH)).levels == (2,)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"narrow": 3}, "--narrow is 3: choose 1, 2, 4, 8, 16"),
        ({"seconds": 5}, "--seconds is 5: choose 2, 3, 4"),
        ({"scales": 4}, "--scales is 4: choose 1, 2, 3"),
        ({"dataset": "youtube"}, "choose aist or tiktok"),
        ({"motion": False, "visual": False}, "see no dance"),
    ],
)
def test_settings_that_nothing_can_be_built_for_are_refused(changes, told):
    with pytest.raises(SettingsError, match=told):
        replace(SMALL, **changes)


def test_parts_that_leave_nothing_to_learn_from_are_refused():
    with pytest.raises(SettingsError, match="Unknown part 'music' to leave out: choose motion"):
        SMALL.without(["music"])
    with pytest.raises(SettingsError, match="All losses are switched off"):
        SMALL.without(["adversarial", "feature-matching", "commitment", "waveform", "mel"])
    with pytest.raises(SettingsError, match="teach nothing"):
        SMALL.as_published_code().without(["adversarial", "feature-matching", "commitment"])
