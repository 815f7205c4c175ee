"""The look of all pictures."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from d2m.rendering.palette import Palette

WIDTH_IN, DPI = 8.0, 150
"""Width of a picture (in) and its pixels an inch: 1200 px."""
LETTERS_PT = 15
"""Size of the smallest letters: 9.4 px where the picture is 360 px wide."""


def style(palette: Palette) -> Any:
    """Return Matplotlib's settings for pictures in these colours."""
    ink = palette.ink
    return {
        "font.family": "DejaVu Sans",
        "font.size": LETTERS_PT,
        "figure.titlesize": LETTERS_PT + 1,
        "figure.facecolor": palette.ground,
        "savefig.facecolor": palette.ground,
        "axes.facecolor": palette.ground,
        "axes.edgecolor": palette.faint,
        "axes.labelcolor": ink,
        "text.color": ink,
        "xtick.labelcolor": ink,
        "ytick.labelcolor": ink,
        "xtick.color": palette.faint,
        "ytick.color": palette.faint,
        "figure.constrained_layout.hspace": 0,
        "figure.constrained_layout.h_pad": 0.02,
    }


def legible(text: str) -> str:
    """Return one line of a text; a box stands for each letter that the font lacks."""
    line = " ".join(text.split())
    return "".join(letter if ord(letter) in _letters() else "\N{WHITE SQUARE}" for letter in line)


@cache
def _letters() -> frozenset[int]:
    """Return the code points of the letters in the font that comes with Matplotlib."""
    import matplotlib as mpl
    from matplotlib.ft2font import FT2Font

    font = FT2Font(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"))
    return frozenset(font.get_charmap())


def heading(figure: Any, title: str, parts: list[tuple[str, str]]) -> None:
    """Write a title over a figure, and under it facts in colours of their own.

    Parameters
    ----------
    figure
        A Matplotlib figure.
    title
        Its middle is left out when it doesn't fit.
    parts
        Facts and their colours, from left to right.
    """
    from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea

    line = figure.text(0.5, 0.987, "", ha="center", va="top", size=LETTERS_PT + 1)
    line.set_parse_math(False)
    whole = legible(title)
    kept = len(whole)
    line.set_text(whole)
    room = 0.97 * figure.bbox.width
    while kept > 2 and (width := line.get_window_extent().width) > room:
        kept = min(kept - 1, int(kept * room / width))
        # Both ends say what the middle of a long file name seldom does.
        line.set_text(f"{whole[: kept - kept // 2].rstrip()}…{whole[-(kept // 2) :].lstrip()}")
    facts: list[Any] = [
        TextArea(fact, textprops={"color": colour, "size": LETTERS_PT, "weight": "bold"})
        for fact, colour in parts
    ]
    figure.add_artist(
        AnchoredOffsetbox(
            "upper center",
            child=HPacker(children=facts, sep=26, pad=0),
            frameon=False,
            pad=0,
            borderpad=0,
            bbox_to_anchor=(0.5, 0.937),
            bbox_transform=figure.transFigure,
        )
    )
