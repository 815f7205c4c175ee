"""Convolutions with fewer multiplications, for networks that only answer.

A convolution is a product of polynomials: both factors are evaluated at some points, the
values multiplied, and the product read off. Many channels make the multiplications dear
and the evaluations cheap, so fewer points a value pay off. Short kernels are evaluated at
small real numbers (Winograd, "Arithmetic Complexity of Computations", 1980; Lavin & Gray,
"Fast Algorithms for Convolutional Neural Networks", 2016), long ones at roots of unity by
FFT.

    network = faster(network)   # weight norm folded too; answers agree to about 1e-6
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m.models.layers import WeightNormConv1d

POINTS = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5)
"""Where short kernels are evaluated, besides infinity."""
FFT_SIZE = 96
LEAST_CHANNELS = 64
"""Below this the evaluations cost more than the multiplications that they save."""
SHORT, LONG = range(3, 5), range(16, 65)
"""Kernel sizes that are evaluated at small numbers, and by FFT."""


class Evaluation(Protocol):
    """How tiles of a sequence become values at points, and products of them a tile again.

    ``tile`` inputs give ``tile - kernel + 1`` outputs.
    """

    tile: int

    def of_kernel(self, weight: Tensor) -> Tensor:
        """Map kernels (O, C, K) to values (points, O, C)."""

    def of_tiles(self, tiles: Tensor) -> Tensor:
        """Map tiles (C, n, tile) to values (points, C, n)."""

    def tiles_of(self, products: Tensor) -> Tensor:
        """Map products (points, O, n) to tiles (O, n, outputs)."""


class SmallPoints:
    """Evaluation at small real numbers and infinity.

    Parameters
    ----------
    kernel
        Size of the kernels.
    """

    def __init__(self, kernel: int) -> None:
        self.tile = len(POINTS) + 1
        outputs = self.tile - kernel + 1
        self._kernel = _vandermonde(kernel).float()
        self._inputs = torch.linalg.inv(_vandermonde(self.tile)).t().float()
        self._outputs = _vandermonde(outputs).float()

    def of_kernel(self, weight: Tensor) -> Tensor:
        """Map kernels (O, C, K) to values (points, O, C)."""
        return _at_points(self._kernel, weight)

    def of_tiles(self, tiles: Tensor) -> Tensor:
        """Map tiles (C, n, tile) to values (points, C, n)."""
        return torch.einsum("pt,cnt->pcn", self._inputs, tiles)

    def tiles_of(self, products: Tensor) -> Tensor:
        """Map products (points, O, n) to tiles (O, n, outputs)."""
        return torch.einsum("po,pcn->cno", self._outputs, products)


class RootsOfUnity:
    """Evaluation by FFT.

    Parameters
    ----------
    kernel
        Size of the kernels.
    """

    def __init__(self, kernel: int) -> None:
        self.tile = FFT_SIZE
        self._kernel = torch.fft.rfft(torch.eye(kernel, dtype=torch.float64), n=FFT_SIZE).t()
        self._outputs = FFT_SIZE - kernel + 1

    def of_kernel(self, weight: Tensor) -> Tensor:
        """Map kernels (O, C, K) to values (points, O, C)."""
        # As a product of matrices this is done in the order of its result, unlike an FFT.
        real = _at_points(self._kernel.real.float(), weight)
        imaginary = _at_points(-self._kernel.imag.float(), weight)
        return torch.complex(real, imaginary)

    def of_tiles(self, tiles: Tensor) -> Tensor:
        """Map tiles (C, n, tile) to values (points, C, n)."""
        values: Tensor = torch.fft.rfft(tiles)
        return values.permute(2, 0, 1).contiguous()

    def tiles_of(self, products: Tensor) -> Tensor:
        """Map products (points, O, n) to tiles (O, n, outputs)."""
        tiles: Tensor = torch.fft.irfft(products.permute(1, 2, 0), n=FFT_SIZE)
        return tiles[..., : self._outputs]


class FastConv1d(nn.Module):
    """A convolution of stride 1 by way of values at points.

    Parameters
    ----------
    conv
        The convolution to answer as.
    evaluation
        How to evaluate.
    """

    values: Tensor
    bias: Tensor

    def __init__(self, conv: nn.Conv1d, evaluation: Evaluation) -> None:
        super().__init__()
        self.evaluation = evaluation
        self.register_buffer("values", evaluation.of_kernel(conv.weight.detach()))
        bias = torch.zeros(conv.out_channels) if conv.bias is None else conv.bias.detach()
        self.register_buffer("bias", bias[:, None])
        self.kernel, self.padding, self.dilation = _sizes(conv)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, T) to (B, O, T')."""
        batch, channels, length = x.shape
        reach, dilation = self.dilation * (self.kernel - 1), self.dilation
        outputs = length + 2 * self.padding - reach
        # Values that the kernel sees together stand side by side in one of `dilation` rows.
        size = self.evaluation.tile - self.kernel + 1
        tiles = -(-outputs // (dilation * size))
        padded = dilation * (tiles * size + self.kernel - 1)
        x = functional.pad(x, (self.padding, padded - length - self.padding))
        rows = x.view(batch, channels, -1, dilation).permute(1, 0, 3, 2)
        pieces = rows.unfold(3, self.evaluation.tile, size).reshape(
            channels, -1, self.evaluation.tile
        )
        products = torch.bmm(self.values, self.evaluation.of_tiles(pieces))
        answer = self.evaluation.tiles_of(products).reshape(-1, batch, dilation, tiles * size)
        answer = answer.permute(1, 0, 3, 2).reshape(batch, -1, dilation * tiles * size)
        return answer[..., :outputs] + self.bias


def faster(network: nn.Module) -> nn.Module:
    """Return a network that only answers, faster: in place of the one given.

    Weight norm is folded into plain convolutions, and on the CPU, where that pays off,
    convolutions are done with fewer multiplications.

    Parameters
    ----------
    network
        Any network of convolutions; its parameters are used up.

    Returns
    -------
    nn.Module
        The same object, its convolutions replaced; it can't be trained.
    """
    for name, child in network.named_children():
        if isinstance(child, WeightNormConv1d):
            child = child.folded()
        fast = _fast(child) if isinstance(child, nn.Conv1d) else faster(child)
        setattr(network, name, fast)
    return network.eval().requires_grad_(False)


def _fast(conv: nn.Conv1d) -> nn.Module:
    kernel = conv.kernel_size[0]
    many = min(conv.in_channels, conv.out_channels) >= LEAST_CHANNELS
    here = conv.weight.device.type == "cpu"  # GPUs have libraries that do as well
    if not (here and many) or conv.stride[0] != 1 or conv.groups != 1:
        return conv
    if kernel in SHORT:
        return FastConv1d(conv, SmallPoints(kernel))
    if kernel in LONG and conv.dilation[0] == 1:
        return FastConv1d(conv, RootsOfUnity(kernel))
    return conv


def _at_points(points: Tensor, weight: Tensor) -> Tensor:
    """Evaluate kernels (O, C, K) at points (P, K), as (P, O, C)."""
    terms = weight.flatten(0, 1).t().contiguous()
    return (points @ terms).view(len(points), *weight.shape[:2])


def _sizes(conv: nn.Conv1d) -> tuple[int, int, int]:
    return conv.kernel_size[0], int(conv.padding[0]), conv.dilation[0]


def _vandermonde(size: int) -> Tensor:
    """Return the matrix (points, size) that evaluates a polynomial of ``size`` terms."""
    points = torch.tensor(POINTS, dtype=torch.float64)
    finite = points[:, None] ** torch.arange(size)
    infinite = torch.zeros(1, size, dtype=torch.float64)
    infinite[0, -1] = 1.0
    return torch.cat([finite, infinite])
