"""ConvNeXt blocks along time, after "A ConvNet for the 2020s" (Liu et al., CVPR 2022).

They are the blocks of the codec, as in "Vocos: Closing the gap between
time-domain and Fourier-based neural vocoders for high-quality audio synthesis" (Siuzdak, ICLR
2024).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

KERNEL = 7
"""Frames that a depthwise convolution spans, as in Vocos."""
EXPANSION = 3
"""Channels of a block's inner layer for each of its own, as in Vocos."""
LAYER_SCALE = 0.15
"""Initial factor of a block's residual: about one over the number of blocks, as in Vocos."""


class ConvNeXtBlock(nn.Module):
    """Depthwise convolution over time, then a two-layer perceptron in each frame, as a residual.

    Parameters
    ----------
    width
        Channels of the frames.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, KERNEL, padding=KERNEL // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, EXPANSION * width)
        self.project = nn.Linear(EXPANSION * width, width)
        self.scale = nn.Parameter(torch.full((width,), LAYER_SCALE))

    def forward(self, x: Tensor) -> Tensor:
        """Map frames (B, width, T) to (B, width, T)."""
        y = self.norm(self.depthwise(x).transpose(1, 2))
        y = self.project(functional.gelu(self.expand(y))) * self.scale
        out: Tensor = x + y.transpose(1, 2)
        return out


def convnext_blocks(width: int, count: int) -> nn.Sequential:
    """Return a stack of ConvNeXt blocks."""
    return nn.Sequential(*(ConvNeXtBlock(width) for _ in range(count)))


class FrameLinear(nn.Module):
    """Normalise frames and map each by a linear layer, in float32 also in mixed precision.

    Parameters
    ----------
    inputs, outputs
        Channels.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(inputs)
        self.linear = nn.Linear(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map frames (B, inputs, T) to (B, outputs, T)."""
        with torch.autocast(x.device.type, enabled=False):
            out: Tensor = self.linear(self.norm(x.float().transpose(1, 2)))
        return out.transpose(1, 2)
