"""What all processes that the program starts have in common."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def environment() -> dict[str, str]:
    """Return this process's environment, in which a child finds the package."""
    paths = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def bound(limits: dict[str, int]) -> None:
    """Bound what this process and its children may take; they leave no core dumps.

    Parameters
    ----------
    limits
        Bounds by their names in `resource`, such as ``RLIMIT_AS``. A stricter one that is in
        force already stays.
    """
    import resource

    for name, most in {**limits, "RLIMIT_CORE": 0}.items():
        kind = getattr(resource, name)
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        # macOS has no bound on the address space.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))
