"""How many threads the networks use, and how many levels are made at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from d2m.checkpoints.resolve import InstalledWeights
from d2m.core.levels import BASELINES, Level
from d2m.core.parallel import usable_cores


@contextmanager
def threads_for(levels: tuple[Level, ...], weights: InstalledWeights) -> Iterator[int]:
    """Set for how many threads networks meanwhile share their work.

    The bundled networks use one each, alone and side by side: threads that shared so little work
    would wait longer than they compute. The music is the same to the last bit. The published
    networks and those of baselines are large, and keep all cores.

    Parameters
    ----------
    levels
        The levels that are made.
    weights
        The networks' weights.

    Yields
    ------
    int
        How many of these levels should be made at once.
    """
    if weights.family.segments or any(level.name in BASELINES for level in levels):
        yield 1
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield usable_cores()
    finally:
        torch.set_num_threads(before)
