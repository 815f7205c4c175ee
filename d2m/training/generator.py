"""Train a compact generator on the corpus: codes from clock, song and dance.

The loss is the cross-entropy of a softmax over the codebook whose logits are negative
squared distances, plus the L1 distance to the right entry (the paper's commitment to
the codebook, Eq. 5, sharpened so that the *nearest* entry becomes the right one).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from d2m.grid import FRAME, STEPS_PER_BAR
from d2m.levels import LEVELS, Level
from d2m.models.codec import EMBEDDING, JukeboxVQVAE
from d2m.models.compact import CompactConfig, CompactGenerator
from d2m.training.corpus import Piece, corpus_codes, load_pieces
from d2m.training.run import Run, RunConfig

CONTEXT_STEPS = STEPS_PER_BAR
"""Steps of clock and movement that the step network sees on each side of a crop."""
EDGE_FRAMES = 16
"""Frames at a crop's ends whose surroundings are cut off: they don't count in the loss."""


@dataclass(frozen=True, kw_only=True)
class GeneratorTraining(RunConfig):
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
    """

    level: str = "high"
    batch: int = 8
    crop: int = 160
    learning_rate: float = 3e-3
    table_rate: float = 1e-2
    l1: float = 5.0
    drop_motion: float = 0.1
    drop_visual: float = 0.4


Batch = dict[str, Tensor]


class Crops:
    """Random crops of pieces, as the generator's inputs and target codes."""

    def __init__(self, pieces: list[Piece], codes: list[NDArray[np.int16]], level: Level) -> None:
        self._pieces = pieces
        self._codes = codes
        self._clocks = [piece.grid.clock() for piece in pieces]
        self._ratio = FRAME // level.hop_length

    def draw(self, config: GeneratorTraining, rng: np.random.Generator) -> Batch:
        """Draw a batch; see `CompactGenerator.forward` for its entries."""
        items = [
            self._item(int(i), config, rng)
            for i in rng.integers(len(self._pieces), size=config.batch)
        ]
        n_steps = max(len(item["position"]) for item in items)
        for item in items:
            for name in ("position", "movement", "visual"):
                missing = n_steps - len(item[name])
                widths = ((0, missing),) + ((0, 0),) * (item[name].ndim - 1)
                item[name] = np.pad(item[name], widths)
        return {
            name: torch.from_numpy(np.stack([item[name] for item in items])) for name in items[0]
        }

    def _item(
        self, index: int, config: GeneratorTraining, rng: np.random.Generator
    ) -> dict[str, NDArray[Any]]:
        piece, codes, clock = self._pieces[index], self._codes[index], self._clocks[index]
        first = int(rng.integers(piece.grid.n_frames - config.crop))
        part = slice(first, first + config.crop)
        sound = slice(part.start * self._ratio, part.stop * self._ratio)
        step = clock.step[part]
        from_step = max(0, int(step[0]) - CONTEXT_STEPS)
        steps = slice(from_step, int(step[-1]) + CONTEXT_STEPS + 1)
        shown, seen = rng.random(2) >= (config.drop_motion, config.drop_visual)
        return {
            "song": np.int64(piece.song),  # type: ignore[dict-item]
            "position": piece.grid.position[steps],
            "movement": piece.features[steps] * np.float32(shown),
            "visual": piece.visual[steps] * np.float32(seen or not shown),
            "step": step - from_step,
            "offset_in_step": clock.offset_in_step[part],
            "offset_in_beat": clock.offset_in_beat[part],
            "codes": codes[sound].astype(np.int64),
        }


class CodebookLoss(nn.Module):
    """Cross-entropy over the codebook by distance, plus L1 to the right entry.

    Parameters
    ----------
    codebook : (2048, 64)
        Entries.
    spacing
        Mean squared distance of an entry to its nearest neighbour; sets the first
        temperature, which is then learned.
    l1
        Weight of the L1 distance, in mean codebook values.
    edge
        Codes at both ends that don't count.
    """

    codebook: Tensor

    def __init__(self, codebook: Tensor, spacing: float, l1: float, edge: int) -> None:
        super().__init__()
        self._edge = edge
        self.register_buffer("codebook", codebook)
        self.log_temperature = nn.Parameter(torch.tensor(4.0 * spacing).log())
        self._l1 = l1

    def forward(self, features: Tensor, codes: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of features (B, 64, T) against codes (B, T), and figures."""
        inner = slice(self._edge, codes.shape[1] - self._edge)
        flat = features[..., inner].transpose(1, 2).reshape(-1, EMBEDDING)
        target = codes[:, inner].reshape(-1)
        # ||f - k||^2 without ||f||^2, which is the same for all entries.
        closeness = torch.addmm(-self.codebook.square().sum(1), flat, self.codebook.t(), alpha=2.0)
        entropy = functional.cross_entropy(closeness / self.log_temperature.exp(), target)
        l1 = functional.l1_loss(flat, self.codebook[target])
        scale = self.codebook.abs().mean()
        right = (closeness.detach().argmax(1) == target).float().mean()
        figures = {
            "cross_entropy": float(entropy.detach()),
            "l1": float(l1.detach() / scale),
            "accuracy": float(right),
        }
        return entropy + self._l1 * l1 / scale, figures


def nearest_spacing(codebook: Tensor) -> float:
    """Return the mean squared distance of codebook entries to their nearest neighbours."""
    distance = torch.cdist(codebook, codebook)
    distance.fill_diagonal_(float("inf"))
    return float(distance.min(1).values.square().mean())


class GeneratorRun:
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
        config: GeneratorTraining,
        *,
        start: dict[str, Tensor] | None = None,
    ) -> None:
        level = LEVELS[config.level]
        pieces = load_pieces(corpus)
        codes = corpus_codes(corpus, pieces, codec, level)
        kept = [piece.held_out for piece in pieces]
        self.train_crops = Crops(*_split(pieces, codes, kept, held_out=False), level)
        self.test_crops = Crops(*_split(pieces, codes, kept, held_out=True), level)
        codebook = codec.codebook(level).k
        self.config = config
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

    def step(self, number: int, rng: np.random.Generator, device: torch.device) -> dict[str, float]:
        """Take one optimisation step and return its figures."""
        del number
        batch = {n: t.to(device) for n, t in self.train_crops.draw(self.config, rng).items()}
        codes = batch.pop("codes")
        loss: Tensor
        figures: dict[str, float]
        # bfloat16 takes two thirds of the time, also on CPUs that have it; the distances to
        # the codebook need float32.
        with torch.autocast(device.type, dtype=torch.bfloat16):
            features = self.generator(**batch)
        loss, figures = self.loss(features.float(), codes)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.generator.parameters(), 5.0)
        self.optimizer.step()
        return figures

    @torch.no_grad()
    def evaluate(self, device: torch.device) -> dict[str, float]:
        """Return mean figures on held-out takes, with the dance and with it zeroed."""
        self.generator.eval()
        figures: dict[str, list[float]] = {}
        rng = np.random.default_rng(0)
        whole = GeneratorTraining(
            level=self.config.level, crop=self.config.crop, drop_motion=0.0, drop_visual=0.0
        )
        for _ in range(24):
            batch = {n: t.to(device) for n, t in self.test_crops.draw(whole, rng).items()}
            codes = batch.pop("codes")
            for prefix, scale in (("held_out_", 1.0), ("no_dance_", 0.0)):
                batch["movement"] = batch["movement"] * scale
                batch["visual"] = batch["visual"] * scale
                for name, value in self.loss(self.generator(**batch), codes)[1].items():
                    figures.setdefault(prefix + name, []).append(value)
        self.generator.train()
        return {name: float(np.mean(values)) for name, values in figures.items()}

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint of the run holds."""
        return {"generator": self.generator, "loss": self.loss, "optimizer": self.optimizer}

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
        """Take what both levels have; the head speaks the other codebook's language."""
        own = self.generator.state_dict()
        shared = {n: t for n, t in start.items() if n in own and not n.startswith("head.")}
        self.generator.load_state_dict(own | shared)


def train_generator(
    corpus: Path,
    codec: JukeboxVQVAE,
    folder: Path,
    config: GeneratorTraining,
    *,
    start: dict[str, Tensor] | None = None,
) -> None:
    """Train a generator in a run folder, going on where an earlier run stopped.

    Writes ``generator.safetensors`` and ``metrics.jsonl`` there.
    """
    job = GeneratorRun(corpus, codec, config, start=start)
    Run(folder, config).train(job, job.generator, job.generator.config.to_metadata())


def _split(
    pieces: list[Piece], codes: list[NDArray[np.int16]], kept: list[bool], *, held_out: bool
) -> tuple[list[Piece], list[NDArray[np.int16]]]:
    chosen = [i for i, value in enumerate(kept) if value == held_out]
    return [pieces[i] for i in chosen], [codes[i] for i in chosen]
