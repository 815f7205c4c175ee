"""The beat video: a clip with its new music, and under it a bar with the beats of both."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from d2m.media.clip import ShareProgress
from d2m.rendering.beat_bar import BeatBar
from d2m.rendering.drawing import font_size
from d2m.rendering.palette import DARK
from d2m.rendering.video_writer import (
    combine_streams,
    open_frames,
    shown_side,
    video_info,
    write_frames,
)
from d2m.rendering.yuv_canvas import YuvCanvas, frame_planes

if TYPE_CHECKING:
    from av.video.frame import VideoFrame


def write_beat_video(
    video: Path,
    target: Path,
    *,
    dance_beats_s: NDArray[Any],
    music_beats_s: NDArray[Any],
    progress: ShareProgress | None = None,
) -> None:
    """Write a video with a bar in which the beats of dance and music flash.

    The picture has the size of the clip up to `d2m.rendering.video_writer.FULL_HD`; the bar is
    added below it.

    Parameters
    ----------
    video
        A clip with its music, written by :func:`d2m.rendering.mux.mux`.
    target
        The MP4 to write, atomically. It has the duration of the clip and the same coded audio.
    dance_beats_s, music_beats_s : (B,), (M,)
        Ascending beat times (s).
    progress
        Called regularly with the share done, 0 to 1.

    Raises
    ------
    VideoError
        If the clip can't be read, or the video can't be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        silent = Path(folder) / "frames.mp4"
        clip = video_info(video)
        with open_frames(video, shown_side(clip.width, clip.height)) as (info, read_frame):
            bar = BeatBar(
                info.width,
                font_size(info.width, info.height),
                dance_beats_s=dance_beats_s,
                music_beats_s=music_beats_s,
                fps=info.fps,
                n_frames=info.frame_count(),
            )
            canvas = YuvCanvas(info.width, info.height + bar.height, DARK.background)

            def render(index: int) -> VideoFrame:
                canvas.put(frame_planes(read_frame(index)), 0, 0)
                bar.paint(canvas, (0, info.height), index)
                return canvas.frame()

            write_frames(
                silent, render, fps=info.fps, n_frames=info.frame_count(), progress=progress
            )
        combine_streams(silent, video, target)
    if progress is not None:
        progress(1.0)
