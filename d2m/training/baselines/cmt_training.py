"""Train the Transformer of the baseline CMT on compound words of composed scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from d2m.models.compound_transformer import (
    FIELD_NAMES,
    KNOWN_BEFORE,
    CompoundTransformer,
    CompoundTransformerConfig,
)
from d2m.models.weight_files import read_weights
from d2m.score.compound_words import BAR_WORD, BEAT_WORD, NOTE_WORD
from d2m.training.baselines.cmt_data import WordBatch, WordPiece, WordWindows
from d2m.training.dance_networks.dance_task import DanceTask
from d2m.training.distributed import Engine
from d2m.training.trainer import Trainer, TrainerConfig

PREDICTED_IN = {
    "kind": (BAR_WORD, BEAT_WORD, NOTE_WORD),
    "density": (BAR_WORD,),
    "tick": (BEAT_WORD,),
    "strength": (BEAT_WORD,),
    "instrument": (NOTE_WORD,),
    "pitch": (NOTE_WORD,),
    "duration": (NOTE_WORD,),
}
"""The kinds of words in which each field is predicted; the others follow from the words before."""
EVALUATED_AT_ONCE = 8
"""Held-out windows that are measured at once."""


@dataclass(frozen=True, kw_only=True)
class CMTTrainingConfig(TrainerConfig):
    """Settings of the training of a `d2m.models.compound_transformer.CompoundTransformer`.

    Parameters
    ----------
    network
        Its sizes.
    batch, words
        Windows of a batch, and their length (words).
    learning_rate, weight_decay
        Those of AdamW. Chosen by hand.
    """

    network: CompoundTransformerConfig = field(default_factory=CompoundTransformerConfig)
    batch: int = 8
    words: int = 384
    learning_rate: float = 2e-3
    weight_decay: float = 0.01


def field_losses(network: CompoundTransformer, batch: WordBatch) -> dict[str, Tensor]:
    """Return the cross-entropy of each field of each word that is predicted.

    Parameters
    ----------
    network
        The network.
    batch
        Words, on the network's device.

    Returns
    -------
    dict
        For each field of `PREDICTED_IN`, the negative log likelihood (nats) of each word of its
        kinds but the first of a window, (M,).
    """
    states = network(batch.words[:, :-1], batch.bars[:, :-1], batch.styles)
    following = batch.words[:, 1:]
    number = torch.arange(1, batch.words.shape[1], device=states.device)
    present = number[None] < batch.lengths[:, None]
    values = {name: following[..., i] for i, name in enumerate(FIELD_NAMES)}
    losses = {}
    for name, kinds in PREDICTED_IN.items():
        chosen = present & torch.isin(values["kind"], torch.tensor(kinds, device=states.device))
        known = {before: values[before][chosen] for before in KNOWN_BEFORE[name]}
        logits = network.logits(states[chosen], name, known)
        losses[name] = functional.cross_entropy(
            logits.float(), values[name][chosen], reduction="none"
        )
    return losses


class CMTTask(DanceTask):
    """Train the Transformer of CMT.

    Parameters
    ----------
    pieces, held_out
        Pieces to train on and to measure.
    config
        Settings of the training.
    """

    def __init__(
        self, pieces: Sequence[WordPiece], held_out: Sequence[WordPiece], config: CMTTrainingConfig
    ) -> None:
        self._config = config
        self._windows = WordWindows(pieces)
        self._held_out = WordWindows(held_out).first_windows(config.words)
        torch.manual_seed(config.seed)
        self.network = CompoundTransformer(config.network)
        self._optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        stored = {"network": self.network, "optimizer": self._optimizer}
        super().__init__(self.network, config.network, stored)

    def step(
        self,
        number: int,  # noqa: ARG002
        rng: np.random.Generator,
        engine: Engine,
    ) -> dict[str, Tensor]:
        """Take one optimisation step and return the loss of a word (nats)."""
        config = self._config
        self.network.train()
        drawn = self._windows.draw(config.batch * engine.world_size, config.words, rng)
        share = engine.share(config.batch)
        batch = WordBatch(*(part[share].to(engine.device) for part in drawn))
        with engine.autocast():
            losses = field_losses(self.network, batch)
        loss = sum_of_fields(losses)
        engine.backward_and_step(loss, self._optimizer, self.network.parameters())
        return {"loss": loss.detach()}

    @torch.no_grad()
    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return the mean loss of each field in held-out pieces, and that of a word (nats)."""
        self.network.eval()
        found: dict[str, list[Tensor]] = {name: [] for name in PREDICTED_IN}
        for begin in range(0, len(self._held_out.words), EVALUATED_AT_ONCE):
            rows = slice(begin, begin + EVALUATED_AT_ONCE)
            batch = WordBatch(*(part[rows].to(engine.device) for part in self._held_out))
            for name, losses in field_losses(self.network, batch).items():
                found[name].append(losses)
        joined = {name: torch.cat(parts) for name, parts in found.items()}
        means = {f"held_out_{name}": float(losses.mean()) for name, losses in joined.items()}
        return means | {"held_out_loss": float(sum_of_fields(joined))}


def sum_of_fields(losses: dict[str, Tensor]) -> Tensor:
    """Return the mean negative log likelihood of a word (nats) from that of its fields."""
    return sum((each.sum() for each in losses.values()), torch.zeros(())) / len(losses["kind"])


def train_cmt(
    pieces: Sequence[WordPiece],
    held_out: Sequence[WordPiece],
    folder: Path,
    config: CMTTrainingConfig,
) -> None:
    """Train the Transformer of CMT, resuming from the run folder's checkpoint if there is one.

    Parameters
    ----------
    pieces, held_out, config
        See `CMTTask`.
    folder
        Run folder, to which ``weights.safetensors`` and ``metrics.jsonl`` are written.
    """
    Trainer(folder, config).train(CMTTask(pieces, held_out, config))


def trained_cmt(folder: Path) -> CompoundTransformer:
    """Load the network of a run folder, ready to use."""
    weights, metadata = read_weights(folder / "weights.safetensors")
    network = CompoundTransformer(CompoundTransformerConfig.from_metadata(metadata))
    network.load_state_dict(weights)
    return network.eval()
