"""The published networks of one level, run segment by segment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from d2m.checkpoints import CHECKPOINTS, load_published, load_published_codec
from d2m.core.levels import HopLevel
from d2m.models.fft_conv import optimise_for_inference
from d2m.models.vqvae import JukeboxVQVAE

BATCH = 5
"""Segments generated at a time: bounds the memory. Chosen by hand."""


class SegmentGenerator(Protocol):
    """Generates the codes and the audio of segments; runs here or on another GPU."""

    def __call__(
        self,
        motion: NDArray[np.float32],
        visual: NDArray[np.float32],
        genre: int | None,
        progress: Callable[[float], None],
        /,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return codes (S, T) and audio (S, N), see `SegmentNetworks.generate`."""


@dataclass(frozen=True, kw_only=True)
class SegmentNetworks:
    """The networks of one level, prepared for inference on one device.

    Parameters
    ----------
    encoder, generator
        As `d2m.models.d2mgan.build_d2mgan` builds them.
    codec
        VQ-VAE with that level.
    level
        The level.
    device
        Where the networks are.
    """

    encoder: nn.Module
    generator: nn.Module
    codec: JukeboxVQVAE
    level: HopLevel
    device: torch.device

    @classmethod
    def from_pretrained(
        cls, family: str, level: HopLevel, *, folder: Path = CHECKPOINTS
    ) -> SegmentNetworks:
        """Load the installed networks of a family, on a CUDA GPU if there is one.

        Raises
        ------
        CheckpointError
            If a file is missing or damaged.
        """
        encoder, generator = load_published(family, level, folder)
        return cls.prepare(encoder, generator, load_published_codec(level, folder), level)

    @classmethod
    def prepare(
        cls,
        encoder: nn.Module,
        generator: nn.Module,
        codec: JukeboxVQVAE,
        level: HopLevel,
        device: str | None = None,
    ) -> SegmentNetworks:
        """Optimise networks for inference on a device; the given objects are modified.

        Parameters
        ----------
        encoder, generator, codec, level
            See `SegmentNetworks`.
        device
            Where to run; by default a CUDA GPU if there is one, else the CPU.
        """
        place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        return cls(
            encoder=optimise_for_inference(encoder.to(place)),
            generator=optimise_for_inference(generator.to(place)),
            codec=codec.to(place),
            level=level,
            device=place,
        )

    @torch.inference_mode()
    def generate(
        self,
        motion: NDArray[np.float32],
        visual: NDArray[np.float32],
        genre: int | None = None,
        progress: Callable[[float], None] | None = None,
        *,
        bf16: bool = False,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Generate the codes and the audio of each segment.

        Parameters
        ----------
        motion : (S, frames, values)
            Motion of each segment, in the layout of the data set.
        visual : (S, 2048)
            I3D features of each segment.
        genre
            Index of the genre, for networks that read genres.
        progress
            Called with the share done, 0 to 1, after each batch.
        bf16
            Whether to run encoder and generator in bfloat16 on a GPU.

        Returns
        -------
        codes : (S, T)
            Nearest codebook entries of the generated features (Zhu et al. 2022, Eq. 1).
        audio : (S, T * hop_length)
            Their audio, before denoising.
        """
        device, codes, audio = self.device, [], []
        bf16 = bf16 and device.type == "cuda"
        for start in range(0, len(motion), BATCH):
            part = slice(start, start + BATCH)
            scene = torch.from_numpy(visual[part]).to(device).unsqueeze(1)
            genres = None if genre is None else torch.full((len(scene),), genre, device=device)
            with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                encoded = self.encoder(torch.from_numpy(motion[part]).to(device))
                latents = self.generator(encoded, scene, genres)
            nearest = self.codec.codebook(self.level).nearest(latents.float())
            codes.append(nearest.cpu().numpy())
            audio.append(self.codec.decode(nearest, self.level).cpu().numpy())
            if progress is not None:
                progress(min(1.0, (start + BATCH) / len(motion)))
        return np.concatenate(codes), np.concatenate(audio)
