"""Describe a stack of convolutions by a table, as in the appendix of the D2M-GAN paper."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Conv:
    """One convolution of a stack.

    Parameters
    ----------
    channels
        Output channels.
    kernel, stride
        Size and stride of the kernel.
    reflect
        Reflection padding before the convolution.
    leaky
        Whether a LeakyReLU precedes it.
    residual
        Whether four residual blocks follow it.
    """

    channels: int
    kernel: int
    stride: int = 1
    reflect: int = 0
    leaky: bool = True
    residual: bool = True


@dataclass(frozen=True, kw_only=True)
class ConvStack:
    """A stack of one-dimensional convolutions.

    Parameters
    ----------
    padding
        Zero padding of each convolution.
    convs
        The convolutions, in order.
    """

    padding: int
    convs: tuple[Conv, ...]

    def output_length(self, length: int) -> int:
        """Return the output length for an input of ``length`` values."""
        for conv in self.convs:
            padded = length + 2 * (self.padding + conv.reflect)
            length = (padded - conv.kernel) // conv.stride + 1
        return length

    def input_length(self, length: int) -> int:
        """Return the smallest input length for an output of ``length`` values."""
        for conv in reversed(self.convs):
            padded = (length - 1) * conv.stride + conv.kernel
            length = padded - 2 * (self.padding + conv.reflect)
        return length
