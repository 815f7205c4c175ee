"""How learning rates rise and fall during a training.

``number`` is the number of a step, from 0, and ``share`` the share of the training that is done,
0 to 1.
"""

from __future__ import annotations

import math

RATE_WARM_UP_STEPS = 100
"""Steps over which the learning rates rise linearly at the start; chosen by hand."""
LINEAR_END = 1e-3
"""Offset of the linear decay, so that it ends just above 0; chosen by hand."""
COSINE_END = 0.02
"""Share of the learning rate that is left at the end of the cosine; chosen by hand."""


def linear_factor(number: int, share: float) -> float:
    """Return a factor that rises at first, and falls linearly over the second half."""
    return _rise(number) * min(1.0, 2.0 * (1.0 - share) + LINEAR_END)


def cosine_factor(number: int, share: float) -> float:
    """Return a factor that rises at first, then falls as half a cosine."""
    cosine = 0.5 + 0.5 * math.cos(math.pi * min(1.0, share))
    return _rise(number) * (COSINE_END + (1.0 - COSINE_END) * cosine)


def _rise(number: int) -> float:
    return min(1.0, (number + 1) / RATE_WARM_UP_STEPS)
