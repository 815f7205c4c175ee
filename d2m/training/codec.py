"""Train the VQ-VAE of one hop level on the songs of the corpus.

The codebook is updated by exponential moving averages with restarts of unused entries
(Dhariwal et al. 2020, Sec. 3 and B.1), encoder and decoder by spectral and waveform losses.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m.core.levels import HOP_LEVELS
from d2m.models.losses import LogMel, mel_loss
from d2m.models.vqvae import LATENT_CHANNELS, JukeboxVQVAE
from d2m.training.codebook_trainer import CodebookTrainer
from d2m.training.data.corpus import load_pieces
from d2m.training.data.crops import AudioCrops
from d2m.training.distributed import Engine
from d2m.training.reconstruction import (
    SONG_RMS,
    reconstruction_examples,
    reconstruction_metrics,
    spectral_distances,
)
from d2m.training.trainer import AudioExamples, Trainer, TrainerConfig, Weights


@dataclass(frozen=True, kw_only=True)
class CodecConfig(TrainerConfig):
    """Settings of the training of a codec.

    Parameters
    ----------
    level
        Name of the hop level.
    batch, crop
        Crops in the batch of each process, and length of a crop (samples).
    learning_rate
        AdamW's learning rate.
    commitment, latent_penalty
        Weights of the commitment loss, and of the mean square of the latents.
    mel
        Weight of the L1 distance of log10-mel spectrograms, which also counts quiet sounds.
    warm_up
        Steps without rounding, before k-means places the codebook's entries.
    ramp
        Steps over which the share of rounded items then rises from 0.3 to 1.
    restart_until
        Share of the steps after which unused entries are no longer restarted.
    decoder_only
        Train the decoder only; encoder, codebook and codes stay the same.
    """

    level: str = "high"
    precision: str = "bf16"  # a third faster, on CPUs that support it too
    batch: int = 8
    crop: int = 8192
    learning_rate: float = 1e-3
    commitment: float = 1.0
    latent_penalty: float = 1e-3
    mel: float = 3.0
    warm_up: int = 150
    ramp: int = 200
    restart_until: float = 0.6
    decoder_only: bool = False


class CodecTask:
    """Train the codec of one level on the corpus.

    Parameters
    ----------
    corpus
        Corpus folder.
    config
        Settings of the training.
    start
        Codec weights to start from; random weights by default.
    """

    def __init__(
        self, corpus: Path, config: CodecConfig, *, start: dict[str, Tensor] | None = None
    ) -> None:
        pieces = load_pieces(corpus)
        self._train = AudioCrops(corpus, [piece for piece in pieces if not piece.held_out])
        self._test = AudioCrops(corpus, load_pieces(corpus, unseen=True))
        self._level = HOP_LEVELS[config.level]
        self._config = config
        torch.manual_seed(config.seed)
        self.codec = JukeboxVQVAE([self._level])
        self._pretrained = start is not None
        if start is not None:
            self.codec.load_published_state(start)
        index = str(self._level.vqvae_level)
        trained: nn.Module = self.codec.decoders[index] if config.decoder_only else self.codec
        self.codec.requires_grad_(False)
        trained.requires_grad_(True)
        self._log_mel = LogMel()
        self._codebook = CodebookTrainer(self.codec.codebook(self._level))
        self._optimizer = torch.optim.AdamW(
            trained.parameters(), lr=config.learning_rate, betas=(0.9, 0.99)
        )

    def step(self, number: int, rng: np.random.Generator, engine: Engine) -> dict[str, Tensor]:
        """Take one optimisation step and return its metrics."""
        config = self._config
        audio = self._train.draw(config.batch, config.crop, rng, engine)
        with engine.autocast():
            latents = self.codec.latents(audio, self._level)
        latents = latents.float()
        rounded, commitment = self._round(latents, number, rng, engine)
        with engine.autocast():
            decoded = self.codec.decode_latents(rounded, self._level)
        metrics = spectral_distances(decoded.float(), audio)
        metrics["mel"] = mel_loss(decoded.float(), audio, self._log_mel.to(engine.device))
        waveform = functional.mse_loss(decoded.float(), audio) / SONG_RMS**2
        loss = metrics["convergence"] + metrics["log_magnitude"] + waveform
        loss = loss + config.mel * metrics["mel"] + config.commitment * commitment
        loss = loss + config.latent_penalty * latents.square().mean()
        engine.backward_and_step(loss, self._optimizer, clip=self.codec.parameters())
        return {name: value.detach() for name, value in (metrics | {"loss": loss}).items()}

    @torch.no_grad()
    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return reconstruction metrics on unseen songs, and the perplexity of the codes."""
        config = self._config
        return reconstruction_metrics(
            self.codec,
            self._level,
            self._test,
            batch=config.batch,
            crop=config.crop,
            device=engine.device,
        )

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint stores, by name."""
        return {
            "codec": self.codec,
            "codebook": self._codebook,
            "optimizer": self._optimizer,
        }

    def weights(self) -> dict[str, Weights]:
        """Return the codec, with the published parameter names."""
        return {"weights": Weights(self.codec, {"level": self._level.name})}

    def audio_examples(self, engine: Engine) -> AudioExamples:
        """Return the beginning of an unseen song, original and reconstructed."""
        return reconstruction_examples(self.codec, self._level, self._test, engine.device)

    def _round(
        self, latents: Tensor, number: int, rng: np.random.Generator, engine: Engine
    ) -> tuple[Tensor, Tensor]:
        """Round latents (B, 64, T) straight-through and update the codebook.

        How many items of the batch are rounded depends on the number of the step. Return
        the latents to decode, and the commitment loss.
        """
        config, book = self._config, self.codec.codebook(self._level)
        flat = latents.detach().transpose(1, 2).reshape(-1, LATENT_CHANNELS)
        if not self._pretrained and number < config.warm_up:
            return latents, latents.new_zeros(())
        if not self._pretrained and number == config.warm_up:
            self._codebook.init_kmeans(engine.gather(flat), rng)
        codes = book.nearest(latents.detach())
        entries = book.entries(codes)
        commitment = functional.mse_loss(latents, entries)
        if not config.decoder_only:
            restart = number < config.restart_until * config.steps
            gathered = engine.gather(flat), engine.gather(codes.flatten())
            self._codebook.ema_update(*gathered, rng, restart=restart)
        share = 1.0
        if not self._pretrained:
            share = min(1.0, 0.3 + 0.7 * (number - config.warm_up) / config.ramp)
        rounded = latents + (entries - latents).detach()
        drawn = rng.random(len(latents) * engine.world_size)[engine.share(len(latents))]
        keep = torch.from_numpy(drawn >= share).to(latents.device)
        return torch.where(keep[:, None, None], latents, rounded), commitment


def train_codec(
    corpus: Path,
    folder: Path,
    config: CodecConfig,
    *,
    start: dict[str, Tensor] | None = None,
) -> None:
    """Train a codec, resuming from the run folder's checkpoint if there is one.

    Parameters
    ----------
    corpus
        Corpus folder.
    folder
        Run folder, to which ``weights.safetensors`` with the published parameter names and
        ``metrics.jsonl`` are written.
    config
        Settings of the training.
    start
        Codec weights to start from; random weights by default.
    """
    Trainer(folder, config).train(CodecTask(corpus, config, start=start))
