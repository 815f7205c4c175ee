"""A decoder that predicts short-time spectra and inverts them to a waveform.

After "Vocos: Closing the gap between time-domain and Fourier-based neural vocoders for
high-quality audio synthesis" (Siuzdak, ICLR 2024): all layers run at the rate of the frames, and
an inverse short-time Fourier transform does the upsampling. Its blocks are those of "A ConvNet
for the 2020s" (Liu et al., CVPR 2022) in one dimension.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

KERNEL = 7
"""Frames that a depthwise convolution spans, as in Vocos."""
MAX_LOG_MAGNITUDE = 5.0
"""Largest natural logarithm of a magnitude: a full-scale sine has 4.9 in a 512-sample window."""
LAYER_SCALE = 0.15
"""Initial factor of a block's residual: about one over the number of blocks, as in Vocos."""


class ConvNeXtBlock(nn.Module):
    """Depthwise convolution over time, then a two-layer perceptron in each frame, as a residual.

    Parameters
    ----------
    width, hidden
        Channels of the frames, and of the perceptron's inner layer.
    """

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, KERNEL, padding=KERNEL // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, hidden)
        self.project = nn.Linear(hidden, width)
        self.scale = nn.Parameter(torch.full((width,), LAYER_SCALE))

    def forward(self, x: Tensor) -> Tensor:
        """Map frames (B, width, T) to (B, width, T)."""
        y = self.norm(self.depthwise(x).transpose(1, 2))
        y = self.project(functional.gelu(self.expand(y))) * self.scale
        out: Tensor = x + y.transpose(1, 2)
        return out


class ConvNeXtStack(nn.Module):
    """A convolution, ConvNeXt blocks, normalisation and a linear layer.

    Parameters
    ----------
    inputs, outputs
        Channels of the input and of the output.
    width, hidden
        See `ConvNeXtBlock`.
    blocks
        Number of blocks.
    kernel
        Frames that the first convolution spans; odd.
    """

    def __init__(
        self, inputs: int, outputs: int, *, width: int, hidden: int, blocks: int, kernel: int
    ) -> None:
        super().__init__()
        self.first = nn.Conv1d(inputs, width, kernel, padding=kernel // 2)
        self.blocks = nn.Sequential(*(ConvNeXtBlock(width, hidden) for _ in range(blocks)))
        self.norm = nn.LayerNorm(width)
        self.last = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map frames (B, inputs, T) to (B, outputs, T), in float32 also in mixed precision."""
        x = self.norm(self.blocks(self.first(x)).transpose(1, 2))
        with torch.autocast(x.device.type, enabled=False):
            out: Tensor = self.last(x.float())
        return out.transpose(1, 2)


class ISTFTDecoder(nn.Module):
    """Decode frames of latents to a waveform by way of its short-time spectrum.

    Parameters
    ----------
    inputs
        Values of a frame.
    hop, n_fft
        Samples per frame, and samples of the window of the inverse transform.
    width, hidden, blocks
        Size of the network, see `ConvNeXtStack`.
    """

    window: Tensor

    def __init__(
        self, inputs: int, *, hop: int, n_fft: int, width: int, hidden: int, blocks: int
    ) -> None:
        super().__init__()
        self.hop, self.n_fft = hop, n_fft
        kernel = KERNEL if inputs < width else 3
        self.stack = ConvNeXtStack(
            inputs, n_fft + 2, width=width, hidden=hidden, blocks=blocks, kernel=kernel
        )
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)

    def forward(self, frames: Tensor) -> Tensor:
        """Map frames (B, inputs, T) to audio (B, T * hop)."""
        log_magnitude, phase = self.stack(frames).chunk(2, dim=1)
        magnitude = torch.exp(log_magnitude.clamp(max=MAX_LOG_MAGNITUDE))
        spectrum = torch.polar(magnitude, phase)
        # Frame t is centred on sample t * hop; the end needs one more frame to be complete.
        spectrum = torch.cat([spectrum, spectrum[..., -1:]], dim=-1)
        length = frames.shape[-1] * self.hop
        return torch.istft(spectrum, self.n_fft, self.hop, window=self.window, length=length)
