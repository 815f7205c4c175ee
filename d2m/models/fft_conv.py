"""Speed up networks for inference: fold weight norm, compute long convolutions by FFT.

The results agree with the original network's to about 1e-5 of the largest value.
"""

from __future__ import annotations

from typing import TypeGuard

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m.models.layers import WeightNormConv1d

FFT_SIZE = 96
"""Size of the FFT of a tile (samples). Chosen by hand; `docs/weights.md` has timings."""
FFT_KERNELS = range(16, FFT_SIZE // 2 + 1)
"""Kernel sizes for which FFT is faster than direct convolution. Chosen by hand."""
MIN_FFT_CHANNELS = 64
"""Input and output channels from which FFT is faster. Chosen by hand."""


class FFTConv1d(nn.Module):
    """A convolution with stride 1, computed by multiplication of spectra (overlap-save).

    The sequence is cut into tiles that overlap by the length of the kernel minus one. With
    many channels, most of the work is multiplications, and spectra need about a tenth as many
    as a direct convolution.

    Parameters
    ----------
    conv
        The convolution to compute.
    """

    spectra: Tensor
    bias: Tensor

    def __init__(self, conv: nn.Conv1d) -> None:
        super().__init__()
        (self.kernel,), self.padding = conv.kernel_size, int(conv.padding[0])
        bias = torch.zeros(conv.out_channels) if conv.bias is None else conv.bias.detach()
        self.register_buffer("spectra", _spectra(conv.weight.detach()))
        self.register_buffer("bias", bias[:, None])

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, T) to (B, outputs, T')."""
        batch, channels, length = x.shape
        outputs = length + 2 * self.padding - self.kernel + 1
        step = FFT_SIZE - self.kernel + 1
        n_tiles = -(-outputs // step)
        after = n_tiles * step + self.kernel - 1 - length - self.padding
        tiles = functional.pad(x, (self.padding, after)).unfold(2, FFT_SIZE, step)
        spectra = torch.fft.rfft(tiles).permute(3, 1, 0, 2).reshape(-1, channels, batch * n_tiles)
        products = torch.bmm(self.spectra, spectra).permute(1, 2, 0)
        filtered = torch.fft.irfft(products, n=FFT_SIZE)[..., :step]
        whole: Tensor = filtered.reshape(-1, batch, n_tiles * step).transpose(0, 1)
        return whole[..., :outputs] + self.bias


def optimise_for_inference(network: nn.Module) -> nn.Module:
    """Replace the convolutions of a network by faster ones, for inference only.

    Parameters
    ----------
    network
        Any network. It is changed in place and can't be trained afterwards.

    Returns
    -------
    nn.Module
        The same object, in evaluation mode and without gradients.
    """
    for name, child in network.named_children():
        if isinstance(child, WeightNormConv1d):
            child = child.folded()
        fast = FFTConv1d(child) if _is_long(child) else optimise_for_inference(child)
        setattr(network, name, fast)
    return network.eval().requires_grad_(False)


def _is_long(layer: nn.Module) -> TypeGuard[nn.Conv1d]:
    return (
        isinstance(layer, nn.Conv1d)
        and layer.weight.device.type == "cpu"  # on GPUs, cuDNN chooses the algorithm
        and layer.kernel_size[0] in FFT_KERNELS
        and min(layer.in_channels, layer.out_channels) >= MIN_FFT_CHANNELS
        and layer.stride == (1,)
        and layer.dilation == (1,)
        and layer.groups == 1
    )


def _spectra(weight: Tensor) -> Tensor:
    """Return the conjugate spectra (FFT_SIZE / 2 + 1, O, C) of kernels (O, C, K).

    A matrix product with the Fourier basis gives this order directly; the result of an FFT
    would have to be transposed.
    """
    outputs, inputs, kernel = weight.shape
    waves = torch.fft.rfft(torch.eye(kernel, dtype=torch.float64), n=FFT_SIZE).t().conj()
    terms = weight.reshape(-1, kernel).t()
    parts = [(wave.float().contiguous() @ terms) for wave in (waves.real, waves.imag)]
    return torch.complex(*parts).view(-1, outputs, inputs)
