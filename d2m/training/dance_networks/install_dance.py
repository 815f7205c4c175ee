"""Install trained weights of a dance network as the bundled ones."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from torch import nn

from d2m.checkpoints import CHECKPOINTS
from d2m.models.weight_files import read_weights, write_weights


def install_dance_network(
    load: Callable[[Path], nn.Module], run: Path, file: str, *, folder: Path = CHECKPOINTS
) -> Path:
    """Write the weights of a run in 8 bits, check that they load, and install them.

    Parameters
    ----------
    load
        Loads the network from a checkpoints folder.
    run
        Run folder with ``weights.safetensors``.
    file
        Path of the weights in a checkpoints folder.
    folder
        Checkpoints folder.

    Returns
    -------
    Path
        The installed file.

    Raises
    ------
    CheckpointError
        If the run holds another network. The weights installed before are then kept.
    """
    target = folder / file
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        new = Path(scratch) / file
        new.parent.mkdir(parents=True, exist_ok=True)
        write_weights(new, *read_weights(run / "weights.safetensors"))
        load(Path(scratch))
        new.replace(target)
    return target
