"""The multi-scale discriminator of D2M-GAN, for VQ sequences and waveforms.

Zhu et al., ECCV 2022, Sec. 3.2 (Eq. 2-3) and Appendix, Table 5, after MelGAN (Kumar et al.,
NeurIPS 2019). All parameters have the published names and shapes.
"""

from __future__ import annotations

from torch import Tensor, nn

from d2m.models.layers import LEAKY_SLOPE, WeightNormConv1d

N_SCALES = 3
"""Number of scales, as published."""
FIRST_CHANNELS = 32
"""Output channels of the first convolution, as published."""
STRIDED_CHANNELS = (128, 512, 1024, 1024)
"""Output channels of the strided, grouped convolutions, as published."""
LAST_CHANNELS = 512
"""Input channels of the last convolution, as published."""


class ScaleDiscriminator(nn.Module):
    """The discriminator of one scale, which scores overlapping windows of its input.

    Parameters
    ----------
    strided
        Output channels of each strided convolution.
    """

    def __init__(self, strided: tuple[int, ...] = STRIDED_CHANNELS) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            nn.Sequential(nn.ReflectionPad1d(7), WeightNormConv1d(1, FIRST_CHANNELS, 16), _leaky())
        ]
        channels = FIRST_CHANNELS
        for outputs in strided:
            conv = WeightNormConv1d(
                channels, outputs, 41, stride=4, padding=20, groups=channels // 4
            )
            layers.append(nn.Sequential(conv, _leaky()))
            channels = outputs
        last = WeightNormConv1d(channels, LAST_CHANNELS, 5, padding=2)
        layers += [nn.Sequential(last, _leaky()), WeightNormConv1d(LAST_CHANNELS, 1, 3, padding=1)]
        self.model = nn.ModuleDict({f"layer_{i}": layer for i, layer in enumerate(layers)})

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return each layer's output (B, C, T) for inputs (B, 1, N); the last are the scores."""
        features = []
        for layer in self.model.values():
            x = layer(x)
            features.append(x)
        return features


class MultiScaleDiscriminator(nn.Module):
    """Discriminators of the same form at several scales; each halves the sequence of the last.

    Parameters
    ----------
    scales
        Number of scales.
    strided
        Output channels of each strided convolution.
    """

    def __init__(self, scales: int = N_SCALES, strided: tuple[int, ...] = STRIDED_CHANNELS) -> None:
        super().__init__()
        self.model = nn.ModuleDict(
            {f"disc_{i}": ScaleDiscriminator(strided) for i in range(scales)}
        )
        self.downsample = nn.AvgPool1d(4, stride=2, padding=1, count_include_pad=False)

    def forward(self, x: Tensor) -> list[list[Tensor]]:
        """Score sequences as real or generated.

        Parameters
        ----------
        x : (B, 1, N)
            VQ sequences as one channel (Eq. 2), or waveforms.

        Returns
        -------
        list of list of (B, C, T)
            The output of each layer of each scale; a scale's last are its scores, high for
            real sequences.
        """
        features = []
        for discriminator in self.model.values():
            features.append(discriminator(x))
            x = self.downsample(x)
        return features


def _leaky() -> nn.Module:
    return nn.LeakyReLU(LEAKY_SLOPE)
