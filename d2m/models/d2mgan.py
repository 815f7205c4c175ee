"""The published D2M-GAN networks, parameter for parameter.

Zhu et al., "Quantized GAN for Complex Music Generation from Dance Videos", ECCV 2022,
Appendix, Tables 1-4. Where the published weights differ from the tables (residual blocks
after each convolution, padding, the linear layers), the weights win: names and shapes are
theirs, so that they load strictly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from d2m.core.errors import CheckpointError, SettingsError
from d2m.core.levels import HIGH, LOW, SAMPLE_RATE, Level
from d2m.models.conv_stack import Conv, ConvStack
from d2m.models.i3d import I3D_FEATURES
from d2m.models.layers import DILATIONS, LEAKY_SLOPE, ResidualBlock
from d2m.models.vqvae import LATENT_CHANNELS

MOTION_HIDDEN = 800
MOTION_CODE_SIZE = 1024
GENRE_SIZE = 256
N_GENRES = 10
PUBLISHED_SIGMA = 100.0
"""Sigma: what the generator's tanh is multiplied by (Sec. 3.3)."""


@dataclass(frozen=True, kw_only=True)
class MotionLayout:
    """The motion that a data set's networks read: ``frames`` x ``values`` at ``fps`` (Hz)."""

    frames: int
    values: int
    fps: float
    genres: bool


DATASETS = {
    "aist": MotionLayout(frames=120, values=219, fps=60.0, genres=True),
    "tiktok": MotionLayout(frames=60, values=75, fps=30.0, genres=False),
}


MOTION_STACK = ConvStack(
    padding=0,
    convs=(
        Conv(256, 6, leaky=False),
        Conv(512, 4),
        Conv(1024, 4),
        Conv(1, 4, residual=False),
    ),
)
GENERATOR_STACKS = {
    HIGH.name: ConvStack(
        padding=1,
        convs=(
            Conv(32, 6, 2, leaky=False),
            Conv(64, 41, 2),
            Conv(128, 41),
            Conv(256, 41),
            Conv(512, 41),
            Conv(LATENT_CHANNELS, 40, residual=False),
        ),
    ),
    LOW.name: ConvStack(
        padding=1,
        convs=(
            Conv(32, 6, 2, reflect=3, leaky=False),
            Conv(64, 4, reflect=32),
            Conv(128, 40, 2, reflect=64),
            Conv(256, 40, reflect=64),
            Conv(512, 40, reflect=64),
            Conv(1024, 40, reflect=64),
            Conv(1024, 40, reflect=64, residual=False),
            Conv(LATENT_CHANNELS, 40, reflect=64, leaky=False, residual=False),
        ),
    ),
}
SEGMENT_SECONDS = 2
"""Length of a published segment (s)."""
SEQUENCE_LENGTHS = {HIGH.name: 2058, LOW.name: 2048}
"""Length of the one-channel sequence that the first linear layer gives for such a segment."""
RESIZED_LEVELS = frozenset({LOW.name})
"""Levels where a last linear layer brings the convolutions' length to the level's codes."""


@dataclass(frozen=True, kw_only=True)
class NetworkVariant:
    """How networks differ from the published ones; as it stands, they don't.

    Parameters
    ----------
    seconds
        Length of a segment (s), of which motion frames and linear layers follow.
    sigma
        What the generator's tanh is multiplied by.
    channel_divisor
        What the channels between first and last layers are divided by.
    """

    seconds: int = SEGMENT_SECONDS
    sigma: float = PUBLISHED_SIGMA
    channel_divisor: int = 1


PUBLISHED_VARIANT = NetworkVariant()


def segment_codes(level: Level, seconds: int = SEGMENT_SECONDS) -> int:
    """Return the whole codes in a segment of so many seconds."""
    return int(seconds * SAMPLE_RATE / level.hop_length)


def motion_frames(layout: MotionLayout, seconds: int = SEGMENT_SECONDS) -> int:
    """Return the motion frames of a segment of so many seconds."""
    return round(layout.fps * seconds)


class MotionEncoder(nn.Module):
    """Motion of a segment to its code; the frames are the channels of the convolutions.

    Parameters
    ----------
    layout
        The motion of the data set.
    variant
        Other than published, for training.
    """

    def __init__(self, layout: MotionLayout, variant: NetworkVariant = PUBLISHED_VARIANT) -> None:
        super().__init__()
        self.lin1 = nn.Linear(layout.values, MOTION_HIDDEN)
        layers = list(
            _layers(motion_frames(layout, variant.seconds), MOTION_STACK, variant.channel_divisor)
        )
        layers.insert(1, nn.ReLU())
        self.model = nn.Sequential(*layers)
        self.lin2 = nn.Linear(MOTION_STACK.length(MOTION_HIDDEN), MOTION_CODE_SIZE)

    def forward(self, motion: Tensor) -> Tensor:
        """Map motion (B, frames, values) to its code (B, 1, 1024)."""
        code: Tensor = self.lin2(self.model(self.lin1(motion)))
        return code


class D2MGANGenerator(nn.Module):
    """Motion code, visual vector and genre of a segment to its VQ features.

    Parameters
    ----------
    level
        The level to generate.
    genres
        Whether the networks know the genre.
    variant
        Other than published, for training. Where its sigma is another one, the state dict
        has it besides, so that nobody takes the weights for published ones.
    """

    def __init__(
        self, level: Level, *, genres: bool, variant: NetworkVariant = PUBLISHED_VARIANT
    ) -> None:
        super().__init__()
        self.genre_embed = nn.Embedding(N_GENRES, GENRE_SIZE) if genres else None
        inputs = MOTION_CODE_SIZE + I3D_FEATURES + (GENRE_SIZE if genres else 0)
        table, length = GENERATOR_STACKS[level.name], sequence_length(level, variant.seconds)
        self.lin = nn.Linear(inputs, length)
        self.model = nn.Sequential(*_layers(1, table, variant.channel_divisor), nn.Tanh())
        codes = segment_codes(level, variant.seconds)
        resized = level.name in RESIZED_LEVELS
        self.fc = nn.Linear(table.length(length), codes) if resized else None
        self.sigma = variant.sigma
        if variant.sigma != PUBLISHED_SIGMA:
            self.register_buffer("unpublished_sigma", torch.tensor(variant.sigma))

    def forward(self, motion_code: Tensor, visual: Tensor, genre: Tensor | None = None) -> Tensor:
        """Generate the VQ features of segments.

        Parameters
        ----------
        motion_code : (B, 1, 1024)
            From the motion encoder.
        visual : (B, 1, 2048)
            I3D vectors.
        genre : (B,)
            Indices in the order of `d2m.core.styles.STYLES`; None for networks without genres.

        Returns
        -------
        (B, 64, codes)
            Latents in the space of the level's codebook (Eq. 1), ``level.segment_codes`` for
            segments of two seconds.
        """
        parts = [motion_code, visual]
        if self.genre_embed is not None:
            if genre is None:
                raise SettingsError("These weights need a genre for each segment.")
            parts.append(self.genre_embed(genre).unsqueeze(1))
        latents: Tensor = self.model(self.lin(torch.cat(parts, dim=2)))
        if self.fc is not None:
            latents = self.fc(latents)
        return self.sigma * latents


def sequence_length(level: Level, seconds: int = SEGMENT_SECONDS) -> int:
    """Return the length of the sequence that the generator's first linear layer gives."""
    if seconds == SEGMENT_SECONDS:
        return SEQUENCE_LENGTHS[level.name]
    if level.name in RESIZED_LEVELS:
        return SEQUENCE_LENGTHS[level.name] * seconds // SEGMENT_SECONDS
    return GENERATOR_STACKS[level.name].needed(segment_codes(level, seconds))


def build_d2mgan(dataset: str, level: Level) -> tuple[MotionEncoder, D2MGANGenerator]:
    """Build the published networks of a data set and level, without their weights.

    Parameters
    ----------
    dataset
        ``"aist"`` (3-D motion at 60 fps, ten genres) or ``"tiktok"`` (2-D key points at
        30 fps).
    level
        `d2m.core.levels.HIGH` or `d2m.core.levels.LOW`.

    Returns
    -------
    motion_encoder, generator
        Their state dicts have the published names and shapes.

    Raises
    ------
    SettingsError
        If the data set is unknown.
    CheckpointError
        For TikTok at level low, whose published form cannot run.
    """
    if dataset not in DATASETS:
        raise SettingsError(f"Unknown data set {dataset!r}: choose {' or '.join(DATASETS)}.")
    layout = DATASETS[dataset]
    if dataset == "tiktok" and level == LOW:
        raise CheckpointError(
            "The published TikTok generator of level low cannot run: its input layer is missing, "
            "so 1,301 values meet a layer made for 1,045; choose TikTok at level high, or AIST++."
        )
    return MotionEncoder(layout), D2MGANGenerator(level, genres=layout.genres)


def _layers(channels: int, table: ConvStack, channel_divisor: int = 1) -> Iterator[nn.Module]:
    for conv in table.convs:
        outputs = conv.channels if conv is table.convs[-1] else conv.channels // channel_divisor
        if conv.leaky:
            yield nn.LeakyReLU(LEAKY_SLOPE)
        if conv.reflect:
            yield nn.ReflectionPad1d(conv.reflect)
        yield nn.Conv1d(channels, outputs, conv.kernel, conv.stride, table.padding)
        if conv.residual:
            yield from (ResidualBlock(outputs, dilation) for dilation in DILATIONS)
        channels = outputs
