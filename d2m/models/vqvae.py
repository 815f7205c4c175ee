"""The JukeBox VQ-VAE, which encodes waveforms as codes and decodes codes to waveforms.

Dhariwal et al., "Jukebox: A Generative Model for Music", 2020, Sec. 3. Its three levels have
hops of 8, 32 and 128 samples. All parameters have the published names and shapes, so the
published weights load strictly. Shapes: ``N`` audio samples, ``T`` codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from d2m.core.errors import CheckpointError
from d2m.core.levels import HopLevel

LATENT_CHANNELS = 64
"""Values of a latent vector and of a codebook entry."""
CODEBOOK_SIZE = 2048
"""Entries of a codebook."""
DOWNS = (3, 2, 2)
"""Halvings of the time axis in each block. Level ``i`` has the blocks 0 to ``i``."""
BASE_DEPTH = 4
"""Residual convolutions per stack, times the level's factor in `SIZES`."""
BASE_WIDTH = 32
"""Channels of the convolutions, times the level's factor in `SIZES`."""
DILATION_GROWTH = 3
"""Ratio of the dilations of consecutive residual convolutions."""
_ROWS = 8192  # latents compared with the codebook at once; bounds the memory

_LEVEL_OF_NAME = re.compile(r"(?:encoders|decoders|bottleneck\.level_blocks)\.(\d)\.")


@dataclass(frozen=True, kw_only=True)
class LevelSize:
    """Channels (width) and residual convolutions per stack (depth) of one level's networks."""

    width: int
    depth: int


SIZES = tuple(LevelSize(width=BASE_WIDTH * m, depth=BASE_DEPTH * m) for m in (2, 1, 1))
"""Sizes of the three levels, as published."""


class ResidualConv(nn.Module):
    """Dilated residual convolution: ReLU, kernel 3, ReLU, kernel 1."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.ReLU(),
            nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation),
            nn.ReLU(),
            nn.Conv1d(width, width, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` plus its residual, (B, width, T)."""
        residual: Tensor = self.model(x)
        return x + residual


class ResidualStack(nn.Module):
    """Residual convolutions with increasing dilation, or decreasing in decoders."""

    def __init__(self, size: LevelSize, *, reverse: bool) -> None:
        super().__init__()
        dilations = [DILATION_GROWTH**i for i in range(size.depth)]
        order = reversed(dilations) if reverse else dilations
        self.model = nn.Sequential(*(ResidualConv(size.width, d) for d in order))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, width, T) to (B, width, T)."""
        out: Tensor = self.model(x)
        return out


class EncoderBlock(nn.Module):
    """Halve the time axis ``downs`` times, and project to latent vectors."""

    def __init__(self, channels: int, downs: int, size: LevelSize) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for i in range(downs):
            conv = nn.Conv1d(channels if i == 0 else size.width, size.width, 4, 2, 1)
            layers.append(nn.Sequential(conv, ResidualStack(size, reverse=False)))
        layers.append(nn.Conv1d(size.width, LATENT_CHANNELS, 3, padding=1))
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, T) to (B, 64, T / 2**downs)."""
        out: Tensor = self.model(x)
        return out


class DecoderBlock(nn.Module):
    """Double the time axis ``downs`` times."""

    def __init__(self, downs: int, size: LevelSize) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv1d(LATENT_CHANNELS, size.width, 3, padding=1)]
        for i in range(downs):
            out = LATENT_CHANNELS if i == downs - 1 else size.width
            conv = nn.ConvTranspose1d(size.width, out, 4, 2, 1)
            layers.append(nn.Sequential(ResidualStack(size, reverse=True), conv))
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, 64, T) to (B, 64, T * 2**downs)."""
        out: Tensor = self.model(x)
        return out


class Encoder(nn.Module):
    """Encode waveforms as latents of one level."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self.level_blocks = nn.ModuleList(
            EncoderBlock(1 if i == 0 else LATENT_CHANNELS, DOWNS[i], SIZES[level])
            for i in range(level + 1)
        )

    def forward(self, audio: Tensor) -> Tensor:
        """Map audio (B, 1, N) to latents (B, 64, N // hop)."""
        for block in self.level_blocks:
            audio = block(audio)
        return audio


class Decoder(nn.Module):
    """Decode latents of one level to waveforms."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self.level_blocks = nn.ModuleList(
            DecoderBlock(DOWNS[i], SIZES[level]) for i in range(level + 1)
        )
        self.out = nn.Conv1d(LATENT_CHANNELS, 1, 3, padding=1)

    def forward(self, latents: Tensor) -> Tensor:
        """Map latents (B, 64, T) to audio (B, 1, T * hop)."""
        for block in reversed(self.level_blocks):
            latents = block(latents)
        audio: Tensor = self.out(latents)
        return audio


class Codebook(nn.Module):
    """A codebook: 2,048 entries of 64 values, to which latents are rounded."""

    k: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("k", torch.zeros(CODEBOOK_SIZE, LATENT_CHANNELS))

    def nearest(self, latents: Tensor) -> Tensor:
        """Return the index of the nearest entry (B, T), 0 to 2,047, of each latent (B, 64, T)."""
        flat = latents.transpose(1, 2).reshape(-1, LATENT_CHANNELS)
        codes = [self._nearest(part) for part in torch.split(flat, _ROWS)]
        return torch.cat(codes).view(latents.shape[0], latents.shape[2])

    def _nearest(self, flat: Tensor) -> Tensor:
        # ||x||^2 is the same for all entries, so these terms determine the nearest entry.
        return torch.addmm(-self.k.square().sum(1), flat, self.k.t(), alpha=2.0).argmax(1)

    def entries(self, codes: Tensor) -> Tensor:
        """Return the entries (B, 64, T) of codes (B, T)."""
        return self.k[codes].transpose(1, 2)


class Bottleneck(nn.Module):
    """The codebooks of several levels, by index."""

    def __init__(self, levels: Sequence[int]) -> None:
        super().__init__()
        self.level_blocks = nn.ModuleDict({str(i): Codebook() for i in levels})


class JukeboxVQVAE(nn.Module):
    """The JukeBox VQ-VAE, or some of its levels.

    Parameters
    ----------
    levels
        Levels to build: indices (0, 1, 2 for hops 8, 32, 128), or objects of
        `d2m.core.levels.HopLevel`.
    """

    def __init__(self, levels: Iterable[HopLevel | int] = (0, 1, 2)) -> None:
        super().__init__()
        self.levels = tuple(sorted(_index(level) for level in levels))
        self.encoders = nn.ModuleDict({str(i): Encoder(i) for i in self.levels})
        self.decoders = nn.ModuleDict({str(i): Decoder(i) for i in self.levels})
        self.bottleneck = Bottleneck(self.levels)

    def codebook(self, level: HopLevel | int) -> Codebook:
        """Return the codebook of a level."""
        return self._part(self.bottleneck.level_blocks, level)  # type: ignore[return-value]

    def latents(self, audio: Tensor, level: HopLevel | int) -> Tensor:
        """Encode audio (B, N) in [-1, 1] as latents (B, 64, N // hop), before rounding."""
        latents: Tensor = self._part(self.encoders, level)(audio.unsqueeze(1))
        return latents

    def encode(self, audio: Tensor, level: HopLevel | int) -> Tensor:
        """Encode audio (B, N) in [-1, 1] as codes (B, N // hop)."""
        return self.codebook(level).nearest(self.latents(audio, level))

    def decode(self, codes: Tensor, level: HopLevel | int) -> Tensor:
        """Decode codes (B, T) to audio (B, T * hop)."""
        return self.decode_latents(self.codebook(level).entries(codes), level)

    def decode_latents(self, latents: Tensor, level: HopLevel | int) -> Tensor:
        """Decode latents (B, 64, T) to audio (B, T * hop)."""
        audio: Tensor = self._part(self.decoders, level)(latents)
        return audio.squeeze(1)

    def load_published_state(self, state: Mapping[str, object]) -> None:
        """Load a published state dict, strictly for the levels of this object.

        Parameters
        ----------
        state
            State dict, or a mapping with the state dict under ``"model"``. Names may start
            with ``module.``. Levels that this object does not have are ignored.

        Raises
        ------
        CheckpointError
            If a parameter is missing or unknown, or has another shape.
        """
        inner = state.get("model", state)
        if not isinstance(inner, Mapping):
            raise CheckpointError("The file holds no VQ-VAE weights: expected a state dict.")
        wanted = {}
        for name, tensor in inner.items():
            bare = str(name).removeprefix("module.")
            if (found := _LEVEL_OF_NAME.match(bare)) and found[1] in self.encoders:
                wanted[bare] = tensor
        # The running sums of the codebook are only needed for training.
        wanted = {n: t for n, t in wanted.items() if not n.endswith((".k_sum", ".k_elem"))}
        try:
            self.load_state_dict(wanted, strict=True)
        except (RuntimeError, TypeError) as error:
            raise CheckpointError(
                "These weights are not those of a JukeBox VQ-VAE: "
                "names or shapes differ from the published ones."
            ) from error

    def _part(self, parts: nn.ModuleDict, level: HopLevel | int) -> nn.Module:
        index = _index(level)
        if index not in self.levels:
            raise CheckpointError(f"Level {index} of the VQ-VAE is not loaded.")
        return parts[str(index)]


def _index(level: HopLevel | int) -> int:
    return level.vqvae_level if isinstance(level, HopLevel) else level
