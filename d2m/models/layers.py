"""Layers shared by the published networks: weight-normalised convolution, residual block."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

LEAKY_SLOPE = 0.2
"""Negative slope of all LeakyReLU layers of the published networks."""
DILATIONS = (1, 3, 9, 27)
"""Dilations of the four residual blocks after a convolution."""


class WeightNormConv1d(nn.Module):
    """A one-dimensional convolution with weight normalisation (Salimans and Kingma 2016).

    The weight is ``weight_g * weight_v / |weight_v|``, with the norm of each output channel.
    The parameters have the published names.

    Parameters
    ----------
    inputs, outputs
        Input and output channels.
    kernel, stride, padding, dilation, groups
        As in `torch.nn.Conv1d`.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
    ) -> None:
        super().__init__()
        plain = nn.Conv1d(inputs, outputs, kernel, groups=groups)
        self.stride, self.padding = stride, padding
        self.dilation, self.groups = dilation, groups
        self.bias = nn.Parameter(plain.bias.detach())  # type: ignore[union-attr]
        self.weight_v = nn.Parameter(plain.weight.detach())
        self.weight_g = nn.Parameter(self.weight_v.detach().norm(dim=(1, 2), keepdim=True))

    @property
    def weight(self) -> Tensor:
        """The normalised weight, (outputs, inputs / groups, kernel)."""
        norm: Tensor = self.weight_v.norm(dim=(1, 2), keepdim=True)
        return self.weight_v * (self.weight_g / norm)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, T) to (B, outputs, T')."""
        return functional.conv1d(
            x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )

    def folded(self) -> nn.Conv1d:
        """Return an equivalent plain convolution, for inference."""
        outputs, inputs, kernel = self.weight_v.shape
        with torch.device("meta"):
            plain = nn.Conv1d(
                inputs * self.groups,
                outputs,
                kernel,
                stride=self.stride,
                padding=self.padding,
                dilation=self.dilation,
                groups=self.groups,
            )
        plain.weight = nn.Parameter(self.weight.detach())
        plain.bias = nn.Parameter(self.bias.detach())
        return plain


class ResidualBlock(nn.Module):
    """The residual block of MelGAN (Kumar et al. 2019): a dilated convolution and a shortcut.

    Parameters
    ----------
    channels
        Input and output channels.
    dilation
        Dilation of the convolution of three values, and its reflection padding.
    """

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.LeakyReLU(LEAKY_SLOPE),
            nn.ReflectionPad1d(dilation),
            WeightNormConv1d(channels, channels, 3, dilation=dilation),
            nn.LeakyReLU(LEAKY_SLOPE),
            WeightNormConv1d(channels, channels, 1),
        )
        self.shortcut = WeightNormConv1d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, T) to (B, channels, T)."""
        out: Tensor = self.shortcut(x) + self.block(x)
        return out
