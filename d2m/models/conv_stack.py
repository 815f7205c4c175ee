"""Networks of convolutions, as papers print them: a table with a row for each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Conv:
    """One row of a network's table.

    Parameters
    ----------
    channels, kernel, stride
        Of the convolution.
    reflect
        Reflection padding before it.
    leaky
        Whether a LeakyReLU stands before it.
    residual
        Whether the four residual blocks follow.
    """

    channels: int
    kernel: int
    stride: int = 1
    reflect: int = 0
    leaky: bool = True
    residual: bool = True


@dataclass(frozen=True, kw_only=True)
class ConvStack:
    """The convolutions of a network, and the zero padding of each."""

    padding: int
    convs: tuple[Conv, ...]

    def length(self, inputs: int) -> int:
        """Return the length after the convolutions of a sequence of that length."""
        for conv in self.convs:
            padded = inputs + 2 * (self.padding + conv.reflect)
            inputs = (padded - conv.kernel) // conv.stride + 1
        return inputs

    def needed(self, outputs: int) -> int:
        """Return the least length that gives as many values after the convolutions."""
        for conv in reversed(self.convs):
            padded = (outputs - 1) * conv.stride + conv.kernel
            outputs = padded - 2 * (self.padding + conv.reflect)
        return outputs
