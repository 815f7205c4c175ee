"""Load the bundled compact weights from their safetensors files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from d2m.core.common_settings import COMPACT
from d2m.core.errors import CheckpointError
from d2m.core.levels import HopLevel

if TYPE_CHECKING:
    from torch import Tensor

    from d2m.models.spectral_codec import SpectralCodec

CHECKPOINTS = Path(__file__).with_name("weights")
"""Folder of the bundled weights. Published weights are installed into `user_folder` of it."""


def codec_path(level: HopLevel, folder: Path = CHECKPOINTS) -> Path:
    """Return the path of the bundled codec of a level."""
    return folder / COMPACT / f"codec_{level.name}.safetensors"


def user_folder(folder: Path = CHECKPOINTS) -> Path:
    """Return the folder for the weights that a person adds to a checkpoints folder.

    Returns
    -------
    pathlib.Path
        The checkpoints folder itself, or the person's folder for data of programs if the bundled
        weights lie where the person may not write, as in an installation for all.
    """
    if folder != CHECKPOINTS or os.access(folder, os.W_OK):
        return folder
    from platformdirs import user_data_path

    return user_data_path("d2m") / "checkpoints"


def baseline_path(name: str, folder: Path = CHECKPOINTS) -> Path:
    """Return the path of the weights of a baseline, one of `d2m.core.levels.BASELINES`."""
    return folder / "baselines" / f"{name}.safetensors"


def load_codec(level: HopLevel, path: Path | None = None) -> SpectralCodec:
    """Load the codec of a level from a safetensors file.

    Parameters
    ----------
    level
        The level that the weights were trained for.
    path
        A safetensors file; the bundled one by default.

    Returns
    -------
    SpectralCodec
        On the CPU, in evaluation mode, without gradients.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, or holds other weights.
    """
    from d2m.models.spectral_codec import SpectralCodec

    path = path or codec_path(level)
    _check_present(path)
    codec = SpectralCodec.from_pretrained(path)
    _check_level(path, codec.config.level, level)
    return codec


def _check_level(path: Path, found: str, wanted: HopLevel) -> None:
    if found != wanted.name:
        raise CheckpointError(
            f"{path.name} is for level {found}, not {wanted.name}: choose a file of level "
            f"{wanted.name}."
        )


def _check_present(path: Path) -> None:
    if not path.is_file():
        raise CheckpointError(
            f"The weights {path.name} are missing: install the project again, or train them with "
            "`python -m d2m train`."
        )


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

    _check_present(path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            return {name: file.get_tensor(name) for name in file.keys()}, metadata  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path.name} is damaged or is not a safetensors file: download or train it again."
        ) from error
