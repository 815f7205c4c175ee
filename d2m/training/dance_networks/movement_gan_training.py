"""Train MM-GAN, which composes movements to a style (Lee et al., NeurIPS 2019, Eq. 6-10)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from d2m.choreography.dance_units import place_unit
from d2m.choreography.movement_gan import (
    NOISE_VALUES,
    DanceComposer,
    DanceDiscriminator,
    DanceEncoder,
    MovementGanConfig,
)
from d2m.choreography.unit_vae import UnitVae
from d2m.core.dance_styles import DANCE_STYLES
from d2m.training.dance_networks.dance_task import DanceTask
from d2m.training.dance_networks.unit_corpus import UnitCorpus
from d2m.training.distributed import Engine
from d2m.training.trainer import Trainer, TrainerConfig

SONG_SHARE = 0.5
"""Share of the dances in training whose style vector is that of a song; the others have the plain
style, as a person who chooses a style gets. Chosen by hand."""
LIVELY_SHARE = 0.75
"""Least share of lively units in the dances that are learned from. Chosen by hand."""
ENCODING_BATCH = 512
"""Units that are encoded at a time."""


@dataclass(frozen=True, kw_only=True)
class MovementGanTrainingConfig(TrainerConfig):
    """Settings of the training of MM-GAN.

    Parameters
    ----------
    network
        Sizes of the networks.
    batch
        Dances in a batch. The paper has 512.
    learning_rate
        Adam's learning rate. The paper has 1e-4, for far more steps.
    style
        Weight of the reconstruction of the style (Eq. 9).
    movements, dances
        Weights of the adversarial losses of movements and of dances (Eq. 6 and 8).
    divergence
        Weight of the KL divergence of the code of dances.
    spread
        Weight of the energy distance of generated from real dances, see `spread_distance`. The
        paper has none; with few steps, the adversaries alone leave all dances alike.
    """

    network: MovementGanConfig = field(default_factory=MovementGanConfig)
    batch: int = 96
    learning_rate: float = 5e-4
    style: float = 1.0
    movements: float = 0.1
    dances: float = 0.1
    divergence: float = 0.01
    spread: float = 3.0


class MovementGanTask(DanceTask):
    """Train MM-GAN on the movements of a corpus.

    Parameters
    ----------
    corpus
        Dance units.
    vae
        Trained DU-VAE, which encodes their movements.
    song_styles : (N, S), (N,)
        Style vectors of songs, and the index of the true style of each.
    config
        Settings of the training.
    """

    def __init__(
        self,
        corpus: UnitCorpus,
        vae: UnitVae,
        song_styles: tuple[NDArray[np.float32], NDArray[np.int64]],
        config: MovementGanTrainingConfig,
    ) -> None:
        torch.manual_seed(config.seed)
        self._config, self._corpus, self._songs = config, corpus, song_styles
        sizes = config.network
        self.composer, self.encoder = DanceComposer(sizes), DanceEncoder(sizes)
        self._judges = nn.ModuleDict(
            {
                "movements": DanceDiscriminator(sizes.units * sizes.components, sizes.hidden),
                "dances": DanceDiscriminator(sizes.dance, sizes.hidden),
            }
        )
        movements = encode_movements(corpus, vae)
        trained = np.flatnonzero(~corpus.is_held_out)
        lively = trained[corpus.is_lively[trained]]
        drawn = np.random.default_rng(config.seed).choice(
            lively, sizes.known, replace=len(lively) < sizes.known, p=corpus.chances(lively)
        )
        self.composer.learn_scale(movements[trained], movements[drawn])
        self._movements = self.composer.scaled(movements)
        runs = corpus.sequences(sizes.units)
        self._runs = runs[corpus.is_lively[runs].mean(axis=1) >= LIVELY_SHARE]
        self._held_out = corpus.sequences(sizes.units, held_out=True)
        self._chances = corpus.chances(self._runs[:, 0])
        adam = {"lr": config.learning_rate, "betas": (0.5, 0.999)}
        made = [*self.composer.parameters(), *self.encoder.parameters()]
        self._optimizer = torch.optim.Adam(made, **adam)  # type: ignore[arg-type]
        self._judging = torch.optim.Adam(self._judges.parameters(), **adam)  # type: ignore[arg-type]
        stored = {
            "composer": self.composer,
            "encoder": self.encoder,
            "judges": self._judges,
            "optimizer": self._optimizer,
            "judging": self._judging,
        }
        super().__init__(self.composer, sizes, stored)

    def step(
        self,
        number: int,  # noqa: ARG002
        rng: np.random.Generator,
        engine: Engine,
    ) -> dict[str, Tensor]:
        """Take one step of the discriminators and one of the generators; return the metrics."""
        runs = self._runs[rng.choice(len(self._runs), self._config.batch, p=self._chances)]
        real = self._movements[torch.from_numpy(runs)]
        style = torch.from_numpy(self._style_vectors(self._corpus.style[runs[:, 0]], rng))
        noise = torch.randn(len(real), NOISE_VALUES)
        judged = self._judge(real, style, noise, engine)
        metrics = self._generate(real, style, noise)
        engine.backward_and_step(metrics["loss"], self._optimizer)
        return {name: value.detach() for name, value in (metrics | judged).items()}

    def _judge(
        self, real: Tensor, style: Tensor, noise: Tensor, engine: Engine
    ) -> dict[str, Tensor]:
        """Train the discriminators on real and generated dances (Eq. 6 and 8)."""
        with torch.no_grad():
            code = self.composer.encode_style(style, noise)
            made = self.composer.decode(code)
            true = self.encoder.encode(real).sample()
        loss = torch.zeros(())
        for name, one, other in (
            ("movements", real.flatten(1), made.flatten(1)),
            ("dances", true, code),
        ):
            judge = self._judges[name]
            loss = loss + functional.softplus(-judge(one, style)).mean()
            loss = loss + functional.softplus(judge(other, style)).mean()
        engine.backward_and_step(loss, self._judging)
        return {"judging": loss}

    def _generate(self, real: Tensor, style: Tensor, noise: Tensor) -> dict[str, Tensor]:
        """Return the terms of Eq. 10 and their sum."""
        config = self._config
        posterior = self.encoder.encode(real)
        copied = self.composer.decode(posterior.sample())
        code = self.composer.encode_style(style, noise)
        made = self.composer.decode(code)
        styles = [self.encoder.find_style(each) for each in (posterior.sample(), code)]
        metrics = {
            "copied": (copied - real).abs().sum(dim=-1).mean(),
            "style": sum(
                ((each - style).abs().sum(dim=-1).mean() for each in styles), real[0, 0, 0] * 0
            ),
            "movements": functional.softplus(
                -self._judges["movements"](made.flatten(1), style)
            ).mean(),
            "dances": functional.softplus(-self._judges["dances"](code, style)).mean(),
            "divergence": posterior.divergence(),
            "spread": spread_distance(made.flatten(1), real.flatten(1), style)
            + spread_distance(code, posterior.sample(), style),
        }
        loss = metrics["copied"]
        for name in ("style", "movements", "dances", "divergence", "spread"):
            loss = loss + getattr(config, name) * metrics[name]
        return metrics | {"loss": loss}

    @torch.no_grad()
    def evaluate(self, engine: Engine) -> dict[str, float]:  # noqa: ARG002
        """Return how well held-out dances are copied, and how varied generated ones are."""
        real = self._movements[torch.from_numpy(self._held_out)]
        style = torch.eye(len(DANCE_STYLES))[self._corpus.style[self._held_out[:, 0]]]
        copied = self.composer.decode(self.encoder.encode(real).mean)
        made = self.composer.decode(
            self.composer.encode_style(style, torch.randn(len(style), NOISE_VALUES))
        )
        return {
            "held_out_copied": float((copied - real).abs().sum(dim=-1).mean()),
            "held_out_variation": float(made.std(dim=0).mean() / real.std(dim=0).mean()),
        }

    def _style_vectors(
        self, styles: NDArray[np.int64], rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Return style vectors (B, S), of songs of these styles or plain."""
        vectors = np.eye(len(DANCE_STYLES), dtype=np.float32)[styles]
        found, true = self._songs
        for row, style in enumerate(styles):
            own = np.flatnonzero(true == style)
            if own.size and rng.random() < SONG_SHARE:
                vectors[row] = found[rng.choice(own)]
        return vectors


def spread_distance(made: Tensor, real: Tensor, style: Tensor) -> Tensor:
    """Return the energy distance (Szekely and Rizzo, 2013) of two sets beside their styles.

    It is 0 where both have the same distribution in each style, so both their means and how they
    vary.

    Parameters
    ----------
    made, real : (B, N)
        Generated and real vectors.
    style : (B, S)
        Style vectors of both.
    """
    # A style apart is as far as vectors are from each other.
    weight = real.detach().std(dim=0).norm() * 2
    one, other = (torch.cat([each, weight * style], dim=1) for each in (made, real))

    def mean_distance(a: Tensor, b: Tensor) -> Tensor:
        return ((a[:, None] - b).square().sum(dim=-1) + 1e-6).sqrt().mean()

    return 2 * mean_distance(one, other) - mean_distance(one, one) - mean_distance(other, other)


@torch.no_grad()
def encode_movements(corpus: UnitCorpus, vae: UnitVae) -> Tensor:
    """Return the code (U, M) of the movement of each unit of a corpus."""
    vae.eval()
    parts = []
    for start in range(0, len(corpus.units), ENCODING_BATCH):
        units = place_unit(corpus.units[start : start + ENCODING_BATCH]).astype(np.float32)
        parts.append(vae.encode_movement(torch.from_numpy(units).flatten(2)).mean)
    return torch.cat(parts)


def train_movement_gan(
    corpus: UnitCorpus,
    vae: UnitVae,
    song_styles: tuple[NDArray[np.float32], NDArray[np.int64]],
    folder: Path,
    config: MovementGanTrainingConfig,
) -> None:
    """Train MM-GAN, resuming from the run folder's checkpoint if there is one.

    Parameters
    ----------
    corpus, vae, song_styles, config
        See `MovementGanTask`.
    folder
        Run folder, to which ``weights.safetensors`` and ``metrics.jsonl`` are written.
    """
    Trainer(folder, config).train(MovementGanTask(corpus, vae, song_styles, config))
