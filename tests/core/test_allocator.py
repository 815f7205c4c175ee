"""Free memory goes back to the system."""

from pathlib import Path

import numpy as np
import pytest

from d2m.core.allocator import limit_arenas, return_free_memory

STATUS = Path("/proc/self/status")


def resident_mb() -> float:
    line = next(one for one in STATUS.read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@pytest.mark.skipif(not STATUS.exists(), reason="the system has no /proc")
def test_free_memory_is_returned() -> None:
    limit_arenas()
    # Blocks too small for maps of their own, of which one in a hundred stays.
    blocks = [np.ones(8_000) for _ in range(4_000)]
    kept = blocks[::100]
    del blocks
    before = resident_mb()
    return_free_memory()
    assert resident_mb() < before - 100
    assert all(block.all() for block in kept)
