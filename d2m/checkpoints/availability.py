"""Find out which weights are installed, and which files are missing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from d2m.checkpoints.catalog import WEIGHT_FILES
from d2m.checkpoints.installed import installed_path
from d2m.checkpoints.load_bundled import CHECKPOINTS, codec_path
from d2m.checkpoints.registry import WEIGHT_SETS, family_named
from d2m.core.common_settings import COMPACT
from d2m.core.errors import CheckpointError
from d2m.core.levels import HOP_LEVELS, HopLevel


def missing_keys(family: str, level: HopLevel, folder: Path = CHECKPOINTS) -> tuple[str, ...]:
    """Return the keys of the missing files of a family at a level.

    Raises
    ------
    SettingsError
        If the family is unknown.
    CheckpointError
        If the family has no such level.
    """
    if level not in family_named(family).levels:
        raise CheckpointError(no_level_message(family, level))
    if family == COMPACT:
        return _missing_bundled((level,), folder)
    return missing_keys_of_set(f"{family}-{level.name}", folder)


def missing_keys_of_set(name: str, folder: Path = CHECKPOINTS) -> tuple[str, ...]:
    """Return the keys of the missing files of a set.

    Parameters
    ----------
    name
        A key of `d2m.checkpoints.registry.WEIGHT_SETS`.
    folder
        Checkpoints folder.
    """
    if name == COMPACT:
        return _missing_bundled(HOP_LEVELS.values(), folder)
    weights = WEIGHT_SETS[name]
    missing = [key for key in weights.files if not installed_path(key, folder).is_file()]
    missing += [
        choices[0]
        for choices in weights.needs
        if not any(installed_path(key, folder).is_file() for key in choices)
    ]
    return tuple(missing)


def missing_line(family: str, level: HopLevel, folder: Path = CHECKPOINTS) -> str:
    """Return a sentence on the missing files of a family at a level and how to get them.

    Returns
    -------
    str
        Empty if nothing is missing.

    Raises
    ------
    SettingsError
        If the family is unknown.
    """
    if level not in family_named(family).levels:
        return no_level_message(family, level)
    missing = missing_keys(family, level, folder)
    if not missing:
        return ""
    if family == COMPACT:
        return f"The bundled weights of level {level.name} are missing: install the project again."
    name = f"{family}-{level.name}"
    unpublished = [WEIGHT_FILES[key] for key in missing if WEIGHT_FILES[key].source is None]
    if unpublished:
        advice = (
            "no public download is known, so import the authors' files with "
            f"`python -m d2m weights import {' '.join(file.filename for file in unpublished)}`"
        )
        if len(unpublished) < len(missing):
            advice += f" and get the rest with `python -m d2m weights fetch {name}`"
    else:
        advice = f"get them with `python -m d2m weights fetch {name}`"
    return f"{WEIGHT_SETS[name].title}: missing {', '.join(missing)}; {advice}."


def is_installed(family: str, level: HopLevel, folder: Path = CHECKPOINTS) -> bool:
    """Return whether a family has a level and all files for it are installed."""
    return level in family_named(family).levels and not missing_keys(family, level, folder)


def no_level_message(family: str, level: HopLevel) -> str:
    """Return the error message for a level that a family doesn't have."""
    if family == "tiktok":
        return (
            "The published TikTok generator of level low can't run, because its input layer is "
            "missing: choose level high, or AIST++."
        )
    return f"The weights {family} have no networks of level {level.name}: choose another level."


def _missing_bundled(levels: Iterable[HopLevel], folder: Path) -> tuple[str, ...]:
    present = all(codec_path(level, folder).is_file() for level in levels)
    return () if present else (COMPACT,)
