"""The compact generator: from a clock, a song and movement features to VQ features.

It has the modules of D2M-GAN (Zhu et al., ECCV 2022, Sec. 3): a motion module, a visual
module, and a generator of VQ features with tanh and a scale sigma, which are rounded to the
nearest codebook entries. Here they are convolutional along the 16th steps of the music, so
music of any length can be generated, and equal input gives equal codes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from d2m.core.levels import HIGH, HOP_LEVELS
from d2m.core.metrical_grid import FRAME, PHRASE_STEPS, STEPS_PER_BEAT
from d2m.models.vqvae import LATENT_CHANNELS

MAX_BEAT_S = 1.2
"""Longest beat (s) whose frames all have their own offset; longer beats repeat the last offset.
Chosen by hand: 50 BPM."""


@dataclass(frozen=True, kw_only=True)
class CompactConfig:
    """Sizes of a compact generator.

    The names of the fields are keys in the headers of published files.

    Parameters
    ----------
    level
        Name of the hop level.
    sigma
        Scale of the output: the largest value in the codebook (Zhu et al. 2022, Sec. 3.2).
    temperature
        Temperature of the codebook lookup, see `d2m.models.vqvae.Codebook.nearest`.
    n_songs
        Number of songs in the song table.
    n_features, n_directions
        Movement features and directogram bins of a step.
    table, motion, visual, steps, width
        Channels of the song table, the motion module, the visual module, the step network and
        the frame network.
    step_dilations, dilations, fine_dilations
        Dilations of the residual convolutions along steps, along frames, and along codes where
        a frame has several codes.
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
        """Codes per frame of the code grid: 1 at level high, 4 at level low."""
        return FRAME // HOP_LEVELS[self.level].hop_length

    def to_metadata(self) -> dict[str, str]:
        """Return the fields as Python literals, for a safetensors header."""
        return {name: repr(value) for name, value in asdict(self).items()}

    @classmethod
    def from_metadata(cls, metadata: dict[str, str]) -> CompactConfig:
        """Restore a config from `to_metadata`; unknown keys are ignored."""
        import ast

        known = {name: metadata[name] for name in cls.__dataclass_fields__ if name in metadata}
        return cls(**{name: ast.literal_eval(value) for name, value in known.items()})


class BatchNormResidual(nn.Module):
    """Pre-activation residual convolution with BatchNorm and LeakyReLU."""

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
        """Return ``x`` plus its residual, (B, width, T)."""
        residual: Tensor = self.model(x)
        return x + residual


class StepEncoder(nn.Module):
    """Encode features of 16th steps: motion and visual module (Zhu et al. 2022, Sec. 3.1)."""

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
        """Map features (B, S, n_inputs) to codes (B, width, S)."""
        out: Tensor = self.model(x.transpose(1, 2))
        return out


class CompactGenerator(nn.Module):
    """Generate the VQ features of a song that follows a dance.

    Parameters
    ----------
    config
        Sizes and hop level.
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
        self.fine = _upsampler(config) if config.codes_per_frame > 1 else nn.Identity()
        out = nn.Conv1d(config.width, LATENT_CHANNELS, 1)
        self.head = nn.Sequential(nn.BatchNorm1d(config.width), nn.LeakyReLU(0.2), out)
        with torch.no_grad():  # start near 0, where tanh is not saturated
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
            Index of each item's song.
        position : (B, S)
            Position of each step in the 8-bar phrase, 0 to 127.
        movement : (B, S, n_features)
            Movement features of each step, 0 to 1.
        visual : (B, S, n_directions)
            Directogram of each step, 0 to 1.
        step, offset_in_step, offset_in_beat : (B, T)
            Clock of each frame: the index of its step, and the frames since the step and the
            beat began.

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


def _upsampler(config: CompactConfig) -> nn.Sequential:
    """Build the network from features of frames to features of their codes.

    All onsets are at the start of a frame, so that a generator of level low can start from
    the frame network of level high.
    """
    ratio = config.codes_per_frame
    return nn.Sequential(
        nn.ConvTranspose1d(config.width, config.width, ratio, stride=ratio),
        *(BatchNormResidual(config.width, dilation) for dilation in config.fine_dilations),
    )
