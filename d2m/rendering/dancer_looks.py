"""What dancers wear: the looks that a drawn figure can have."""

from __future__ import annotations

import numpy as np

from d2m.core.styles import AUTO
from d2m.rendering.dancer_figure import Outfit

LOOKS = {
    "red": Outfit(skin=(214, 160, 126), hair=(58, 40, 32), shirt=(206, 74, 62),
                  stripe=(246, 240, 230), trousers=(62, 74, 104), shoes=(58, 60, 66)),
    "yellow": Outfit(skin=(168, 112, 82), hair=(34, 26, 24), shirt=(238, 204, 92),
                     stripe=(60, 110, 120), trousers=(56, 62, 84), shoes=(170, 52, 52)),
    "blue": Outfit(skin=(236, 188, 156), hair=(150, 88, 44), shirt=(74, 140, 190),
                   stripe=(250, 246, 238), trousers=(46, 48, 56), shoes=(240, 236, 230)),
    "black": Outfit(skin=(120, 82, 60), hair=(30, 26, 26), shirt=(52, 54, 62),
                    stripe=(226, 92, 60), trousers=(150, 132, 104), shoes=(236, 232, 226)),
    "green": Outfit(skin=(226, 176, 142), hair=(186, 140, 78), shirt=(72, 150, 98),
                    stripe=(244, 236, 200), trousers=(88, 70, 62), shoes=(70, 90, 130)),
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
