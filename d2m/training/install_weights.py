"""Install trained weights as the bundled ones."""

from __future__ import annotations

from pathlib import Path

from d2m.checkpoints import CHECKPOINTS, codec_path, load_codec
from d2m.core.levels import HopLevel
from d2m.models.weight_files import read_weights, write_weights

EXACT_PARAMETER = "codebook.k"
"""The parameter that is stored exactly: rounding entries would change the codes."""


def install_weights(weights: Path, level: HopLevel, *, folder: Path = CHECKPOINTS) -> Path:
    """Check the codec of a run and install it as the bundled one of its level, in 8 bits.

    Parameters
    ----------
    weights
        ``weights.safetensors`` of a run.
    level
        Hop level of the weights.
    folder
        Checkpoints folder.

    Returns
    -------
    Path
        The installed file, with the header of the run's file.

    Raises
    ------
    CheckpointError
        If the file does not hold a codec of that level. The weights installed before
        are then kept.
    """
    load_codec(level, weights)
    target = codec_path(level, folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f"new_{target.name}")
    write_weights(new, *read_weights(weights), exact=EXACT_PARAMETER)
    load_codec(level, new)
    new.replace(target)
    return target
