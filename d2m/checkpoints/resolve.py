"""Find the installed weights of a family once, at the start of a job."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from d2m.checkpoints.availability import missing_line
from d2m.checkpoints.load_bundled import CHECKPOINTS
from d2m.checkpoints.registry import Family, family_named
from d2m.core.errors import CheckpointError
from d2m.core.levels import HopLevel


@dataclass(frozen=True, kw_only=True)
class InstalledWeights:
    """Weights that are known to be complete.

    Parameters
    ----------
    family
        The family that they belong to.
    levels
        Levels whose files are all installed.
    folder
        Checkpoints folder that holds them.
    """

    family: Family
    levels: tuple[HopLevel, ...]
    folder: Path


def resolve_weights(
    name: str, levels: tuple[HopLevel, ...], folder: Path = CHECKPOINTS
) -> InstalledWeights:
    """Check that the weights of a family are installed. Nothing is written.

    Parameters
    ----------
    name
        Name of the family, such as ``"compact"``.
    levels
        Levels that must be complete.
    folder
        Checkpoints folder.

    Raises
    ------
    SettingsError
        If the family is unknown.
    CheckpointError
        If a level of it does not exist or is not installed; the message says how to get it.
    """
    family = family_named(name)
    # Levels that never existed are reported before levels that are only missing.
    for level in sorted(levels, key=lambda level: level in family.levels):
        if line := missing_line(name, level, folder):
            raise CheckpointError(line)
    return InstalledWeights(family=family, levels=levels, folder=folder)
