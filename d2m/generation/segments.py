"""From motion and pictures to sound, segment by segment, with the published networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from d2m.core.levels import Level
from d2m.models.fft_conv import optimise_for_inference
from d2m.models.vqvae import JukeboxVQVAE

BATCH = 5
"""Segments at a time: bounds the memory."""


@dataclass(frozen=True, kw_only=True)
class SegmentNetworks:
    """The networks of one level, ready to answer on one device."""

    encoder: nn.Module
    generator: nn.Module
    codec: JukeboxVQVAE
    level: Level
    device: torch.device

    @classmethod
    def prepared(
        cls,
        encoder: nn.Module,
        generator: nn.Module,
        codec: JukeboxVQVAE,
        level: Level,
        device: str | None = None,
    ) -> SegmentNetworks:
        """Make the networks fast, on a device; they are used up.

        Parameters
        ----------
        encoder, generator
            What `d2m.models.d2mgan.build` built, with weights.
        codec
            With at least that level.
        level
            Theirs.
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
def generate_segments(
    networks: SegmentNetworks,
    *,
    motion: NDArray[np.float32],
    visual: NDArray[np.float32],
    genre: int | None = None,
    bf16: bool = False,
    progress: Callable[[float], None] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Generate the codes and the sound of each segment.

    Parameters
    ----------
    networks
        Of one level.
    motion : (S, frames, values)
        Motion of each segment, as the data set's networks read it.
    visual : (S, 2048)
        I3D vector of each segment.
    genre
        Index of the genre, for networks that know genres.
    bf16
        Whether to run motion encoder and generator in bfloat16 on a GPU.
    progress
        Told the share that is done, after each batch.

    Returns
    -------
    codes : (S, T)
        Nearest codebook entries of the generated features (Eq. 1).
    audio : (S, T * hop)
        Their sound, before denoising.
    """
    device, level = networks.device, networks.level
    codes, audio = [], []
    for at in range(0, len(motion), BATCH):
        part = slice(at, at + BATCH)
        seen = torch.from_numpy(visual[part]).to(device).unsqueeze(1)
        genres = None if genre is None else torch.full((len(seen),), genre, device=device)
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16 and device.type == "cuda"):
            code = networks.encoder(torch.from_numpy(motion[part]).to(device))
            latents = networks.generator(code, seen, genres)
        picked = networks.codec.codebook(level).nearest(latents.float())
        codes.append(picked.cpu().numpy())
        audio.append(networks.codec.decode(picked, level).cpu().numpy())
        if progress is not None:
            progress(min(1.0, (at + BATCH) / len(motion)))
    return np.concatenate(codes), np.concatenate(audio)
