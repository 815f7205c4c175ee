"""The losses of D2M-GAN.

Zhu et al., ECCV 2022, Sec. 3.3: hinge losses on VQ sequences (Eq. 2-3), feature matching
(Eq. 4), commitment to the codebook entries of the real music (Eq. 5), and the audio losses on
the decoded sound (Eq. 6-7). Where the published code differs from the equations, it is said
at the loss.
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
"""Features of each scale's layers, as `d2m.models.discriminator` gives them."""

N_MEL_BANDS = 128
FFT_SAMPLES = 1024
MEL_HOP_SAMPLES = 256
MIN_AMPLITUDE = 1e-5
"""Mel amplitudes below this count as this, so that silence has a logarithm."""


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """Weights of the generator's losses; a weight of 0 switches its loss off.

    The defaults are those we know of the paper: 3, 15, 40 and 15 beside an adversarial loss,
    which we give the weight 1. `PUBLISHED_CODE_WEIGHTS` has those of the published training code.

    Parameters
    ----------
    adversarial
        Of `generator_hinge_loss` (Eq. 3).
    feature_matching
        Of `feature_matching_loss` (Eq. 4).
    commitment
        Of `commitment_loss` to the codebook entries of the real codes (Eq. 5).
    latent
        Of `commitment_loss` to the real latents before rounding: only the published code has it.
    waveform
        Of `waveform_loss` (Eq. 6).
    mel
        Of `mel_loss` (Eq. 7).

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
        """Whether a loss needs the decoded sound."""
        return self.waveform > 0 or self.mel > 0


# 0.8 is 3 times its factor of feature matching, 4 / (5 layers * 3 scales).
PUBLISHED_CODE_WEIGHTS = LossWeights(feature_matching=0.8, commitment=8.0, latent=5.0)
"""What the published training code minimises; it rounds with ``gradient=False`` besides."""


def weighted_loss(
    weights: LossWeights, losses: Mapping[str, Callable[[], Tensor]]
) -> tuple[Tensor, dict[str, Tensor]]:
    """Add up the generator's losses (Sec. 3.3); those switched off are not even computed.

    Parameters
    ----------
    weights
        Of the losses.
    losses
        For each field of the weights that is not 0, how its loss is computed.

    Returns
    -------
    total, figures
        The weighted sum, and each loss without its weight, detached.
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
        Generated features.
    codebook
        Of their level; it gets no gradient.
    gradient
        Whether the gradient of what is made of the entries goes on to the latents. The
        published code looks up and decodes without one, so that there the audio losses
        (Eq. 6-7) are measured but teach nothing: False reproduces it.

    Returns
    -------
    (B, 64, T)
        The nearest entries, exactly.
    """
    with torch.no_grad():
        entries = codebook.entries(codebook.nearest(latents))
    # The difference is 0: adding it leaves the entries as they are to the last bit.
    return entries + (latents - latents.detach()) if gradient else entries


def reshape_sequence(latents: Tensor) -> Tensor:
    """Lay a VQ sequence out as the one channel that the discriminator reads (Sec. 3.2).

    The 64 channels follow one another, each as a whole: the published code lays them out
    so, and published discriminator weights expect it. Windows of the discriminator thus see
    the course of one latent dimension in time.

    Parameters
    ----------
    latents : (B, 64, T)
        Generated features, or latents of real music.

    Returns
    -------
    (B, 1, 64 * T)
    """
    return latents.reshape(latents.shape[0], 1, -1)


def discriminator_hinge_loss(real: Features, generated: Features) -> Tensor:
    """Return the discriminator's hinge loss (Eq. 2), summed over the scales.

    Parameters
    ----------
    real, generated
        Features of real and of generated sequences; only the last of each scale counts.
        Detach the generated sequence before it is judged, so that the generator is left alone.
    """
    losses = [functional.relu(1 - scale[-1]).mean() for scale in real]
    losses += [functional.relu(1 + scale[-1]).mean() for scale in generated]
    return torch.stack(losses).sum()


def generator_hinge_loss(generated: Features) -> Tensor:
    """Return the generator's adversarial loss (Eq. 3), summed over the scales.

    Parameters
    ----------
    generated
        Features of generated sequences; only the last of each scale counts. The loss has a
        gradient in the discriminator too: clear or freeze it there.
    """
    return -torch.stack([scale[-1].mean() for scale in generated]).sum()


def feature_matching_loss(real: Features, generated: Features) -> Tensor:
    """Return the L1 distance of the discriminator's features (Eq. 4).

    Each layer's distance is divided by its number of values, as in the equation; layers
    and scales are then summed, without the last layers, which are the judgements. The
    published code multiplies this sum by 4 / (5 layers * 3 scales), which
    `PUBLISHED_CODE_WEIGHTS` has in its weight.

    Parameters
    ----------
    real
        Features of real sequences: a fixed aim, they get no gradient.
    generated
        Features of generated sequences.
    """
    distances = [
        functional.l1_loss(ours, aim.detach())
        for theirs, scale in zip(real, generated, strict=True)
        for aim, ours in zip(theirs[:-1], scale[:-1], strict=True)
    ]
    return torch.stack(distances).sum()


def commitment_loss(generated: Tensor, real: Tensor) -> Tensor:
    """Return the mean L1 distance of generated features from those of the real music (Eq. 5).

    Only the generated features get a gradient: the real ones, and with them codebook and
    encoder, stand behind the stop-gradient. L1 is the published code's choice; the
    commitment loss of the VQ-VAE, after which it is named, is squared.

    Parameters
    ----------
    generated : (B, 64, T)
        The generator's output, before rounding.
    real : (B, 64, T)
        Codebook entries of the real codes; or, for the loss ``latent``, the real latents.
    """
    return functional.l1_loss(generated, real.detach())


def waveform_loss(generated: Tensor, real: Tensor, *, squared: bool = False) -> Tensor:
    """Return the mean L1 distance of waveforms (Eq. 6), or the mean squared one.

    Parameters
    ----------
    generated : (B, N)
        Sound decoded from `straight_through`, in [-1, 1].
    real : (B, N)
        The real sound.
    squared
        Whether to square differences instead of taking their size.
    """
    distance = functional.mse_loss if squared else functional.l1_loss
    return distance(generated, real.detach())


def mel_loss(generated: Tensor, real: Tensor, log_mel: LogMel) -> Tensor:
    """Return the mean L1 distance of log-mel spectrograms (Eq. 7).

    Parameters
    ----------
    generated, real : (B, N)
        As in `waveform_loss`.
    log_mel
        On the same device as the sound.
    """
    with torch.no_grad():
        aim = log_mel(real)
    return functional.l1_loss(log_mel(generated), aim)


class LogMel(nn.Module):
    """Log-mel spectrogram with a gradient: log10 of amplitude in 128 bands at 22,050 Hz.

    Windows of 1,024 samples (Hann) every 256, with the reflection of the edges that makes
    it N // 256 frames, as in the published code.

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
        """Map audio (B, N) to (B, bands, N // 256), never under -5."""
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
        # abs of a complex 0 has gradient 0; the root of summed squares would give NaN.
        return torch.matmul(self.bank, spectrum.abs()).clamp(min=MIN_AMPLITUDE).log10()
