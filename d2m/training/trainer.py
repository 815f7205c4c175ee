"""A training loop that can be interrupted and resumed, in one process or in several."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from d2m.core.errors import SettingsError
from d2m.training.distributed import Engine
from d2m.training.learning_rates import linear_factor
from d2m.training.run_logger import RunLogger
from d2m.training.training_progress import TrainingPauses, TrainingProgress

MINUTE_S = 60.0
"""Length of a minute (s)."""


@dataclass(frozen=True, kw_only=True)
class TrainerConfig:
    """Settings that all trainings share.

    Parameters
    ----------
    steps
        Total number of optimisation steps.
    minutes
        Time to train for instead of a number of steps, in one process; 0 for none.
    seed
        Seed of the initial weights and of the order of the data.
    report_every, save_every
        Steps between two reports of metrics, and between two checkpoints.
    device
        ``"auto"`` (a GPU if there is one), ``"cpu"`` or ``"cuda"``.
    threads
        CPU threads of each process.
    precision
        See `d2m.training.distributed.Engine`.
    tensorboard
        Whether to write TensorBoard event files.
    samples
        Whether to write audio examples with each checkpoint.
    """

    steps: int = 20_000
    minutes: float = 0.0
    seed: int = 0
    report_every: int = 500
    save_every: int = 1_000
    device: str = "auto"
    threads: int = 1
    precision: str = "auto"
    tensorboard: bool = True
    samples: bool = True

    def learning_rate_factor(self, number: int, share: float) -> float:
        """Return the factor of the learning rates at a step.

        It rises at first and falls linearly over the second half.

        Parameters
        ----------
        number
            Number of the step, from 0.
        share
            Share of the training that is done, 0 to 1.
        """
        return linear_factor(number, share)


class Weights(NamedTuple):
    """A network to write as safetensors, with the strings of the file's header."""

    network: nn.Module
    metadata: dict[str, str]


AudioExamples = dict[str, NDArray[np.float32]]
"""Audio (N,) in [-1, 1] at 22,050 Hz, by name."""
StepMetrics = Mapping[str, float | Tensor]
"""Metrics of one step by name; tensors are scalars without a gradient."""


class Task(Protocol):
    """What a `Trainer` trains: networks with their optimizers, data and losses."""

    def step(self, number: int, rng: np.random.Generator, engine: Engine) -> StepMetrics:
        """Take one optimisation step and return the means over this process's share.

        Parameters
        ----------
        number
            Number of the step, from 0.
        rng
            In the same state in all processes; it draws the global batch.
        engine
            The process to train in.
        """

    def evaluate(self, engine: Engine) -> dict[str, float]:
        """Return metrics on held-out data; called in the main process only."""

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint stores, by name: all that has a state dict."""

    def weights(self) -> dict[str, Weights]:
        """Return the networks to write as safetensors, by file name without suffix."""

    def audio_examples(self, engine: Engine) -> AudioExamples:
        """Return audio to listen to at each checkpoint."""


class Trainer:
    """Train a task in a run folder.

    Parameters
    ----------
    folder
        Run folder, to which ``config.json``, ``metrics.jsonl``, ``curves.png``,
        ``tensorboard/``, ``checkpoint.pt``, ``samples/`` and the weights are written.
    config
        Settings of the training.

    Raises
    ------
    SettingsError
        If the device, the precision or a library is not available, or several processes are
        to train for a given time: each would stop at another step.
    """

    def __init__(self, folder: Path, config: TrainerConfig) -> None:
        self.folder = folder
        self.config = config
        self.engine = Engine(
            device=config.device, precision=config.precision, threads=config.threads
        )
        if config.minutes and self.engine.world_size > 1:
            raise SettingsError("Several processes can't train for a given time: use --steps.")

    def train(self, task: Task) -> None:
        """Train to the last step, resuming from the folder's checkpoint if there is one.

        Each step draws its data from the seed and the step's number only, so an interrupted
        run resumes with the results that it would have had without the interruption.

        Parameters
        ----------
        task
            What to train, in its initial state.

        Raises
        ------
        SettingsError
            If the folder holds another training, or TensorBoard is not installed.
        """
        config, engine = self.config, self.engine
        self.folder.mkdir(parents=True, exist_ok=True)
        for module in task.modules().values():
            if isinstance(module, nn.Module):
                module.to(engine.device)
                engine.convert_sync_batchnorm(module)
        rates = [[group["lr"] for group in o.param_groups] for o in _optimizers(task)]
        progress = self._resume(task)
        logger = self._logger(progress.step)
        pause = TrainingPauses(
            progress,
            report_every=config.report_every,
            save_every=config.save_every,
            timed=config.minutes > 0,
        )
        started = time.perf_counter() - progress.seconds
        with self._bar(progress.step) as bar:
            while (share := self._share_done(progress)) < 1.0:
                number = progress.step
                engine.share_done = share
                self._set_learning_rates(task, rates, number, share)
                rng = np.random.default_rng([config.seed, number])
                progress.add(task.step(number, rng, engine))
                bar.update()
                progress.seconds = time.perf_counter() - started
                ended = self._share_done(progress) >= 1.0
                if pause.report_due(progress, ended=ended):
                    self._report(task, progress, logger, pause)
                if pause.save_due(progress, ended=ended):
                    self._save_run(task, progress, logger)
        if logger is not None:
            logger.close()

    def _share_done(self, progress: TrainingProgress) -> float:
        """Return the share of the steps, or of the time, that is over."""
        config = self.config
        if config.minutes:
            return progress.seconds / (MINUTE_S * config.minutes)
        return progress.step / max(1, config.steps)

    def _bar(self, first: int) -> tqdm[Any]:
        """Return a progress bar that counts steps; there is none without a terminal."""
        total = None if self.config.minutes else self.config.steps
        hidden = None if self.engine.is_main_process else True
        return tqdm(initial=first, total=total, unit="step", disable=hidden)

    def _report(
        self,
        task: Task,
        progress: TrainingProgress,
        logger: RunLogger | None,
        pause: TrainingPauses,
    ) -> None:
        """Write the metrics of training since the last report, and those on held-out data."""
        means = self.engine.mean(progress.means())
        if logger is not None:
            metrics = task.evaluate(self.engine) | {
                "seconds_a_step": pause.seconds_a_step(progress)
            }
            logger.log_metrics(progress.step, means | metrics)

    def _save_run(self, task: Task, progress: TrainingProgress, logger: RunLogger | None) -> None:
        """Write a checkpoint, the weights and examples."""
        if logger is not None:
            self._save(task, progress)
            if self.config.samples:
                logger.log_audio(progress.step, task.audio_examples(self.engine))
            logger.plot_curves()
        self.engine.barrier()

    def _logger(self, done: int) -> RunLogger | None:
        if not self.engine.is_main_process:
            return None
        settings = asdict(self.config) | {"processes": self.engine.world_size}
        return RunLogger(self.folder, settings, done, tensorboard=self.config.tensorboard)

    def _set_learning_rates(
        self, task: Task, rates: list[list[float]], number: int, share: float
    ) -> None:
        factor = self.config.learning_rate_factor(number, share)
        for optimizer, initial in zip(_optimizers(task), rates, strict=True):
            for group, rate in zip(optimizer.param_groups, initial, strict=True):
                if isinstance(group["lr"], Tensor):  # the GPU reads it in a CUDA graph
                    group["lr"].fill_(rate * factor)
                else:
                    group["lr"] = rate * factor

    def _save(self, task: Task, progress: TrainingProgress) -> None:
        from safetensors.torch import save_file

        state = {name: module.state_dict() for name, module in task.modules().items()}
        state["engine"] = self.engine.state_dict()
        part = self.folder / "checkpoint.part"
        torch.save(asdict(progress) | state, part)
        part.replace(self.folder / "checkpoint.pt")
        for name, (network, metadata) in task.weights().items():
            tensors = {n: t.detach().cpu().contiguous() for n, t in network.state_dict().items()}
            part = self.folder / f"{name}.part"
            save_file(tensors, part, metadata=metadata | {"trained_steps": str(progress.step)})
            part.chmod(0o644)  # safetensors creates files that only their owner can read
            part.replace(self.folder / f"{name}.safetensors")

    def _resume(self, task: Task) -> TrainingProgress:
        """Load the checkpoint into the task, and return its progress; 0 without a checkpoint."""
        path = self.folder / "checkpoint.pt"
        if not path.is_file():
            return TrainingProgress()
        state = torch.load(path, map_location=self.engine.device, weights_only=True)
        try:
            for name, module in task.modules().items():
                module.load_state_dict(state[name])
        except (KeyError, RuntimeError, ValueError) as error:
            raise SettingsError(
                f"The run folder {self.folder.name} holds another training: resume it with its "
                "own settings (config.json), or choose another --out."
            ) from error
        self.engine.load_state_dict(state.get("engine", {}))
        step = int(state["step"])
        seconds, reported = float(state.get("seconds", 0.0)), state.get("reported", step)
        return TrainingProgress(step, seconds, reported, state.get("sums", {}))


def _optimizers(task: Task) -> list[torch.optim.Optimizer]:
    return [o for o in task.modules().values() if isinstance(o, torch.optim.Optimizer)]
