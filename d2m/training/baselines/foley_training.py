"""Train the baseline Foley Music: the notes of a piano from 2-D key points."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from d2m.models.foley_network import FoleyMusicConfig, FoleyMusicNetwork
from d2m.models.piano_events import PADDING, TIME_SHIFT, VELOCITY
from d2m.training.baselines.foley_data import PianoBatch, PianoWindows
from d2m.training.dance_networks.dance_task import DanceTask
from d2m.training.distributed import Engine
from d2m.training.trainer import Trainer, TrainerConfig

REPORTED_WINDOWS = 96
"""Windows of held-out pieces that a report measures at most; the summary measures all."""
SUMMARY_FILE = "held_out.json"
"""File in the run folder with the figures on all windows of the held-out pieces."""
_MEASURED_AT_ONCE = 16


@dataclass(frozen=True, kw_only=True)
class FoleyTrainingConfig(TrainerConfig):
    """Settings of the training of a `d2m.models.foley_network.FoleyMusicNetwork`.

    Parameters
    ----------
    network
        Its sizes.
    batch
        Windows of a batch.
    learning_rate, weight_decay
        AdamW's. Chosen by hand.
    """

    network: FoleyMusicConfig = field(default_factory=FoleyMusicConfig)
    batch: int = 16
    learning_rate: float = 1e-3
    weight_decay: float = 0.01


class EventLosses(NamedTuple):
    """Cross-entropy (nats) and whether the likeliest event is right, of each event (B, T).

    ``counts`` is false for padding.
    """

    loss: Tensor
    is_right: Tensor
    counts: Tensor


class FoleyTask(DanceTask):
    """Train the network on windows of dances with piano music.

    Parameters
    ----------
    windows, held_out
        Windows to train on and to measure.
    config
        Settings of the training.
    """

    def __init__(
        self, windows: PianoWindows, held_out: PianoWindows, config: FoleyTrainingConfig
    ) -> None:
        self._config = config
        self._windows, self._measured = windows, held_out.all_windows()
        torch.manual_seed(config.seed)
        self.network = FoleyMusicNetwork(config.network)
        self._optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self._unigram = _unigram_losses(windows.event_counts())
        stored = {"network": self.network, "optimizer": self._optimizer}
        super().__init__(self.network, config.network, stored)

    def step(self, number: int, rng: np.random.Generator, engine: Engine) -> dict[str, Tensor]:
        """Take one optimisation step and return the cross-entropy (nats) and the accuracy."""
        config = self._config
        torch.manual_seed(config.seed + number)  # of the dropout, so that a run can be resumed
        batch = self._windows.draw(config.batch * engine.world_size, rng)
        share = engine.share(config.batch)
        self.network.train()
        found = event_losses(self.network, PianoBatch(*(part[share] for part in batch)), engine)
        loss = found.loss[found.counts].mean()
        engine.backward_and_step(loss, self._optimizer, self.network.parameters())
        right = found.is_right[found.counts].float().mean()
        return {"loss": loss.detach(), "accuracy": right}

    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return the figures of some windows of held-out pieces; see `summary`."""
        step = max(1, len(self._measured.poses) // REPORTED_WINDOWS)
        some = PianoBatch(*(part[::step] for part in self._measured))
        figures = self._figures(some, engine)
        return {f"held_out_{name}": value for name, value in figures.items() if name != "windows"}

    def summary(self, engine: Engine) -> dict[str, float]:
        """Return the figures of all windows of the held-out pieces.

        Returns
        -------
        dict
            ``windows``, their number; ``loss`` (nats an event) and ``accuracy``; both with the
            key points of another piece, ``other_dance_*``; ``unigram_loss`` of the events' shares
            in the training pieces alone; and ``time_loss``, ``other_dance_time_loss`` of the
            time shifts alone.
        """
        return self._figures(self._measured, engine)

    @torch.no_grad()
    def _figures(self, batch: PianoBatch, engine: Engine) -> dict[str, float]:
        self.network.eval()
        other = batch._replace(poses=batch.poses.roll(len(batch.poses) // 2, dims=0))
        figures = {"windows": float(len(batch.poses))}
        targets = batch.events[:, 1:]
        counts = targets != PADDING
        is_time = (targets >= TIME_SHIFT) & (targets < VELOCITY)
        for prefix, one in (("", batch), ("other_dance_", other)):
            parts = [
                event_losses(
                    self.network,
                    PianoBatch(*(part[first : first + _MEASURED_AT_ONCE] for part in one)),
                    engine,
                )
                for first in range(0, len(one.poses), _MEASURED_AT_ONCE)
            ]
            loss = torch.cat([part.loss.cpu() for part in parts])
            right = torch.cat([part.is_right.cpu() for part in parts])
            figures[f"{prefix}loss"] = float(loss[counts].mean())
            figures[f"{prefix}accuracy"] = float(right[counts].float().mean())
            figures[f"{prefix}time_loss"] = float(loss[is_time].mean())
        figures["unigram_loss"] = float(self._unigram[targets[counts]].mean())
        return figures


def event_losses(network: FoleyMusicNetwork, batch: PianoBatch, engine: Engine) -> EventLosses:
    """Return how well a network foretells each event of windows from those before it."""
    events = batch.events.to(engine.device)
    with engine.autocast():
        logits = network(batch.poses.to(engine.device), events[:, :-1])
    logits = logits.float()
    targets = events[:, 1:]
    loss = functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    return EventLosses(loss, logits.argmax(dim=-1) == targets, targets != PADDING)


def train_foley_music(
    windows: PianoWindows, held_out: PianoWindows, folder: Path, config: FoleyTrainingConfig
) -> dict[str, float]:
    """Train the network, resuming from the run folder's checkpoint if there is one.

    Parameters
    ----------
    windows, held_out, config
        See `FoleyTask`.
    folder
        Run folder, to which ``weights.safetensors``, ``metrics.jsonl`` and `SUMMARY_FILE` are
        written.

    Returns
    -------
    dict
        The figures of `SUMMARY_FILE`, see `FoleyTask.summary`.
    """
    task = FoleyTask(windows, held_out, config)
    trainer = Trainer(folder, config)
    trainer.train(task)
    figures = task.summary(trainer.engine)
    if trainer.engine.is_main_process:
        rounded = {name: round(value, 4) for name, value in figures.items()}
        (folder / SUMMARY_FILE).write_text(json.dumps(rounded, indent=2) + "\n")
    return figures


def _unigram_losses(counts: NDArray[np.int64]) -> Tensor:
    """Return the surprise (nats) of each event (243,) by its share, each counted once more."""
    shares = (counts + 1) / (counts + 1).sum()
    return torch.as_tensor(-np.log(shares), dtype=torch.float32)
