"""Every set of weights that the project knows: what a person names, and under what terms."""

from __future__ import annotations

from dataclasses import dataclass

from d2m.checkpoints.catalog import (
    AIST_TITLE,
    JUKEBOX_LICENCE,
    NO_LICENCE,
    TIKTOK_TITLE,
    WEIGHT_FILES,
)
from d2m.core.errors import SettingsError
from d2m.core.levels import HIGH, LEVELS, LOW, Level
from d2m.core.settings import COMPACT


@dataclass(frozen=True, kw_only=True)
class WeightSet:
    """Files that a person gets under one name.

    Parameters
    ----------
    name, title, trained_on, licence
        For people.
    files
        Keys of its own files.
    needs
        Further files that it plays with: one key of each tuple, the first if none is there.
    """

    name: str
    title: str
    trained_on: str
    licence: str
    files: tuple[str, ...] = ()
    needs: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Family:
    """Weights as the app offers them.

    Parameters
    ----------
    name
        ``"compact"``, ``"aist"`` or ``"tiktok"``.
    label, trained_on, licence
        For people.
    levels
        Levels that exist.
    segments
        Whether it plays in fixed segments of 2 s.
    genres
        Whether a genre can be chosen.
    """

    name: str
    label: str
    trained_on: str
    licence: str
    levels: tuple[Level, ...]
    segments: bool
    genres: bool


def codec_keys(level: Level) -> tuple[str, str]:
    """Return the codecs that can play a level of the published sets, the better one first."""
    return (f"vqvae-{level.name}", "vqvae-jukebox")


def _published(dataset: str, trained_on: str, level: Level) -> WeightSet:
    return WeightSet(
        name=f"{dataset}-{level.name}",
        title=f"D2M-GAN as published, {trained_on}, level {level.name}",
        trained_on=trained_on,
        licence=f"{NO_LICENCE}; with a codec under {JUKEBOX_LICENCE}",
        files=(f"{dataset}-{level.name}-motion", f"{dataset}-{level.name}-generator"),
        needs=(codec_keys(level), ("i3d",)),
    )


def _alone(name: str, key: str) -> WeightSet:
    file = WEIGHT_FILES[key]
    return WeightSet(
        name=name, title=file.title, trained_on=file.trained_on, licence=file.licence, files=(key,)
    )


WEIGHT_SETS = {
    weights.name: weights
    for weights in (
        WeightSet(
            name=COMPACT,
            title="Bundled with the project, both levels",
            trained_on="the project's own songs",
            licence="Apache-2.0, with the project",
        ),
        _published("aist", AIST_TITLE, HIGH),
        _published("aist", AIST_TITLE, LOW),
        _published("tiktok", TIKTOK_TITLE, HIGH),
        _alone("jukebox", "vqvae-jukebox"),
        _alone("i3d", "i3d"),
        _alone("vggish", "vggish"),
    )
}
"""What a person names in a command, by name."""

FAMILIES = {
    family.name: family
    for family in (
        Family(
            name=COMPACT,
            label="Compact (bundled)",
            trained_on=WEIGHT_SETS[COMPACT].trained_on,
            licence=WEIGHT_SETS[COMPACT].licence,
            levels=tuple(LEVELS.values()),
            segments=False,
            genres=True,
        ),
        Family(
            name="aist",
            label="D2M-GAN, AIST++",
            trained_on=AIST_TITLE,
            licence=WEIGHT_SETS["aist-high"].licence,
            levels=tuple(LEVELS.values()),
            segments=True,
            genres=True,
        ),
        Family(
            name="tiktok",
            label="D2M-GAN, TikTok",
            trained_on=TIKTOK_TITLE,
            licence=WEIGHT_SETS["tiktok-high"].licence,
            levels=(HIGH,),
            segments=True,
            genres=False,
        ),
    )
}
"""Families that the app offers, by name."""


def family_named(name: str) -> Family:
    """Return the family of that name.

    Raises
    ------
    SettingsError
        If there is none.
    """
    if name not in FAMILIES:
        raise SettingsError(f"Unknown weights {name!r}: choose {', '.join(FAMILIES)}.")
    return FAMILIES[name]


def file_keys(name: str) -> tuple[str, ...]:
    """Return the keys of the files that a set or a file's own name stands for.

    Raises
    ------
    SettingsError
        If there is no such set or file.
    """
    if name in WEIGHT_FILES:
        return (name,)
    if name not in WEIGHT_SETS:
        known = dict.fromkeys((*WEIGHT_SETS, *WEIGHT_FILES))
        raise SettingsError(f"Unknown weights {name!r}: choose {', '.join(known)}.")
    return WEIGHT_SETS[name].files
