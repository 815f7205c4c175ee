"""Fine-tune the decoder of a JukeBox codec against a discriminator of waveforms.

Zhu et al., ECCV 2022, Sec. 3.4 and 4, where the decoder is called the music synthesizer.
Encoder and codebook are not changed, so that codes keep their meaning. The discriminator has
the same architecture as that of the generator.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from d2m.core.levels import HopLevel
from d2m.models.vqvae import JukeboxVQVAE
from d2m.training.adversarial import (
    ADAM_BETAS,
    DiscriminatorTrainer,
    multi_scale_discriminator,
)
from d2m.training.distributed import Engine

DECODER_LEARNING_RATE = 1e-5
"""Adam's learning rate for the decoder (Zhu et al. 2022); the discriminator has its own."""
FEATURE_MATCHING_WEIGHT = 3.0
"""Weight of feature matching relative to the adversarial loss (Zhu et al. 2022)."""
STFT_WINDOWS = (2048, 512, 128)
"""Window lengths (samples) of the spectral losses: 93, 23 and 6 ms; chosen by hand."""
MUSIC_RMS = 0.115
"""Usual RMS of music (full scale is 1); the waveform loss is divided by its square. Chosen by
hand."""


class DecoderTrainer:
    """Train the decoder of one level against a discriminator of waveforms.

    Parameters
    ----------
    codec
        Its decoder is trained; none of its parameters has a gradient between steps.
    level
        Hop level of the decoder.
    learning_rate
        Adam's learning rate for the decoder.
    scales, channel_divisor
        See `d2m.training.adversarial.multi_scale_discriminator`.
    """

    def __init__(
        self,
        codec: JukeboxVQVAE,
        level: HopLevel,
        *,
        learning_rate: float = DECODER_LEARNING_RATE,
        scales: int = 3,
        channel_divisor: int = 1,
    ) -> None:
        self._codec = codec.requires_grad_(False)
        self._level = level
        self._decoder = codec.decoders[str(level.vqvae_level)]
        self._discriminator_trainer = DiscriminatorTrainer(
            multi_scale_discriminator(scales=scales, channel_divisor=channel_divisor)
        )
        self._optimizer = torch.optim.Adam(
            self._decoder.parameters(), lr=learning_rate, betas=ADAM_BETAS
        )

    def step(self, entries: Tensor, audio: Tensor, engine: Engine) -> dict[str, Tensor]:
        """Take one step of the discriminator and one of the decoder; return metrics.

        Parameters
        ----------
        entries : (B, 64, T)
            Codebook entries of the audio.
        audio : (B, N)
            Real audio in [-1, 1].
        engine
            The process to train in.
        """
        self._decoder.requires_grad_(True)
        with engine.autocast():
            decoded = self._codec.decode_latents(entries, self._level).float()
        real, generated = audio.unsqueeze(1), decoded.unsqueeze(1)
        discriminator_loss = self._discriminator_trainer.step(real, generated, engine)
        metrics = spectral_distances(decoded, audio)
        metrics["waveform"] = functional.mse_loss(decoded, audio) / MUSIC_RMS**2
        functions = self._discriminator_trainer.generator_losses(real, generated, engine)
        losses = {name: compute() for name, compute in functions.items()}
        loss = torch.stack([*metrics.values()]).sum() + losses["adversarial"]
        loss = loss + FEATURE_MATCHING_WEIGHT * losses["feature_matching"]
        engine.backward_and_step(loss, self._optimizer)
        self._decoder.requires_grad_(False)
        metrics |= losses | {"discriminator": discriminator_loss, "loss": loss}
        return {name: value.detach() for name, value in metrics.items()}

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint stores besides the codec, by name."""
        return {
            "decoder_optimizer": self._optimizer,
            "wave_discriminator": self._discriminator_trainer.discriminator,
            "wave_discriminator_optimizer": self._discriminator_trainer.optimizer,
        }


def spectral_distances(decoded: Tensor, audio: Tensor) -> dict[str, Tensor]:
    """Compare the magnitude spectrograms of decoded and original audio at three resolutions.

    Parameters
    ----------
    decoded, audio : (B, N)
        Audio in [-1, 1].

    Returns
    -------
    dict
        The means over `STFT_WINDOWS` of ``convergence``, the Frobenius norm of the difference
        of magnitudes divided by that of the original, and of ``log_magnitude``, the mean
        absolute difference of their natural logarithms (floor 1e-3).
    """
    convergence, log_magnitude = [], []
    for size in STFT_WINDOWS:
        window = torch.hann_window(size, device=audio.device)
        one, other = (
            torch.stft(x, size, size // 4, window=window, return_complex=True).abs()
            for x in (decoded, audio)
        )
        convergence.append((one - other).norm() / other.norm().clamp(min=1e-6))
        log_magnitude.append((one.clamp(min=1e-3).log() - other.clamp(min=1e-3).log()).abs().mean())
    return {
        "convergence": torch.stack(convergence).mean(),
        "log_magnitude": torch.stack(log_magnitude).mean(),
    }
