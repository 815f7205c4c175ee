"""Draw the picture that links to the page are shown with: an example's dancer beside the title.

    PYTHONPATH=. python tools/make_social_card.py

It writes the file of `d2m.web.social_card`. The README names it as the thumbnail of the Space.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from d2m.web.social_card import CARD, DESCRIPTION, TITLE
from tools.bench.clips import EXAMPLES

CLIP, TIME_S = "groove_procedural_landscape.mp4", 2.1
"""Example that is shown, and the moment (s) at which its pose is wide; chosen by hand."""
WIDTH, HEIGHT, MARGIN = 1200, 630, 64
"""Size of the picture (px), as networks show it, and its empty border (px)."""
BACKGROUND, TEXT, ACCENT = "#16131f", "#ffffff", "#f472b6"
"""Colours of the page at night, and of its buttons."""


def main() -> None:
    """Draw the picture."""
    from PIL import Image, ImageDraw

    card = Image.new("RGB", (WIDTH, HEIGHT), BACKGROUND)
    frame = _frame()
    side = min(frame.size)
    left = (frame.width - side) // 2
    card.paste(frame.crop((left, 0, left + side, side)).resize((HEIGHT, HEIGHT)), (570, 0))
    draw = ImageDraw.Draw(card)
    draw.text((MARGIN, 150), "D2M", TEXT, font=_font(120, "Bold"))
    draw.line((MARGIN, 300, 320, 300), ACCENT, 8)
    draw.multiline_text(
        (MARGIN, 340), DESCRIPTION.replace(", ", ",\n"), TEXT, font=_font(36), spacing=14
    )
    card.save(CARD, quality=88, optimize=True)
    print(f"{CARD.name}: {TITLE}, {CARD.stat().st_size} bytes")  # noqa: T201


def _frame() -> Any:
    """Return the shown frame of the example."""
    import av

    with av.open(str(EXAMPLES / CLIP)) as container:
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= TIME_S:
                return frame.to_image()
    raise SystemExit(f"{CLIP} is shorter than {TIME_S} s: choose an earlier moment.")


def _font(size: int, weight: str = "") -> Any:
    """Return a font of Matplotlib's."""
    import matplotlib
    from PIL import ImageFont

    name = f"DejaVuSans-{weight}.ttf" if weight else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, size)


if __name__ == "__main__":
    main()
