"""A training run in a folder: resumable, with a progress bar and figures in a file."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn
from tqdm import tqdm


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """What every training has.

    Parameters
    ----------
    steps
        Optimisation steps in all; the rates fall linearly over the second half.
    seed
        Seed of initial weights and of the order of the data.
    report_every, save_every
        Steps between lines of figures, and between checkpoints.
    device
        ``"auto"`` (a GPU if there is one), ``"cpu"`` or ``"cuda"``.
    threads
        CPU threads.
    """

    steps: int = 20_000
    seed: int = 0
    report_every: int = 500
    save_every: int = 1_000
    device: str = "auto"
    threads: int = 1


class Job(Protocol):
    """What a run trains."""

    def step(self, number: int, rng: np.random.Generator, device: torch.device) -> dict[str, float]:
        """Take the optimisation step of that number (from 0) and return its figures."""

    def evaluate(self, device: torch.device) -> dict[str, float]:
        """Return figures on held-out data."""

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint holds: objects with state dicts, one an optimizer."""


class Run:
    """A run folder.

    Parameters
    ----------
    folder
        Where ``checkpoint.pt``, ``metrics.jsonl``, ``config.json`` and weights go.
    config
        How to train.
    """

    def __init__(self, folder: Path, config: RunConfig) -> None:
        self.folder = folder
        self.config = config
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(asdict(config), indent=2) + "\n")

    def train(self, job: Job, network: nn.Module, metadata: dict[str, str]) -> None:
        """Train to the last step and write ``generator.safetensors``-style weights.

        A run that was stopped goes on from its last checkpoint: each step draws its data
        from the seed and its own number, so nothing is seen twice in another order.
        """
        config = self.config
        torch.set_num_threads(config.threads)
        device = torch.device(_device(config.device))
        for module in job.modules().values():
            if isinstance(module, nn.Module):
                module.to(device)
        first = self._resume(job, device)
        base = [group["lr"] for group in _optimizer(job).param_groups] if first == 0 else None
        rates = base or json.loads((self.folder / "rates.json").read_text())
        (self.folder / "rates.json").write_text(json.dumps(rates))
        bar = tqdm(range(first, config.steps), initial=first, total=config.steps, unit="step")
        sums: dict[str, float] = {}
        since, reported = time.perf_counter(), first
        for number in bar:
            self._set_rates(job, rates, number)
            rng = np.random.default_rng([config.seed, number])
            for name, value in job.step(number, rng, device).items():
                sums[name] = sums.get(name, 0.0) + value
            done = number + 1
            if done % config.report_every == 0 or done == config.steps:
                count = done - reported
                seconds = (time.perf_counter() - since) / count
                figures = {name: total / count for name, total in sums.items()}
                figures |= job.evaluate(device) | {"seconds_a_step": seconds}
                self._report(done, figures)
                bar.set_postfix({k: f"{v:.3f}" for k, v in figures.items() if "accuracy" in k})
                sums, since, reported = {}, time.perf_counter(), done
            if done % config.save_every == 0 or done == config.steps:
                self._save(job, done, network, metadata)

    def _set_rates(self, job: Job, rates: list[float], number: int) -> None:
        share = number / self.config.steps
        for group, rate in zip(_optimizer(job).param_groups, rates, strict=True):
            group["lr"] = rate * min(1.0, (number + 1) / 100) * min(1.0, 2.0 * (1.0 - share) + 1e-3)

    def _report(self, step: int, figures: dict[str, float]) -> None:
        line = json.dumps({"step": step} | {k: round(v, 5) for k, v in figures.items()})
        with (self.folder / "metrics.jsonl").open("a") as file:
            file.write(line + "\n")

    def _save(self, job: Job, step: int, network: nn.Module, metadata: dict[str, str]) -> None:
        from safetensors.torch import save_file

        state = {name: module.state_dict() for name, module in job.modules().items()}
        part = self.folder / "checkpoint.part"
        torch.save({"step": step} | state, part)
        part.replace(self.folder / "checkpoint.pt")
        weights = {n: t.detach().cpu().contiguous() for n, t in network.state_dict().items()}
        part = self.folder / "weights.part"
        save_file(weights, part, metadata=metadata | {"trained_steps": str(step)})
        part.replace(self.folder / "weights.safetensors")

    def _resume(self, job: Job, device: torch.device) -> int:
        path = self.folder / "checkpoint.pt"
        if not path.is_file():
            return 0
        state = torch.load(path, map_location=device, weights_only=True)
        for name, module in job.modules().items():
            module.load_state_dict(state[name])
        return int(state["step"])


def _optimizer(job: Job) -> torch.optim.Optimizer:
    optimizer: torch.optim.Optimizer = job.modules()["optimizer"]
    return optimizer


def _device(name: str) -> str:
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return name
