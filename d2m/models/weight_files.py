"""Weight files: safetensors with float or 8-bit parameters and a configuration in their header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from d2m.core.errors import CheckpointError

if TYPE_CHECKING:
    from typing_extensions import Self

SCALE = ".scale"
"""Suffix of the factors, one a row, by which an 8-bit parameter is multiplied."""
LARGEST_8_BIT = 127.0
"""Largest absolute value of an 8-bit parameter."""
LEAST_VALUES = 4096
"""Values from which a matrix is stored in 8 bits."""


@dataclass(frozen=True, kw_only=True)
class StoredConfig:
    """What a network is made with; its weight file's header holds it.

    The values of a subclass are whole numbers or texts.
    """

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> Self:
        """Return the configuration from the strings of a file's header.

        Raises
        ------
        KeyError, ValueError
            If a value is missing or no number.
        """
        return cls(**{name: type(value)(metadata[name]) for name, value in asdict(cls()).items()})

    def metadata(self) -> dict[str, str]:
        """Return the configuration as strings for a file's header."""
        return {name: str(value) for name, value in asdict(self).items()}


def read_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read parameters as float32 on the CPU, and the strings of the header.

    A parameter ``NAME`` is multiplied by the parameter ``NAME.scale``, if there is one.

    Raises
    ------
    CheckpointError
        If the file is missing or damaged.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise CheckpointError(
            f"The weights {path.name} are missing: install the project again, or train them."
        )
    try:
        with safe_open(path, framework="pt") as file:
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path.name} is damaged or is not a safetensors file: download or train it again."
        ) from error
    scaled = {name for name in stored if name + SCALE in stored}
    scales = {name: stored.pop(name + SCALE).float() for name in scaled}
    weights = {name: values.float() for name, values in stored.items()}
    for name, scale in scales.items():
        if len(scale) == len(weights[name]):
            weights[name] *= scale.reshape(-1, *[1] * (weights[name].ndim - 1))
    return weights, metadata


def write_weights(
    path: Path, weights: Mapping[str, Tensor], metadata: Mapping[str, str], *, exact: str = ""
) -> None:
    """Write parameters: large matrices in 8 bits with a factor a row, the others in float32.

    Parameters
    ----------
    path
        The file.
    weights
        Parameters by name.
    metadata
        Strings of the header.
    exact
        Name of a parameter that is stored in float32 whatever its size; none by default.
    """
    from safetensors.torch import save_file

    stored = {}
    for name, values in weights.items():
        if values.ndim < 2 or values.numel() < LEAST_VALUES or name == exact:
            stored[name] = values.float().contiguous()
            continue
        scale = values.float().flatten(1).abs().amax(1).clamp(min=1e-12) / LARGEST_8_BIT
        rows = scale.reshape(-1, *[1] * (values.ndim - 1))
        stored[name] = (values.float() / rows).round().to(torch.int8).contiguous()
        stored[name + SCALE] = scale
    part = path.with_suffix(".part")
    save_file(stored, part, metadata=dict(metadata))
    part.chmod(0o644)  # safetensors creates files that only their owner can read
    part.replace(path)
