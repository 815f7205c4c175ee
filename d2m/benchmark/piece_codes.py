"""Codes for the pieces of the benchmark: generated, with changed inputs, or random."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.metrical_grid import STEPS_PER_BEAT, StepGrid
from d2m.generation.compact import CompactModel
from d2m.models.vqvae import CODEBOOK_SIZE
from d2m.training.data.corpus import Piece


def piece_codes(
    model: CompactModel, piece: Piece, seed: int = 0, **changed: Any
) -> NDArray[np.int64]:
    """Generate the codes (T,) of a piece.

    Parameters
    ----------
    model
        Generates the codes.
    piece
        Its song, grid and movement are the inputs.
    seed
        Seed of the codebook lookup.
    **changed
        Inputs to replace, by name.
    """
    inputs: dict[str, Any] = {
        "song": piece.song,
        "grid": piece.grid,
        "features": piece.features,
        "visual": piece.visual,
    }
    return model.generate_codes(seed=seed, **(inputs | changed))


def random_codes(length: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw codes (T,) uniformly from the codebook."""
    return rng.integers(CODEBOOK_SIZE, size=length)


def quarter_beat_early(grid: StepGrid) -> StepGrid:
    """Return the grid with every step a quarter of a beat earlier."""
    step = int(np.median(np.diff(grid.starts)) * STEPS_PER_BEAT / 4)
    starts = grid.starts - step
    starts[-1] = max(starts[-1], grid.n_frames)  # the last step fills the rest
    return replace(grid, starts=starts)
