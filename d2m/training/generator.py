"""Train a compact generator on the corpus: codes from the grid, the song and the dance.

The loss is that of `d2m.training.codebook_loss`, optionally with the losses of D2M-GAN.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from d2m.core.levels import HOP_LEVELS, HopLevel
from d2m.models.compact_generator import CompactConfig, CompactGenerator
from d2m.models.losses import LossWeights
from d2m.models.vqvae import JukeboxVQVAE
from d2m.training.adversarial import D2MGANObjective, Targets
from d2m.training.codebook_loss import CodebookLoss, nearest_spacing
from d2m.training.data.corpus import Piece, corpus_codes, load_pieces
from d2m.training.data.crops import CodeCrops
from d2m.training.distributed import Engine
from d2m.training.trainer import AudioExamples, Trainer, TrainerConfig, Weights

EDGE_FRAMES = 16
"""Frames (93 ms) at each end of a crop that the loss ignores; chosen by hand.

The network does not see what surrounds the crop there.
"""
AUDIO_EXAMPLE_FRAMES = 690
"""Length (frames) of the audio examples that a run writes: 4 s."""
N_GENERATOR_BATCHES = 24
"""Held-out batches of an evaluation; chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class GeneratorConfig(TrainerConfig):
    """Settings of the training of a compact generator.

    Parameters
    ----------
    level
        Name of the hop level.
    batch, crop
        Crops in the batch of each process, and length of a crop (frames).
    learning_rate, table_learning_rate
        Adam's learning rates for the network and for its embedding tables.
    l1
        Weight of the L1 distance, see `d2m.training.codebook_loss.CodebookLoss`.
    drop_motion, drop_visual
        Shares of crops whose movement features, or whose directogram, are zeroed, so that the
        generator learns to use each of them on its own.
    d2mgan_losses
        Weights of the losses of D2M-GAN, which are added to the codebook loss; None for none.
        The discriminator reads reshaped VQ sequences. The audio losses compare what the frozen
        decoder makes of generated and of true codes.
    scales, channel_divisor
        See `d2m.training.adversarial.DiscriminatorTrainer`.
    """

    level: str = "high"
    precision: str = "bf16"  # two thirds of the time, on CPUs that support it too
    batch: int = 8
    crop: int = 160
    learning_rate: float = 3e-3
    table_learning_rate: float = 1e-2
    l1: float = 5.0
    drop_motion: float = 0.1
    drop_visual: float = 0.4
    d2mgan_losses: LossWeights | None = None
    scales: int = 3
    channel_divisor: int = 1


class GeneratorTask:
    """Train a compact generator on the corpus.

    Parameters
    ----------
    corpus
        Corpus folder.
    codec
        The codec whose codes the generator learns.
    config
        Settings of the training.
    start
        Generator weights to start from; random weights by default. Weights of the other level
        are used except for the output head.
    """

    def __init__(
        self,
        corpus: Path,
        codec: JukeboxVQVAE,
        config: GeneratorConfig,
        *,
        start: dict[str, Tensor] | None = None,
    ) -> None:
        level = HOP_LEVELS[config.level]
        pieces = load_pieces(corpus)
        codes = corpus_codes(corpus, pieces, codec, level)
        self.train_crops, self.test_crops = (
            self._crops(corpus, *_split(pieces, codes, held_out=held_out), level)
            for held_out in (False, True)
        )
        codebook = codec.codebook(level).k
        self.config = config
        self.codec = codec
        self.level = level
        torch.manual_seed(config.seed)
        # Slightly above the largest value, which sigma times a tanh would only approach.
        self.generator = CompactGenerator(
            CompactConfig(level=level.name, sigma=1.02 * float(codebook.abs().max()))
        )
        if start is not None:
            self._load_start(start)
        self.loss = CodebookLoss(
            codebook,
            nearest_spacing(codebook),
            config.l1,
            EDGE_FRAMES * self.generator.config.codes_per_frame,
        )
        self.optimizer = self._optimizer()
        self._d2mgan_objective: D2MGANObjective | None = None
        if config.d2mgan_losses is not None:
            self._d2mgan_objective = D2MGANObjective(
                codec,
                level,
                config.d2mgan_losses,
                scales=config.scales,
                channel_divisor=config.channel_divisor,
            )

    def step(self, number: int, rng: np.random.Generator, engine: Engine) -> dict[str, Tensor]:
        """Take one optimisation step and return its metrics."""
        del number
        batch = self.train_crops.draw(self.config, rng, engine)
        codes = batch.pop("codes")
        with engine.autocast():
            features = self.generator(**batch)
        features = features.float()  # distances to the codebook need float32
        loss: Tensor
        metrics: dict[str, Tensor]
        loss, metrics = self.loss(features, codes)
        if self._d2mgan_objective is not None:
            generated, targets = self._inner_targets(features, codes, engine)
            d2mgan_loss, d2mgan_metrics = self._d2mgan_objective(generated, targets, engine)
            loss, metrics = loss + d2mgan_loss, metrics | d2mgan_metrics
        engine.backward_and_step(loss, self.optimizer, clip=self.generator.parameters())
        return metrics

    @torch.no_grad()
    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return mean metrics of the codebook loss on held-out pieces.

        Names begin with ``held_out_``, or with ``no_dance_`` where the dance is zeroed.
        """
        self.generator.eval()
        metrics: dict[str, list[float]] = {}
        rng = np.random.default_rng(0)
        for _ in range(N_GENERATOR_BATCHES):
            batch = self.held_out(rng, engine, self.config.crop)
            codes = batch.pop("codes")
            for prefix, scale in (("held_out_", 1.0), ("no_dance_", 0.0)):
                batch["movement"] = batch["movement"] * scale
                batch["visual"] = batch["visual"] * scale
                for name, value in self.loss(self.generator(**batch), codes)[1].items():
                    metrics.setdefault(prefix + name, []).append(float(value))
        self.generator.train()
        return {name: float(np.mean(values)) for name, values in metrics.items()}

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint stores, by name; the codec is not trained, nor stored."""
        stored = {"generator": self.generator, "loss": self.loss, "optimizer": self.optimizer}
        if self._d2mgan_objective is None:
            return stored
        return stored | self._d2mgan_objective.modules()

    def weights(self) -> dict[str, Weights]:
        """Return the generator."""
        return {"weights": Weights(self.generator, self.generator.config.to_metadata())}

    @torch.no_grad()
    def audio_examples(self, engine: Engine) -> AudioExamples:
        """Return the audio of a held-out crop, decoded from true and from generated codes."""
        self.generator.eval()
        batch = self.held_out(np.random.default_rng(0), engine, AUDIO_EXAMPLE_FRAMES)
        codes = batch.pop("codes")[:1]
        codec = self.codec.to(engine.device)
        nearest = codec.codebook(self.level).nearest(self.generator(**batch)[:1])
        self.generator.train()
        return {
            name: codec.decode(chosen, self.level)[0].cpu().numpy()
            for name, chosen in (("codes", codes), ("generated", nearest))
        }

    def held_out(self, rng: np.random.Generator, engine: Engine, crop: int) -> dict[str, Tensor]:
        """Draw a batch of held-out crops of a length (frames), with the whole dance."""
        config = replace(self.config, crop=crop, drop_motion=0.0, drop_visual=0.0)
        batch = self.test_crops.draw(config, rng)
        return {name: values.to(engine.device) for name, values in batch.items()}

    def _crops(
        self, corpus: Path, pieces: list[Piece], codes: list[NDArray[np.int16]], level: HopLevel
    ) -> CodeCrops:
        del corpus
        return CodeCrops(pieces, codes, level)

    def _inner_targets(
        self, features: Tensor, codes: Tensor, engine: Engine
    ) -> tuple[Tensor, Targets]:
        """Return generated features and their targets without the edges of the crops."""
        edge = EDGE_FRAMES * self.generator.config.codes_per_frame
        inner = slice(edge, codes.shape[1] - edge)
        codec = self.codec.to(engine.device)
        entries = codec.codebook(self.level).entries(codes[:, inner])
        with torch.no_grad(), engine.autocast():
            audio = codec.decode_latents(entries, self.level)
        return features[..., inner], Targets(entries, entries, audio.float())

    def _optimizer(self) -> torch.optim.Optimizer:
        tables = [
            self.generator.table.weight,
            self.generator.in_step.weight,
            self.generator.in_beat.weight,
        ]
        known = {id(parameter) for parameter in tables}
        rest = [p for p in self.generator.parameters() if id(p) not in known]
        rest += list(self.loss.parameters())
        groups = [
            {"params": rest, "lr": self.config.learning_rate},
            {"params": tables, "lr": self.config.table_learning_rate},
        ]
        return torch.optim.Adam(groups, betas=(0.9, 0.98))

    def _load_start(self, start: dict[str, Tensor]) -> None:
        initial = self.generator.state_dict()
        if start.keys() == initial.keys():  # weights of the same level
            self.generator.load_state_dict(start)
            return
        # The head of the other level generates features of another codebook.
        shared = {n: t for n, t in start.items() if n in initial and not n.startswith("head.")}
        self.generator.load_state_dict(initial | shared)


def train_generator(
    corpus: Path,
    codec: JukeboxVQVAE,
    folder: Path,
    config: GeneratorConfig,
    *,
    start: dict[str, Tensor] | None = None,
) -> None:
    """Train a compact generator, resuming from the run folder's checkpoint if there is one.

    Parameters
    ----------
    corpus, codec, config, start
        See `GeneratorTask`.
    folder
        Run folder, to which ``weights.safetensors`` and ``metrics.jsonl`` are written.
    """
    trainer = Trainer(folder, config)
    with trainer.engine.main_process_first():  # one process encodes the corpus, the others load
        task = GeneratorTask(corpus, codec, config, start=start)
    trainer.train(task)


def _split(
    pieces: list[Piece], codes: list[NDArray[np.int16]], *, held_out: bool
) -> tuple[list[Piece], list[NDArray[np.int16]]]:
    chosen = [i for i, piece in enumerate(pieces) if piece.held_out == held_out]
    return [pieces[i] for i in chosen], [codes[i] for i in chosen]
