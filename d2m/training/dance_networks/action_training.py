"""Train the action classifier, whose features measure dances, on the styles of dance units."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from d2m.choreography.action_classifier import (
    ACTION_FRAMES,
    ActionClassifier,
    ActionClassifierConfig,
)
from d2m.choreography.joints import mirror14
from d2m.core.errors import DataError
from d2m.training.dance_networks.dance_task import DanceTask
from d2m.training.dance_networks.unit_corpus import UnitCorpus
from d2m.training.distributed import Engine
from d2m.training.trainer import Trainer, TrainerConfig

TEMPO_FACTORS = (0.54, 1.4)
"""Least and greatest speed at which units are played: 62 to 162 BPM. Chosen by hand."""
RUN_UNITS = 3
"""Units in a row that a window is cut from: 93 poses, enough for the greatest speed."""
MEASURED_WINDOWS = 512
"""Windows of held-out dances that a report measures."""


@dataclass(frozen=True, kw_only=True)
class ActionTrainingConfig(TrainerConfig):
    """Settings of the training of an `d2m.choreography.action_classifier.ActionClassifier`.

    Parameters
    ----------
    classifier
        Its sizes.
    batch
        Windows of a batch.
    learning_rate
        AdamW's learning rate. Chosen by hand.
    """

    classifier: ActionClassifierConfig = field(default_factory=ActionClassifierConfig)
    batch: int = 64
    learning_rate: float = 1e-3


class ActionTask(DanceTask):
    """Train the action classifier.

    Parameters
    ----------
    corpus
        Dance units with their styles.
    config
        Settings of the training.

    Raises
    ------
    DataError
        If there are no runs of three units to train on or to measure.
    """

    def __init__(self, corpus: UnitCorpus, config: ActionTrainingConfig) -> None:
        self._corpus, self._config = corpus, config
        self._runs = corpus.sequences(RUN_UNITS)
        self._held_out = corpus.sequences(RUN_UNITS, held_out=True)
        if not len(self._runs) or not len(self._held_out):
            raise DataError("The corpus has too few dances of three bars to learn styles from.")
        # Styles are drawn equally often, however many dances they have.
        styles = corpus.style[self._runs[:, 0]]
        self._by_style = [self._runs[styles == style] for style in np.unique(styles)]
        torch.manual_seed(config.seed)
        self.classifier = ActionClassifier(config.classifier)
        self._optimizer = torch.optim.AdamW(
            self.classifier.parameters(), lr=config.learning_rate, weight_decay=0.02
        )
        stored = {"classifier": self.classifier, "optimizer": self._optimizer}
        super().__init__(self.classifier, config.classifier, stored)

    def step(
        self,
        number: int,  # noqa: ARG002
        rng: np.random.Generator,
        engine: Engine,
    ) -> dict[str, Tensor]:
        """Take one optimisation step and return the loss (nat) and the accuracy."""
        count = self._config.batch * engine.world_size
        groups = rng.integers(len(self._by_style), size=count)
        runs = np.stack([rng.choice(self._by_style[group]) for group in groups])
        share = engine.share(self._config.batch)
        joints, styles = (part[share].to(engine.device) for part in self._windows(runs, rng))
        with engine.autocast():
            logits = self.classifier(joints)
        loss = functional.cross_entropy(logits.float(), styles, label_smoothing=0.05)
        engine.backward_and_step(loss, self._optimizer, self.classifier.parameters())
        return {"loss": loss.detach(), "accuracy": _accuracy(logits.detach(), styles)}

    @torch.no_grad()
    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return the accuracy on held-out dances."""
        rng = np.random.default_rng(0)
        runs = self._held_out[rng.integers(len(self._held_out), size=MEASURED_WINDOWS)]
        joints, styles = (part.to(engine.device) for part in self._windows(runs, rng))
        return {"held_out_accuracy": float(_accuracy(self.classifier(joints), styles))}

    def _windows(self, runs: NDArray[np.int64], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Return random windows (B, 64, 14, 2) of runs of units (B, 3), and their styles (B,)."""
        units = self._corpus.units[runs][..., :2]
        last = units[:, -1, -1:]
        # The last pose of a unit is the first of the next.
        poses = np.concatenate([units[:, :, :-1].reshape(len(runs), -1, *units.shape[3:]), last], 1)
        speed = rng.uniform(*TEMPO_FACTORS, size=(len(runs), 1))
        spare = poses.shape[1] - 1 - speed * (ACTION_FRAMES - 1)
        place = rng.random((len(runs), 1)) * spare + speed * np.arange(ACTION_FRAMES)
        low = np.minimum(place.astype(int), poses.shape[1] - 2)
        rows = np.arange(len(runs))[:, None]
        high_share = (place - low)[..., None, None]
        joints = poses[rows, low] * (1 - high_share) + poses[rows, low + 1] * high_share
        swapped = rng.random(len(runs)) < 0.5
        joints[swapped] = mirror14(joints[swapped])
        styles = torch.as_tensor(self._corpus.style[runs[:, 0]], dtype=torch.long)
        return torch.as_tensor(joints, dtype=torch.float32), styles


def train_action_classifier(corpus: UnitCorpus, folder: Path, config: ActionTrainingConfig) -> None:
    """Train the action classifier, resuming from the run folder's checkpoint if there is one.

    Parameters
    ----------
    corpus, config
        See `ActionTask`.
    folder
        Run folder, to which ``weights.safetensors`` and ``metrics.jsonl`` are written.
    """
    Trainer(folder, config).train(ActionTask(corpus, config))


def _accuracy(logits: Tensor, styles: Tensor) -> Tensor:
    return (logits.argmax(dim=-1) == styles).float().mean()
