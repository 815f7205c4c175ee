"""The compact generator: a clock, a song and the dance, to VQ features of any length.

The modules are the paper's (motion module, visual module, a generator of VQ features
with tanh and scale sigma, nearest codebook entries: Zhu et al. 2022, Sec. 3), but they
are convolutional along the music's own 16th steps, so the length is free and identical
moments give identical codes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from d2m.core.levels import HIGH, LEVELS
from d2m.core.metrical_grid import FRAME, PHRASE_STEPS, STEPS_PER_BEAT
from d2m.models.vqvae import LATENT_CHANNELS

MAX_BEAT_S = 1.2
"""Longest beat (s) whose frames have offsets of their own; slower ones repeat the last."""


@dataclass(frozen=True, kw_only=True)
class CompactConfig:
    """Sizes of a compact generator.

    Parameters
    ----------
    level
        Name of its level.
    sigma
        Scale of the output: the codebook's largest value (Sec. 3.2).
    temperature
        Spread of the codebook lookup, see `d2m.models.vqvae.Codebook.nearest`.
    n_songs, n_features, n_directions
        Songs in its table; movement features and directogram bins of a step.
    table, motion, visual, steps, width
        Channels of the song table, the two modules, the step network, the frame network.
    step_dilations, dilations, fine_dilations
        Dilations along steps, along frames, and along codes where a frame has several.
    """

    level: str
    sigma: float
    temperature: float = 0.0
    n_songs: int = 60
    n_features: int = 11
    n_directions: int = 8
    table: int = 96
    motion: int = 64
    visual: int = 32
    steps: int = 256
    width: int = 128
    step_dilations: tuple[int, ...] = (1, 2, 4, 8)
    dilations: tuple[int, ...] = (1, 3, 9, 27)
    fine_dilations: tuple[int, ...] = (1, 3, 9)

    @property
    def codes_per_frame(self) -> int:
        """Codes in a frame of the grid: 1 at level high, 4 at level low."""
        return FRAME // LEVELS[self.level].hop_length

    def to_metadata(self) -> dict[str, str]:
        """Return the fields as strings, for a safetensors header."""
        return {name: repr(value) for name, value in asdict(self).items()}

    @classmethod
    def from_metadata(cls, metadata: dict[str, str]) -> CompactConfig:
        """Read what `to_metadata` wrote; unknown keys are left out."""
        import ast

        known = {name: metadata[name] for name in cls.__dataclass_fields__ if name in metadata}
        return cls(**{name: ast.literal_eval(value) for name, value in known.items()})


class BatchNormResidual(nn.Module):
    """Pre-activated residual convolution with BatchNorm and LeakyReLU."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.BatchNorm1d(width),
            nn.LeakyReLU(0.2),
            nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation, bias=False),
            nn.BatchNorm1d(width),
            nn.LeakyReLU(0.2),
            nn.Conv1d(width, width, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, width, T) to (B, width, T)."""
        residual: Tensor = self.model(x)
        return x + residual


class StepEncoder(nn.Module):
    """Encode per-step values: the motion module, and the visual module (Sec. 3.1)."""

    def __init__(self, n_inputs: int, width: int) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv1d(n_inputs, width, 1),
            nn.LeakyReLU(0.2),
            nn.Conv1d(width, width, 1),
            BatchNormResidual(width, 1),
            BatchNormResidual(width, 2),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, S, n_inputs) to (B, width, S)."""
        out: Tensor = self.model(x.transpose(1, 2))
        return out


class CompactGenerator(nn.Module):
    """Generate VQ features along a clock.

    Parameters
    ----------
    config
        Sizes and level.
    """

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        self.config = config
        longest = int(MAX_BEAT_S * HIGH.codes_per_second)
        self.table = nn.Embedding(config.n_songs * PHRASE_STEPS, config.table)
        self.motion = StepEncoder(config.n_features, config.motion)
        self.visual = StepEncoder(config.n_directions, config.visual)
        dance = config.motion + config.visual
        self.gate = nn.Conv1d(dance, config.table, 1)
        self.steps = nn.Sequential(
            nn.Conv1d(config.table + dance, config.steps, 1),
            *(BatchNormResidual(config.steps, dilation) for dilation in config.step_dilations),
        )
        self.spread = nn.Conv1d(config.steps, 3 * config.width, 1)
        self.in_step = nn.Embedding(longest // STEPS_PER_BEAT, config.width)
        self.in_beat = nn.Embedding(longest, config.width)
        self.frames = nn.Sequential(*(BatchNormResidual(config.width, d) for d in config.dilations))
        self.fine = _finer(config) if config.codes_per_frame > 1 else nn.Identity()
        out = nn.Conv1d(config.width, LATENT_CHANNELS, 1)
        self.head = nn.Sequential(nn.BatchNorm1d(config.width), nn.LeakyReLU(0.2), out)
        with torch.no_grad():  # start near zero, where tanh is not saturated
            out.weight.mul_(0.15)

    def forward(
        self,
        song: Tensor,
        position: Tensor,
        movement: Tensor,
        visual: Tensor,
        step: Tensor,
        offset_in_step: Tensor,
        offset_in_beat: Tensor,
    ) -> Tensor:
        """Generate VQ features.

        Parameters
        ----------
        song : (B,)
            Index of the song that each item plays.
        position : (B, S)
            Place of each step in the 8-bar phrase.
        movement : (B, S, n_features)
            What the body does in each step.
        visual : (B, S, n_directions)
            Directogram of each step.
        step, offset_in_step, offset_in_beat : (B, T)
            The clock of each frame: its step's index, frames since the step's and since the
            beat's begin.

        Returns
        -------
        (B, 64, T * codes_per_frame)
            Features in (-sigma, sigma), to be rounded to the nearest codebook entries.
        """
        dance = torch.cat([self.motion(movement), self.visual(visual)], dim=1)
        score = self.table(song[:, None] * PHRASE_STEPS + position).transpose(1, 2)
        score = score * (1.0 + self.gate(dance))
        spread = self.spread(self.steps(torch.cat([score, dance], dim=1)))
        spread = spread.gather(2, step[:, None].expand(-1, spread.shape[1], -1))
        in_step = self.in_step(offset_in_step.clamp(max=self.in_step.num_embeddings - 1))
        in_beat = self.in_beat(offset_in_beat.clamp(max=self.in_beat.num_embeddings - 1))
        by_step, by_beat, plain = spread.chunk(3, dim=1)
        x = by_step * in_step.transpose(1, 2) + by_beat * in_beat.transpose(1, 2) + plain
        features: Tensor = torch.tanh(self.head(self.fine(self.frames(x)))) * self.config.sigma
        return features


def _finer(config: CompactConfig) -> nn.Sequential:
    """Return the network from frames to their codes.

    All onsets are on frames, so what a frame's codes have in common is known to the
    frame, and level low can begin with what level high learned.
    """
    ratio = config.codes_per_frame
    return nn.Sequential(
        nn.ConvTranspose1d(config.width, config.width, ratio, stride=ratio),
        *(BatchNormResidual(config.width, dilation) for dilation in config.fine_dilations),
    )
