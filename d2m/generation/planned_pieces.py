"""Which pieces a job makes: each of its levels, in each of its variations."""

from __future__ import annotations

from dataclasses import dataclass, replace

from d2m.core.common_settings import COMPACT
from d2m.core.levels import HopLevel, Level
from d2m.core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class PlannedPiece:
    """One level's music in one variation.

    Parameters
    ----------
    level
        The level.
    variation
        Number of the variation, from 1.
    settings
        How it is made, with the seed of this variation.
    """

    level: Level
    variation: int
    settings: Settings


def planned_pieces(levels: tuple[Level, ...], settings: Settings) -> list[PlannedPiece]:
    """Return the pieces that a job makes, in the order in which they are made.

    The first variation of all levels comes first. A level without a seed is made once.

    Parameters
    ----------
    levels
        The levels.
    settings
        Their seed is that of the first variation; the others have the seeds after it.
    """
    return [
        PlannedPiece(
            level=level,
            variation=1 + number,
            settings=replace(settings, seed=settings.seed + number),
        )
        for number in range(settings.variations)
        for level in levels
        if number == 0 or has_seed(level, settings)
    ]


def has_seed(level: Level, settings: Settings) -> bool:
    """Return whether a level has a seed: the published D2M-GAN weights have none."""
    return settings.weights == COMPACT or not isinstance(level, HopLevel)
