"""A GPU that is lent for single calls, as Hugging Face's ZeroGPU does it.

There a decorated function runs in a process of its own that has the GPU for as long as the
call takes, so it loads the networks itself, and all that goes in and out is plain data.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from d2m.checkpoints import load_published, load_published_codec
from d2m.core.levels import LEVELS

P = ParamSpec("P")
R = TypeVar("R")
LENT_S = 60
"""Longest time (s) for which a call asks for the GPU."""


def gpu_is_lent() -> bool:
    """Return whether there is a GPU for single calls only."""
    zero = os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "true")
    return zero and importlib.util.find_spec("spaces") is not None


def lent(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function have the GPU for the length of each call."""
    import spaces  # type: ignore[import-not-found]

    borrowing: Callable[P, R] = spaces.GPU(duration=LENT_S)(function)
    return borrowing


def generate_alone(
    checkpoints: Path,
    family: str,
    level: str,
    motion: NDArray[np.float32],
    visual: NDArray[np.float32],
    genre: int | None,
    bf16: bool,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Load networks, and do what `d2m.generation.segments.generate_segments` does.

    Parameters
    ----------
    checkpoints, family, level
        Where the weights are, and which.
    motion, visual, genre, bf16
        As there.
    """
    from d2m.generation.segments import SegmentNetworks, generate_segments

    encoder, generator = load_published(family, LEVELS[level], checkpoints)
    codec = load_published_codec(LEVELS[level], checkpoints)
    networks = SegmentNetworks.prepared(encoder, generator, codec, LEVELS[level])
    return generate_segments(networks, motion=motion, visual=visual, genre=genre, bf16=bf16)
