"""A decoder that predicts short-time spectra and inverts them to a waveform.

After "Vocos: Closing the gap between time-domain and Fourier-based neural vocoders for
high-quality audio synthesis" (Siuzdak, ICLR 2024): no layer runs at the rate of the samples, and
an inverse short-time Fourier transform does the last upsampling.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from d2m.models.convnext import KERNEL, FrameLinear, convnext_blocks

MAX_LOG_MAGNITUDE = 5.0
"""Largest natural logarithm of a magnitude: a full-scale sine has 4.9 in a 512-sample window."""


class ISTFTDecoder(nn.Module):
    """Decode frames of latents to a waveform by way of its short-time spectrum.

    Parameters
    ----------
    inputs
        Values of a frame.
    hop, n_fft
        Samples from one spectrum to the next, and samples of its window.
    spectra
        Spectra of a frame.
    width, blocks
        Channels of the frames, and ConvNeXt blocks that see one vector per frame.
    fine_width, fine_blocks
        The same for the blocks that see one vector per spectrum.
    """

    window: Tensor

    def __init__(
        self,
        inputs: int,
        *,
        hop: int,
        n_fft: int,
        spectra: int,
        width: int,
        blocks: int,
        fine_width: int,
        fine_blocks: int,
    ) -> None:
        super().__init__()
        self.hop, self.n_fft, self.spectra = hop, n_fft, spectra
        kernel = KERNEL if inputs <= width else 3
        self.first = nn.Conv1d(inputs, width, kernel, padding=kernel // 2)
        self.coarse = convnext_blocks(width, blocks)
        self.split = FrameLinear(width, spectra * fine_width)
        self.fine = convnext_blocks(fine_width, fine_blocks)
        self.last = FrameLinear(fine_width, n_fft + 2)
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)

    def forward(self, frames: Tensor) -> Tensor:
        """Decode frames of latents (B, inputs, F) to audio (B, F * spectra * hop)."""
        batch, _, count = frames.shape
        split = self.split(self.coarse(self.first(frames)))
        split = split.reshape(batch, -1, self.spectra, count).transpose(2, 3).flatten(2)
        outputs = self.last(self.fine(split))
        with torch.autocast(outputs.device.type, enabled=False):  # spectra need float32
            log_magnitude, phase = outputs.chunk(2, dim=1)
            spectrum = torch.polar(torch.exp(log_magnitude.clamp(max=MAX_LOG_MAGNITUDE)), phase)
            # Spectrum t is centred on sample t * hop; the end needs one more to be complete.
            return self._invert(torch.cat([spectrum, spectrum[..., -1:]], dim=-1))

    def _invert(self, spectrum: Tensor) -> Tensor:
        """Return the audio (B, T * hop) of a spectrum (B, n_fft / 2 + 1, T + 1).

        It is that of `torch.istft`, which checks its window in a way that a CUDA graph cannot
        contain.
        """
        windows = torch.fft.irfft(spectrum, self.n_fft, dim=1) * self.window[:, None]
        weights = self.window.square()[None, :, None].expand(1, -1, spectrum.shape[-1])
        return self._overlap_add(windows) / self._overlap_add(weights)

    def _overlap_add(self, windows: Tensor) -> Tensor:
        """Add windows (B, n_fft, T + 1) where they overlap, from the middle of the first on."""
        batch, _, count = windows.shape
        overlap = self.n_fft // self.hop
        parts = windows.reshape(batch, overlap, self.hop, count)
        length = count + overlap - 1
        total = windows.new_zeros((batch, self.hop, length))
        for part in range(overlap):
            total = total + nn.functional.pad(parts[:, part], (part, length - count - part))
        first = overlap // 2
        return total[..., first : first + count - 1].transpose(1, 2).flatten(1)
