"""The sets and families of weights that users can choose, with their files and licences."""

from __future__ import annotations

from dataclasses import dataclass

from d2m.checkpoints.catalog import (
    AIST_TITLE,
    JUKEBOX_LICENCE,
    NO_LICENCE,
    TIKTOK_TITLE,
    WEIGHT_FILES,
)
from d2m.core.common_settings import COMPACT
from d2m.core.errors import SettingsError
from d2m.core.levels import HIGH, HOP_LEVELS, LOW, HopLevel


@dataclass(frozen=True, kw_only=True)
class WeightSet:
    """Weight files that are installed together under one name.

    Parameters
    ----------
    name
        Name of the set in commands.
    title, trained_on, licence
        Descriptions for the user.
    files
        Keys of the files that belong to this set.
    needs
        Keys of further files that it needs: one of each tuple. If none of a tuple is
        installed, the first one is downloaded.
    """

    name: str
    title: str
    trained_on: str
    licence: str
    files: tuple[str, ...] = ()
    needs: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Family:
    """Weights for one or both levels, as the app offers them.

    Parameters
    ----------
    name
        ``"compact"``, ``"aist"`` or ``"tiktok"``.
    label, trained_on, licence
        Descriptions for the user.
    levels
        Levels with weights that can be used.
    segments
        Whether the generator's input and output are fixed segments of 2 s.
    genres
        Whether the generator takes a genre as input.
    commercial_use
        Whether the licence allows commercial use of the generated music.
    """

    name: str
    label: str
    trained_on: str
    licence: str
    levels: tuple[HopLevel, ...]
    segments: bool
    genres: bool
    commercial_use: bool


def codec_keys(level: HopLevel) -> tuple[str, str]:
    """Return the keys of the codecs that decode a level, the preferred one first."""
    return (f"vqvae-{level.name}", "vqvae-jukebox")


def _published(dataset: str, trained_on: str, level: HopLevel) -> WeightSet:
    return WeightSet(
        name=f"{dataset}-{level.name}",
        title=f"D2M-GAN as published, {trained_on}, level {level.name}",
        trained_on=trained_on,
        licence=f"{NO_LICENCE}; codec: {JUKEBOX_LICENCE}",
        files=(f"{dataset}-{level.name}-motion", f"{dataset}-{level.name}-generator"),
        needs=(codec_keys(level), ("i3d",)),
    )


def _single_file(name: str, key: str) -> WeightSet:
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
            trained_on="the project's own songs, and recorded music under the BSD and MIT licences",
            licence="Apache-2.0, like the project",
        ),
        _published("aist", AIST_TITLE, HIGH),
        _published("aist", AIST_TITLE, LOW),
        _published("tiktok", TIKTOK_TITLE, HIGH),
        _single_file("jukebox", "vqvae-jukebox"),
        _single_file("i3d", "i3d"),
        _single_file("vggish", "vggish"),
    )
}
"""All sets of weights, by name."""

FAMILIES = {
    family.name: family
    for family in (
        Family(
            name=COMPACT,
            label="Compact (bundled)",
            trained_on=WEIGHT_SETS[COMPACT].trained_on,
            licence=WEIGHT_SETS[COMPACT].licence,
            levels=tuple(HOP_LEVELS.values()),
            segments=False,
            genres=True,
            commercial_use=True,
        ),
        Family(
            name="aist",
            label="D2M-GAN, AIST++",
            trained_on=AIST_TITLE,
            licence=WEIGHT_SETS["aist-high"].licence,
            levels=tuple(HOP_LEVELS.values()),
            segments=True,
            genres=True,
            commercial_use=False,
        ),
        Family(
            name="tiktok",
            label="D2M-GAN, TikTok",
            trained_on=TIKTOK_TITLE,
            licence=WEIGHT_SETS["tiktok-high"].licence,
            levels=(HIGH,),
            segments=True,
            genres=False,
            commercial_use=False,
        ),
    )
}
"""All families of weights, by name."""


def family_named(name: str) -> Family:
    """Return the family of weights with a name.

    Raises
    ------
    SettingsError
        If the name is unknown.
    """
    if name not in FAMILIES:
        raise SettingsError(f"Unknown weights {name!r}: choose {', '.join(FAMILIES)}.")
    return FAMILIES[name]


def file_keys(name: str) -> tuple[str, ...]:
    """Return the keys of a set's own files, or of the single file with that name.

    Raises
    ------
    SettingsError
        If no set and no file has the name.
    """
    if name in WEIGHT_FILES:
        return (name,)
    if name not in WEIGHT_SETS:
        known = dict.fromkeys((*WEIGHT_SETS, *WEIGHT_FILES))
        raise SettingsError(f"Unknown weights {name!r}: choose {', '.join(known)}.")
    return WEIGHT_SETS[name].files
