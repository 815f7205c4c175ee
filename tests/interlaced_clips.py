"""Clips that are interlaced: each picture holds two moments, in every other line."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.clips import ffmpeg

SIZE = (720, 576)
"""Width and height of a picture of PAL (px)."""


def moving_bar(rate: float, seconds: float = 3.2, size: tuple[int, int] = SIZE) -> str:
    """Return FFmpeg's source of a white bar that goes to the right, 700 px a second."""
    bar = f"color=c=white:s=100x{size[1] // 2}:r={rate}:d={seconds}"
    place = f"x='mod(n*{700 / rate},{size[0] - 100})':y={size[1] // 4}:eval=frame:shortest=1"
    return (
        f"color=c=gray:s={size[0]}x{size[1]}:r={rate}:d={seconds}[back];{bar}[bar];"
        f"[back][bar]overlay={place}"
    )


def make_interlaced(
    path: Path,
    *options: object,
    source: str = "",
    first: str = "tff",
    rate: float = 25,
    more: str = "",
) -> Path:
    """Write a clip whose two fields are filmed one after the other.

    Parameters
    ----------
    path
        The clip.
    options
        FFmpeg's options for the encoder.
    source
        FFmpeg's source with twice as many pictures a second as the clip; a bar by default.
    first
        The field that is filmed first: ``"tff"`` for the top one, else ``"bff"``.
    rate
        Pictures a second of the clip (Hz).
    more
        Filters that follow.
    """
    top = "top" if first == "tff" else "bottom"
    filters = f"{source or moving_bar(2 * rate)},tinterlace=mode=interleave_{top},setfield={first}"
    ffmpeg("-y", "-f", "lavfi", "-i", filters + more, "-flags", "+ilme+ildct", *options, path)
    return path


def teeth(luma: np.ndarray) -> float:
    """Return how much the lines of a picture (H, W) differ from the mean of their neighbours.

    Edges between two moments look like the teeth of a comb: several units, else less than 1.
    """
    lines = luma.astype(float)
    return float(np.abs(lines[1:-1] - (lines[:-2] + lines[2:]) / 2).mean())
