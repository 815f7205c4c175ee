"""Comparison videos: two results for one dance side by side, each with a caption and a beat bar."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import VideoError
from d2m.media.clip import ShareProgress
from d2m.media.upright import fitted_size
from d2m.rendering.beat_bar import BeatBar, bar_height
from d2m.rendering.drawing import draw_text, font_size, rgb
from d2m.rendering.palette import DARK
from d2m.rendering.video_writer import (
    FULL_HD,
    combine_streams,
    open_frames,
    same_frames,
    video_info,
    write_frames,
)
from d2m.rendering.yuv_canvas import YuvCanvas, frame_planes, image_planes

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

# Gap between the halves (px). Chosen by eye.
_GAP = 8


def write_side_by_side(
    left: Path,
    right: Path,
    targets: tuple[Path, Path],
    *,
    dance_beats_s: NDArray[Any],
    music_beats_s: tuple[NDArray[Any], NDArray[Any]],
    captions: tuple[str, str] = ("High", "Low"),
    progress: ShareProgress | None = None,
) -> None:
    """Write two videos with equal frames that show both clips, each with the audio of one.

    Each half is as large as fits a whole frame of Full HD, lying or standing, and no larger than
    the clip.

    Parameters
    ----------
    left, right
        Clips of one dance with their music, written by :func:`d2m.rendering.mux.mux`.
    targets
        The MP4s to write, atomically: with the audio of the left and of the right clip.
    dance_beats_s : (B,)
        Ascending beat times of the dance (s).
    music_beats_s : (M,), (N,)
        Ascending beat times of the left and of the right clip's music (s).
    captions
        Captions above the left and the right clip.
    progress
        Called regularly with the share done, 0 to 1.

    Raises
    ------
    VideoError
        If a clip can't be read, the clips show different dances, or a video can't be written.
    """
    one, other = video_info(left), video_info(right)
    same_size = (one.width, one.height) == (other.width, other.height)
    if not same_size or one.frame_count() != other.frame_count():
        raise VideoError(
            "The two clips differ in size or length: compare results for the same dance."
        )
    with tempfile.TemporaryDirectory() as folder:
        silent = Path(folder) / "frames.mp4"
        _write_both((left, right), silent, dance_beats_s, music_beats_s, captions, progress)
        for audio, target in zip((left, right), targets, strict=True):
            combine_streams(silent, audio, target)
    if progress is not None:
        progress(1.0)


def _write_both(
    clips: tuple[Path, Path],
    target: Path,
    dance_beats_s: NDArray[Any],
    music_beats_s: tuple[NDArray[Any], NDArray[Any]],
    captions: tuple[str, str],
    progress: ShareProgress | None,
) -> None:
    """Write both clips side by side into a video without audio."""
    with ExitStack() as stack:
        clip = video_info(clips[0])
        side = _panel_side(clip.width, clip.height)
        info, read_left = stack.enter_context(open_frames(clips[0], side))
        read_right = None
        # Results for one dance normally differ in their audio only.
        if not same_frames(*clips):
            _, read_right = stack.enter_context(open_frames(clips[1], side))
        font_px = font_size(2 * info.width + _GAP, info.height)
        bars = [
            BeatBar(
                info.width,
                font_px,
                dance_beats_s=dance_beats_s,
                music_beats_s=beats_s,
                fps=info.fps,
                n_frames=info.frame_count(),
            )
            for beats_s in music_beats_s
        ]
        halves = list(zip((read_left, read_right), bars, strict=True))
        render = _renderer(halves, (info.width, info.height), captions, font_px)
        write_frames(target, render, fps=info.fps, n_frames=info.frame_count(), progress=progress)


def _panel_side(width: int, height: int) -> int:
    """Return the longest side (px) of a half with which the whole fits `FULL_HD` either way up."""
    for side in range(max(width, height), 2, -2):
        half = fitted_size(width, height, side)
        font_px = font_size(2 * half[0] + _GAP, half[1])
        whole = 2 * half[0] + _GAP, half[1] + _head(font_px) + bar_height(font_px)
        if max(whole) <= FULL_HD[0] and min(whole) <= FULL_HD[1]:
            return side
    return 2


def _head(font_px: int) -> int:
    """Return the height of the captions (px)."""
    return 2 * round(0.85 * font_px)


def _renderer(
    halves: list[tuple[Callable[[int], VideoFrame] | None, BeatBar]],
    size: tuple[int, int],
    captions: tuple[str, str],
    font_px: int,
) -> Callable[[int], VideoFrame]:
    """Return a function from an index to the whole frame.

    Parameters
    ----------
    halves
        For each half the function that reads its frames and its bar. None stands for the
        frames of the half before.
    size
        (width, height) of the frames of a half (px).
    captions, font_px
        Captions above the halves, and their font size (px).
    """
    width, height = size
    head = _head(font_px)
    whole = 2 * width + _GAP, head + height + halves[0][1].height
    canvas = YuvCanvas(*whole, DARK.background)
    starts = (0, width + _GAP)
    for start, caption in zip(starts, captions, strict=True):
        title = np.empty((head, width, 3), np.uint8)
        title[:] = rgb(DARK.background)
        draw_text(title, caption, (width / 2, head / 2), font_px, DARK.ink)
        canvas.put(image_planes(title), start, 0)

    def render(index: int) -> VideoFrame:
        for start, (read_frame, bar) in zip(starts, halves, strict=True):
            if read_frame is not None:
                planes = frame_planes(read_frame(index))
            canvas.put(planes, start, head)
            bar.paint(canvas, (start, head + height), index)
        return canvas.frame()

    return render
