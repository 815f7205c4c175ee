"""The published D2M-GAN networks: motion encoder and generator of VQ features.

Zhu et al., "Quantized GAN for Complex Music Generation from Dance Videos", ECCV 2022,
Appendix, Tables 1-4. Where the published weights differ from the tables (residual blocks
after each convolution, padding, linear layers), the networks follow the weights: all
parameters have the published names and shapes, so the weights load strictly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from d2m.core.errors import CheckpointError, SettingsError
from d2m.core.levels import HIGH, LOW, SAMPLE_RATE, HopLevel
from d2m.models.conv_stack import Conv, ConvStack
from d2m.models.i3d import I3D_FEATURES
from d2m.models.layers import DILATIONS, LEAKY_SLOPE, ResidualBlock
from d2m.models.vqvae import LATENT_CHANNELS

MOTION_HIDDEN = 800
"""Values per frame after the motion encoder's first linear layer."""
MOTION_CODE_SIZE = 1024
"""Values of the motion code of a segment."""
GENRE_SIZE = 256
"""Values of a genre's embedding."""
N_GENRES = 10
"""Genres of AIST++."""
PUBLISHED_SIGMA = 100.0
"""Scale sigma of the generator's tanh (Zhu et al. 2022, Sec. 3.3)."""


@dataclass(frozen=True, kw_only=True)
class MotionLayout:
    """Motion input of a data set's networks.

    Parameters
    ----------
    frames
        Motion frames of a segment of two seconds.
    values
        Values per frame.
    fps
        Frame rate (Hz).
    genres
        Whether the generator also reads the genre.
    """

    frames: int
    values: int
    fps: float
    genres: bool


DATASETS = {
    "aist": MotionLayout(frames=120, values=219, fps=60.0, genres=True),
    "tiktok": MotionLayout(frames=60, values=75, fps=30.0, genres=False),
}
"""Motion input by data set: AIST++ (SMPL root translation and 24 rotation matrices) and TikTok
(x, y and confidence of 25 OpenPose keypoints)."""

MOTION_STACK = ConvStack(
    padding=0,
    convs=(
        Conv(256, 6, leaky=False),
        Conv(512, 4),
        Conv(1024, 4),
        Conv(1, 4, residual=False),
    ),
)
"""Convolutions of the motion encoder."""
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
"""Convolutions of the generator, by level."""
SEGMENT_SECONDS = 2
"""Length of a segment of the published networks (s)."""
SEQUENCE_LENGTHS = {HIGH.name: 2058, LOW.name: 2048}
"""Length of the one-channel sequence after the generator's first linear layer, by level."""
RESIZED_LEVELS = frozenset({LOW.name})
"""Levels whose generator ends in a linear layer that resizes the sequence to the codes."""


@dataclass(frozen=True, kw_only=True)
class NetworkVariant:
    """How networks differ from the published ones; the defaults are the published networks.

    Parameters
    ----------
    seconds
        Length of a segment (s). It determines the motion frames and the linear layers.
    sigma
        Scale of the generator's tanh.
    channel_divisor
        What the channels between first and last layers are divided by.
    """

    seconds: int = SEGMENT_SECONDS
    sigma: float = PUBLISHED_SIGMA
    channel_divisor: int = 1


PUBLISHED_VARIANT = NetworkVariant()


def segment_codes(level: HopLevel, seconds: int = SEGMENT_SECONDS) -> int:
    """Return the number of whole codes in a segment of ``seconds`` (s)."""
    return int(seconds * SAMPLE_RATE / level.hop_length)


def motion_frames(layout: MotionLayout, seconds: int = SEGMENT_SECONDS) -> int:
    """Return the number of motion frames in a segment of ``seconds`` (s)."""
    return round(layout.fps * seconds)


class MotionEncoder(nn.Module):
    """Encode the motion of a segment as a motion code (Zhu et al. 2022, Sec. 3.1).

    The frames are the channels of the convolutions.

    Parameters
    ----------
    layout
        Motion input of the data set.
    variant
        Differences from the published network, for training.
    """

    def __init__(self, layout: MotionLayout, variant: NetworkVariant = PUBLISHED_VARIANT) -> None:
        super().__init__()
        self.lin1 = nn.Linear(layout.values, MOTION_HIDDEN)
        layers = list(
            _layers(motion_frames(layout, variant.seconds), MOTION_STACK, variant.channel_divisor)
        )
        layers.insert(1, nn.ReLU())
        self.model = nn.Sequential(*layers)
        self.lin2 = nn.Linear(MOTION_STACK.output_length(MOTION_HIDDEN), MOTION_CODE_SIZE)

    def forward(self, motion: Tensor) -> Tensor:
        """Map motion (B, frames, values) to motion codes (B, 1, 1024)."""
        code: Tensor = self.lin2(self.model(self.lin1(motion)))
        return code


class D2MGANGenerator(nn.Module):
    """Generate VQ features from the motion code, I3D features and genre of a segment.

    Parameters
    ----------
    level
        Hop level to generate.
    genres
        Whether the generator reads the genre.
    variant
        Differences from the published network, for training. Another sigma is stored in the
        state dict, so that the weights can't be mistaken for published ones.
    """

    def __init__(
        self, level: HopLevel, *, genres: bool, variant: NetworkVariant = PUBLISHED_VARIANT
    ) -> None:
        super().__init__()
        self.genre_embed = nn.Embedding(N_GENRES, GENRE_SIZE) if genres else None
        inputs = MOTION_CODE_SIZE + I3D_FEATURES + (GENRE_SIZE if genres else 0)
        stack, length = GENERATOR_STACKS[level.name], sequence_length(level, variant.seconds)
        self.lin = nn.Linear(inputs, length)
        self.model = nn.Sequential(*_layers(1, stack, variant.channel_divisor), nn.Tanh())
        codes = segment_codes(level, variant.seconds)
        resized = level.name in RESIZED_LEVELS
        self.fc = nn.Linear(stack.output_length(length), codes) if resized else None
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
            I3D features.
        genre : (B,)
            Indices in the order of `d2m.core.styles.STYLES`; None for networks without genres.

        Returns
        -------
        (B, 64, codes)
            VQ features, before rounding to the nearest codebook entries (Eq. 1). Segments of
            two seconds have ``level.segment_codes`` codes.

        Raises
        ------
        SettingsError
            If the network reads a genre and none is given.
        """
        parts = [motion_code, visual]
        if self.genre_embed is not None:
            if genre is None:
                raise SettingsError("These weights need a genre for each segment: choose a style.")
            parts.append(self.genre_embed(genre).unsqueeze(1))
        latents: Tensor = self.model(self.lin(torch.cat(parts, dim=2)))
        if self.fc is not None:
            latents = self.fc(latents)
        return self.sigma * latents


def sequence_length(level: HopLevel, seconds: int = SEGMENT_SECONDS) -> int:
    """Return the length of the sequence after the generator's first linear layer."""
    if seconds == SEGMENT_SECONDS:
        return SEQUENCE_LENGTHS[level.name]
    if level.name in RESIZED_LEVELS:
        return SEQUENCE_LENGTHS[level.name] * seconds // SEGMENT_SECONDS
    return GENERATOR_STACKS[level.name].input_length(segment_codes(level, seconds))


def build_d2mgan(dataset: str, level: HopLevel) -> tuple[MotionEncoder, D2MGANGenerator]:
    """Build the published networks of a data set and level, with random weights.

    Parameters
    ----------
    dataset
        ``"aist"`` (3-D motion at 60 Hz, ten genres) or ``"tiktok"`` (2-D keypoints at
        30 Hz).
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
        For TikTok at level low, whose published network can't run.
    """
    if dataset not in DATASETS:
        raise SettingsError(f"Unknown data set {dataset!r}: choose {' or '.join(DATASETS)}.")
    layout = DATASETS[dataset]
    if dataset == "tiktok" and level == LOW:
        raise CheckpointError(
            "The published TikTok generator of level low cannot run: its input layer is missing, "
            "so 1,301 values reach a layer for 1,045; choose TikTok at level high, or AIST++."
        )
    return MotionEncoder(layout), D2MGANGenerator(level, genres=layout.genres)


def _layers(channels: int, stack: ConvStack, channel_divisor: int) -> Iterator[nn.Module]:
    """Yield the layers of a stack for inputs with ``channels``.

    The output channels of all convolutions but the last are divided by ``channel_divisor``.
    """
    for conv in stack.convs:
        outputs = conv.channels if conv is stack.convs[-1] else conv.channels // channel_divisor
        if conv.leaky:
            yield nn.LeakyReLU(LEAKY_SLOPE)
        if conv.reflect:
            yield nn.ReflectionPad1d(conv.reflect)
        yield nn.Conv1d(channels, outputs, conv.kernel, conv.stride, stack.padding)
        if conv.residual:
            yield from (ResidualBlock(outputs, dilation) for dilation in DILATIONS)
        channels = outputs
