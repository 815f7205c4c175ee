"""Pseudorandom weights and inputs that depend only on names and shapes.

Two implementations with the same parameter names and shapes get the same weights, so the
stored outputs of the original networks can be compared without the published weights.
"""

import json
import math
import zlib
from pathlib import Path

import numpy as np
import torch

DATA = Path(__file__).parents[1] / "data"
OUTPUTS = DATA / "published_outputs.npz"


def noise(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return normal noise that depends on the name only."""
    return np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)


def filled(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """Return values for a parameter, scaled so that activations neither vanish nor explode."""
    values = noise(name, shape)
    if name.endswith("weight_g"):
        values = 0.7 + 0.1 * values
    elif len(shape) >= 2:
        values = values / math.sqrt(np.prod(shape[1:]))
    else:
        values = 0.05 * values
    return torch.from_numpy(values.astype(np.float32))


def filled_state_dict(network: str) -> dict[str, torch.Tensor]:
    """Return values for all published parameters of a network."""
    shapes = json.loads((DATA / "published_shapes.json").read_text())[network]
    return {name: filled(name, tuple(shape)) for name, shape in shapes.items()}


def stored_input(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """Return the input for which the original's output is stored."""
    return torch.from_numpy(noise(f"input/{name}", shape).astype(np.float32))


def relative_error(actual: torch.Tensor, expected: np.ndarray) -> float:
    """Return the largest difference over the largest expected value."""
    difference = np.abs(actual.detach().numpy() - expected).max()
    return float(difference / np.abs(expected).max())
