"""What dancers wear: the looks that a drawn figure can have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from d2m.core.styles import AUTO
from d2m.rendering.drawing import Colour


@dataclass(frozen=True, kw_only=True)
class Outfit:
    """Colours (red, green, blue; 0 to 255) and cut of a figure's hair and clothes.

    Parameters
    ----------
    skin, hair, shirt, trousers, shoes
        Colours.
    stripe
        Colour of what is on the shirt, and of a cap.
    hair_style
        ``"short"``, ``"afro"``, ``"ponytail"``, ``"bun"`` or ``"cap"``.
    sleeves
        Length of the sleeves as a share of the arm: 0 for none, 1 for long ones.
    pattern
        What is on the shirt: ``"band"``, ``"disc"``, ``"hood"`` (with a pocket) or ``"plain"``.
    shorts
        Whether the trousers end above the knees.
    """

    skin: Colour
    hair: Colour
    shirt: Colour
    stripe: Colour
    trousers: Colour
    shoes: Colour
    hair_style: str = "short"
    sleeves: float = 0.28
    pattern: str = "band"
    shorts: bool = False


LOOKS = {
    "red": Outfit(
        skin=(214, 160, 126), hair=(58, 40, 32), shirt=(206, 74, 62), stripe=(246, 240, 230),
        trousers=(62, 74, 104), shoes=(58, 60, 66),
    ),
    "yellow": Outfit(
        skin=(160, 106, 78), hair=(46, 34, 30), shirt=(238, 200, 84), stripe=(60, 110, 120),
        trousers=(52, 84, 96), shoes=(186, 62, 56), hair_style="afro", sleeves=0.0,
        pattern="plain", shorts=True,
    ),
    "blue": Outfit(
        skin=(236, 188, 156), hair=(112, 64, 40), shirt=(74, 140, 190), stripe=(250, 246, 238),
        trousers=(46, 48, 56), shoes=(240, 236, 230), hair_style="ponytail", sleeves=1.0,
        pattern="hood",
    ),
    "black": Outfit(
        skin=(122, 82, 60), hair=(34, 28, 26), shirt=(54, 56, 64), stripe=(232, 116, 58),
        trousers=(158, 140, 110), shoes=(236, 232, 226), hair_style="cap", pattern="disc",
    ),
    "green": Outfit(
        skin=(228, 178, 146), hair=(206, 162, 92), shirt=(70, 146, 98), stripe=(238, 226, 176),
        trousers=(104, 82, 96), shoes=(232, 224, 210), hair_style="bun", sleeves=1.0,
    ),
}  # fmt: skip
"""Looks by name. Colours chosen by hand."""


def looks_of(look: str, seed: int, dancers: int) -> list[Outfit]:
    """Return the looks of dancers side by side, each another one.

    Parameters
    ----------
    look
        Name of the first dancer's look, or ``"auto"`` for one that the seed chooses.
    seed
        Seed of the choice.
    dancers
        Number of dancers, up to the number of looks.
    """
    names = [str(name) for name in np.random.default_rng(seed).permutation(list(LOOKS))]
    if look != AUTO:
        names = [look, *(name for name in names if name != look)]
    return [LOOKS[name] for name in names[:dancers]]
