"""Fine-tune the decoder of a codec against a discriminator of waveforms.

Zhu et al., ECCV 2022, Sec. 3.4 and 4, where the decoder is called the music synthesizer.
Encoder and codebook are not changed, so that codes keep their meaning. The discriminator has
the same architecture as that of the generator.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from d2m.core.levels import HOP_LEVELS, HopLevel
from d2m.models.vqvae import JukeboxVQVAE
from d2m.training.adversarial import ADAM_BETAS, DiscriminatorTrainer
from d2m.training.codec import CodecConfig
from d2m.training.data.corpus import load_pieces
from d2m.training.data.crops import AudioCrops
from d2m.training.distributed import Engine
from d2m.training.reconstruction import (
    SONG_RMS,
    reconstruction_examples,
    reconstruction_metrics,
    spectral_distances,
)
from d2m.training.trainer import AudioExamples, Trainer, Weights

DECODER_LEARNING_RATE = 1e-5
"""Adam's learning rate for the decoder (Zhu et al. 2022); the discriminator has its own."""
FEATURE_MATCHING_WEIGHT = 3.0
"""Weight of feature matching relative to the adversarial loss (Zhu et al. 2022)."""


@dataclass(frozen=True, kw_only=True)
class DecoderFinetuningConfig(CodecConfig):
    """Settings of the fine-tuning of a codec's decoder on the corpus.

    Parameters
    ----------
    learning_rate
        Adam's learning rate for the decoder.
    scales, channel_divisor
        See `d2m.training.adversarial.DiscriminatorTrainer`.
    """

    batch: int = 16
    learning_rate: float = DECODER_LEARNING_RATE
    precision: str = "auto"
    scales: int = 3
    channel_divisor: int = 1

    def learning_rate_factor(self, number: int) -> float:
        """Return 1: the paper keeps the learning rates constant."""
        del number
        return 1.0


class DecoderTrainer:
    """Train the decoder of one level against a discriminator of waveforms.

    Parameters
    ----------
    codec
        Its decoder is trained; none of its parameters has a gradient between steps.
    level
        Hop level of the decoder.
    learning_rate
        Adam's learning rate for the decoder.
    scales, channel_divisor
        See `d2m.training.adversarial.DiscriminatorTrainer`.
    """

    def __init__(
        self,
        codec: JukeboxVQVAE,
        level: HopLevel,
        *,
        learning_rate: float = DECODER_LEARNING_RATE,
        scales: int = 3,
        channel_divisor: int = 1,
    ) -> None:
        self._codec = codec.requires_grad_(False)
        self._level = level
        self._decoder = codec.decoders[str(level.vqvae_level)]
        self._discriminator_trainer = DiscriminatorTrainer(
            scales=scales, channel_divisor=channel_divisor
        )
        self._optimizer = torch.optim.Adam(
            self._decoder.parameters(), lr=learning_rate, betas=ADAM_BETAS
        )

    def step(self, entries: Tensor, audio: Tensor, engine: Engine) -> dict[str, Tensor]:
        """Take one step of the discriminator and one of the decoder; return metrics.

        Parameters
        ----------
        entries : (B, 64, T)
            Codebook entries of the audio.
        audio : (B, N)
            Real audio in [-1, 1].
        engine
            The process to train in.
        """
        self._decoder.requires_grad_(True)
        with engine.autocast():
            decoded = self._codec.decode_latents(entries, self._level).float()
        real, generated = audio.unsqueeze(1), decoded.unsqueeze(1)
        discriminator_loss = self._discriminator_trainer.step(real, generated, engine)
        metrics = spectral_distances(decoded, audio)
        metrics["waveform"] = functional.mse_loss(decoded, audio) / SONG_RMS**2
        functions = self._discriminator_trainer.generator_losses(real, generated, engine)
        losses = {name: compute() for name, compute in functions.items()}
        loss = torch.stack([*metrics.values()]).sum() + losses["adversarial"]
        loss = loss + FEATURE_MATCHING_WEIGHT * losses["feature_matching"]
        engine.backward_and_step(loss, self._optimizer)
        self._decoder.requires_grad_(False)
        metrics |= losses | {"discriminator": discriminator_loss, "loss": loss}
        return {name: value.detach() for name, value in metrics.items()}

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint stores besides the codec, by name."""
        return {
            "decoder_optimizer": self._optimizer,
            "wave_discriminator": self._discriminator_trainer.discriminator,
            "wave_discriminator_optimizer": self._discriminator_trainer.optimizer,
        }


class DecoderFinetuningTask:
    """Fine-tune a codec's decoder on the corpus.

    Parameters
    ----------
    corpus
        Corpus folder.
    codec
        Its decoder is fine-tuned in place.
    config
        Settings of the training.
    """

    def __init__(self, corpus: Path, codec: JukeboxVQVAE, config: DecoderFinetuningConfig) -> None:
        pieces = load_pieces(corpus)
        self._train = AudioCrops(corpus, [piece for piece in pieces if not piece.held_out])
        self._test = AudioCrops(corpus, load_pieces(corpus, unseen=True))
        self._level = HOP_LEVELS[config.level]
        self._config = config
        self._codec = codec
        torch.manual_seed(config.seed)
        self._decoder_trainer = DecoderTrainer(
            codec,
            self._level,
            learning_rate=config.learning_rate,
            scales=config.scales,
            channel_divisor=config.channel_divisor,
        )

    def step(self, number: int, rng: np.random.Generator, engine: Engine) -> dict[str, Tensor]:
        """Take one step of the discriminator and one of the decoder; return metrics."""
        del number
        config = self._config
        audio = self._train.draw(config.batch, config.crop, rng, engine)
        with torch.no_grad():
            codes = self._codec.encode(audio, self._level)
            entries = self._codec.codebook(self._level).entries(codes)
        return self._decoder_trainer.step(entries, audio, engine)

    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return reconstruction metrics on unseen songs."""
        config = self._config
        return reconstruction_metrics(
            self._codec,
            self._level,
            self._test,
            batch=config.batch,
            crop=config.crop,
            device=engine.device,
        )

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint stores, by name."""
        return {"codec": self._codec} | self._decoder_trainer.modules()

    def weights(self) -> dict[str, Weights]:
        """Return the codec, with the published parameter names."""
        return {"weights": Weights(self._codec, {"level": self._level.name})}

    def audio_examples(self, engine: Engine) -> AudioExamples:
        """Return the beginning of an unseen song, original and reconstructed."""
        return reconstruction_examples(self._codec, self._level, self._test, engine.device)


def finetune_decoder(
    corpus: Path, codec: JukeboxVQVAE, folder: Path, config: DecoderFinetuningConfig
) -> None:
    """Fine-tune a codec's decoder, resuming from the run folder's checkpoint if there is one.

    Parameters
    ----------
    corpus
        Corpus folder.
    codec
        Its decoder is fine-tuned in place.
    folder
        Run folder, to which ``weights.safetensors`` with the published parameter names and
        ``metrics.jsonl`` are written.
    config
        Settings of the training.
    """
    Trainer(folder, config).train(DecoderFinetuningTask(corpus, codec, config))
