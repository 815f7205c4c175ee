"""From a dance on the grid to codes and sound, with the networks of one level."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from d2m.core.levels import Level
from d2m.core.metrical_grid import StepGrid
from d2m.models.compact_generator import CompactGenerator
from d2m.models.vqvae import JukeboxVQVAE

CHUNK_SAMPLES = 20 * 22_050
"""Samples decoded at a time: bounds the memory of long clips."""
OVERLAP_CODES = 256
"""Codes around a chunk, more than the decoder sees (its reach is under 200 codes)."""


@torch.inference_mode()
def generate_codes(
    generator: CompactGenerator,
    codec: JukeboxVQVAE,
    level: Level,
    *,
    song: int,
    grid: StepGrid,
    features: NDArray[np.floating[Any]],
    visual: NDArray[np.floating[Any]],
    seed: int = 0,
) -> NDArray[np.int64]:
    """Generate the codes of a whole piece.

    Parameters
    ----------
    generator, codec, level
        Networks of that level.
    song
        Index of the song to play.
    grid
        ``S`` steps.
    features, visual : (S, 11), (S, 8)
        The dance in each step.
    seed
        Seed of the draws, where the generator's lookup draws.

    Returns
    -------
    (T,)
        Codes, ``grid.n_frames * 128 / level.hop_length`` of them.
    """
    clock = grid.clock()
    latents = generator(
        song=torch.tensor([song]),
        position=torch.from_numpy(grid.position)[None],
        movement=torch.from_numpy(features.astype(np.float32))[None],
        visual=torch.from_numpy(visual.astype(np.float32))[None],
        step=torch.from_numpy(clock.step)[None],
        offset_in_step=torch.from_numpy(clock.offset_in_step)[None],
        offset_in_beat=torch.from_numpy(clock.offset_in_beat)[None],
    )
    codes = codec.codebook(level).nearest(
        latents,
        temperature=generator.config.temperature,
        generator=torch.Generator().manual_seed(seed),
    )
    return np.asarray(codes[0].numpy())


@torch.inference_mode()
def decode_codes(
    codec: JukeboxVQVAE, level: Level, codes: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Decode the codes (T,) of a whole piece to audio (T * hop,), chunk by chunk.

    Chunks overlap by more than the decoder's field of view, so the result is that of one
    decoding.
    """
    size = CHUNK_SAMPLES // level.hop_length
    pieces = []
    for start in range(0, len(codes), size):
        first = max(0, start - OVERLAP_CODES)
        last = min(len(codes), start + size + OVERLAP_CODES)
        audio = codec.decode(torch.from_numpy(codes[first:last])[None], level)[0].numpy()
        end = min(len(codes), start + size)
        pieces.append(audio[(start - first) * level.hop_length : (end - first) * level.hop_length])
    return np.concatenate(pieces)
