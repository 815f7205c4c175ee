"""A decoder that predicts short-time spectra and inverts them to a waveform.

After "Vocos: Closing the gap between time-domain and Fourier-based neural vocoders for
high-quality audio synthesis" (Siuzdak, ICLR 2024): all layers run at the rate of the frames, and
an inverse short-time Fourier transform does the upsampling. Its blocks are those of "A ConvNet
for the 2020s" (Liu et al., CVPR 2022) in one dimension.

Convolutions map a steady input to steady frames, that is to a sound that repeats with every
frame, while a steady tone needs phases that advance from frame to frame. A bank of oscillators
at the semitones of equal temperament therefore adds to the spectrum: the network only sets how
loud each one is, and their phases advance by themselves. The first trainings, of an hour, hardly
used them.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m.core.levels import SAMPLE_RATE

KERNEL = 7
"""Frames that a depthwise convolution spans, as in Vocos."""
MAX_LOG_MAGNITUDE = 5.0
"""Largest natural logarithm of a magnitude: a full-scale sine has 4.9 in a 512-sample window."""
TONE_HZ = tuple(440.0 * 2.0 ** ((key - 69) / 12) for key in range(52, 109))
"""Frequencies (Hz) of the oscillators: the semitones from E3 to C8, A4 at 440 Hz.
Lower tones have few enough periods per frame for the phases of the spectrum."""
INITIAL_LOG_TONE = -8.0
"""Natural logarithm of an oscillator's amplitude at the start of a training: hardly audible."""
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
    tone_spectra: Tensor

    def __init__(
        self, inputs: int, *, hop: int, n_fft: int, width: int, hidden: int, blocks: int
    ) -> None:
        super().__init__()
        self.hop, self.n_fft = hop, n_fft
        kernel = KERNEL if inputs < width else 3
        bins, tones = n_fft // 2 + 1, len(TONE_HZ)
        self._sizes = [bins, bins, tones, tones]
        self.stack = ConvNeXtStack(
            inputs, sum(self._sizes), width=width, hidden=hidden, blocks=blocks, kernel=kernel
        )
        with torch.no_grad():
            self.stack.last.bias[2 * bins : 2 * bins + tones] = INITIAL_LOG_TONE
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)
        self.register_buffer("tone_spectra", self._tone_spectra(), persistent=False)

    def forward(self, frames: Tensor, *, first_frame: int = 0) -> Tensor:
        """Decode frames to audio.

        Parameters
        ----------
        frames : (B, inputs, T)
            Latents.
        first_frame
            Number of the first frame in the piece, from which the oscillators' phases follow.
            Parts of a piece that are decoded one by one fit together with it.

        Returns
        -------
        (B, T * hop)
            Audio in [-1, 1], unless it clips.
        """
        return self.synthesise(self.stack(frames), first_frame=first_frame)

    def synthesise(self, outputs: Tensor, *, first_frame: int = 0) -> Tensor:
        """Return the audio (B, T * hop) of the outputs (B, O, T) of the network ``stack``."""
        with torch.autocast(outputs.device.type, enabled=False):  # spectra need float32
            spectrum = self._spectrum(outputs, first_frame)
            # Frame t is centred on sample t * hop; the end needs one more frame to be complete.
            spectrum = torch.cat([spectrum, spectrum[..., -1:]], dim=-1)
            length = outputs.shape[-1] * self.hop
            return torch.istft(spectrum, self.n_fft, self.hop, window=self.window, length=length)

    def log_tones(self, outputs: Tensor) -> Tensor:
        """Return the log amplitudes (B, tones, T) of the oscillators from the network's outputs."""
        return torch.split(outputs, self._sizes, dim=1)[2]

    def _spectrum(self, outputs: Tensor, first_frame: int) -> Tensor:
        """Return the complex spectrum (B, n_fft / 2 + 1, T) of the network's outputs."""
        log_magnitude, phase, log_tone, turn = torch.split(outputs, self._sizes, dim=1)
        magnitude = torch.exp(log_magnitude.clamp(max=MAX_LOG_MAGNITUDE))
        amplitude = torch.exp(log_tone.clamp(max=0.0))
        angle = turn + self._tone_phases(first_frame, outputs.shape[-1]).to(turn)
        weights = torch.cat([amplitude * torch.cos(angle), -amplitude * torch.sin(angle)], dim=1)
        parts = torch.einsum("rks,bst->brkt", self.tone_spectra, weights)
        return torch.polar(magnitude, phase) + torch.complex(parts[:, 0], parts[:, 1])

    def _tone_phases(self, first_frame: int, count: int) -> Tensor:
        """Return the phases (tones, count) of the oscillators in the middles of frames (rad)."""
        frames = torch.arange(first_frame, first_frame + count, dtype=torch.float64)
        cycles = torch.tensor(TONE_HZ, dtype=torch.float64)[:, None] * self.hop / SAMPLE_RATE
        return 2.0 * math.pi * torch.frac(cycles * frames)

    def _tone_spectra(self) -> Tensor:
        """Return the spectra (2, n_fft / 2 + 1, 2 * tones) of a window of each oscillator.

        Real and imaginary parts, of cosines and then of sines whose phase is 0 in the middle.
        """
        samples = torch.arange(self.n_fft, dtype=torch.float64) - self.n_fft // 2
        hz = torch.tensor(TONE_HZ, dtype=torch.float64)[:, None]
        angle = 2.0 * math.pi * hz * samples / SAMPLE_RATE
        window = torch.hann_window(self.n_fft, dtype=torch.float64)
        spectra = torch.fft.rfft(torch.cat([angle.cos(), angle.sin()]) * window)
        return torch.view_as_real(spectra).permute(2, 1, 0).float().contiguous()
