"""Install trained weights as the bundled ones."""

from __future__ import annotations

from pathlib import Path

from d2m.checkpoints import CHECKPOINTS, codec_path, generator_path, load_codec, load_generator
from d2m.core.errors import SettingsError
from d2m.core.levels import HopLevel
from d2m.models.weight_files import read_weights, write_weights

NETWORK_KINDS = ("codec", "generator")
"""What can be installed."""
EXACT_PARAMETER = "codebook.k"
"""The parameter that is stored exactly: rounding entries would change the codes."""


def install_weights(
    weights: Path, level: HopLevel, kind: str, *, folder: Path = CHECKPOINTS
) -> Path:
    """Check the weights of a run and install them as the bundled ones of a level, in 8 bits.

    Parameters
    ----------
    weights
        ``weights.safetensors`` of a run.
    level
        Hop level of the weights.
    kind
        One of `NETWORK_KINDS`.
    folder
        Checkpoints folder.

    Returns
    -------
    Path
        The installed file, with the header of the run's file.

    Raises
    ------
    SettingsError
        If the kind is unknown.
    CheckpointError
        If the file does not hold weights of that kind and level. The weights installed before
        are then kept.
    """
    if kind not in NETWORK_KINDS:
        raise SettingsError(f"Unknown kind {kind!r}: choose {' or '.join(NETWORK_KINDS)}.")
    load, path = (load_codec, codec_path) if kind == "codec" else (load_generator, generator_path)
    load(level, weights)
    target = path(level, folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f"new_{target.name}")
    write_weights(new, *read_weights(weights), exact=EXACT_PARAMETER)
    load(level, new)
    new.replace(target)
    return target
