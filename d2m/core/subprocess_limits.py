"""The environment and the resource limits of child processes."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def child_environment() -> dict[str, str]:
    """Return a copy of this process's environment in which a child can import the package."""
    paths = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def limit_resources(limits: dict[str, int]) -> None:
    """Limit the resources of this process and its children, and disable core dumps.

    Parameters
    ----------
    limits
        Limits by their names in `resource`, such as ``RLIMIT_AS``. Stricter limits that are
        already in force stay.
    """
    import resource

    for name, most in {**limits, "RLIMIT_CORE": 0}.items():
        kind = getattr(resource, name)
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        # macOS has no limit on the address space.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))
