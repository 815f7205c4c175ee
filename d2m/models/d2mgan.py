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
from d2m.models.layers import DILATIONS, SLOPE, ResidualBlock
from d2m.models.vqvae import EMBEDDING

MOTION_FEATURES = 800
MOTION_CODE = 1024
VISUAL = 2048
"""Values in the I3D vector of a segment."""
GENRE = 256
N_GENRES = 10
SCALE = 100.0
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


MOTION = ConvStack(
    padding=0,
    convs=(
        Conv(256, 6, leaky=False),
        Conv(512, 4),
        Conv(1024, 4),
        Conv(1, 4, residual=False),
    ),
)
GENERATORS = {
    HIGH.name: ConvStack(
        padding=1,
        convs=(
            Conv(32, 6, 2, leaky=False),
            Conv(64, 41, 2),
            Conv(128, 41),
            Conv(256, 41),
            Conv(512, 41),
            Conv(EMBEDDING, 40, residual=False),
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
            Conv(EMBEDDING, 40, reflect=64, leaky=False, residual=False),
        ),
    ),
}
SECONDS = 2
"""Length of a published segment (s)."""
SEQUENCES = {HIGH.name: 2058, LOW.name: 2048}
"""Length of the one-channel sequence that the first linear layer gives for such a segment."""
RESIZED = frozenset({LOW.name})
"""Levels where a last linear layer brings the convolutions' length to the level's codes."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """How networks differ from the published ones; as it stands, they don't.

    Parameters
    ----------
    seconds
        Length of a segment (s), of which motion frames and linear layers follow.
    sigma
        What the generator's tanh is multiplied by.
    narrow
        What the channels between first and last layers are divided by.
    """

    seconds: int = SECONDS
    sigma: float = SCALE
    narrow: int = 1


PUBLISHED = Variant()


def segment_codes(level: Level, seconds: int = SECONDS) -> int:
    """Return the whole codes in a segment of so many seconds."""
    return int(seconds * SAMPLE_RATE / level.hop_length)


def motion_frames(layout: MotionLayout, seconds: int = SECONDS) -> int:
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

    def __init__(self, layout: MotionLayout, variant: Variant = PUBLISHED) -> None:
        super().__init__()
        self.lin1 = nn.Linear(layout.values, MOTION_FEATURES)
        layers = list(_layers(motion_frames(layout, variant.seconds), MOTION, variant.narrow))
        layers.insert(1, nn.ReLU())
        self.model = nn.Sequential(*layers)
        self.lin2 = nn.Linear(MOTION.length(MOTION_FEATURES), MOTION_CODE)

    def forward(self, motion: Tensor) -> Tensor:
        """Map motion (B, frames, values) to its code (B, 1, 1024)."""
        code: Tensor = self.lin2(self.model(self.lin1(motion)))
        return code


class Generator(nn.Module):
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

    def __init__(self, level: Level, *, genres: bool, variant: Variant = PUBLISHED) -> None:
        super().__init__()
        self.genre_embed = nn.Embedding(N_GENRES, GENRE) if genres else None
        inputs = MOTION_CODE + VISUAL + (GENRE if genres else 0)
        table, length = GENERATORS[level.name], sequence_length(level, variant.seconds)
        self.lin = nn.Linear(inputs, length)
        self.model = nn.Sequential(*_layers(1, table, variant.narrow), nn.Tanh())
        codes = segment_codes(level, variant.seconds)
        resized = level.name in RESIZED
        self.fc = nn.Linear(table.length(length), codes) if resized else None
        self.sigma = variant.sigma
        if variant.sigma != SCALE:
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


def sequence_length(level: Level, seconds: int = SECONDS) -> int:
    """Return the length of the sequence that the generator's first linear layer gives."""
    if seconds == SECONDS:
        return SEQUENCES[level.name]
    if level.name in RESIZED:
        return SEQUENCES[level.name] * seconds // SECONDS
    return GENERATORS[level.name].needed(segment_codes(level, seconds))


def build(dataset: str, level: Level) -> tuple[MotionEncoder, Generator]:
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
    return MotionEncoder(layout), Generator(level, genres=layout.genres)


def _layers(channels: int, table: ConvStack, narrow: int = 1) -> Iterator[nn.Module]:
    for conv in table.convs:
        outputs = conv.channels if conv is table.convs[-1] else conv.channels // narrow
        if conv.leaky:
            yield nn.LeakyReLU(SLOPE)
        if conv.reflect:
            yield nn.ReflectionPad1d(conv.reflect)
        yield nn.Conv1d(channels, outputs, conv.kernel, conv.stride, table.padding)
        if conv.residual:
            yield from (ResidualBlock(outputs, dilation) for dilation in DILATIONS)
        channels = outputs
