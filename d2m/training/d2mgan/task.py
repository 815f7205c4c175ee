"""The paper's networks in training: motion encoder and generator, and what judges them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from d2m.core.errors import CheckpointError
from d2m.core.levels import LEVELS, Level
from d2m.models.d2mgan import DATASETS, MOTION_CODE, VISUAL, Generator, MotionEncoder
from d2m.models.losses import commitment, mel, waveform
from d2m.models.vqvae import JukeboxVQVAE
from d2m.training.adversarial import BETAS, RATE, PaperObjective, Targets
from d2m.training.d2mgan.config import D2MGANConfig
from d2m.training.d2mgan.data import Batches
from d2m.training.d2mgan.dataset import Segment
from d2m.training.decoder_finetuning import DecoderTuning
from d2m.training.distributed import Engine
from d2m.training.trainer import Sounds, Trainer, Weights

HELD_OUT = 8
"""Test segments that are measured."""
HEARD = 2
"""Test segments that are written as sound."""


class D2MGANTask:
    """Networks, data and one step of the paper's training.

    Parameters
    ----------
    folder
        Of the published data's lists.
    codec
        With the level; encoder and codebook stay as they are.
    config
        How to train.
    """

    def __init__(self, folder: Path, codec: JukeboxVQVAE, config: D2MGANConfig) -> None:
        self._batches = Batches(folder, config)
        self._config = config
        self._codec = codec
        self._level = LEVELS[config.level]
        layout = DATASETS[config.dataset]
        torch.manual_seed(config.seed)
        self.encoder = MotionEncoder(layout, config.variant)
        self.generator = Generator(self._level, genres=layout.genres, variant=config.variant)
        self._blind()
        networks = [self.encoder, self.generator] if config.motion else [self.generator]
        parameters = [p for network in networks for p in network.parameters()]
        self.optimizer = torch.optim.Adam(parameters, lr=RATE, betas=BETAS)
        self.objective = PaperObjective(
            codec,
            self._level,
            config.weights,
            reshape=config.reshape,
            gradient=config.gradient,
            scales=config.scales,
            narrow=config.narrow,
        )
        self.tuning: DecoderTuning | None = None
        if config.fine_tune:
            self.tuning = DecoderTuning(
                codec, self._level, scales=config.scales, narrow=config.narrow
            )

    def step(self, number: int, rng: np.random.Generator, engine: Engine) -> dict[str, Tensor]:
        """Take the steps of discriminator and generator, and of the synthesizer if it learns."""
        batch = self._batches.draw(number, rng, engine)
        real = self._real(batch.audio, engine)
        loss, figures = self.objective(self.generate(batch, engine), real, engine)
        engine.update(loss, self.optimizer)
        if self.tuning is not None:
            more = self.tuning.step(real.entries, batch.audio, engine)
            figures |= {f"synthesizer_{name}": value for name, value in more.items()}
        return figures

    def generate(self, batch: Segment, engine: Engine) -> Tensor:
        """Return the features of segments (B, 64, codes)."""
        size = len(batch.visual)
        with engine.autocast():
            if self._config.motion:
                motion = self.encoder(batch.motion)
            else:
                motion = batch.visual.new_zeros(size, 1, MOTION_CODE)
            visual = batch.visual if self._config.visual else torch.zeros_like(batch.visual)
            latents: Tensor = self.generator(motion, visual, batch.genre)
        return latents.float()

    @torch.no_grad()
    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return distances on test segments, and how many codes are in use."""
        batch = self._batches.held_out(HELD_OUT, engine.device)
        real, generated = self._real(batch.audio, engine), self.generate(batch, engine)
        sound = self.objective.decode(generated, engine)
        codes = self._codec.codebook(self._level).nearest(generated)
        return {
            "held_out_commitment": float(commitment(generated, real.entries)),
            "held_out_waveform": float(waveform(sound, real.audio)),
            "held_out_mel": float(mel(sound, real.audio, self.objective.log_mel)),
            "held_out_codes": float(len(torch.unique(codes))),
        }

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint of the run holds."""
        tuned = {} if self.tuning is None else self.tuning.modules()
        return {
            "encoder": self.encoder,
            "generator": self.generator,
            "optimizer": self.optimizer,
            "codec": self._codec,
            **self.objective.modules(),
            **tuned,
        }

    def weights(self) -> dict[str, Weights]:
        """Return the networks that play, in their published names."""
        config, level = self._config, self._level.name
        metadata = {"dataset": config.dataset, "level": level, "seconds": str(config.seconds)}
        written: dict[str, nn.Module] = {
            f"generator_{level}": self.generator,
            f"motion_{level}": self.encoder,
        }
        if self.tuning is not None:
            written[f"vqvae_{level}"] = self._codec
        return {name: Weights(network, metadata) for name, network in written.items()}

    @torch.no_grad()
    def sounds(self, engine: Engine) -> Sounds:
        """Return test segments as they were recorded and as they are generated."""
        batch = self._batches.held_out(HEARD, engine.device)
        generated = self.objective.decode(self.generate(batch, engine), engine)
        pairs = zip(batch.audio.cpu().numpy(), generated.cpu().numpy(), strict=True)
        return {
            f"{name}_{index}": sound
            for index, pair in enumerate(pairs)
            for name, sound in zip(("original", "generated"), pair, strict=True)
        }

    @torch.no_grad()
    def _real(self, audio: Tensor, engine: Engine) -> Targets:
        with engine.autocast():
            latents = self._codec.latents(audio, self._level)
        latents = latents.float()
        book = self._codec.codebook(self._level)
        return Targets(latents, book.entries(book.nearest(latents)), audio)

    def _blind(self) -> None:
        """Zero the weights of inputs that are left out, so that players may show them."""
        with torch.no_grad():
            if not self._config.motion:
                self.generator.lin.weight[:, :MOTION_CODE] = 0.0
            if not self._config.visual:
                self.generator.lin.weight[:, MOTION_CODE : MOTION_CODE + VISUAL] = 0.0


def read_codec(level: Level, path: Path | None = None) -> JukeboxVQVAE:
    """Load the codec that a training goes through.

    Parameters
    ----------
    level
        The level to build.
    path
        Any file of a JukeBox VQ-VAE; the bundled codec by default.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, of another network, or without that level.
    """
    from d2m.checkpoints import load_codec
    from d2m.checkpoints.identify import recognise, vqvae_levels
    from d2m.checkpoints.safe_load import read_state

    if path is None:
        return load_codec(level)
    state = read_state(path)
    if recognise(state, path.name) != "vqvae":
        raise CheckpointError(f"{path.name} is no codec: expected a JukeBox VQ-VAE.")
    if level.vqvae_level not in vqvae_levels(state):
        raise CheckpointError(
            f"{path.name} has no level {level.name}: choose a codec that was trained for it."
        )
    codec = JukeboxVQVAE([level])
    codec.load_published({name: tensor.float() for name, tensor in state.items()})
    return codec.eval().requires_grad_(False)


def train_paper(folder: Path, codec: JukeboxVQVAE, out: Path, config: D2MGANConfig) -> None:
    """Train the paper's networks in a run folder, going on where an earlier run stopped.

    Parameters
    ----------
    folder
        Of the published data's lists.
    codec
        With the level.
    out
        Trainer folder; ``generator_LEVEL``, ``motion_LEVEL`` and, fine-tuned, ``vqvae_LEVEL``
        go there as safetensors.
    config
        How to train.
    """
    Trainer(out, config).train(D2MGANTask(folder, codec, config))
