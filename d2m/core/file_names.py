"""Names of files that are safe everywhere."""

from __future__ import annotations

import re

_MAX_NAME_BYTES = 60
"""Longest first part of a file name (bytes): file systems allow 255 for the whole name."""


def plain_name(name: str, default: str) -> str:
    """Return a name with letters, digits, dashes and underscores only, and not too long.

    Parameters
    ----------
    name
        Any name, such as that of a clip without its ending.
    default
        Used if nothing is left of it.
    """
    plain = re.sub(r"[^\w-]+", "_", name).strip("_")
    return plain.encode()[:_MAX_NAME_BYTES].decode(errors="ignore") or default
