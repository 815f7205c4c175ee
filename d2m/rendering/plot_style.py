"""The common style of all plots."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from d2m.media.file_tags import png_tags
from d2m.rendering.palette import Palette

WIDTH_IN, DPI = 8.0, 150
"""Width of a plot (in) and its resolution (px/in): 1200 px."""
FONT_PT = 15
"""Smallest font size (pt): 9.4 px where the plot is 360 px wide, as on a phone."""
AXES_LEFT, AXES_RIGHT = 0.132, 0.964
"""Left and right edge of time axes as shares of the width, equal in all plots of a dance so that
they can stand one above the other. Chosen by eye."""
_FONTS = ("DejaVu Sans", "Droid Sans Fallback")
"""Fonts of the plots: the one that comes with Matplotlib, and for Chinese, Japanese and Korean the
one beside this module (Apache-2.0, from Debian's package fonts-droid-fallback)."""
_EAST_ASIAN_FONT = Path(__file__).parent / "fonts" / "DroidSansFallback.ttf"
# Space for the title as a share of the plot's width.
_TITLE_WIDTH = 0.97


def style(palette: Palette) -> Any:
    """Return Matplotlib's settings (rcParams) for plots in these colours."""
    ink = palette.ink
    return {
        "font.family": _FONTS[0],
        "font.size": FONT_PT,
        "figure.titlesize": FONT_PT + 1,
        "figure.facecolor": palette.background,
        "savefig.facecolor": palette.background,
        "axes.facecolor": palette.background,
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
    """Return a text on one line, without the characters that no font of the plots has.

    Accents written as characters of their own, as in macOS file names, are joined with their
    letters first. Emoji and rare scripts are left out; the rest stays readable.
    """
    joined = unicodedata.normalize("NFC", text)
    known = "".join(letter for letter in joined if letter.isspace() or _is_drawn(letter))
    return " ".join(known.split())


def _is_drawn(letter: str) -> bool:
    return any(ord(letter) in characters for characters in _font_characters())


@cache
def _font_characters() -> tuple[frozenset[int], ...]:
    """Return the code points of the fonts of the plots, which are made known to Matplotlib."""
    import matplotlib as mpl
    from matplotlib.font_manager import fontManager
    from matplotlib.ft2font import FT2Font

    fontManager.addfont(str(_EAST_ASIAN_FONT))
    western = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return tuple(frozenset(FT2Font(str(one)).get_charmap()) for one in (western, _EAST_ASIAN_FONT))


def heading(figure: Any, title: str, facts: list[tuple[str, str]], facts_at: float = 0.937) -> None:
    """Write a title at the top of a figure, and below it facts in their own colours.

    Parameters
    ----------
    figure
        A Matplotlib figure.
    title
        The title; its middle is replaced by an ellipsis if it is too wide.
    facts
        Facts and their colours, from left to right; smaller if they are too wide together.
    facts_at
        Upper edge of the facts as a share of the height.
    """
    from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea

    whole = legible(title)
    line = figure.text(0.5, 0.987, "", ha="center", va="top", size=FONT_PT + 1, family=_FONTS)
    line.set_parse_math(False)
    kept = len(whole)
    line.set_text(whole)
    room = _TITLE_WIDTH * figure.bbox.width
    while kept > 2 and (width := line.get_window_extent().width) > room:
        kept = min(kept - 1, int(kept * room / width))
        # The beginning and the end of a long file name say more than its middle.
        line.set_text(f"{whole[: kept - kept // 2].rstrip()}…{whole[-(kept // 2) :].lstrip()}")
    # Facts that are too wide together become smaller: none is cut.
    probe = figure.text(0, 0, "     ".join(fact for fact, _ in facts), size=FONT_PT, weight="bold")
    size = FONT_PT * min(1.0, room / max(1.0, probe.get_window_extent().width))
    probe.remove()
    texts: list[Any] = [
        TextArea(fact, textprops={"color": colour, "size": size, "weight": "bold"})
        for fact, colour in facts
    ]
    figure.add_artist(
        AnchoredOffsetbox(
            "upper center",
            child=HPacker(children=texts, sep=26, pad=0),
            frameon=False,
            pad=0,
            borderpad=0,
            bbox_to_anchor=(0.5, facts_at),
            bbox_transform=figure.transFigure,
        )
    )


def save_png(figure: Any, path: Path, title: str) -> None:
    """Write a figure as PNG with a title.

    It is packed less tightly than Matplotlib does: a tenth larger, faster.
    """
    figure.savefig(path, format="png", metadata=png_tags(title), pil_kwargs={"compress_level": 3})


def time_ticks(axes: Any, duration_s: float) -> None:
    """Label a time axis (s), and end it with the clip."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(0, max(duration_s, 1e-3))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(lambda time_s, _: f"{time_s:g} s")
