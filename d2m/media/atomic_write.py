"""Write a file whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a temporary path beside ``target``; move it there once the block has succeeded.

    Parameters
    ----------
    target
        Where the finished file goes; its folder is made when missing.

    Yields
    ------
    pathlib.Path
        An empty file in the same folder (so that the move is atomic) with the same suffix.
        It is removed when the block raises.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    # Unlike tempfile's, readable for whom the person's umask says.
    temporary = target.with_name(f".d2m-{secrets.token_hex(8)}{target.suffix}")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
