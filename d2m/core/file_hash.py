"""Tell files apart by their content."""

from __future__ import annotations

import hashlib
from pathlib import Path

_BLOCK = 1 << 20
"""Bytes of a file hashed at a time: 1 MiB bounds the memory."""


def file_hash(file: Path) -> str:
    """Return the SHA-256 of a file's content, or of its name if it can't be read.

    Whoever uses the file then reports that it can't be read.
    """
    digest = hashlib.sha256()
    try:
        with file.open("rb") as opened:
            while block := opened.read(_BLOCK):
                digest.update(block)
    except OSError:
        digest.update(str(file).encode())
    return digest.hexdigest()
