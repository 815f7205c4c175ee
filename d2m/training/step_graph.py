"""Optimisation steps that a GPU replays as one CUDA graph.

The networks are small: on a GPU, starting their thousand kernels one by one takes longer than
running them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from d2m.training.distributed import MAX_GRADIENT_NORM, Engine

Tensors = Mapping[str, Tensor]

EAGER_STEPS = 12
"""Steps before the capture: libraries choose their algorithms in them."""
LARGEST_DIFFERENCE = 0.03
"""Largest relative difference of the loss of a replayed step from that of an ordinary one."""


class StepGraph:
    """Take optimisation steps, as a CUDA graph where that is possible.

    Parameters
    ----------
    compute
        From inputs to outputs, one of which is the ``"loss"``. It must not wait for the GPU, and
        its inputs must have the same shapes in each step.
    optimizer
        The optimizer. Its learning rates become tensors on a GPU.
    network
        What it trains.
    engine
        The process to train in.
    """

    def __init__(
        self,
        compute: Callable[[Tensors], dict[str, Tensor]],
        optimizer: torch.optim.Optimizer,
        network: nn.Module,
        engine: Engine,
    ) -> None:
        self._compute, self._optimizer = compute, optimizer
        self._network, self._engine = network, engine
        self._graph: torch.cuda.CUDAGraph | None = None
        self._static: dict[str, Tensor] = {}
        self._outputs: dict[str, Tensor] = {}
        self._steps = 0
        self._wanted = engine.device.type == "cuda" and engine.world_size == 1
        if self._wanted:
            for group in optimizer.param_groups:
                group["capturable"] = True
                group["lr"] = torch.as_tensor(float(group["lr"]), device=engine.device)

    def __call__(self, inputs: Tensors) -> dict[str, Tensor]:
        """Take a step and return the outputs, without gradients."""
        if self._graph is not None:
            return self._replay(inputs)
        self._steps += 1
        if self._wanted and self._steps > EAGER_STEPS:
            self._wanted = False
            if self._capture(inputs):
                return self._replay(inputs)
        outputs = self._compute(inputs)
        self._engine.backward_and_step(
            outputs["loss"], self._optimizer, clip=self._network.parameters()
        )
        return {name: value.detach() for name, value in outputs.items()}

    def _replay(self, inputs: Tensors) -> dict[str, Tensor]:
        assert self._graph is not None
        for name, value in inputs.items():
            self._static[name].copy_(value)
        self._graph.replay()
        return self._outputs

    def _capture(self, inputs: Tensors) -> bool:
        """Capture a step; return whether a replay of it does the same as an ordinary one."""
        with torch.no_grad():
            expected = float(self._compute(inputs)["loss"])
        self._static = {name: value.clone() for name, value in inputs.items()}
        self._optimizer.zero_grad(set_to_none=True)
        graph = torch.cuda.CUDAGraph()
        try:
            torch.cuda.synchronize()
            with torch.cuda.graph(graph):
                outputs = self._compute(self._static)
                outputs["loss"].backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(self._network.parameters(), MAX_GRADIENT_NORM)
                self._optimizer.step()
            self._outputs = {name: value.detach() for name, value in outputs.items()}
            graph.replay()
            found = float(self._outputs["loss"])
        except RuntimeError as error:
            warnings.warn(f"Training without a CUDA graph: {error}", stacklevel=2)
            torch.cuda.synchronize()
            self._optimizer.zero_grad(set_to_none=True)
            return False
        if not abs(found - expected) <= LARGEST_DIFFERENCE * abs(expected):
            warnings.warn(f"The CUDA graph's loss {found} is not {expected}.", stacklevel=2)
            self._optimizer.zero_grad(set_to_none=True)
            return False
        self._graph = graph
        return True
