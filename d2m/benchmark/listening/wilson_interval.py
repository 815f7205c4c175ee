"""The interval of a share of answers."""

from __future__ import annotations

import math

_Z = 1.959964  # of a 95 % interval


def wilson_interval(count: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927).

    Answers count as independent; those of one person are not quite, so it is rather narrow.

    Parameters
    ----------
    count, n
        Answers for a method, and all answers, at least one.
    """
    share, z2 = count / n, _Z**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    return max(0.0, middle - half), min(1.0, middle + half)
