"""Draw a dance as a silent video: clothed figures in a scene, or plain skeletons."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from d2m.core.dancer_motion import Motion
from d2m.core.errors import VideoError
from d2m.media.atomic_write import atomic_write
from d2m.media.clip import PROGRESS_FRAMES, ShareProgress
from d2m.rendering.dancer_camera import shoot_dance
from d2m.rendering.dancer_looks import looks_of
from d2m.rendering.dancer_painter import figure_painter, skeleton_painter

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

FloatArray = NDArray[np.float64]

DRAWN_FPS = 30
"""Frame rate of a drawn dance (Hz)."""
DANCE_SIZES = {"landscape": (1280, 720), "portrait": (720, 1280)}
"""Width and height (px) of the picture by its shape."""
# Constant rate factor and preset of x264, chosen by hand: the figures' edges stay clean.
_CRF, _PRESET = 20, "veryfast"
# Threads that draw, and how many frames they are ahead of the encoder. Chosen by hand: most
# servers have two processors, and a frame takes 1.4 MB.
_THREADS, _AHEAD = 2, 8


def draw_dance(
    motions: Sequence[Motion],
    target: Path,
    *,
    drawing: str,
    look: str,
    scene: str,
    shape: str,
    seed: int,
    progress: ShareProgress | None = None,
) -> tuple[FloatArray, ...]:
    """Draw dancers side by side into a silent H.264 video, frame by frame.

    The camera stands still and shows the whole dance.

    Parameters
    ----------
    motions
        The dancers, at `DRAWN_FPS`; the shortest one sets the length.
    target
        The MP4 to write, atomically.
    drawing, look, scene, shape
        As in `d2m.core.dance_settings.DanceSettings`.
    seed
        Chooses the looks that are not given.
    progress
        Called regularly with the share done, 0 to 1.

    Returns
    -------
    tuple of (F, 17, 2)
        COCO-17 joints of each dancer in the picture (px).

    Raises
    ------
    VideoError
        If the file can't be written.
    """
    size = DANCE_SIZES[shape]
    shots, floor_y = shoot_dance(motions, size)
    if drawing == "skeleton":
        painter = skeleton_painter(shots, size)
    else:
        outfits = looks_of(look, seed, len(shots))
        painter = figure_painter(shots, size, scene, floor_y, outfits)
    _encode(target, painter.frame, len(shots[0].joints), size, progress)
    return tuple(shot.joints[..., :2] for shot in shots)


def _encode(
    target: Path,
    draw: Callable[[int], VideoFrame],
    n_frames: int,
    size: tuple[int, int],
    progress: ShareProgress | None,
) -> None:
    import av

    from d2m.media.encoder import ClipEncoder

    rate = Fraction(DRAWN_FPS)
    try:
        with (
            atomic_write(target) as temporary,
            ClipEncoder(temporary, rate, size, None, crf=_CRF, preset=_PRESET) as encoder,
        ):
            for index, frame in enumerate(_drawn_ahead(draw, n_frames)):
                if progress is not None and index % PROGRESS_FRAMES == 0:
                    progress(index / n_frames)
                encoder.add(frame)
    except (av.FFmpegError, OSError) as cause:
        raise VideoError(
            "The new video could not be written: check the free disk space and try again."
        ) from cause


def _drawn_ahead(draw: Callable[[int], VideoFrame], n_frames: int) -> Iterator[VideoFrame]:
    """Yield frames in order, while other threads draw the next ones."""
    with ThreadPoolExecutor(_THREADS) as pool:
        waiting = deque(pool.submit(draw, index) for index in range(min(_AHEAD, n_frames)))
        for index in range(n_frames):
            frame = waiting.popleft().result()
            if index + _AHEAD < n_frames:
                waiting.append(pool.submit(draw, index + _AHEAD))
            yield frame
