"""A discriminator of spectrograms at several resolutions, for codecs.

After Jang et al., "UnivNet: A Neural Vocoder with Multi-Resolution Spectrogram Discriminators for
High-Fidelity Waveform Generation", Interspeech 2021. It hears the fine noise that distances of
spectrograms leave too smooth.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

SPECTROGRAM_WINDOWS = (512, 1024, 2048)
"""Window lengths (samples) of the spectrograms, one for each discriminator. Chosen by hand."""
SPECTROGRAM_CHANNELS = 32
"""Channels of the convolutions, as in UnivNet."""
LEAK = 0.2
"""Slope of the activations below 0, as in UnivNet."""
SPECTROGRAM_FLOOR = 1e-3
"""Amount added to magnitudes before their logarithm. Chosen by hand."""


class SpectrogramScale(nn.Module):
    """Score parts of a spectrogram.

    Parameters
    ----------
    window
        Samples of its window; its hop is a quarter of that.
    channels
        Channels of the convolutions.
    """

    window: Tensor

    def __init__(self, window: int, channels: int) -> None:
        super().__init__()
        norm = nn.utils.parametrizations.weight_norm
        widths = (1, channels, channels, channels, channels)
        strides = ((1, 1), (2, 1), (2, 1), (2, 1))
        self.layers = nn.ModuleList(
            norm(nn.Conv2d(inputs, channels, (9, 3), stride=stride, padding=(4, 1)))
            for inputs, stride in zip(widths[:-1], strides, strict=True)
        )
        self.layers.append(norm(nn.Conv2d(channels, 1, 3, padding=1)))
        self.register_buffer("window", torch.hann_window(window), persistent=False)

    def forward(self, audio: Tensor) -> list[Tensor]:
        """Return each layer's output for audio (B, N); the last are the scores."""
        with torch.autocast(audio.device.type, enabled=False):
            size = len(self.window)
            spectrum = torch.stft(
                audio.float(), size, size // 4, window=self.window, return_complex=True
            )
            x = torch.log(spectrum.abs() + SPECTROGRAM_FLOOR)[:, None]
        features = []
        for layer in self.layers[:-1]:
            x = functional.leaky_relu(layer(x), LEAK)
            features.append(x)
        return [*features, self.layers[-1](x)]


class SpectrogramDiscriminator(nn.Module):
    """Score audio as real or decoded by its spectrograms.

    Parameters
    ----------
    channels
        Channels of the convolutions.
    """

    def __init__(self, channels: int = SPECTROGRAM_CHANNELS) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            SpectrogramScale(window, channels) for window in SPECTROGRAM_WINDOWS
        )

    def forward(self, audio: Tensor) -> list[list[Tensor]]:
        """Return the outputs of the layers of each resolution for audio (B, 1, N).

        The last output of a resolution are its scores, high for real audio.
        """
        return [scale(audio[:, 0]) for scale in self.scales]
