"""Where a training runs: one CPU thread, a GPU, or several processes that learn together.

Everything goes through `accelerate.Accelerator`, so that ``accelerate launch`` and
``torchrun`` start it. Gradients are averaged here and not by a wrapper around the
networks: a GAN calls each of two networks several times a step, frozen and not, and parts
of a codec by themselves, which wrappers don't follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from d2m.core.errors import SettingsError

if TYPE_CHECKING:
    from accelerate import Accelerator

PRECISIONS = ("auto", "no", "bf16", "fp16")
CLIP = 5.0
"""Largest norm of clipped gradients."""


class Engine:
    """One process of a training.

    Parameters
    ----------
    device
        ``"auto"`` (a GPU if there is one), ``"cpu"`` or ``"cuda"``.
    precision
        ``"no"``, ``"bf16"``, ``"fp16"``, or ``"auto"``: bf16 on GPUs that have it, else none.
    threads
        CPU threads of this process.

    Raises
    ------
    SettingsError
        If device or precision are unknown or not to be had here, or accelerate is missing.
    """

    def __init__(self, *, device: str, precision: str, threads: int) -> None:
        on_gpu = _on_gpu(device)
        self._accelerator = _accelerator(_precision(precision, on_gpu), on_gpu)
        torch.set_num_threads(threads)

    @property
    def device(self) -> torch.device:
        """Where networks and data go."""
        return torch.device(self._accelerator.device)

    @property
    def processes(self) -> int:
        """How many processes learn together."""
        return int(self._accelerator.num_processes)

    @property
    def main(self) -> bool:
        """Whether this is the process that writes and reports."""
        return bool(self._accelerator.is_main_process)

    def share(self, batch: int) -> slice:
        """Return this process's part of what all processes together draw, ``batch`` each.

        All draw the same ``batch * processes`` items, so that together they see what one
        process with as large a batch would see.
        """
        first = int(self._accelerator.process_index) * batch
        return slice(first, first + batch)

    def autocast(self) -> AbstractContextManager[Any]:
        """Return the context in which networks run in mixed precision."""
        context: AbstractContextManager[Any] = self._accelerator.autocast()
        return context

    def update(
        self, loss: Tensor, optimizer: torch.optim.Optimizer, clip: Iterable[nn.Parameter] = ()
    ) -> None:
        """Take one optimisation step on the mean gradient of all processes.

        Parameters
        ----------
        loss
            Mean over this process's share.
        optimizer
            Its parameters are changed; others may gather gradients too, which nobody uses.
        clip
            Parameters whose gradient is shortened to the norm 5.
        """
        optimizer.zero_grad(set_to_none=True)
        self._accelerator.backward(loss)
        self._average([p for group in optimizer.param_groups for p in group["params"]])
        scaler = self._accelerator.scaler
        if scaler is not None:
            scaler.unscale_(optimizer)
        if clipped := list(clip):
            nn.utils.clip_grad_norm_(clipped, CLIP)
        if scaler is None:
            optimizer.step()
        else:
            scaler.step(optimizer)
            scaler.update()

    def gather(self, values: Tensor) -> Tensor:
        """Return the values (N, ...) of all processes, one after another."""
        gathered: Tensor = self._accelerator.gather(values.contiguous())
        return gathered

    def mean(self, figures: Mapping[str, float]) -> dict[str, float]:
        """Return figures averaged over the processes."""
        values = torch.tensor([*figures.values()], dtype=torch.float32, device=self.device)
        means = self._accelerator.reduce(values, reduction="mean").tolist()
        return dict(zip(figures, means, strict=True)) if self.processes > 1 else dict(figures)

    def synchronised(self, network: nn.Module) -> None:
        """Let BatchNorm see the batch of all GPUs; on CPUs each process normalises its own."""
        if self.processes > 1 and self.device.type == "cuda":
            nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]

    def main_first(self) -> AbstractContextManager[Any]:
        """Return a context that the main process goes through before the others."""
        context: AbstractContextManager[Any] = self._accelerator.main_process_first()
        return context

    def wait(self) -> None:
        """Wait until all processes are here."""
        self._accelerator.wait_for_everyone()

    def state_dict(self) -> dict[str, Any]:
        """Return what going on needs: the scale of the gradients in fp16."""
        scaler = self._accelerator.scaler
        return {} if scaler is None else dict(scaler.state_dict())

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        if state and self._accelerator.scaler is not None:
            self._accelerator.scaler.load_state_dict(state)

    def _average(self, parameters: list[nn.Parameter]) -> None:
        gradients = [p.grad for p in parameters if p.grad is not None]
        if self.processes == 1 or not gradients:
            return
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        flat = self._accelerator.reduce(flat, reduction="mean")
        parts = flat.split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))


def _on_gpu(device: str) -> bool:
    if device not in ("auto", "cpu", "cuda"):
        raise SettingsError(f"Unknown device {device!r}: choose auto, cpu or cuda.")
    if device == "cuda" and not torch.cuda.is_available():
        raise SettingsError("There is no CUDA GPU here: choose --device cpu.")
    return device != "cpu" and torch.cuda.is_available()


def _precision(precision: str, on_gpu: bool) -> str:
    if precision not in PRECISIONS:
        raise SettingsError(f"Unknown precision {precision!r}: choose {', '.join(PRECISIONS)}.")
    if precision == "fp16" and not on_gpu:
        raise SettingsError("fp16 needs a GPU: choose --precision no or bf16.")
    if precision == "auto":
        return "bf16" if on_gpu and torch.cuda.is_bf16_supported() else "no"
    return precision


def _accelerator(precision: str, on_gpu: bool) -> Accelerator:
    try:
        from accelerate import Accelerator
        from accelerate.state import AcceleratorState
    except ImportError as error:
        raise SettingsError(
            "Training needs accelerate: install it with `pip install -r requirements-train.txt`."
        ) from error
    # It keeps the precision of a process's first training for all that follow.
    AcceleratorState._reset_state(reset_partial_state=True)
    return Accelerator(mixed_precision=precision, cpu=not on_gpu)
