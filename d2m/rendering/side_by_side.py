"""Two results for one dance in one picture, each under its name and over its beats."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import VideoError
from d2m.rendering.beat_bar import BeatBar, Image, letter_size, rgb, write
from d2m.rendering.palette import DARK
from d2m.rendering.video_writer import (
    Progress,
    add_sound,
    look_at,
    pictures_of,
    same_pictures,
    write_pictures,
)

LONGEST_SIDE = 960
"""Larger pictures are reduced to this (px), each half of its own."""

_GAP = 8


def side_by_side(
    left: Path,
    right: Path,
    targets: tuple[Path, Path],
    *,
    dance_beats_s: NDArray[Any],
    music_beats_s: tuple[NDArray[Any], NDArray[Any]],
    captions: tuple[str, str] = ("High", "Low"),
    progress: Progress | None = None,
) -> None:
    """Write two videos with the same pictures: both clips, and the sound of one of them.

    Parameters
    ----------
    left, right
        Clips of one dance with their music, as :func:`d2m.rendering.mux.mux` writes them.
    targets
        The MP4s to write, with the sound of the left and of the right clip.
    dance_beats_s : (B,)
        Ascending beat times of the dance (s).
    music_beats_s : (M,), (N,)
        Ascending beat times of the left and of the right clip's music (s).
    captions
        What to write over the left and over the right clip.
    progress
        Called now and then with the share done, 0 to 1.

    Raises
    ------
    VideoError
        If a clip can't be read, they are not of one dance, or a video can't be written.
    """
    one, other = look_at(left), look_at(right)
    same_shape = (one.width, one.height) == (other.width, other.height)
    if not same_shape or one.frame_count() != other.frame_count():
        raise VideoError(
            "The two clips differ in size or length: compare results for the same dance."
        )
    with tempfile.TemporaryDirectory() as folder:
        silent = Path(folder) / "pictures.mp4"
        with ExitStack() as stack:
            info, picture = stack.enter_context(pictures_of(left, LONGEST_SIDE))
            pictures = [picture, None]
            # Results for one dance differ in nothing but their sound.
            if not same_pictures(left, right):
                pictures[1] = stack.enter_context(pictures_of(right, LONGEST_SIDE))[1]
            width = 2 * info.width + _GAP
            letters = letter_size(width, info.height)
            bars = [
                BeatBar(
                    info.width,
                    letters,
                    dance_beats_s=dance_beats_s,
                    music_beats_s=beats_s,
                    fps=info.fps,
                    n_pictures=info.frame_count(),
                )
                for beats_s in music_beats_s
            ]
            halves = list(zip(pictures, bars, strict=True))
            compose = _composer(halves, (info.width, info.height), captions, letters)
            write_pictures(
                silent, compose, fps=info.fps, n_pictures=info.frame_count(), progress=progress
            )
        for sounding, target in zip((left, right), targets, strict=True):
            add_sound(silent, sounding, target)
    if progress is not None:
        progress(1.0)


def _composer(
    halves: list[tuple[Callable[[int], Image] | None, BeatBar]],
    size: tuple[int, int],
    captions: tuple[str, str],
    letters: int,
) -> Callable[[int], Image]:
    """Return a function that draws the whole picture (H, W, 3) of a number.

    Parameters
    ----------
    halves
        What gives the pictures of each half, or None for those of the half before, and its bar.
    size
        (width, height) of a half's pictures (px).
    captions, letters
        What to write over the halves, and how large (px).
    """
    width, height = size
    head = 2 * round(0.85 * letters)
    canvas = np.empty((head + height + halves[0][1].height, 2 * width + _GAP, 3), np.uint8)
    canvas[:] = rgb(DARK.ground)
    starts = (0, width + _GAP)
    for start, caption in zip(starts, captions, strict=True):
        part = canvas[:head, start : start + width]
        write(part, caption, (width / 2, head / 2), letters, DARK.ink)

    def compose(index: int) -> Image:
        for start, (picture, bar) in zip(starts, halves, strict=True):
            half = canvas[head:, start : start + width]
            if picture is not None:
                shown = picture(index)
            half[:height] = shown
            bar.paint(half[height:], index)
        return canvas

    return compose
