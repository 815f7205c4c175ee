"""Draw a dance as a silent video: clothed figures in a scene, or plain skeletons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from d2m.core.dancer_motion import Motion
from d2m.core.errors import VideoError
from d2m.media.atomic_write import atomic_write
from d2m.media.clip import PROGRESS_FRAMES, ShareProgress
from d2m.rendering.dancer_camera import Shot, fitted_camera, place_on_stage
from d2m.rendering.drawing import Image

if TYPE_CHECKING:
    from d2m.rendering.dancer_figure import Outfit

FloatArray = NDArray[np.float64]

DANCE_FPS = 30
"""Frame rate of a drawn dance (Hz)."""
DANCE_SIZES = {"landscape": (1280, 720), "portrait": (720, 1280)}
"""Width and height (px) of the picture by its shape."""
_CRF = 20  # constant rate factor of x264, chosen by hand: the figures' edges stay clean


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
        The dancers, at `DANCE_FPS`; the shortest one sets the length.
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
    n_frames = min(len(motion.joints) for motion in motions)
    stage = [points[:n_frames] for points in place_on_stage(motions)]
    camera = fitted_camera(stage, size)
    shots = [camera.shoot(points) for points in stage]
    if drawing == "skeleton":
        frame = _skeleton_frames(shots, size)
    else:
        from d2m.rendering.dancer_looks import looks_of

        outfits = looks_of(look, seed, len(shots))
        frame = _figure_frames(shots, size, scene, camera.foot[1], outfits)
    with atomic_write(target) as temporary:
        _encode(temporary, frame, n_frames, size, progress)
    return tuple(shot.joints[..., :2] for shot in shots)


def _figure_frames(
    shots: Sequence[Shot],
    size: tuple[int, int],
    scene: str,
    floor_y: float,
    outfits: Sequence[Outfit],
) -> Callable[[int], Image]:
    """Return a function that draws a frame of clothed figures in a scene."""
    import cv2

    from d2m.rendering.dancer_figure import draw_figure
    from d2m.rendering.dancer_scenes import SCENES, shadow

    background = SCENES[scene](*size, floor_y)

    def frame(index: int) -> Image:
        picture = background
        for shot in shots:
            picture = shadow(picture, shot.ground[index], float(shot.units[index]))
        large = cv2.resize(picture, (2 * size[0], 2 * size[1]), interpolation=cv2.INTER_LINEAR)
        both = list(zip(shots, outfits, strict=True))
        for shot, outfit in sorted(both, key=lambda pair: pair[0].units[index]):
            draw_figure(large, 2 * shot.joints[index], 2 * float(shot.units[index]), outfit)
        return np.asarray(cv2.resize(large, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)

    return frame


def _skeleton_frames(shots: Sequence[Shot], size: tuple[int, int]) -> Callable[[int], Image]:
    """Return a function that draws a frame of skeletons on a plain ground."""
    from d2m.rendering.dancer_skeleton import draw_skeleton, plain_ground

    ground = plain_ground(size)

    def frame(index: int) -> Image:
        picture = ground.copy()
        for shot in sorted(shots, key=lambda shot: shot.units[index]):
            draw_skeleton(picture, shot.joints[index], float(shot.units[index]))
        return picture

    return frame


def _encode(
    path: Path,
    frame: Callable[[int], Image],
    n_frames: int,
    size: tuple[int, int],
    progress: ShareProgress | None,
) -> None:
    import av

    from d2m.media.encoder import ClipEncoder

    try:
        with ClipEncoder(path, Fraction(DANCE_FPS), size, None, crf=_CRF) as encoder:
            for index in range(n_frames):
                if progress is not None and index % PROGRESS_FRAMES == 0:
                    progress(index / n_frames)
                picture = av.VideoFrame.from_ndarray(frame(index), format="rgb24")
                encoder.add(picture.reformat(format="yuv420p", dst_colorspace="ITU709"))
    except (av.FFmpegError, OSError) as cause:
        raise VideoError(
            "The new video could not be written: check the free disk space and try again."
        ) from cause
