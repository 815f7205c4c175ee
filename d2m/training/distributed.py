"""Device, mixed precision and processes of a training.

`Engine` wraps `accelerate.Accelerator`, so ``accelerate launch`` and ``torchrun`` can start a
training. It averages gradients itself instead of wrapping the networks in
DistributedDataParallel: a GAN calls each of its two networks several times per step, frozen
and unfrozen, and calls parts of a codec on their own. DistributedDataParallel does not support
that.
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
"""Values of ``--precision``: accelerate's names, and ``"auto"``."""
BF16_INSTRUCTIONS = ("amx_bf16", "avx512_bf16", "sve_bf16", "bf16")
"""Names that torch gives to the instructions of CPUs for matrices of bfloat16."""
MAX_GRADIENT_NORM = 5.0
"""L2 norm that clipped gradients are scaled down to; chosen by hand."""


class Engine:
    """Run one process of a training on its device.

    Parameters
    ----------
    device
        ``"auto"`` (a GPU if there is one), ``"cpu"`` or ``"cuda"``.
    precision
        ``"no"`` (float32), ``"bf16"``, ``"fp16"``, or ``"auto"``: bf16 on GPUs and CPUs that
        have instructions for it, otherwise float32. Without them it is slower than float32: a
        CPU took eight times as long.
    threads
        CPU threads of this process.

    Raises
    ------
    SettingsError
        If the device or the precision is unknown or not available, or accelerate is not
        installed.
    """

    def __init__(self, *, device: str, precision: str, threads: int) -> None:
        on_gpu = uses_gpu(device)
        self._precision = _precision(precision, on_gpu)
        self._accelerator = _accelerator(self._precision, on_gpu)
        if on_gpu:
            torch.set_float32_matmul_precision("high")
        self.share_done = 0.0
        """Share of the training that is done, 0 to 1; its trainer keeps it up to date."""
        torch.set_num_threads(threads)

    @property
    def device(self) -> torch.device:
        """The device of networks and data."""
        return torch.device(self._accelerator.device)

    @property
    def world_size(self) -> int:
        """The number of processes that train together."""
        return int(self._accelerator.num_processes)

    @property
    def is_main_process(self) -> bool:
        """Whether this process writes files and reports metrics."""
        return bool(self._accelerator.is_main_process)

    def share(self, batch: int) -> slice:
        """Return this process's slice of the global batch.

        All processes draw the same ``batch * world_size`` items. Together they therefore
        process what a single process with that batch size would.

        Parameters
        ----------
        batch
            Items per process.
        """
        first = int(self._accelerator.process_index) * batch
        return slice(first, first + batch)

    def autocast(self) -> AbstractContextManager[Any]:
        """Return the context in which networks run in mixed precision."""
        kind = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(self._precision)
        # A cache of rounded weights must not outlive the capture of a CUDA graph.
        return torch.autocast(
            self.device.type, dtype=kind, enabled=kind is not None, cache_enabled=False
        )

    def backward_and_step(
        self, loss: Tensor, optimizer: torch.optim.Optimizer, clip: Iterable[nn.Parameter] = ()
    ) -> None:
        """Take one optimisation step with the gradient averaged over all processes.

        Parameters
        ----------
        loss
            Mean over this process's share of the batch.
        optimizer
            Updates its own parameters. Gradients of other parameters are computed, but not used.
        clip
            Parameters whose joint gradient norm is limited to `MAX_GRADIENT_NORM`.
        """
        optimizer.zero_grad(set_to_none=True)
        self._accelerator.backward(loss)
        self._average_gradients([p for group in optimizer.param_groups for p in group["params"]])
        scaler = self._accelerator.scaler
        if scaler is not None:
            scaler.unscale_(optimizer)
        if clipped := list(clip):
            nn.utils.clip_grad_norm_(clipped, MAX_GRADIENT_NORM)
        if scaler is None:
            optimizer.step()
        else:
            scaler.step(optimizer)
            scaler.update()

    def gather(self, values: Tensor) -> Tensor:
        """Concatenate the values (N, ...) of all processes along the first axis."""
        gathered: Tensor = self._accelerator.gather(values.contiguous())
        return gathered

    def mean(self, metrics: Mapping[str, float]) -> dict[str, float]:
        """Return each metric averaged over the processes."""
        values = torch.tensor([*metrics.values()], dtype=torch.float32, device=self.device)
        means = self._accelerator.reduce(values, reduction="mean").tolist()
        return dict(zip(metrics, means, strict=True)) if self.world_size > 1 else dict(metrics)

    def convert_sync_batchnorm(self, network: nn.Module) -> None:
        """Replace BatchNorm by SyncBatchNorm when training on several GPUs.

        On CPUs, each process normalises its own share of the batch.
        """
        if self.world_size > 1 and self.device.type == "cuda":
            nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]

    def main_process_first(self) -> AbstractContextManager[Any]:
        """Return a context that the main process runs before the other processes."""
        context: AbstractContextManager[Any] = self._accelerator.main_process_first()
        return context

    def barrier(self) -> None:
        """Wait until all processes have reached this call."""
        self._accelerator.wait_for_everyone()

    def state_dict(self) -> dict[str, Any]:
        """Return the state to resume from: the gradient scaler's with fp16, otherwise empty."""
        scaler = self._accelerator.scaler
        return {} if scaler is None else dict(scaler.state_dict())

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        if state and self._accelerator.scaler is not None:
            self._accelerator.scaler.load_state_dict(state)

    def _average_gradients(self, parameters: list[nn.Parameter]) -> None:
        gradients = [p.grad for p in parameters if p.grad is not None]
        if self.world_size == 1 or not gradients:
            return
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        flat = self._accelerator.reduce(flat, reduction="mean")
        parts = flat.split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))


def uses_gpu(device: str) -> bool:
    """Return whether a device is a GPU.

    Parameters
    ----------
    device
        ``"auto"`` (a GPU if there is one), ``"cpu"`` or ``"cuda"``.

    Raises
    ------
    SettingsError
        If it is unknown or not available.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise SettingsError(f"Unknown device {device!r}: choose auto, cpu or cuda.")
    if device == "cuda" and not torch.cuda.is_available():
        raise SettingsError("No CUDA GPU was found: choose --device cpu.")
    return device != "cpu" and torch.cuda.is_available()


def _precision(precision: str, on_gpu: bool) -> str:
    if precision not in PRECISIONS:
        raise SettingsError(f"Unknown precision {precision!r}: choose {', '.join(PRECISIONS)}.")
    if precision == "fp16" and not on_gpu:
        raise SettingsError("fp16 needs a GPU: choose --precision no or bf16.")
    if precision == "auto":
        fast = torch.cuda.is_bf16_supported() if on_gpu else _cpu_has_bf16()
        return "bf16" if fast else "no"
    return precision


def _cpu_has_bf16() -> bool:
    """Return whether the CPU multiplies matrices of bfloat16."""
    capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return any(capabilities.get(name, False) for name in BF16_INSTRUCTIONS)


def _accelerator(precision: str, on_gpu: bool) -> Accelerator:
    try:
        from accelerate import Accelerator
        from accelerate.state import AcceleratorState
    except ImportError as error:
        raise SettingsError(
            "Training needs accelerate: install it with `pip install -r requirements-train.txt`."
        ) from error
    # Without this reset, accelerate keeps the precision of the first training in a process.
    AcceleratorState._reset_state(reset_partial_state=True)
    return Accelerator(mixed_precision=precision, cpu=not on_gpu)
