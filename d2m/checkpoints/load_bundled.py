"""Load the bundled compact weights from their safetensors files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from d2m.core.common_settings import COMPACT
from d2m.core.errors import CheckpointError
from d2m.core.levels import HopLevel

if TYPE_CHECKING:
    from torch import Tensor

    from d2m.models.compact_generator import CompactGenerator
    from d2m.models.vqvae import JukeboxVQVAE

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"
"""Checkpoints folder: the bundled weights, and the published weights once installed."""


def codec_path(level: HopLevel, folder: Path = CHECKPOINTS) -> Path:
    """Return the path of the bundled codec of a level."""
    return folder / COMPACT / f"codec_{level.name}.safetensors"


def generator_path(level: HopLevel, folder: Path = CHECKPOINTS) -> Path:
    """Return the path of the bundled compact generator of a level."""
    return folder / COMPACT / f"generator_{level.name}.safetensors"


def load_codec(level: HopLevel, path: Path | None = None) -> JukeboxVQVAE:
    """Load a codec with one level from a safetensors file.

    Parameters
    ----------
    level
        The level to load.
    path
        A safetensors file; the bundled one by default.

    Returns
    -------
    JukeboxVQVAE
        On the CPU, in evaluation mode, without gradients.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, or holds other weights.
    """
    from d2m.models.vqvae import JukeboxVQVAE

    tensors, _ = read_tensors(path or codec_path(level))
    codec = JukeboxVQVAE([level])
    codec.load_published_state(tensors)
    return codec.eval().requires_grad_(False)


def load_generator(level: HopLevel, path: Path | None = None) -> CompactGenerator:
    """Load a compact generator from a safetensors file.

    Parameters
    ----------
    level
        The level that the weights were trained for.
    path
        A safetensors file; the bundled one by default.

    Returns
    -------
    CompactGenerator
        On the CPU, in float32 and evaluation mode, without gradients.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, or holds other weights.
    """
    from d2m.models.compact_generator import CompactConfig, CompactGenerator

    path = path or generator_path(level)
    tensors, metadata = read_tensors(path)
    try:
        config = CompactConfig.from_metadata(metadata)
        generator = CompactGenerator(config)
        generator.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    except (RuntimeError, TypeError, ValueError, KeyError, SyntaxError) as error:
        raise CheckpointError(
            f"{path.name} holds no compact generator: expected a file written by "
            "`python -m d2m train generator`."
        ) from error
    if config.level != level.name:
        raise CheckpointError(
            f"{path.name} is a generator of level {config.level}, not {level.name}: choose a file "
            f"of level {level.name}."
        )
    return generator.eval().requires_grad_(False)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read the tensors and the metadata of a safetensors file.

    Returns
    -------
    tensors
        Tensors by name, on the CPU.
    metadata
        Texts by name, from the header; empty if it has none.

    Raises
    ------
    CheckpointError
        If the file is missing or damaged.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise CheckpointError(
            f"The weights {path.name} are missing: download the project's folder "
            f"checkpoints/{COMPACT} again, or train them with `python -m d2m train`."
        )
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            return {name: file.get_tensor(name) for name in file.keys()}, metadata  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path.name} is damaged or is not a safetensors file: download or train it again."
        ) from error
