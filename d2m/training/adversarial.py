"""The losses of D2M-GAN with the discriminator that they need (Zhu et al. 2022, Sec. 3.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from d2m.core.errors import SettingsError
from d2m.core.levels import HopLevel
from d2m.models.discriminator import (
    FIRST_CHANNELS,
    N_SCALES,
    STRIDED_CHANNELS,
    MultiScaleDiscriminator,
)
from d2m.models.layers import WeightNormConv1d
from d2m.models.losses import (
    Features,
    LogMel,
    LossWeights,
    commitment_loss,
    discriminator_hinge_loss,
    feature_matching_loss,
    generator_hinge_loss,
    mel_loss,
    reshape_sequence,
    straight_through,
    waveform_loss,
    weighted_loss,
)
from d2m.models.vqvae import LATENT_CHANNELS, JukeboxVQVAE
from d2m.training.distributed import Engine

ADAM_BETAS = (0.5, 0.9)
"""Adam's betas for all networks of D2M-GAN (Zhu et al. 2022)."""
GAN_LEARNING_RATE = 1e-4
"""Adam's learning rate for generator, motion encoder and discriminator (Zhu et al. 2022)."""
CHANNEL_DIVISORS = (1, 2, 4, 8, 16)
"""Divisors of the channels that leave each group of the grouped convolutions whole."""


def multi_scale_discriminator(
    *, inputs: int = 1, scales: int = N_SCALES, channel_divisor: int = 1
) -> MultiScaleDiscriminator:
    """Build the discriminator of D2M-GAN.

    Parameters
    ----------
    inputs
        Input channels: 1, or 64 for VQ sequences that are not reshaped to one channel.
    scales
        Number of scales.
    channel_divisor
        Divisor of the channels of the strided convolutions, one of `CHANNEL_DIVISORS`.

    Raises
    ------
    SettingsError
        If the divisor is not one of these.
    """
    if channel_divisor not in CHANNEL_DIVISORS:
        choices = ", ".join(str(choice) for choice in CHANNEL_DIVISORS)
        raise SettingsError(f"--channel-divisor is {channel_divisor}: choose {choices}.")
    strided = tuple(channels // channel_divisor for channels in STRIDED_CHANNELS)
    discriminator = MultiScaleDiscriminator(scales, strided)
    if inputs != 1:
        _set_input_channels(discriminator, inputs)
    return discriminator


class DiscriminatorTrainer:
    """Train a discriminator on real and generated sequences.

    Parameters
    ----------
    discriminator
        From sequences (B, C, N) to `d2m.models.losses.Features`.
    """

    def __init__(self, discriminator: nn.Module) -> None:
        self.discriminator = discriminator
        self.optimizer = torch.optim.Adam(
            self.discriminator.parameters(), lr=GAN_LEARNING_RATE, betas=ADAM_BETAS
        )

    def step(self, real: Tensor, generated: Tensor, engine: Engine) -> Tensor:
        """Take one step of the discriminator (Eq. 2) and return its loss, detached.

        Parameters
        ----------
        real, generated : (B, C, N)
            Sequences; the generator gets no gradient from them.
        engine
            The process to train in.
        """
        with engine.autocast():
            features = [self.discriminator(x.detach()) for x in (real, generated)]
        loss = discriminator_hinge_loss(*(_to_float(each) for each in features))
        engine.backward_and_step(loss, self.optimizer)
        return loss.detach()

    def generator_losses(
        self, real: Tensor, generated: Tensor, engine: Engine
    ) -> dict[str, Callable[[], Tensor]]:
        """Return functions that compute the generator's losses (Eq. 3-4), by name.

        Their gradient passes through the discriminator, whose own parameters get none.

        Parameters
        ----------
        real, generated : (B, C, N)
            Sequences.
        engine
            The process to train in.
        """
        self.discriminator.requires_grad_(False)
        with engine.autocast():
            features = _to_float(self.discriminator(generated))
        self.discriminator.requires_grad_(True)

        @torch.no_grad()
        def real_features() -> Features:
            with engine.autocast():
                return _to_float(self.discriminator(real))

        return {
            "adversarial": lambda: generator_hinge_loss(features),
            "feature_matching": lambda: feature_matching_loss(real_features(), features),
        }


class Targets(NamedTuple):
    """The real music that generated features are compared with.

    Parameters
    ----------
    latents : (B, 64, T)
        Latents before rounding.
    entries : (B, 64, T)
        Codebook entries that the latents are rounded to.
    audio : (B, N)
        Audio in [-1, 1].
    """

    latents: Tensor
    entries: Tensor
    audio: Tensor


class D2MGANObjective:
    """Compute the losses of D2M-GAN (Sec. 3.3) on generated VQ features.

    Parameters
    ----------
    codec
        Decodes features for the audio losses; its parameters are not changed.
    level
        Hop level of the features.
    weights
        Weights of the losses. Without the adversarial loss and feature matching there is no
        discriminator.
    scales, channel_divisor
        See `multi_scale_discriminator`.
    reshape
        Whether the discriminator reads VQ sequences reshaped to one channel (Sec. 3.2).
    gradient
        Whether the audio losses have a gradient, see `d2m.models.losses.straight_through`.
    """

    def __init__(
        self,
        codec: JukeboxVQVAE,
        level: HopLevel,
        weights: LossWeights,
        *,
        scales: int = N_SCALES,
        channel_divisor: int = 1,
        reshape: bool = True,
        gradient: bool = True,
    ) -> None:
        self._codec = codec
        self._level = level
        self._weights = weights
        self._gradient = gradient
        self._reshape = reshape
        self.log_mel = LogMel()
        self.discriminator_trainer: DiscriminatorTrainer | None = None
        if weights.adversarial > 0 or weights.feature_matching > 0:
            discriminator = multi_scale_discriminator(
                inputs=1 if reshape else LATENT_CHANNELS,
                scales=scales,
                channel_divisor=channel_divisor,
            )
            self.discriminator_trainer = DiscriminatorTrainer(discriminator)

    def __call__(
        self, generated: Tensor, targets: Targets, engine: Engine
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Take one step of the discriminator, then return the generator's loss and metrics.

        Parameters
        ----------
        generated : (B, 64, T)
            Features before rounding.
        targets
            The real music.
        engine
            The process to train in.
        """
        losses: dict[str, Callable[[], Tensor]] = {
            "commitment": lambda: commitment_loss(generated, targets.entries),
            "latent": lambda: commitment_loss(generated, targets.latents),
        }
        metrics = {}
        if self.discriminator_trainer is not None:
            real, fake = targets.latents, generated
            if self._reshape:
                real, fake = reshape_sequence(real), reshape_sequence(fake)
            metrics["discriminator"] = self.discriminator_trainer.step(real, fake, engine)
            losses |= self.discriminator_trainer.generator_losses(real, fake, engine)
        if self._weights.needs_audio:
            audio = self.decode(generated, engine)
            losses["waveform"] = lambda: waveform_loss(audio, targets.audio)
            losses["mel"] = lambda: mel_loss(audio, targets.audio, self.log_mel)
        total, unweighted = weighted_loss(self._weights, losses)
        return total, metrics | unweighted | {"generator": total.detach()}

    def decode(self, generated: Tensor, engine: Engine) -> Tensor:
        """Round features (B, 64, T) to codebook entries and decode them to audio (B, N)."""
        book = self._codec.codebook(self._level)
        entries = straight_through(generated, book, gradient=self._gradient)
        with engine.autocast():
            audio = self._codec.decode_latents(entries, self._level)
        return audio.float()

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint stores, by name."""
        stored: dict[str, Any] = {"log_mel": self.log_mel}
        if self.discriminator_trainer is not None:
            stored["discriminator"] = self.discriminator_trainer.discriminator
            stored["discriminator_optimizer"] = self.discriminator_trainer.optimizer
        return stored


def _to_float(features: Features) -> list[list[Tensor]]:
    """Convert features from the autocast precision to float32."""
    return [[layer.float() for layer in scale] for scale in features]


def _set_input_channels(discriminator: MultiScaleDiscriminator, inputs: int) -> None:
    """Replace the first convolution of each scale by one with several input channels."""
    for scale in discriminator.model.values():
        layers: nn.ModuleDict = scale.model  # type: ignore[assignment]
        pad, _, leaky = layers["layer_0"].children()
        layers["layer_0"] = nn.Sequential(pad, WeightNormConv1d(inputs, FIRST_CHANNELS, 16), leaky)
