"""A training run in a folder: resumable, on one process or several."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from d2m.core.errors import SettingsError
from d2m.training.distributed import Engine
from d2m.training.run_logger import Record


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """What every training has.

    Parameters
    ----------
    steps
        Optimisation steps in all.
    seed
        Seed of initial weights and of the order of the data.
    report_every, save_every
        Steps between lines of figures, and between checkpoints.
    device
        ``"auto"`` (a GPU if there is one), ``"cpu"`` or ``"cuda"``.
    threads
        CPU threads of each process.
    precision
        See `d2m.training.distributed.Engine`.
    tensorboard
        Whether to write TensorBoard's files.
    """

    steps: int = 20_000
    seed: int = 0
    report_every: int = 500
    save_every: int = 1_000
    device: str = "auto"
    threads: int = 1
    precision: str = "auto"
    tensorboard: bool = True

    def rate(self, number: int) -> float:
        """Return the share of the learning rates at a step, from 0.

        They rise over the first 100 steps and fall linearly over the second half.
        """
        fall = min(1.0, 2.0 * (1.0 - number / self.steps) + 1e-3)
        return min(1.0, (number + 1) / 100) * fall


class Weights(NamedTuple):
    """What is written as safetensors: a network, and strings for the header."""

    network: nn.Module
    metadata: dict[str, str]


Sounds = dict[str, NDArray[np.float32]]
Figures = Mapping[str, float | Tensor]


class Job(Protocol):
    """What a run trains: any number of networks and optimizers."""

    def step(self, number: int, rng: np.random.Generator, engine: Engine) -> Figures:
        """Take the step of that number (from 0) and return the means over this process's share.

        ``rng`` is the same in all processes, and draws the data of all of them.
        """

    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return figures on held-out data; only the main process does it."""

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint holds: networks, optimizers, others with state dicts."""

    def weights(self) -> dict[str, Weights]:
        """Return what is written for use, by the name of its file."""

    def sounds(self, engine: Engine) -> Sounds:
        """Return sounds (N,) to listen to at each checkpoint, by name."""


@dataclass
class _Progress:
    """How far a run has come, and the sums of the figures since its last report."""

    step: int = 0
    reported: int = 0
    sums: dict[str, float | Tensor] = field(default_factory=dict)

    def add(self, figures: Figures) -> None:
        for name, value in figures.items():
            self.sums[name] = self.sums.get(name, 0.0) + value
        self.step += 1

    def means(self) -> dict[str, float]:
        count = self.step - self.reported
        means = {name: float(total) / count for name, total in self.sums.items()}
        self.reported, self.sums = self.step, {}
        return means


class Trainer:
    """A run folder.

    Parameters
    ----------
    folder
        Where ``config.json``, ``metrics.jsonl``, ``curves.png``, ``tensorboard/``,
        ``checkpoint.pt``, ``samples/`` and the weights go.
    config
        How to train.

    Raises
    ------
    SettingsError
        If the device, the precision or a library is not to be had here.
    """

    def __init__(self, folder: Path, config: RunConfig) -> None:
        self.folder = folder
        self.config = config
        self.engine = Engine(
            device=config.device, precision=config.precision, threads=config.threads
        )

    def train(self, job: Job) -> None:
        """Train to the last step, going on from the folder's last checkpoint.

        Each step draws its data from the seed and its own number, so a run that was stopped
        goes on to the same curve.

        Raises
        ------
        SettingsError
            If the folder holds another training, or TensorBoard is missing.
        """
        config, engine = self.config, self.engine
        self.folder.mkdir(parents=True, exist_ok=True)
        for module in job.modules().values():
            if isinstance(module, nn.Module):
                module.to(engine.device)
                engine.synchronised(module)
        rates = [[group["lr"] for group in o.param_groups] for o in _optimizers(job)]
        progress = self._resumed(job, engine)
        record = self._record(engine, progress.step)
        since, begun = time.perf_counter(), progress.step
        for number in self._bar(progress.step, engine):
            self._set_rates(job, rates, number)
            rng = np.random.default_rng([config.seed, number])
            progress.add(job.step(number, rng, engine))
            done = progress.step
            if self._due(done, config.report_every):
                means = engine.mean(progress.means())
                seconds = (time.perf_counter() - since) / (done - begun)
                if record is not None:
                    figures = job.evaluate(engine) | {"seconds_a_step": seconds}
                    record.figures(done, means | figures)
                since, begun = time.perf_counter(), done
            if self._due(done, config.save_every):
                paused = time.perf_counter()
                if record is not None:
                    self._save(job, progress, engine)
                    record.sounds(done, job.sounds(engine))
                    record.curves()
                engine.wait()
                since += time.perf_counter() - paused
        if record is not None:
            record.close()

    def _due(self, done: int, every: int) -> bool:
        return done % every == 0 or done == self.config.steps

    def _bar(self, first: int, engine: Engine) -> tqdm[int]:
        steps = self.config.steps
        return tqdm(
            range(first, steps), initial=first, total=steps, unit="step", disable=not engine.main
        )

    def _record(self, engine: Engine, first: int) -> Record | None:
        if not engine.main:
            return None
        settings = asdict(self.config) | {"processes": engine.processes}
        return Record(self.folder, settings, first, tensorboard=self.config.tensorboard)

    def _set_rates(self, job: Job, rates: list[list[float]], number: int) -> None:
        for optimizer, own in zip(_optimizers(job), rates, strict=True):
            for group, rate in zip(optimizer.param_groups, own, strict=True):
                group["lr"] = rate * self.config.rate(number)

    def _save(self, job: Job, progress: _Progress, engine: Engine) -> None:
        from safetensors.torch import save_file

        state = {name: module.state_dict() for name, module in job.modules().items()}
        state["engine"] = engine.state_dict()
        part = self.folder / "checkpoint.part"
        torch.save(asdict(progress) | state, part)
        part.replace(self.folder / "checkpoint.pt")
        for name, (network, metadata) in job.weights().items():
            tensors = {n: t.detach().cpu().contiguous() for n, t in network.state_dict().items()}
            part = self.folder / f"{name}.part"
            save_file(tensors, part, metadata=metadata | {"trained_steps": str(progress.step)})
            part.chmod(0o644)  # safetensors makes files that only their owner may read
            part.replace(self.folder / f"{name}.safetensors")

    def _resumed(self, job: Job, engine: Engine) -> _Progress:
        path = self.folder / "checkpoint.pt"
        if not path.is_file():
            return _Progress()
        state = torch.load(path, map_location=engine.device, weights_only=True)
        try:
            for name, module in job.modules().items():
                module.load_state_dict(state[name])
        except (KeyError, RuntimeError, ValueError) as error:
            raise SettingsError(
                f"The run folder {self.folder.name} holds another training: go on with its own "
                "settings (config.json), or choose another --out."
            ) from error
        engine.load_state_dict(state.get("engine", {}))
        step = int(state["step"])
        return _Progress(step, state.get("reported", step), state.get("sums", {}))


def _optimizers(job: Job) -> list[torch.optim.Optimizer]:
    return [o for o in job.modules().values() if isinstance(o, torch.optim.Optimizer)]
