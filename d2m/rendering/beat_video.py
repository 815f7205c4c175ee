"""A clip with its new music, and under it the beats of both as they come."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.rendering.beat_bar import BeatBar, Image, letter_size
from d2m.rendering.video_writer import Progress, add_sound, pictures_of, write_pictures

LONGEST_SIDE = 1280
"""Larger pictures are reduced to this (px), without the bar."""


def beat_overlay(
    video: Path,
    target: Path,
    *,
    dance_beats_s: NDArray[Any],
    music_beats_s: NDArray[Any],
    progress: Progress | None = None,
) -> None:
    """Write a video with a bar on which the beats of the dance and of the music flash.

    Parameters
    ----------
    video
        A clip with its music, as :func:`d2m.rendering.mux.mux` writes it.
    target
        The MP4 to write, as long as the clip and with its sound, untouched.
    dance_beats_s, music_beats_s : (B,), (M,)
        Ascending beat times (s).
    progress
        Called now and then with the share done, 0 to 1.

    Raises
    ------
    VideoError
        If the clip can't be read, or the video can't be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        silent = Path(folder) / "pictures.mp4"
        with pictures_of(video, LONGEST_SIDE) as (info, picture):
            bar = BeatBar(
                info.width,
                letter_size(info.width, info.height),
                dance_beats_s=dance_beats_s,
                music_beats_s=music_beats_s,
                fps=info.fps,
                n_pictures=info.frame_count(),
            )
            canvas = np.empty((info.height + bar.height, info.width, 3), np.uint8)

            def compose(index: int) -> Image:
                canvas[: info.height] = picture(index)
                bar.paint(canvas[info.height :], index)
                return canvas

            write_pictures(
                silent, compose, fps=info.fps, n_pictures=info.frame_count(), progress=progress
            )
        add_sound(silent, video, target)
    if progress is not None:
        progress(1.0)
