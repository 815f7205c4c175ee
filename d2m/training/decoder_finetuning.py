"""Fine-tune the synthesizer: the codec's decoder, against a discriminator of waveforms.

Zhu et al., ECCV 2022, Sec. 3.4 and 4: encoder and codebook stay, so that codes keep their
meaning, and the decoder learns with a discriminator of the same form as the generator's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from d2m.core.levels import LEVELS, Level
from d2m.models.vqvae import JukeboxVQVAE
from d2m.training.adversarial import BETAS, Adversary
from d2m.training.codec import (
    LOUDNESS,
    CodecConfig,
    reconstruction,
    sound_and_copy,
    spectral_figures,
)
from d2m.training.data.corpus import load_pieces
from d2m.training.data.crops import AudioCrops
from d2m.training.distributed import Engine
from d2m.training.trainer import Sounds, Trainer, Weights

RATE = 1e-5
"""Of the decoder, as in the paper; the discriminator starts from nothing and has its own."""
FEATURE_MATCHING = 3.0


@dataclass(frozen=True, kw_only=True)
class DecoderFinetuningConfig(CodecConfig):
    """How a synthesizer is fine-tuned.

    Parameters
    ----------
    learning_rate
        Adam's rate for the decoder.
    scales, narrow
        Of the discriminator, see `d2m.training.adversarial.Adversary`.
    """

    batch: int = 16
    learning_rate: float = RATE
    precision: str = "auto"
    scales: int = 3
    narrow: int = 1

    def rate(self, number: int) -> float:
        """Return 1: the paper's learning rates are constant."""
        del number
        return 1.0


class DecoderTuning:
    """One level's decoder in fine-tuning, on codes that stay as they are.

    Parameters
    ----------
    codec
        Its decoder is changed; between steps it has no gradients.
    level
        The level.
    learning_rate
        Adam's rate.
    scales, narrow
        Of the discriminator.
    """

    def __init__(
        self,
        codec: JukeboxVQVAE,
        level: Level,
        *,
        learning_rate: float = RATE,
        scales: int = 3,
        narrow: int = 1,
    ) -> None:
        self._codec = codec.requires_grad_(False)
        self._level = level
        self._decoder = codec.decoders[str(level.vqvae_level)]
        self._adversary = Adversary(scales=scales, narrow=narrow)
        self._optimizer = torch.optim.Adam(
            self._decoder.parameters(), lr=learning_rate, betas=BETAS
        )

    def step(self, entries: Tensor, audio: Tensor, engine: Engine) -> dict[str, Tensor]:
        """Take a step of the discriminator and one of the decoder; return figures.

        Parameters
        ----------
        entries : (B, 64, T)
            Codebook entries of the sound.
        audio : (B, N)
            The sound.
        engine
            Where the training runs.
        """
        self._decoder.requires_grad_(True)
        with engine.autocast():
            decoded = self._codec.decode_latents(entries, self._level).float()
        real, own = audio.unsqueeze(1), decoded.unsqueeze(1)
        judged = self._adversary.learn(real, own, engine)
        figures = spectral_figures(decoded, audio)
        figures["waveform"] = functional.mse_loss(decoded, audio) / LOUDNESS**2
        losses = {name: loss() for name, loss in self._adversary.losses(real, own, engine).items()}
        loss = torch.stack([*figures.values()]).sum() + losses["adversarial"]
        loss = loss + FEATURE_MATCHING * losses["feature_matching"]
        engine.update(loss, self._optimizer)
        self._decoder.requires_grad_(False)
        figures |= losses | {"discriminator": judged, "loss": loss}
        return {name: value.detach() for name, value in figures.items()}

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint holds beside the codec."""
        return {
            "decoder_optimizer": self._optimizer,
            "wave_discriminator": self._adversary.network,
            "wave_discriminator_optimizer": self._adversary.optimizer,
        }


class DecoderFinetuningTask:
    """A synthesizer in fine-tuning on the corpus: data and one step."""

    def __init__(self, corpus: Path, codec: JukeboxVQVAE, config: DecoderFinetuningConfig) -> None:
        pieces = load_pieces(corpus)
        self._train = AudioCrops(corpus, [piece for piece in pieces if not piece.held_out])
        self._test = AudioCrops(corpus, load_pieces(corpus, unseen=True))
        self._level = LEVELS[config.level]
        self._config = config
        self._codec = codec
        torch.manual_seed(config.seed)
        self._tuning = DecoderTuning(
            codec,
            self._level,
            learning_rate=config.learning_rate,
            scales=config.scales,
            narrow=config.narrow,
        )

    def step(self, number: int, rng: np.random.Generator, engine: Engine) -> dict[str, Tensor]:
        """Take the steps of discriminator and decoder."""
        del number
        config = self._config
        audio = self._train.draw(config.batch, config.crop, rng, engine)
        with torch.no_grad():
            codes = self._codec.encode(audio, self._level)
            entries = self._codec.codebook(self._level).entries(codes)
        return self._tuning.step(entries, audio, engine)

    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return reconstruction figures on unseen songs."""
        return reconstruction(self._codec, self._level, self._test, self._config, engine.device)

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint of the run holds."""
        return {"codec": self._codec} | self._tuning.modules()

    def weights(self) -> dict[str, Weights]:
        """Return the codec, in its published names."""
        return {"weights": Weights(self._codec, {"level": self._level.name})}

    def sounds(self, engine: Engine) -> Sounds:
        """Return an unseen song, and what the codec makes of it."""
        return sound_and_copy(self._codec, self._level, self._test, engine.device)


def train_synthesizer(
    corpus: Path, codec: JukeboxVQVAE, folder: Path, config: DecoderFinetuningConfig
) -> None:
    """Fine-tune a codec's decoder in a run folder, going on where an earlier run stopped."""
    Trainer(folder, config).train(DecoderFinetuningTask(corpus, codec, config))
