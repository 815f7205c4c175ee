"""Write a file atomically: it appears complete or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(target: Path) -> Iterator[Path]:
    """Yield a temporary path next to ``target`` and rename it to ``target`` on success.

    Parameters
    ----------
    target
        Final path. Its folder is created if it is missing.

    Yields
    ------
    pathlib.Path
        An empty file with the same suffix in the same folder, so that the rename is atomic.
        It is removed if the block raises.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    # Permissions follow the user's umask; `tempfile` would allow only the owner to read it.
    temporary = target.with_name(f".d2m-{secrets.token_hex(8)}{target.suffix}")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
