"""Load a network with its sizes from a weight file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from torch import nn

from d2m.core.errors import CheckpointError
from d2m.models.weight_files import StoredConfig, read_weights

Network = TypeVar("Network", bound=nn.Module)
Sizes = TypeVar("Sizes", bound=StoredConfig)


def stored_network(network: Callable[[Sizes], Network], sizes: type[Sizes], path: Path) -> Network:
    """Load a network, ready to use.

    Parameters
    ----------
    network
        Builds it from its sizes.
    sizes
        Class of the sizes, which the file's header holds.
    path
        The weight file.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, or of another network.
    """
    weights, metadata = read_weights(path)
    try:
        loaded = network(sizes.from_metadata(metadata))
        loaded.load_state_dict(weights)
    except (KeyError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{path.name} holds another network: install the weights of this version again."
        ) from error
    return loaded.eval()
