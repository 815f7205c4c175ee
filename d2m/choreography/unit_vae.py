"""DU-VAE: a variational autoencoder of dance units (Lee et al., NeurIPS 2019, Sec. 3.1).

A unit is disentangled into its initial pose and its movement. Shapes: ``B`` units, ``T`` poses of
a unit, ``P`` values of a pose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from d2m.choreography.dance_units import UNIT_POSES
from d2m.choreography.joints import N_JOINTS
from d2m.models.weight_files import StoredConfig

POSE_VALUES = 3 * N_JOINTS
"""Values of a pose: x, y and z of each of the 14 joints."""
STEP_POSES = 4
"""Poses that a recurrent step reads or writes. The paper has 1; 4 make training four times as fast.
Chosen by hand."""
_WAVES = 4  # cosines and sines that tell the decoder where in the unit it is


@dataclass(frozen=True, kw_only=True)
class UnitVaeConfig(StoredConfig):
    """Sizes of a `UnitVae`. The paper has 1,024 hidden values and 512 of a movement.

    Parameters
    ----------
    hidden
        Values of the recurrent states.
    initial
        Values that describe the initial pose (Sec. 4).
    movement
        Values that describe the movement.
    """

    hidden: int = 512
    initial: int = 10
    movement: int = 128


class Gaussian(NamedTuple):
    """A diagonal normal distribution: mean and logarithm of the variance, (B, Z) each."""

    mean: Tensor
    log_variance: Tensor

    def sample(self) -> Tensor:
        """Return a sample, (B, Z)."""
        return self.mean + torch.randn_like(self.mean) * (0.5 * self.log_variance).exp()

    def divergence(self) -> Tensor:
        """Return the mean over the batch of the KL divergence from the standard normal (nat)."""
        terms = self.mean.square() + self.log_variance.exp() - 1 - self.log_variance
        return 0.5 * terms.sum(dim=-1).mean()


class UnitVae(nn.Module):
    """E_ini, E_mov and G_uni.

    Parameters
    ----------
    config
        Sizes.
    """

    def __init__(self, config: UnitVaeConfig) -> None:
        super().__init__()
        self.config = config
        width = config.hidden
        self.initial_encoder = nn.Sequential(
            *(nn.Linear(POSE_VALUES, width // 2), nn.ReLU()),
            *(nn.Linear(width // 2, width // 2), nn.ReLU()),
            nn.Linear(width // 2, 2 * config.initial),
        )
        values = STEP_POSES * POSE_VALUES
        self.movement_encoder = nn.GRU(values, width, batch_first=True)
        self.movement_head = nn.Linear(width, 2 * config.movement)
        self.start = nn.Linear(config.initial + config.movement, width)
        # The recurrent decoder is told where in the unit it is, so that it need not count.
        steps = torch.linspace(0, torch.pi, UNIT_POSES // STEP_POSES)[:, None]
        angles = steps * torch.arange(1, _WAVES + 1)
        self.register_buffer("phase", torch.cat([angles.sin(), angles.cos()], dim=1), False)
        inputs = config.initial + config.movement + 2 * _WAVES
        self.decoder = nn.GRU(inputs, width, batch_first=True)
        self.decoder_head = nn.Linear(width, values)

    phase: Tensor

    @torch.no_grad()
    def begin_at(self, pose: Tensor) -> None:
        """Let an untrained decoder start at a mean pose (14, 3), which saves the first steps."""
        self.decoder_head.bias.copy_(pose.flatten().repeat(STEP_POSES))

    def encode_initial(self, poses: Tensor) -> Gaussian:
        """Return the distribution of z_ini of poses (B, P): E_ini."""
        mean, log_variance = self.initial_encoder(poses).chunk(2, dim=-1)
        return Gaussian(mean, log_variance.clamp(-10, 4))

    def encode_movement(self, units: Tensor) -> Gaussian:
        """Return the distribution of z_mov of units (B, T, P): E_mov."""
        _, state = self.movement_encoder(units.reshape(len(units), -1, STEP_POSES * POSE_VALUES))
        mean, log_variance = self.movement_head(state[0]).chunk(2, dim=-1)
        return Gaussian(mean, log_variance.clamp(-10, 4))

    def decode(self, initial: Tensor, movement: Tensor) -> Tensor:
        """Return units (B, T, P) from z_ini (B, I) and z_mov (B, M): G_uni."""
        latent = torch.cat([initial, movement], dim=-1)
        phase = self.phase.expand(len(latent), -1, -1)
        repeated = latent[:, None].expand(-1, phase.shape[1], -1)
        states, _ = self.decoder(
            torch.cat([repeated, phase], dim=-1), torch.tanh(self.start(latent))[None]
        )
        poses: Tensor = self.decoder_head(states).reshape(len(latent), UNIT_POSES, POSE_VALUES)
        return poses
