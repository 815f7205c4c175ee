"""The styles in which a dance can be generated: the ten genres of AIST++, salsa and Indian."""

from __future__ import annotations

from d2m.core.errors import SettingsError
from d2m.core.styles import AUTO, STYLES

DANCE_STYLES = {name: style.label for name, style in STYLES.items()} | {
    "salsa": "Salsa",
    "indian": "Indian",
}
"""Label of each style by its name. The order is that of the style vector of the networks; only
the first ten have music of their own, so `AUTO` chooses among these."""


def dance_style_named(name: str) -> str:
    """Return the label of a style.

    Raises
    ------
    SettingsError
        If there is no such style.
    """
    if name not in DANCE_STYLES:
        raise SettingsError(f"Unknown style {name!r}: choose {AUTO}, {', '.join(DANCE_STYLES)}.")
    return DANCE_STYLES[name]
