"""Train the spectral codec of one hop level on a corpus of composed and recorded music."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from d2m.metrics.codec import codebook_usage
from d2m.models.spectral_codec import SpectralCodec, SpectralCodecConfig
from d2m.models.spectrogram_discriminator import SpectrogramDiscriminator
from d2m.models.vqvae import CODEBOOK_SIZE, LATENT_CHANNELS
from d2m.training.adversarial import DiscriminatorTrainer
from d2m.training.codebook_trainer import CodebookTrainer
from d2m.training.codec_losses import (
    CODEC_LOW_BAND_HZ,
    CODEC_WEIGHTS,
    SpectralLoss,
    SpectralLossWeights,
)
from d2m.training.data.audio_pool import AudioPool, check_corpus
from d2m.training.data.held_out_audio import held_out_excerpts
from d2m.training.distributed import Engine
from d2m.training.learning_rates import cosine_factor
from d2m.training.step_graph import StepGraph
from d2m.training.trainer import AudioExamples, Trainer, TrainerConfig, Weights

AUDIO_LOOK_STEPS = 100
"""Steps between two looks for new audio in the corpus folder."""
ADVERSARIAL_WEIGHT = 0.5
"""Usual weight of the losses of a discriminator. Chosen by hand, from no trial."""
FEATURE_MATCHING = 2.0
"""Weight of feature matching relative to the adversarial loss. Chosen by hand."""
CLUSTERED_BATCHES = 16
"""Batches whose latents k-means clusters to place the codebook's entries. Chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class CodecTrainingConfig(TrainerConfig):
    """Settings of the training of a spectral codec.

    Parameters
    ----------
    codec
        Level and sizes of the codec.
    weights
        Weights of the losses, see `d2m.training.codec_losses.CODEC_WEIGHTS`.
    batch, crop
        Crops in the batch of each process, and length of a crop (samples).
    learning_rate
        AdamW's largest learning rate.
    low_band_hz
        Frequency (Hz) up to which the waveform counts.
    commitment
        Weight of the squared distance of latents from their entries.
    warm_up, warm_up_share
        Steps without rounding, before k-means places the codebook's entries, and the largest
        share of the training that they may take.
    restart_until
        Share of the steps after which unused entries are no longer restarted.
    adversarial
        Weight of the losses of a discriminator of spectrograms; 0 for none.
    adversarial_from
        Share of the training after which the discriminator is used.
    """

    codec: SpectralCodecConfig = field(default_factory=SpectralCodecConfig)
    weights: SpectralLossWeights = CODEC_WEIGHTS["high"]
    batch: int = 8
    crop: int = 16_384
    learning_rate: float = 8e-4
    low_band_hz: float = CODEC_LOW_BAND_HZ["high"]
    commitment: float = 0.25
    warm_up: int = 150
    warm_up_share: float = 0.05
    restart_until: float = 0.85
    adversarial: float = 0.0
    adversarial_from: float = 0.7

    def learning_rate_factor(self, number: int, share: float) -> float:
        """Return the factor of the learning rate at a step: a short rise, then a cosine."""
        return cosine_factor(number, share)


class CodecTask:
    """Train a spectral codec on the audio of a corpus folder.

    Parameters
    ----------
    corpus
        Corpus folder, see `d2m.training.data.composed_pieces`.
    config
        Settings of the training.
    start
        Weights of a spectral codec of either level to start from. Layers of another shape, which
        are those next to the codes of the other level, start from random weights, and the
        codebook is then placed anew.
    """

    def __init__(
        self,
        corpus: Path,
        config: CodecTrainingConfig,
        *,
        start: Mapping[str, Tensor] | None = None,
    ) -> None:
        self._config, self._corpus = config, corpus
        self._pool: AudioPool | None = None
        self._steps: StepGraph | None = None
        self._rounding: bool | None = None
        self._held_out = held_out_excerpts(corpus)
        torch.manual_seed(config.seed)
        self.codec = SpectralCodec(config.codec)
        fitting: dict[str, Tensor] = {}
        if start is not None:
            own = self.codec.state_dict()
            fitting = {n: t for n, t in start.items() if n in own and t.shape == own[n].shape}
            self.codec.load_state_dict(own | fitting)
        self._codebook = CodebookTrainer(self.codec.codebook)
        self._codebook.placed.fill_(len(fitting) == len(self.codec.state_dict()))
        self._loss = SpectralLoss(config.low_band_hz)
        self._adversary: DiscriminatorTrainer | None = None
        if config.adversarial:
            self._adversary = DiscriminatorTrainer(SpectrogramDiscriminator())
        self._optimizer = torch.optim.AdamW(
            self.codec.parameters(), lr=config.learning_rate, betas=(0.8, 0.95), fused=True
        )

    def step(self, number: int, rng: np.random.Generator, engine: Engine) -> dict[str, Tensor]:
        """Take one optimisation step and return its metrics."""
        audio = self._draw(number, rng, engine)
        if not self._is_rounding(number, rng, engine):
            outputs = self._compute({"audio": audio}, engine, rounded=False)
            engine.backward_and_step(outputs["loss"], self._optimizer, clip=self.codec.parameters())
            return {
                n: value.detach() for n, value in outputs.items() if n not in ("latents", "decoded")
            }
        if self._adversary is not None and engine.share_done >= self._config.adversarial_from:
            return self._update_codebook(self._step_against(audio, engine), rng, engine)
        if self._steps is None:
            compute = partial(self._compute, engine=engine, rounded=True)
            self._steps = StepGraph(compute, self._optimizer, self.codec, engine)
        return self._update_codebook(dict(self._steps({"audio": audio})), rng, engine)

    def _step_against(self, audio: Tensor, engine: Engine) -> dict[str, Tensor]:
        """Take a step of the discriminator, then one of the codec against it."""
        assert self._adversary is not None
        outputs = self._compute({"audio": audio}, engine, rounded=True)
        real, decoded = audio[:, None], outputs["decoded"][:, None]
        outputs["discriminator"] = self._adversary.step(real, decoded, engine)
        functions = self._adversary.generator_losses(real, decoded, engine)
        losses = {name: compute() for name, compute in functions.items()}
        added = losses["adversarial"] + FEATURE_MATCHING * losses["feature_matching"]
        outputs |= {**losses, "loss": outputs["loss"] + self._config.adversarial * added}
        engine.backward_and_step(outputs["loss"], self._optimizer, clip=self.codec.parameters())
        return {name: value.detach() for name, value in outputs.items()}

    def _update_codebook(
        self, outputs: dict[str, Tensor], rng: np.random.Generator, engine: Engine
    ) -> dict[str, Tensor]:
        """Move the codebook towards the latents of a step; return the step's metrics."""
        outputs.pop("decoded")
        latents = self._flat(outputs.pop("latents"), engine)
        codes = engine.gather(outputs.pop("codes").flatten())
        restart = engine.share_done < self._config.restart_until
        self._codebook.ema_update(latents, codes, rng, restart=restart)
        return outputs

    @torch.no_grad()
    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return the distances on held-out music by kind, and the perplexity of all codes."""
        metrics: dict[str, float] = {}
        used: list[NDArray[np.int64]] = []
        for kind, excerpts in self._held_out.items():
            found = []
            for audio in excerpts:
                target = audio[None].to(engine.device)
                codes = self.codec.encode(target)
                found.append(self._loss.distances(self.codec.decode(codes), target))
                used.append(codes.cpu().numpy().ravel())
            if found:
                log_mel, convergence = np.mean(found, axis=0)
                metrics[f"held_out_{kind}_log_mel"] = float(log_mel)
                metrics[f"held_out_{kind}_convergence"] = float(convergence)
        codes_used = np.concatenate(used) if used else np.zeros(0, dtype=np.int64)
        return metrics | {"perplexity": codebook_usage(codes_used, CODEBOOK_SIZE).perplexity}

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint stores, by name."""
        stored = {"codec": self.codec, "codebook": self._codebook, "optimizer": self._optimizer}
        if self._adversary is not None:
            stored["discriminator"] = self._adversary.discriminator
            stored["discriminator_optimizer"] = self._adversary.optimizer
        return stored

    def weights(self) -> dict[str, Weights]:
        """Return the codec with its configuration."""
        return {"weights": Weights(self.codec, self._config.codec.metadata())}

    @torch.no_grad()
    def audio_examples(self, engine: Engine) -> AudioExamples:
        """Return the first held-out track of each kind, original and reconstructed."""
        examples: AudioExamples = {}
        for kind, excerpts in self._held_out.items():
            for audio in excerpts[:1]:
                decoded = self.codec.decode(self.codec.encode(audio[None].to(engine.device)))
                examples[f"{kind}_original"] = audio.numpy()
                examples[f"{kind}_reconstructed"] = decoded[0].cpu().numpy()
        return examples

    def _is_rounding(self, number: int, rng: np.random.Generator, engine: Engine) -> bool:
        """Return whether latents are rounded; place the codebook before the first such step.

        Only the step, the codebook's state and the data decide, so that a run resumes exactly.
        """
        if self._rounding is None:
            self._rounding = bool(self._codebook.placed)
        if self._rounding:
            return True
        if number < self._config.warm_up and engine.share_done < self._config.warm_up_share:
            return False
        latents = []
        for _ in range(CLUSTERED_BATCHES):
            audio = self._draw(number, rng, engine)
            with torch.no_grad(), engine.autocast():
                latents.append(self._flat(self.codec.latents(audio), engine))
        self._codebook.init_kmeans(torch.cat(latents), rng)
        self._rounding = True
        return True

    def _draw(self, number: int, rng: np.random.Generator, engine: Engine) -> Tensor:
        """Draw a batch, and now and then look for audio that has been rendered meanwhile."""
        if self._pool is None:
            self._pool = AudioPool(self._corpus, engine.device)
            self._loss.to(engine.device)
        elif number % AUDIO_LOOK_STEPS == 0:
            self._pool.look_for_new()
        return self._pool.draw(self._config.batch, self._config.crop, rng, engine)

    def _compute(
        self, inputs: Mapping[str, Tensor], engine: Engine, *, rounded: bool
    ) -> dict[str, Tensor]:
        """Encode and decode a batch; return the distances, the loss and the latents."""
        config, book, audio = self._config, self.codec.codebook, inputs["audio"]
        with engine.autocast():
            latents = self.codec.latents(audio)
        outputs, decoded_from = {"latents": latents}, latents
        loss = latents.new_zeros(())
        if rounded:
            codes = book.nearest(latents.detach())
            entries = book.entries(codes)
            outputs |= {"codes": codes, "commitment": functional.mse_loss(latents, entries)}
            loss = config.commitment * outputs["commitment"]
            decoded_from = latents + (entries - latents).detach()  # straight through
        with engine.autocast():
            decoded = self.codec.decode_latents(decoded_from)
        distances = self._loss(decoded, audio)
        for name, distance in distances.items():
            loss = loss + getattr(config.weights, name) * distance
        return {**outputs, **distances, "decoded": decoded, "loss": loss}

    def _flat(self, latents: Tensor, engine: Engine) -> Tensor:
        """Return the latents (N, 64) of all processes."""
        return engine.gather(latents.detach().transpose(1, 2).reshape(-1, LATENT_CHANNELS))


def train_codec(
    corpus: Path,
    folder: Path,
    config: CodecTrainingConfig,
    *,
    start: Mapping[str, Tensor] | None = None,
) -> None:
    """Train a spectral codec, resuming from the run folder's checkpoint if there is one.

    Parameters
    ----------
    corpus
        Corpus folder, see `d2m.training.data.composed_pieces`.
    folder
        Run folder, to which ``weights.safetensors`` and ``metrics.jsonl`` are written.
    config
        Settings of the training.
    start
        Weights to start from, see `CodecTask`; random ones by default.
    """
    check_corpus(corpus)
    Trainer(folder, config).train(CodecTask(corpus, config, start=start))
