"""The multi-scale discriminator in training, and the paper's losses around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from d2m.core.errors import SettingsError
from d2m.core.levels import Level
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

BETAS = (0.5, 0.9)
"""Of Adam, for all networks of the paper."""
RATE = 1e-4
NARROW = (1, 2, 4, 8, 16)
"""What channels may be divided by so that the groups of the convolutions stay whole."""


class Adversary:
    """A discriminator that learns to tell generated sequences from real ones.

    Parameters
    ----------
    inputs
        Channels of what it reads: 1, or 64 where VQ sequences are not laid out as one.
    scales
        Number of scales.
    narrow
        What the channels of its strided convolutions are divided by, one of ``NARROW``.

    Raises
    ------
    SettingsError
        If it can't be divided so.
    """

    def __init__(self, *, inputs: int = 1, scales: int = N_SCALES, narrow: int = 1) -> None:
        if narrow not in NARROW:
            choices = ", ".join(str(choice) for choice in NARROW)
            raise SettingsError(f"--narrow is {narrow}: choose {choices}.")
        strided = tuple(channels // narrow for channels in STRIDED_CHANNELS)
        self.network = MultiScaleDiscriminator(scales, strided)
        if inputs != 1:
            _read_channels(self.network, inputs)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=RATE, betas=BETAS)

    def learn(self, real: Tensor, generated: Tensor, engine: Engine) -> Tensor:
        """Take the discriminator's own step (Eq. 2) and return its loss.

        Parameters
        ----------
        real, generated : (B, C, N)
            Sequences; what generated them is left alone.
        engine
            Where the training runs.
        """
        with engine.autocast():
            judged = [self.network(x.detach()) for x in (real, generated)]
        loss = discriminator_hinge_loss(*(_float(features) for features in judged))
        engine.update(loss, self.optimizer)
        return loss.detach()

    def losses(
        self, real: Tensor, generated: Tensor, engine: Engine
    ) -> dict[str, Callable[[], Tensor]]:
        """Return how the generator's losses (Eq. 3-4) are computed.

        Their gradient goes through the discriminator, but not into it.
        """
        self.network.requires_grad_(False)
        with engine.autocast():
            features = _float(self.network(generated))
        self.network.requires_grad_(True)

        @torch.no_grad()
        def aim() -> Features:
            with engine.autocast():
                return _float(self.network(real))

        return {
            "adversarial": lambda: generator_hinge_loss(features),
            "feature_matching": lambda: feature_matching_loss(aim(), features),
        }


class Targets(NamedTuple):
    """What generated features are held against: latents and entries (B, 64, T), audio (B, N)."""

    latents: Tensor
    entries: Tensor
    audio: Tensor


class PaperObjective:
    """The losses of Sec. 3.3 on generated VQ features, with the discriminator they need.

    Parameters
    ----------
    codec
        Decodes for the audio losses; its parameters stay as they are.
    level
        The level of the features.
    weights
        Of the losses; without a loss of the discriminator's there is none.
    scales, narrow
        See `Adversary`.
    reshape
        Whether the discriminator reads VQ sequences as one channel (Sec. 3.2).
    gradient
        Whether the audio losses reach the features, see `straight_through`.
    """

    def __init__(
        self,
        codec: JukeboxVQVAE,
        level: Level,
        weights: LossWeights,
        *,
        scales: int = N_SCALES,
        narrow: int = 1,
        reshape: bool = True,
        gradient: bool = True,
    ) -> None:
        self._codec = codec
        self._level = level
        self._weights = weights
        self._gradient = gradient
        self._lay: Callable[[Tensor], Tensor] = reshape_sequence if reshape else _as_it_is
        self.log_mel = LogMel()
        judged = weights.adversarial > 0 or weights.feature_matching > 0
        inputs = 1 if reshape else LATENT_CHANNELS
        self.adversary = Adversary(inputs=inputs, scales=scales, narrow=narrow) if judged else None

    def __call__(
        self, generated: Tensor, real: Targets, engine: Engine
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Let the discriminator learn, then return the generator's loss and all figures.

        Parameters
        ----------
        generated : (B, 64, T)
            Features before rounding.
        real
            What they should be.
        engine
            Where the training runs.
        """
        losses: dict[str, Callable[[], Tensor]] = {
            "commitment": lambda: commitment_loss(generated, real.entries),
            "latent": lambda: commitment_loss(generated, real.latents),
        }
        figures = {}
        if self.adversary is not None:
            sequences = self._lay(real.latents), self._lay(generated)
            figures["discriminator"] = self.adversary.learn(*sequences, engine)
            losses |= self.adversary.losses(*sequences, engine)
        if self._weights.needs_audio:
            sound = self.decode(generated, engine)
            losses["waveform"] = lambda: waveform_loss(sound, real.audio)
            losses["mel"] = lambda: mel_loss(sound, real.audio, self.log_mel)
        total, parts = weighted_loss(self._weights, losses)
        return total, figures | parts | {"generator": total.detach()}

    def decode(self, generated: Tensor, engine: Engine) -> Tensor:
        """Round features to entries and return their sound (B, N)."""
        book = self._codec.codebook(self._level)
        entries = straight_through(generated, book, gradient=self._gradient)
        with engine.autocast():
            sound = self._codec.decode_latents(entries, self._level)
        return sound.float()

    def modules(self) -> dict[str, Any]:
        """Return what a checkpoint holds."""
        held: dict[str, Any] = {"log_mel": self.log_mel}
        if self.adversary is not None:
            held["discriminator"] = self.adversary.network
            held["discriminator_optimizer"] = self.adversary.optimizer
        return held


def _float(features: Features) -> list[list[Tensor]]:
    return [[layer.float() for layer in scale] for scale in features]


def _as_it_is(latents: Tensor) -> Tensor:
    return latents


def _read_channels(network: MultiScaleDiscriminator, inputs: int) -> None:
    """Let each scale's first convolution read several channels."""
    for scale in network.model.values():
        layers: nn.ModuleDict = scale.model  # type: ignore[assignment]
        pad, _, leaky = layers["layer_0"].children()
        layers["layer_0"] = nn.Sequential(pad, WeightNormConv1d(inputs, FIRST_CHANNELS, 16), leaky)
