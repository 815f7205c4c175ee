"""Train DU-VAE, the autoencoder of dance units (Lee et al., NeurIPS 2019, Eq. 3-5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from d2m.choreography.dance_units import place_unit
from d2m.choreography.joints import mirror14
from d2m.choreography.unit_vae import UnitVae, UnitVaeConfig
from d2m.training.dance_networks.dance_task import DanceTask
from d2m.training.dance_networks.unit_corpus import UnitCorpus
from d2m.training.distributed import Engine
from d2m.training.learning_rates import cosine_factor
from d2m.training.trainer import Trainer, TrainerConfig

LARGEST_SHIFT = 0.5
"""Greatest shift of a unit to either side and in depth (torso lengths). Chosen by hand."""
LARGEST_YAW = 0.3
"""Greatest angle by which a unit is turned, in training only (rad). Chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class UnitVaeTrainingConfig(TrainerConfig):
    """Settings of the training of DU-VAE.

    Parameters
    ----------
    network
        Sizes of the network.
    batch
        Units in a batch. The paper has 512.
    learning_rate
        Adam's largest learning rate. The paper has 1e-4, for far more steps.
    divergence
        Weight of the KL divergence of both codes (Sec. 4).
    shifted_share
        Share of the units whose movement is read from a shifted unit (Eq. 4, weighted alike).
    velocity
        Weight of the L1 distance of the differences of poses. The paper has none; with few steps
        it keeps the movement from becoming slow.
    """

    network: UnitVaeConfig = field(default_factory=UnitVaeConfig)
    batch: int = 64
    learning_rate: float = 1e-3
    divergence: float = 0.01
    shifted_share: float = 0.5
    velocity: float = 2.0

    def learning_rate_factor(self, number: int, share: float) -> float:
        """Return the factor of the learning rate at a step: a short rise, then a cosine."""
        return cosine_factor(number, share)


class UnitVaeTask(DanceTask):
    """Train DU-VAE on a corpus.

    Parameters
    ----------
    corpus
        Dance units.
    config
        Settings of the training.
    """

    def __init__(self, corpus: UnitCorpus, config: UnitVaeTrainingConfig) -> None:
        torch.manual_seed(config.seed)
        self.network = UnitVae(config.network)
        self._config = config
        self._units = place_unit(corpus.units).astype(np.float32)
        self._trained = np.flatnonzero(~corpus.is_held_out)
        self.network.begin_at(torch.from_numpy(self._units[self._trained].mean(axis=(0, 1))))
        self._held_out = np.flatnonzero(corpus.is_held_out)
        self._chances = corpus.chances(self._trained)
        self._optimizer = torch.optim.Adam(
            self.network.parameters(), lr=config.learning_rate, betas=(0.5, 0.999)
        )
        stored = {"network": self.network, "optimizer": self._optimizer}
        super().__init__(self.network, config.network, stored)

    def step(self, number: int, rng: np.random.Generator, engine: Engine) -> dict[str, Tensor]:  # noqa: ARG002
        """Take one optimisation step and return its metrics."""
        self.network.train().to(engine.device)
        drawn = rng.choice(self._trained, self._config.batch, p=self._chances)
        units = torch.from_numpy(varied_units(self._units[drawn], rng)).to(engine.device)
        offset = rng.uniform(-LARGEST_SHIFT, LARGEST_SHIFT, (len(units), 1, 1, 3)) * [1, 0, 1]
        # Eq. 4 decodes each unit twice; here every unit is decoded once, by chance from the
        # movement of itself or of the shifted unit, which costs half of it.
        offset *= rng.random((len(units), 1, 1, 1)) < self._config.shifted_share
        shifted = units + torch.from_numpy(offset.astype(np.float32)).to(engine.device)
        metrics = self._losses(units.flatten(2), shifted.flatten(2))
        engine.backward_and_step(metrics["loss"], self._optimizer, self.network.parameters())
        return {name: value.detach() for name, value in metrics.items()}

    def _losses(self, units: Tensor, shifted: Tensor) -> dict[str, Tensor]:
        """Return the terms of Eq. 5 and their sum, of units (B, T, P)."""
        config, network = self._config, self.network
        initial, movement = network.encode_initial(units[:, 0]), network.encode_movement(shifted)
        decoded = network.decode(initial.sample(), movement.sample())
        metrics = {
            "poses": _distance(decoded, units),
            "velocity": _distance(decoded.diff(dim=1), units.diff(dim=1)),
            "divergence": initial.divergence() + movement.divergence(),
        }
        loss = metrics["poses"] + config.velocity * metrics["velocity"]
        return metrics | {"loss": loss + config.divergence * metrics["divergence"]}

    @torch.no_grad()
    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return the mean error of a joint of held-out units (torso lengths), and their motion."""
        self.network.eval().to(engine.device)
        units = torch.from_numpy(self._units[self._held_out]).to(engine.device)
        flat = units.flatten(2)
        decoded = self.network.decode(
            self.network.encode_initial(flat[:, 0]).mean, self.network.encode_movement(flat).mean
        ).view_as(units)
        motion = units.diff(dim=1).norm(dim=-1).mean()
        return {
            "held_out_joint_error": float((decoded - units).norm(dim=-1).mean()),
            "held_out_motion_share": float(decoded.diff(dim=1).norm(dim=-1).mean() / motion),
        }


def varied_units(units: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return units (B, T, 14, 3) turned a little at random, every second one mirrored."""
    varied = np.where(rng.random((len(units), 1, 1, 1)) < 0.5, mirror14(units), units)
    angle = rng.uniform(-LARGEST_YAW, LARGEST_YAW, (len(units), 1, 1)).astype(np.float32)
    cos, sin = np.cos(angle), np.sin(angle)
    x, z = varied[..., 0].copy(), varied[..., 2].copy()
    varied[..., 0], varied[..., 2] = x * cos + z * sin, z * cos - x * sin
    return np.asarray(varied, dtype=np.float32)


def train_unit_vae(corpus: Path, folder: Path, config: UnitVaeTrainingConfig) -> None:
    """Train DU-VAE, resuming from the run folder's checkpoint if there is one.

    Parameters
    ----------
    corpus
        Dance units, as `UnitCorpus.save` writes them.
    folder
        Run folder, to which ``weights.safetensors`` and ``metrics.jsonl`` are written.
    config
        Settings of the training.
    """
    Trainer(folder, config).train(UnitVaeTask(UnitCorpus.load(corpus), config))


def _distance(one: Tensor, other: Tensor) -> Tensor:
    """Return the L1 distance of poses: the sum over values, the mean over poses."""
    return (one - other).abs().sum(dim=-1).mean()
