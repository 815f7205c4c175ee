"""Write the small pictures that the page shows for the example clips.

PYTHONPATH=. python tools/example_posters.py --folder examples
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from d2m.media.clip import read_frames
from d2m.web.examples import EXAMPLES, load_examples

SECOND, SIDE, QUALITY = 2.0, 240, 80
"""Time of the picture in the clip (s), its longest side (px), and its JPEG quality; by hand."""


def main(folder: Annotated[Path, typer.Option(help="Folder of the clips.")] = EXAMPLES) -> None:
    """Write a poster beside each clip."""
    from PIL import Image

    for example in load_examples(folder):
        frames = read_frames(example.path, longest_side=SIDE)
        frame = next(picture for time_s, picture in frames if time_s >= SECOND)
        Image.fromarray(frame).save(example.poster, quality=QUALITY, optimize=True)


if __name__ == "__main__":
    typer.run(main)
