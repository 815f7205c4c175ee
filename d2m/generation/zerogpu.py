"""D2M-GAN on Hugging Face's ZeroGPU, which gives a GPU to single function calls.

A decorated function runs in a process of its own that has the GPU as long as the call takes.
So it loads the networks itself, and its arguments and results are plain data.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.core.levels import HOP_LEVELS, HopLevel
from d2m.generation.d2mgan import D2MGANModel, SceneEncoder
from d2m.generation.segments import SegmentNetworks

GPU_CALL_S = 60
"""Longest time for which a call asks for the GPU (s); ZeroGPU's default."""


def zerogpu_available() -> bool:
    """Return whether the program runs on ZeroGPU hardware."""
    enabled = os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "true")
    return enabled and importlib.util.find_spec("spaces") is not None


def d2mgan_on_zerogpu(
    family: str, level: HopLevel, *, folder: Path, bf16: bool, scene_encoder: SceneEncoder
) -> D2MGANModel:
    """Return the model of a family and level whose networks run in ZeroGPU calls.

    Parameters
    ----------
    family, level, folder, bf16, scene_encoder
        As for `d2m.generation.d2mgan.D2MGANModel.from_pretrained`.
    """
    import spaces  # type: ignore[import-not-found]

    def run(
        motion: NDArray[np.float32],
        visual: NDArray[np.float32],
        genre: int | None,
        progress: Callable[[float], None],
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        progress(0.0)  # nothing is reported from the other process
        call = spaces.GPU(duration=GPU_CALL_S)(load_and_generate)
        codes, audio = call(folder, family, level.name, motion, visual, genre, bf16)
        return codes, audio

    return D2MGANModel(family, level, run, scene_encoder)


def load_and_generate(
    folder: Path,
    family: str,
    level: str,
    motion: NDArray[np.float32],
    visual: NDArray[np.float32],
    genre: int | None,
    bf16: bool,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Load networks, then generate as `d2m.generation.segments.SegmentNetworks.generate` does.

    Parameters
    ----------
    folder, family, level
        Checkpoints folder, name of the family, name of the level.
    motion, visual, genre, bf16
        As there.
    """
    networks = SegmentNetworks.from_pretrained(family, HOP_LEVELS[level], folder=folder)
    return networks.generate(motion, visual, genre, bf16=bf16)
