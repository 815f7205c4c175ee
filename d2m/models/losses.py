"""The training losses of D2M-GAN.

Zhu et al., ECCV 2022, Sec. 3.3: hinge losses on VQ sequences (Eq. 2-3), feature matching
(Eq. 4), commitment to the codebook entries of the real music (Eq. 5), and losses on the
decoded audio (Eq. 6-7). All losses are scalars. Each docstring states where the published code
differs from the equation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m.core.errors import SettingsError
from d2m.core.levels import SAMPLE_RATE
from d2m.core.librosa_loader import load_librosa
from d2m.models.vqvae import Codebook

Features = Sequence[Sequence[Tensor]]
"""Output (B, C, T) of each layer of each scale of a discriminator; see
`d2m.models.discriminator.MultiScaleDiscriminator`."""

N_MEL_BANDS = 128
"""Mel bands up to half the sample rate, as in the published code."""
FFT_SAMPLES = 1024
"""Window and FFT of the log-mel spectrogram (samples), as in the published code."""
MEL_HOP_SAMPLES = 256
"""Hop of the log-mel spectrogram (samples), as in the published code."""
MIN_AMPLITUDE = 1e-5
"""Lowest mel amplitude, so that silence has a logarithm; as in the published code."""


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """Weights of the generator's losses. A weight of 0 switches a loss off.

    The defaults are the paper's: 3, 15, 40 and 15, with 1 for the adversarial loss, whose
    weight the paper does not state. `PUBLISHED_CODE_WEIGHTS` are those of the published code.

    Parameters
    ----------
    adversarial
        Weight of `generator_hinge_loss` (Eq. 3).
    feature_matching
        Weight of `feature_matching_loss` (Eq. 4).
    commitment
        Weight of `commitment_loss` to the codebook entries of the real codes (Eq. 5).
    latent
        Weight of `commitment_loss` to the real latents before rounding, which only the
        published code has.
    waveform
        Weight of `waveform_loss` (Eq. 6).
    mel
        Weight of `mel_loss` (Eq. 7).

    Raises
    ------
    SettingsError
        If a weight is negative or not a number, or all are 0.
    """

    adversarial: float = 1.0
    feature_matching: float = 3.0
    commitment: float = 15.0
    latent: float = 0.0
    waveform: float = 40.0
    mel: float = 15.0

    def __post_init__(self) -> None:
        """Check the weights."""
        weights: dict[str, float] = asdict(self)
        for name, weight in weights.items():
            if not (math.isfinite(weight) and weight >= 0):
                raise SettingsError(
                    f"The weight of the loss {name} is {weight:g}: expected 0 (off) or more."
                )
        if not any(weights.values()):
            raise SettingsError("All losses are switched off: give one a weight above 0.")

    @property
    def needs_audio(self) -> bool:
        """Whether a loss needs the decoded audio."""
        return self.waveform > 0 or self.mel > 0


# 0.8 = 3 * 4 / (5 layers * 3 scales): its weight times its factor of feature matching.
PUBLISHED_CODE_WEIGHTS = LossWeights(feature_matching=0.8, commitment=8.0, latent=5.0)
"""Weights of the published training code, which also rounds with ``gradient=False``."""


def weighted_loss(
    weights: LossWeights, losses: Mapping[str, Callable[[], Tensor]]
) -> tuple[Tensor, dict[str, Tensor]]:
    """Compute the weighted sum of the generator's losses (Zhu et al. 2022, Sec. 3.3).

    Parameters
    ----------
    weights
        Weights of the losses. Losses of weight 0 are not computed.
    losses
        Functions that compute the losses, by the name of their weight.

    Returns
    -------
    total : Tensor
        The weighted sum.
    figures : dict
        Each loss without its weight, detached.
    """
    used = {name: weight for name, weight in asdict(weights).items() if weight > 0}
    computed = {name: losses[name]() for name in used}
    total = torch.stack([used[name] * loss for name, loss in computed.items()]).sum()
    return total, {name: loss.detach() for name, loss in computed.items()}


def straight_through(latents: Tensor, codebook: Codebook, *, gradient: bool = True) -> Tensor:
    """Round latents to codebook entries (Eq. 1), with the gradient of the identity.

    Parameters
    ----------
    latents : (B, 64, T)
        Generated VQ features.
    codebook
        Codebook of their level; it gets no gradient.
    gradient
        Whether the gradient with respect to the entries is passed on to the latents. In the
        published code it is not, so the audio losses (Eq. 6-7) do not train the generator.

    Returns
    -------
    (B, 64, T)
        The nearest codebook entries.
    """
    with torch.no_grad():
        entries = codebook.entries(codebook.nearest(latents))
    # The difference is exactly 0, so adding it does not change the entries.
    return entries + (latents - latents.detach()) if gradient else entries


def reshape_sequence(latents: Tensor) -> Tensor:
    """Concatenate the channels of a VQ sequence, as the discriminator reads it (Sec. 3.2).

    As in the published code and weights, each of the 64 channels is contiguous in time. A
    window of the discriminator therefore covers one latent dimension.

    Parameters
    ----------
    latents : (B, 64, T)
        Generated VQ features, or latents of real music.

    Returns
    -------
    (B, 1, 64 * T)
        The channels, one after another.
    """
    return latents.reshape(latents.shape[0], 1, -1)


def discriminator_hinge_loss(real: Features, generated: Features) -> Tensor:
    """Return the discriminator's hinge loss (Eq. 2), summed over the scales.

    Parameters
    ----------
    real, generated
        Discriminator features of real and generated sequences; only the scores, the last
        layer of each scale, are used. Detach the generated sequences before the discriminator.
    """
    losses = [functional.relu(1 - scale[-1]).mean() for scale in real]
    losses += [functional.relu(1 + scale[-1]).mean() for scale in generated]
    return torch.stack(losses).sum()


def generator_hinge_loss(generated: Features) -> Tensor:
    """Return the generator's adversarial loss (Eq. 3), summed over the scales.

    Parameters
    ----------
    generated
        Discriminator features of generated sequences; only the scores, the last layer of each
        scale, are used. The discriminator gets a gradient, too: clear it, or freeze the
        discriminator.
    """
    return -torch.stack([scale[-1].mean() for scale in generated]).sum()


def feature_matching_loss(real: Features, generated: Features) -> Tensor:
    """Return the L1 distance of discriminator features (Eq. 4).

    The mean distances of all layers are summed, except for the last layer of each scale,
    which holds the scores. The published code multiplies this sum by 4 / (5 layers * 3
    scales); `PUBLISHED_CODE_WEIGHTS` includes that factor.

    Parameters
    ----------
    real
        Features of real sequences; they get no gradient.
    generated
        Features of generated sequences.
    """
    distances = [
        functional.l1_loss(generated_layer, real_layer.detach())
        for real_scale, generated_scale in zip(real, generated, strict=True)
        for real_layer, generated_layer in zip(real_scale[:-1], generated_scale[:-1], strict=True)
    ]
    return torch.stack(distances).sum()


def commitment_loss(generated: Tensor, real: Tensor) -> Tensor:
    """Return the mean L1 distance of generated VQ features from the real music's (Eq. 5).

    Only the generated features get a gradient. L1 is the distance of the published code; the
    commitment loss of the VQ-VAE, after which it is named, is squared.

    Parameters
    ----------
    generated : (B, 64, T)
        Output of the generator, before rounding.
    real : (B, 64, T)
        Codebook entries of the real codes; or, for the weight ``latent``, the real latents.
    """
    return functional.l1_loss(generated, real.detach())


def waveform_loss(generated: Tensor, real: Tensor, *, squared: bool = False) -> Tensor:
    """Return the mean absolute (Eq. 6) or squared difference of waveforms.

    Parameters
    ----------
    generated : (B, N)
        Audio decoded from the entries of `straight_through`, in [-1, 1].
    real : (B, N)
        The real audio.
    squared
        Whether to square the differences.
    """
    distance = functional.mse_loss if squared else functional.l1_loss
    return distance(generated, real.detach())


def mel_loss(generated: Tensor, real: Tensor, log_mel: LogMel) -> Tensor:
    """Return the mean L1 distance of log-mel spectrograms (Eq. 7).

    Parameters
    ----------
    generated, real : (B, N)
        As for `waveform_loss`.
    log_mel
        Log-mel spectrogram, on the device of the audio.
    """
    with torch.no_grad():
        target = log_mel(real)
    return functional.l1_loss(log_mel(generated), target)


class LogMel(nn.Module):
    """Differentiable log-mel spectrogram: log10 of amplitude in mel bands, at 22,050 Hz.

    Hann windows of 1,024 samples with a hop of 256, and reflection padding for N // 256
    frames, as in the published code.

    Parameters
    ----------
    bands
        Number of mel bands up to half the sample rate.
    """

    bank: Tensor
    window: Tensor

    def __init__(self, bands: int = N_MEL_BANDS) -> None:
        super().__init__()
        bank = load_librosa().filters.mel(sr=SAMPLE_RATE, n_fft=FFT_SAMPLES, n_mels=bands)
        self.register_buffer("bank", torch.from_numpy(bank).float(), persistent=False)
        self.register_buffer("window", torch.hann_window(FFT_SAMPLES), persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        """Map audio (B, N) to log10 of amplitudes (B, bands, N // 256), at least -5."""
        edge = (FFT_SAMPLES - MEL_HOP_SAMPLES) // 2
        padded = functional.pad(audio.float().unsqueeze(1), (edge, edge), mode="reflect")
        spectrum = torch.stft(
            padded.squeeze(1),
            FFT_SAMPLES,
            hop_length=MEL_HOP_SAMPLES,
            window=self.window,
            center=False,
            return_complex=True,
        )
        # The gradient of abs at a complex 0 is 0; that of a square root of squares would be NaN.
        return torch.matmul(self.bank, spectrum.abs()).clamp(min=MIN_AMPLITUDE).log10()
