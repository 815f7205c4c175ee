"""The style of all plots, and how they are saved."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

TEXT_COLOUR = "#222222"
"""Colour of text."""
PLOT_DPI = 100
"""Pixels in an inch of a plot."""
PLOT_STYLE: Any = {"font.size": 12, "text.color": TEXT_COLOUR, "axes.labelcolor": TEXT_COLOUR}
"""matplotlib's settings for all plots."""
_N_COLOURS = 96  # of the PNG palette: a third of the file size of all colours


def save_palette_png(figure: Any, path: Path) -> None:
    """Save a figure as PNG with a palette."""
    from PIL import Image

    rendered = io.BytesIO()
    figure.savefig(rendered, format="png")
    image = Image.open(rendered).convert("RGB").quantize(_N_COLOURS, dither=Image.Dither.NONE)
    image.save(path, format="PNG", optimize=True)
