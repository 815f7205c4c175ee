"""Train the motion encoder and the generator of D2M-GAN."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from d2m.core.errors import CheckpointError
from d2m.core.levels import HOP_LEVELS, HopLevel
from d2m.models.d2mgan import DATASETS, MOTION_CODE_SIZE, D2MGANGenerator, MotionEncoder
from d2m.models.i3d import I3D_FEATURES
from d2m.models.losses import commitment_loss, mel_loss, waveform_loss
from d2m.models.vqvae import JukeboxVQVAE
from d2m.training.adversarial import (
    ADAM_BETAS,
    GAN_LEARNING_RATE,
    D2MGANObjective,
    Targets,
)
from d2m.training.d2mgan.batches import SegmentBatches
from d2m.training.d2mgan.config import D2MGANConfig
from d2m.training.d2mgan.dataset import Segment
from d2m.training.d2mgan.decoder_trainer import DecoderTrainer
from d2m.training.distributed import Engine
from d2m.training.trainer import AudioExamples, Trainer, Weights

N_HELD_OUT_SEGMENTS = 8
"""Test segments of an evaluation; chosen by hand."""
N_EXAMPLE_SEGMENTS = 2
"""Test segments that are written as audio examples; chosen by hand."""


class D2MGANTask:
    """Train motion encoder and generator on a published data set.

    Parameters
    ----------
    folder
        Folder with the lists of the published data.
    codec
        A codec that has the level. Encoder and codebook are not changed.
    config
        Settings of the training.
    """

    def __init__(self, folder: Path, codec: JukeboxVQVAE, config: D2MGANConfig) -> None:
        self.batches = SegmentBatches(folder, config)
        self._config = config
        self._codec = codec
        self._level = HOP_LEVELS[config.level]
        layout = DATASETS[config.dataset]
        torch.manual_seed(config.seed)
        self.encoder = MotionEncoder(layout, config.variant)
        self.generator = D2MGANGenerator(self._level, genres=layout.genres, variant=config.variant)
        self._zero_unused_inputs()
        networks = [self.encoder, self.generator] if config.motion else [self.generator]
        parameters = [p for network in networks for p in network.parameters()]
        self.optimizer = torch.optim.Adam(parameters, lr=GAN_LEARNING_RATE, betas=ADAM_BETAS)
        self.objective = D2MGANObjective(
            codec,
            self._level,
            config.weights,
            reshape=config.reshape,
            gradient=config.gradient,
            scales=config.scales,
            channel_divisor=config.channel_divisor,
        )
        self.decoder_trainer: DecoderTrainer | None = None
        if config.fine_tune:
            self.decoder_trainer = DecoderTrainer(
                codec, self._level, scales=config.scales, channel_divisor=config.channel_divisor
            )

    def step(self, number: int, rng: np.random.Generator, engine: Engine) -> dict[str, Tensor]:
        """Take one step of discriminator, generator and, if it is trained, decoder.

        Return the metrics of all of them.
        """
        batch = self.batches.draw(number, rng, engine)
        targets = self._targets(batch.audio, engine)
        loss, metrics = self.objective(self.generate(batch, engine), targets, engine)
        engine.backward_and_step(loss, self.optimizer)
        if self.decoder_trainer is not None:
            decoder_metrics = self.decoder_trainer.step(targets.entries, batch.audio, engine)
            # Checkpoints of earlier versions hold sums of metrics with this prefix.
            metrics |= {f"synthesizer_{name}": value for name, value in decoder_metrics.items()}
        return metrics

    def generate(self, batch: Segment, engine: Engine) -> Tensor:
        """Generate the VQ features (B, 64, T) of a batch of segments."""
        size = len(batch.visual)
        with engine.autocast():
            if self._config.motion:
                motion = self.encoder(batch.motion)
            else:
                motion = batch.visual.new_zeros(size, 1, MOTION_CODE_SIZE)
            visual = batch.visual if self._config.visual else torch.zeros_like(batch.visual)
            latents: Tensor = self.generator(motion, visual, batch.genre)
        return latents.float()

    @torch.no_grad()
    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return losses on test segments, and the number of distinct codes generated for them."""
        batch = self.batches.held_out(N_HELD_OUT_SEGMENTS, engine.device)
        targets = self._targets(batch.audio, engine)
        generated = self.generate(batch, engine)
        audio = self.objective.decode(generated, engine)
        codes = self._codec.codebook(self._level).nearest(generated)
        return {
            "held_out_commitment": float(commitment_loss(generated, targets.entries)),
            "held_out_waveform": float(waveform_loss(audio, targets.audio)),
            "held_out_mel": float(mel_loss(audio, targets.audio, self.objective.log_mel)),
            "held_out_codes": float(len(torch.unique(codes))),
        }

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint stores, by name."""
        trained = {} if self.decoder_trainer is None else self.decoder_trainer.modules()
        return {
            "encoder": self.encoder,
            "generator": self.generator,
            "optimizer": self.optimizer,
            "codec": self._codec,
            **self.objective.modules(),
            **trained,
        }

    def weights(self) -> dict[str, Weights]:
        """Return the trained networks, with the published parameter names."""
        config, level = self._config, self._level.name
        metadata = {"dataset": config.dataset, "level": level, "seconds": str(config.seconds)}
        networks: dict[str, nn.Module] = {
            f"generator_{level}": self.generator,
            f"motion_{level}": self.encoder,
        }
        if self.decoder_trainer is not None:
            networks[f"vqvae_{level}"] = self._codec
        return {name: Weights(network, metadata) for name, network in networks.items()}

    @torch.no_grad()
    def audio_examples(self, engine: Engine) -> AudioExamples:
        """Return the audio of test segments, original and generated."""
        batch = self.batches.held_out(N_EXAMPLE_SEGMENTS, engine.device)
        generated = self.objective.decode(self.generate(batch, engine), engine)
        pairs = zip(batch.audio.cpu().numpy(), generated.cpu().numpy(), strict=True)
        return {
            f"{name}_{index}": audio
            for index, pair in enumerate(pairs)
            for name, audio in zip(("original", "generated"), pair, strict=True)
        }

    @torch.no_grad()
    def _targets(self, audio: Tensor, engine: Engine) -> Targets:
        """Encode real audio (B, N)."""
        with engine.autocast():
            latents = self._codec.latents(audio, self._level)
        latents = latents.float()
        book = self._codec.codebook(self._level)
        return Targets(latents, book.entries(book.nearest(latents)), audio)

    def _zero_unused_inputs(self) -> None:
        """Zero the weights of inputs that are left out.

        The trained generator then ignores them wherever it is used.
        """
        with torch.no_grad():
            if not self._config.motion:
                self.generator.lin.weight[:, :MOTION_CODE_SIZE] = 0.0
            if not self._config.visual:
                self.generator.lin.weight[:, MOTION_CODE_SIZE : MOTION_CODE_SIZE + I3D_FEATURES] = (
                    0.0
                )


def load_training_codec(level: HopLevel, path: Path | None = None) -> JukeboxVQVAE:
    """Load the codec of a training.

    Parameters
    ----------
    level
        Hop level to load.
    path
        Any file of a JukeBox VQ-VAE; the installed published codec by default.

    Raises
    ------
    CheckpointError
        If the file is missing or damaged, or does not hold a VQ-VAE with that level.
    """
    from d2m.checkpoints import load_published_codec
    from d2m.checkpoints.identify import identify_network, vqvae_levels
    from d2m.checkpoints.safe_load import read_state_dict

    if path is None:
        return load_published_codec(level)
    state = read_state_dict(path)
    if identify_network(state, path.name) != "vqvae":
        raise CheckpointError(f"{path.name} is not a codec: choose a file of a JukeBox VQ-VAE.")
    if level.vqvae_level not in vqvae_levels(state):
        raise CheckpointError(
            f"{path.name} has no level {level.name}: choose a codec trained for that level."
        )
    codec = JukeboxVQVAE([level])
    codec.load_published_state({name: tensor.float() for name, tensor in state.items()})
    return codec.eval().requires_grad_(False)


def train_d2mgan(folder: Path, codec: JukeboxVQVAE, out: Path, config: D2MGANConfig) -> None:
    """Train the networks of D2M-GAN, resuming from the run folder's checkpoint if there is one.

    Parameters
    ----------
    folder
        Folder with the lists of the published data.
    codec
        A codec that has the level.
    out
        Run folder, to which ``generator_LEVEL``, ``motion_LEVEL`` and, if the decoder is
        fine-tuned, ``vqvae_LEVEL`` are written as safetensors.
    config
        Settings of the training.
    """
    Trainer(out, config).train(D2MGANTask(folder, codec, config))
