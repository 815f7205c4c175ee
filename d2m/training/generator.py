"""Train a compact generator on the corpus: codes from clock, song and dance.

The loss is that of `d2m.training.codebook_loss`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from d2m.core.levels import LEVELS, Level
from d2m.models.compact_generator import CompactConfig, CompactGenerator
from d2m.models.losses import LossWeights
from d2m.models.vqvae import JukeboxVQVAE
from d2m.training.adversarial import PaperObjective, Targets
from d2m.training.codebook_loss import CodebookLoss, nearest_spacing
from d2m.training.data.corpus import Piece, corpus_codes, load_pieces
from d2m.training.data.crops import Crops
from d2m.training.distributed import Engine
from d2m.training.trainer import RunConfig, Sounds, Trainer, Weights

EDGE_FRAMES = 16
"""Frames at a crop's ends whose surroundings are cut off: they don't count in the loss."""
SAMPLE_FRAMES = 690
"""Length of the sounds that a run leaves to listen to: four seconds."""


@dataclass(frozen=True, kw_only=True)
class GeneratorConfig(RunConfig):
    """How a generator is trained.

    Parameters
    ----------
    level
        Name of the level.
    batch, crop
        Crops in a batch, frames in a crop.
    learning_rate, table_rate
        Adam's rates for the network and for its tables.
    l1
        Weight of the L1 distance.
    drop_motion, drop_visual
        Shares of crops in which one of the two is hidden, so that the other is learned.
    paper
        Weights of the paper's losses beside the own one; None for none of them. Theirs is the
        discriminator on reshaped VQ sequences, and the frozen decoder's sound, held against
        what it makes of the right codes.
    scales, narrow
        Of the discriminator, see `d2m.training.adversarial.Adversary`.
    """

    level: str = "high"
    precision: str = "bf16"  # two thirds of the time, also on CPUs that have it
    batch: int = 8
    crop: int = 160
    learning_rate: float = 3e-3
    table_rate: float = 1e-2
    l1: float = 5.0
    drop_motion: float = 0.1
    drop_visual: float = 0.4
    paper: LossWeights | None = None
    scales: int = 3
    narrow: int = 1


class GeneratorTask:
    """A generator in training: networks, data and one optimisation step.

    Parameters
    ----------
    corpus
        Corpus folder.
    codec
        The codec whose codes are learned.
    config
        How to train.
    start
        Generator weights to start from (a generator of level low starts well from one of
        level high).
    """

    def __init__(
        self,
        corpus: Path,
        codec: JukeboxVQVAE,
        config: GeneratorConfig,
        *,
        start: dict[str, Tensor] | None = None,
    ) -> None:
        level = LEVELS[config.level]
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
        self.generator = CompactGenerator(
            CompactConfig(level=level.name, sigma=1.02 * float(codebook.abs().max()))
        )
        if start is not None:
            self._start_from(start)
        self.loss = CodebookLoss(
            codebook,
            nearest_spacing(codebook),
            config.l1,
            EDGE_FRAMES * self.generator.config.codes_per_frame,
        )
        self.optimizer = self._optimizer()
        self._paper: PaperObjective | None = None
        if config.paper is not None:
            self._paper = PaperObjective(
                codec, level, config.paper, scales=config.scales, narrow=config.narrow
            )

    def step(self, number: int, rng: np.random.Generator, engine: Engine) -> dict[str, Tensor]:
        """Take one optimisation step and return its figures."""
        del number
        batch = self.train_crops.draw(self.config, rng, engine)
        codes = batch.pop("codes")
        with engine.autocast():
            features = self.generator(**batch)
        features = features.float()  # distances to the codebook need it
        loss: Tensor
        figures: dict[str, Tensor]
        loss, figures = self.loss(features, codes)
        if self._paper is not None:
            beside, more = self._paper(*self._inner(features, codes, engine), engine)
            loss, figures = loss + beside, figures | more
        engine.update(loss, self.optimizer, clip=self.generator.parameters())
        return figures

    @torch.no_grad()
    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return mean figures on held-out takes, with the dance and with it zeroed."""
        self.generator.eval()
        figures: dict[str, list[float]] = {}
        rng = np.random.default_rng(0)
        for _ in range(24):
            batch = self.held_out(rng, engine, self.config.crop)
            codes = batch.pop("codes")
            for prefix, scale in (("held_out_", 1.0), ("no_dance_", 0.0)):
                batch["movement"] = batch["movement"] * scale
                batch["visual"] = batch["visual"] * scale
                for name, value in self.loss(self.generator(**batch), codes)[1].items():
                    figures.setdefault(prefix + name, []).append(float(value))
        self.generator.train()
        return {name: float(np.mean(values)) for name, values in figures.items()}

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint of the run holds; the codec stands outside it."""
        own = {"generator": self.generator, "loss": self.loss, "optimizer": self.optimizer}
        return own if self._paper is None else own | self._paper.modules()

    def weights(self) -> dict[str, Weights]:
        """Return the generator."""
        return {"weights": Weights(self.generator, self.generator.config.to_metadata())}

    @torch.no_grad()
    def sounds(self, engine: Engine) -> Sounds:
        """Return a held-out take as its codes and the generated ones sound."""
        self.generator.eval()
        batch = self.held_out(np.random.default_rng(0), engine, SAMPLE_FRAMES)
        codes = batch.pop("codes")[:1]
        codec = self.codec.to(engine.device)
        nearest = codec.codebook(self.level).nearest(self.generator(**batch)[:1])
        self.generator.train()
        return {
            name: codec.decode(chosen, self.level)[0].cpu().numpy()
            for name, chosen in (("codes", codes), ("generated", nearest))
        }

    def _crops(
        self, corpus: Path, pieces: list[Piece], codes: list[NDArray[np.int16]], level: Level
    ) -> Crops:
        del corpus
        return Crops(pieces, codes, level)

    def held_out(self, rng: np.random.Generator, engine: Engine, crop: int) -> dict[str, Tensor]:
        """Draw a batch of held-out crops with the whole dance."""
        size = replace(self.config, crop=crop, drop_motion=0.0, drop_visual=0.0)
        batch = self.test_crops.draw(size, rng)
        return {name: values.to(engine.device) for name, values in batch.items()}

    def _inner(self, features: Tensor, codes: Tensor, engine: Engine) -> tuple[Tensor, Targets]:
        """Return what the paper's losses compare, without the crops' ends."""
        edge = EDGE_FRAMES * self.generator.config.codes_per_frame
        inner = slice(edge, codes.shape[1] - edge)
        codec = self.codec.to(engine.device)
        entries = codec.codebook(self.level).entries(codes[:, inner])
        with torch.no_grad(), engine.autocast():
            sound = codec.decode_latents(entries, self.level)
        return features[..., inner], Targets(entries, entries, sound.float())

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
            {"params": tables, "lr": self.config.table_rate},
        ]
        return torch.optim.Adam(groups, betas=(0.9, 0.98))

    def _start_from(self, start: dict[str, Tensor]) -> None:
        own = self.generator.state_dict()
        if start.keys() == own.keys():  # of the same level
            self.generator.load_state_dict(start)
            return
        # The other level's head speaks another codebook's language.
        shared = {n: t for n, t in start.items() if n in own and not n.startswith("head.")}
        self.generator.load_state_dict(own | shared)


def train_generator(
    corpus: Path,
    codec: JukeboxVQVAE,
    folder: Path,
    config: GeneratorConfig,
    *,
    start: dict[str, Tensor] | None = None,
) -> None:
    """Train a generator in a run folder, going on where an earlier run stopped.

    Writes ``weights.safetensors`` and ``metrics.jsonl`` there.
    """
    run = Trainer(folder, config)
    with run.engine.main_first():  # codes are made once
        job = GeneratorTask(corpus, codec, config, start=start)
    run.train(job)


def _split(
    pieces: list[Piece], codes: list[NDArray[np.int16]], *, held_out: bool
) -> tuple[list[Piece], list[NDArray[np.int16]]]:
    chosen = [i for i, piece in enumerate(pieces) if piece.held_out == held_out]
    return [pieces[i] for i in chosen], [codes[i] for i in chosen]
