"""Time other ways to run the published networks of level high, and how far their outputs differ.

PYTHONPATH=. python tools/network_variants.py
PYTHONPATH=. python tools/network_variants.py --threads 2 --compiled

Times are CPU seconds, so that other work on the machine changes them little. The weights are
random, which does not change the times.
"""

from __future__ import annotations

import copy
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Annotated

import torch
import typer
from torch import Tensor, nn
from torch.nn import functional

from d2m.core.levels import HIGH
from d2m.models.d2mgan import DATASETS, build_d2mgan
from d2m.models.fft_conv import optimise_for_inference
from d2m.models.i3d import I3D_FEATURES
from d2m.models.layers import WeightNormConv1d

TILE = 4
"""Outputs that `MinimalFiltering` computes from one tile (count); chosen by hand."""
_POINTS = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5)  # where the polynomials are evaluated
Inputs = tuple[Tensor, Tensor, Tensor]


class Networks(nn.Module):
    """Motion encoder and generator of a level in one module.

    Parameters
    ----------
    encoder, generator
        From `d2m.models.d2mgan.build_d2mgan`.
    """

    def __init__(self, encoder: nn.Module, generator: nn.Module) -> None:
        super().__init__()
        self.encoder, self.generator = encoder, generator

    def forward(self, motion: Tensor, visual: Tensor, genre: Tensor) -> Tensor:
        """Map inputs of B segments to VQ features (B, 64, codes)."""
        latents: Tensor = self.generator(self.encoder(motion), visual, genre)
        return latents


class MinimalFiltering(nn.Module):
    """A convolution by Winograd's minimal filtering (Lavin and Gray, CVPR 2016), in one dimension.

    For kernels of three values it needs half of the multiplications.

    Parameters
    ----------
    conv
        The convolution to compute, with stride 1 and no padding.
    """

    def __init__(self, conv: nn.Conv1d) -> None:
        super().__init__()
        (self.kernel,), (self.dilation,) = conv.kernel_size, conv.dilation
        self.size = TILE + self.kernel - 1
        self.register_buffer("outputs", _values(TILE, self.size).t().float())
        inputs = torch.linalg.inv(_values(self.size, self.size)).t()
        self.register_buffer("inputs", inputs.float())
        kernels = _values(self.kernel, self.size)
        weight = torch.einsum("nk,ock->noc", kernels, conv.weight.detach().double())
        self.register_buffer("weight", weight.float().contiguous())
        bias = torch.zeros(conv.out_channels) if conv.bias is None else conv.bias.detach()
        self.register_buffer("bias", bias[:, None])

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, T) to (B, outputs, T')."""
        batch, channels, length = x.shape
        wanted = length - (self.kernel - 1) * self.dilation
        tiles = -(-wanted // (self.dilation * TILE))
        needed = (tiles * TILE + self.kernel - 1) * self.dilation
        phases = functional.pad(x, (0, needed - length)).view(batch, channels, -1, self.dilation)
        parts = phases.unfold(2, self.size, TILE).permute(4, 1, 0, 2, 3).reshape(self.size, -1)
        products = torch.bmm(self.weight, (self.inputs @ parts).view(self.size, channels, -1))
        y = self.outputs @ products.view(self.size, -1)
        y = y.view(TILE, -1, batch, tiles, self.dilation).permute(2, 1, 3, 0, 4)
        return y.reshape(batch, len(self.bias), -1)[..., :wanted] + self.bias


def _values(n_terms: int, n_points: int) -> Tensor:
    """Return powers (points, terms) of the points, of which the last is at infinity."""
    points = torch.tensor(_POINTS[: n_points - 1], dtype=torch.float64)
    powers = points[:, None] ** torch.arange(n_terms)
    infinity = torch.zeros(1, n_terms, dtype=torch.float64)
    infinity[0, -1] = 1.0
    return torch.cat([powers, infinity])


class Conv2dOnTime(nn.Module):
    """A convolution in time as one of pictures that are one pixel high, channels last.

    Parameters
    ----------
    conv
        The convolution to compute.
    """

    def __init__(self, conv: nn.Conv1d) -> None:
        super().__init__()
        weight = conv.weight.detach().unsqueeze(2)
        self.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last))
        self.bias, self.stride, self.padding = conv.bias, conv.stride[0], int(conv.padding[0])
        self.dilation = conv.dilation[0]

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, T) to (B, outputs, T')."""
        picture = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        sizes = (1, self.stride), (0, self.padding), (1, self.dilation)
        y: Tensor = functional.conv2d(picture, self.weight, self.bias, *sizes)
        return y.squeeze(2)


def replaced(
    network: nn.Module, wanted: Callable[[nn.Conv1d], bool], make: Callable[[nn.Conv1d], nn.Module]
) -> nn.Module:
    """Replace convolutions of a network, in place, after folding their weight norm."""
    for name, child in network.named_children():
        if isinstance(child, WeightNormConv1d):
            child = child.folded()
        is_replaced = isinstance(child, nn.Conv1d) and wanted(child)
        setattr(network, name, make(child) if is_replaced else replaced(child, wanted, make))
    return network.eval().requires_grad_(False)


def in_batches(network: Callable[..., Tensor], size: int) -> Callable[..., Tensor]:
    """Return a function that runs a network on some segments at a time."""

    def run(*inputs: Tensor) -> Tensor:
        parts = zip(*(one.split(size) for one in inputs), strict=True)
        return torch.cat([network(*part) for part in parts])

    return run


def variants(
    original: Networks, inputs: Inputs, *, compiled: bool
) -> Iterator[tuple[str, Callable[..., Tensor]]]:
    """Yield the variants by name, each prepared when it is asked for; the first is the original."""
    yield "original, one segment at a time", in_batches(original, 1)
    folded = replaced(copy.deepcopy(original), lambda _: False, nn.Identity)
    yield "weight norm folded, one at a time", in_batches(folded, 1)
    fast = optimise_for_inference(copy.deepcopy(original))
    for size in (1, 2, 5, 10):
        yield f"folded, long kernels by FFT (as used), {size} at a time", in_batches(fast, size)
    flat = replaced(copy.deepcopy(fast), lambda _: True, Conv2dOnTime)
    yield "as used, channels last", in_batches(flat, 5)
    is_short = lambda conv: conv.kernel_size == (3,) and conv.in_channels >= 256  # noqa: E731
    minimal = replaced(copy.deepcopy(fast), is_short, MinimalFiltering)
    yield "as used, kernels of 3 by minimal filtering", in_batches(minimal, 5)
    part = tuple(one[:5] for one in inputs)
    frozen = torch.jit.freeze(torch.jit.trace(fast, part))
    yield "as used, traced and frozen", in_batches(frozen, 5)
    graph = torch.jit.optimize_for_inference(torch.jit.trace(folded, part))
    yield "folded, traced, in the layouts of oneDNN", in_batches(graph, 5)
    quantised = torch.ao.quantization.quantize_dynamic(copy.deepcopy(fast), {nn.Linear})
    yield "as used, linear layers in int8", in_batches(quantised, 5)

    def in_bfloat16(*one: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return folded(*one).float()

    yield "folded, bfloat16", in_batches(in_bfloat16, 5)
    if compiled:
        yield "as used, torch.compile", in_batches(torch.compile(fast), 5)


def main(
    threads: Annotated[int, typer.Option(help="Threads of torch.")] = 1,
    segments: Annotated[int, typer.Option(help="Segments that each variant generates.")] = 10,
    rounds: Annotated[int, typer.Option(help="Rounds; the least time of each counts.")] = 3,
    compiled: Annotated[bool, typer.Option(help="Also time torch.compile, which needs g++.")] = (
        False
    ),
) -> None:
    """Print CPU time per segment, its ratio to the original's, and the relative difference."""
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    layout = DATASETS["aist"]
    original = Networks(*build_d2mgan("aist", HIGH)).eval().requires_grad_(False)
    inputs = (
        torch.randn(segments, layout.frames, layout.values),
        torch.randn(segments, 1, I3D_FEATURES),
        torch.zeros(segments, dtype=torch.long),
    )
    with torch.inference_mode(False), torch.no_grad():
        expected = original(*inputs)
        prepared = []
        start = time.perf_counter()
        for name, run in variants(original, inputs, compiled=compiled):
            actual = run(*inputs)
            error = float((actual - expected).abs().max() / expected.abs().max())
            prepared.append((name, run, error, time.perf_counter() - start))
            start = time.perf_counter()
        least = [float("inf")] * len(prepared)
        for _ in range(rounds):
            for number, (_, run, _, _) in enumerate(prepared):
                least[number] = min(least[number], _cpu_s(lambda run=run: run(*inputs)))
    typer.echo(f"level {HIGH.name}, {segments} segments, {threads} threads, CPU s per segment")
    for cpu_s, (name, _, error, preparation_s) in zip(least, prepared, strict=True):
        typer.echo(
            f"  {name:56} {cpu_s / segments:.3f}  {cpu_s / least[0]:.2f} x  difference {error:.0e}"
            f"  (first call and preparation {preparation_s:.1f} s)"
        )


def _cpu_s(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    typer.run(main)
