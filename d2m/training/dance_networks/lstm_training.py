"""Train the LSTM baseline: poses of dances from the sound of their songs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from d2m.choreography.lstm_dancer import LstmDancer, LstmDancerConfig
from d2m.training.dance_networks.dance_task import DanceTask
from d2m.training.dance_networks.dance_windows import DanceWindow, DanceWindows, PairedDance
from d2m.training.distributed import Engine
from d2m.training.trainer import Trainer, TrainerConfig

HELD_OUT_WINDOWS = 64
"""Windows of held-out dances that a report measures."""


@dataclass(frozen=True, kw_only=True)
class LstmTrainingConfig(TrainerConfig):
    """Settings of the training of an `d2m.choreography.lstm_dancer.LstmDancer`.

    Parameters
    ----------
    dancer
        Its sizes.
    batch, frames
        Windows of a batch, and their length (frames at 15 fps).
    learning_rate
        Adam's learning rate. Chosen by hand.
    """

    dancer: LstmDancerConfig = field(default_factory=LstmDancerConfig)
    batch: int = 16
    frames: int = 96
    learning_rate: float = 1e-3


class LstmTask(DanceTask):
    """Train the LSTM baseline on pairs of songs and dances.

    Parameters
    ----------
    dances, held_out
        Pairs to train on and to measure.
    config
        Settings of the training.
    """

    def __init__(
        self,
        dances: Sequence[PairedDance],
        held_out: Sequence[PairedDance],
        config: LstmTrainingConfig,
    ) -> None:
        self._config = config
        self._windows, self._held_out = DanceWindows(dances), DanceWindows(held_out)
        torch.manual_seed(config.seed)
        self.dancer = LstmDancer(config.dancer)
        seen = self._windows.one_of_each(config.frames, np.random.default_rng(config.seed))
        self.dancer.normalise(seen.features.flatten(0, 1), seen.poses.flatten(0, 1))
        self._optimizer = torch.optim.Adam(self.dancer.parameters(), lr=config.learning_rate)
        stored = {"dancer": self.dancer, "optimizer": self._optimizer}
        super().__init__(self.dancer, config.dancer, stored)

    def step(
        self,
        number: int,  # noqa: ARG002
        rng: np.random.Generator,
        engine: Engine,
    ) -> dict[str, Tensor]:
        """Take one optimisation step and return the mean distance of joints (torso lengths)."""
        config = self._config
        window = self._windows.draw(config.batch * engine.world_size, config.frames, rng)
        share = engine.share(config.batch)
        loss = self._distance(DanceWindow(*(part[share] for part in window)), engine)
        engine.backward_and_step(loss, self._optimizer, self.dancer.parameters())
        return {"loss": loss.detach()}

    @torch.no_grad()
    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return the distance on held-out dances (torso lengths)."""
        rng = np.random.default_rng(0)
        window = self._held_out.draw(HELD_OUT_WINDOWS, self._config.frames, rng)
        return {"held_out_loss": float(self._distance(window, engine))}

    def _distance(self, window: DanceWindow, engine: Engine) -> Tensor:
        with engine.autocast():
            poses = self.dancer(window.features.to(engine.device))
        return functional.l1_loss(poses.float(), window.poses.to(engine.device))


def train_lstm(
    dances: Sequence[PairedDance],
    held_out: Sequence[PairedDance],
    folder: Path,
    config: LstmTrainingConfig,
) -> None:
    """Train the LSTM baseline, resuming from the run folder's checkpoint if there is one.

    Parameters
    ----------
    dances, held_out, config
        See `LstmTask`.
    folder
        Run folder, to which ``weights.safetensors`` and ``metrics.jsonl`` are written.
    """
    Trainer(folder, config).train(LstmTask(dances, held_out, config))
