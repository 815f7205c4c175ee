"""Check installed weights: that they open, fit, are finite, and are what was installed."""

from __future__ import annotations

from pathlib import Path

from d2m.checkpoints.bundled import CHECKPOINTS
from d2m.checkpoints.files import FILES
from d2m.checkpoints.installed import content_hash, installed_path, read_installed
from d2m.errors import CheckpointError


def verify(key: str, folder: Path = CHECKPOINTS) -> None:
    """Check the installed file of a key.

    Raises
    ------
    CheckpointError
        If it is missing, damaged, of another network, not finite, or changed since.
    """
    from d2m.checkpoints import networks

    tensors, header = read_installed(key, folder)
    name = installed_path(key, folder).name
    state = networks.fitted(tensors, FILES[key].network, name)
    networks.sound(state, name)
    again = "delete it and get it again"
    if header.get("key") != key:
        raise CheckpointError(f"{name} was not installed under this name: {again}.")
    if header.get("content_sha256") != content_hash(tensors):
        raise CheckpointError(f"{name} has changed since it was installed: {again}.")


def installed_keys(folder: Path = CHECKPOINTS) -> tuple[str, ...]:
    """Return the keys of all installed files."""
    return tuple(key for key in FILES if installed_path(key, folder).is_file())
