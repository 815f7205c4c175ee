"""Titles and kinds of songs: each seed of a style has its own title."""

from __future__ import annotations

from d2m.core.styles import STYLES, style_named
from d2m.score.sub_genres.by_style import SUB_GENRES

_FIRST = (
    *("Amber", "Autumn", "Blue", "Bright", "Broken", "City", "Copper", "Crystal", "Distant"),
    *("Early", "Electric", "Evening", "Faded", "First", "Golden", "Green", "Harbour", "Hidden"),
    *("High", "Hollow", "Indigo", "Iron", "Ivory", "Late", "Little", "Long", "Lucky", "Midnight"),
    *("Morning", "Narrow", "Neon", "Northern", "Open", "Orange", "Paper", "Quiet", "Rainy"),
    *("Restless", "River", "Rolling", "Scarlet", "Second", "Silver", "Southern", "Summer"),
    *("Velvet", "Violet", "Warm", "Wide", "Wild"),
)
_SECOND = (
    *("Avenue", "Balcony", "Bridge", "Canvas", "Circle", "Corner", "Courtyard", "Crossing"),
    *("Curtain", "Drive", "Echo", "Engine", "Fountain", "Garden", "Gate", "Hour", "Island"),
    *("Ladder", "Lantern", "Letter", "Lights", "Market", "Meadow", "Mirror", "Motion", "Parade"),
    *("Pavement", "Platform", "Postcard", "Promise", "Rooftop", "Season", "Shadow", "Signal"),
    *("Skyline", "Staircase", "Station", "Street", "Summit", "Sunday", "Terrace"),
)
_TITLES = len(_FIRST) * len(_SECOND)
"""Titles of a style: 50 first and 41 second words, which share no factor."""
_STYLE_STEP = 207
"""How far the styles begin from each other in the list of titles: about a tenth of it."""


def song_title(style: str, seed: int) -> str:
    """Return the title of a song.

    All titles of a style come before one comes again, which then has a number: ``"Amber
    Corner 2"``. Neighbouring seeds share no word.

    Parameters
    ----------
    style
        Name of a style in `d2m.core.styles.STYLES`.
    seed
        Seed of the song, from 0.
    """
    start = list(STYLES).index(style_named(style).name) * _STYLE_STEP
    round_number, place = divmod(seed, _TITLES)
    first = _FIRST[(23 * (place + start)) % len(_FIRST)]
    second = _SECOND[(17 * (place + start)) % len(_SECOND)]
    return f"{first} {second}" + (f" {round_number + 1}" if round_number else "")


def song_kinds(style: str) -> tuple[str, ...]:
    """Return the kinds of songs of a style, which take turns from seed to seed.

    Parameters
    ----------
    style
        Name of a style in `d2m.core.styles.STYLES`.
    """
    return tuple(one.name for one in SUB_GENRES[style_named(style).name])
