"""Weights and inputs that depend only on names and shapes.

Two implementations with the same parameter names and shapes then hold the same weights,
so what the original networks answered can be compared without their weights.
"""

import json
import math
import zlib
from pathlib import Path

import numpy as np
import torch

DATA = Path(__file__).parents[1] / "data"
OUTPUTS = DATA / "official_outputs.npz"


def noise(name: str, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)


def filled(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    values = noise(name, shape)
    if name.endswith("weight_g"):
        values = 0.7 + 0.1 * values
    elif len(shape) >= 2:
        values = values / math.sqrt(np.prod(shape[1:]))
    else:
        values = 0.05 * values
    return torch.from_numpy(values.astype(np.float32))


def filled_state_dict(network: str) -> dict[str, torch.Tensor]:
    shapes = json.loads((DATA / "official_shapes.json").read_text())[network]
    return {name: filled(name, tuple(shape)) for name, shape in shapes.items()}


def stored_input(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    return torch.from_numpy(noise(f"input/{name}", shape).astype(np.float32))


def relative_error(actual: torch.Tensor, expected: np.ndarray) -> float:
    difference = np.abs(actual.detach().numpy() - expected).max()
    return float(difference / np.abs(expected).max())
