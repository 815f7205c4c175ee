"""Draw the frames of a dance: figures with shadows in a scene, or skeletons on a plain ground."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from d2m.rendering.dancer_backdrop import Backdrop
from d2m.rendering.dancer_camera import FloatArray, Shot
from d2m.rendering.dancer_figure import draw_figure
from d2m.rendering.dancer_looks import Outfit
from d2m.rendering.dancer_shadow import shadow
from d2m.rendering.dancer_skeleton import draw_skeleton, plain_ground
from d2m.rendering.drawing import Image

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

# Space around the joints and their shadows that a figure may need (torso lengths).
_REACH = 0.6


class FramePainter:
    """Draws each frame of a dance independently of the others.

    Parameters
    ----------
    shots
        The dancers.
    ground : (H, W, 3)
        RGB picture without them.
    draw
        Called for each dancer, the farthest one first, with a part of the picture, the
        dancer's number, the joints (17, 3) in this part and the torso length (px).
    shade
        Called before with a part of the picture, the shadows' joints (17, 2) in this part and
        the torso length (px).
    """

    def __init__(
        self,
        shots: Sequence[Shot],
        ground: Image,
        draw: Callable[[Image, int, FloatArray, float], None],
        shade: Callable[[Image, FloatArray, float], None] | None = None,
    ) -> None:
        self._shots, self._draw, self._shade = shots, draw, shade
        self._backdrop = Backdrop(ground)

    def frame(self, index: int) -> VideoFrame:
        """Return the video frame with an index (yuv420p, BT.709)."""
        now = [(s.joints[index], s.ground[index], float(s.units[index])) for s in self._shots]

        def draw(part: Image, corner: tuple[int, int]) -> None:
            x, y = corner
            if self._shade is not None:
                for _, ground, unit in now:
                    self._shade(part, ground - [x, y], unit)
            for number in sorted(range(len(now)), key=lambda n: now[n][2]):
                joints, _, unit = now[number]
                self._draw(part, number, joints - [x, y, 0], unit)

        places = [joints[:, :2] for joints, _, _ in now]
        if self._shade is not None:
            places += [ground for _, ground, _ in now]
        reach = _REACH * max(unit for _, _, unit in now)
        low = np.concatenate(places).min(axis=0) - reach
        high = np.concatenate(places).max(axis=0) + reach
        return self._backdrop.frame((*low, *high), draw)


def figure_painter(
    shots: Sequence[Shot],
    size: tuple[int, int],
    scene: str,
    floor_y: float,
    outfits: Sequence[Outfit],
) -> FramePainter:
    """Return the painter of clothed figures.

    Parameters
    ----------
    shots
        The dancers.
    size
        Width and height of the picture (px).
    scene
        Name of the scene.
    floor_y
        Height in the picture (px) of the floor where the dancers are.
    outfits
        What each of them wears.
    """
    from d2m.rendering.dancer_scenes import scene_picture

    def draw(image: Image, number: int, joints: FloatArray, unit: float) -> None:
        draw_figure(image, joints, unit, outfits[number])

    unit = float(np.mean([np.median(shot.units) for shot in shots]))
    return FramePainter(shots, scene_picture(scene, size, floor_y, unit), draw, shadow)


def skeleton_painter(shots: Sequence[Shot], size: tuple[int, int]) -> FramePainter:
    """Return the painter of skeletons for a size (width, height) in px."""

    def draw(image: Image, _: int, joints: FloatArray, unit: float) -> None:
        draw_skeleton(image, joints, unit)

    return FramePainter(shots, plain_ground(size), draw)
