"""The networks of one level, playing takes of the benchmark."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from d2m.checkpoints import codec_path, generator_path, load_codec, load_generator
from d2m.core.levels import Level
from d2m.core.metrical_grid import STEPS_PER_BEAT, StepGrid
from d2m.generation.sampling import decode_codes, generate_codes
from d2m.models.vqvae import CODEBOOK_SIZE
from d2m.training.data.corpus import Piece

Codes = NDArray[np.int64]
Audio = NDArray[np.float32]


class Player:
    """Codec and generator of one level.

    Parameters
    ----------
    level
        Which.
    folder
        Folder of the weights.

    Raises
    ------
    CheckpointError
        If weights are missing or damaged.
    """

    def __init__(self, level: Level, folder: Path) -> None:
        self.level = level
        self.codec = load_codec(level, codec_path(level, folder))
        self.generator = load_generator(level, generator_path(level, folder))

    def encode(self, audio: Audio) -> Codes:
        """Encode audio (N,) to codes (T,)."""
        with torch.inference_mode():
            return np.asarray(self.codec.encode(torch.from_numpy(audio)[None], self.level)[0])

    def decode(self, codes: Codes) -> Audio:
        """Decode codes (T,) to audio (T * hop,)."""
        return decode_codes(self.codec, self.level, codes)

    def generate(self, piece: Piece, seed: int = 0, **changed: Any) -> Codes:
        """Generate the codes (T,) of a piece; inputs may be changed by name."""
        inputs: dict[str, Any] = {
            "song": piece.song,
            "grid": piece.grid,
            "features": piece.features,
            "visual": piece.visual,
        }
        inputs |= changed
        return generate_codes(self.generator, self.codec, self.level, seed=seed, **inputs)

    def random(self, length: int, rng: np.random.Generator) -> Codes:
        """Draw codes (T,) uniformly."""
        return rng.integers(CODEBOOK_SIZE, size=length)


def earlier(grid: StepGrid) -> StepGrid:
    """Return the grid a quarter of a beat early."""
    step = int(np.median(np.diff(grid.starts)) * STEPS_PER_BEAT / 4)
    starts = grid.starts - step
    starts[-1] = max(starts[-1], grid.n_frames)  # the last step fills what is left
    return replace(grid, starts=starts)
