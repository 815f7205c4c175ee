"""AIST++ choreographies in space, from the keypoints of their nine views.

The cameras are not given. They are found from the dancers' joints: the views are factorised as
if the cameras were far away, then cameras and joints are refined together (`view_cameras`). The
perspective also tells the dancer from the mirror image, which explains distant views equally
well. Joints are then found from all views (`view_joints`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.core.metrical_grid import BEATS_PER_BAR
from d2m.perception.stage import face_camera, stand_on_stage
from d2m.training.data.dances import AnnotatedDance
from d2m.training.data.dances.mocap import MOCAP_FPS, aist_tempo, aist_views
from d2m.training.data.view_cameras import (
    ViewCameras,
    mirrored_cameras,
    refine_cameras,
    robust_weights,
    start_cameras,
)
from d2m.training.data.view_joints import MIN_VIEWS, join_views, view_images

FloatArray = NDArray[np.float64]

CAMERA_JOINTS = (0, *range(5, 17))
"""Joints from which the cameras are found: without eyes and ears."""
CAMERA_FRAMES = 150
"""Frames, of all choreographies together, from which the cameras are found. Chosen by hand."""


def load_aist_3d(path: str | Path) -> list[AnnotatedDance]:
    """Load each AIST++ choreography as a 3-D dance, found from all its views.

    Choreographies with equally many views are taken to be seen by the same cameras, as those
    of one recording setting are. One that does not fit them gets cameras of its own.

    Parameters
    ----------
    path
        ``.npz`` file as for `load_aist`.

    Returns
    -------
    list
        One dance for each choreography, at 60 frames per second, with the beats of its song.
        The dancer faces the camera on average; standing ankles are at y = 0.

    Raises
    ------
    DataError
        If the file is not of that form, or a choreography has fewer than three views.
    """
    choreographies = aist_views(path)
    for name, views in choreographies.items():
        if len(views) < MIN_VIEWS:
            raise DataError(
                f"{name} in {Path(path).name} has {len(views)} views, but depth needs at least "
                f"{MIN_VIEWS}: pack all views of a choreography."
            )
    dances = []
    for n_views in sorted({len(views) for views in choreographies.values()}):
        group = {name: v for name, v in choreographies.items() if len(v) == n_views}
        cameras = find_cameras(list(group.values()))
        for name, views in group.items():
            own, seen = cameras, join_views(cameras, views)
            if seen.used.sum() < max(MIN_VIEWS, n_views / 2):
                own = find_cameras([views])
                seen = join_views(own, views)
            beats = np.arange(0, len(seen.joints) / MOCAP_FPS, 60 / aist_tempo(name))
            dances.append(
                AnnotatedDance(
                    name=name,
                    source="aist",
                    keypoints=stand_on_stage(face_camera(_upright(seen.joints, own))),
                    fps=MOCAP_FPS,
                    beats_s=beats,
                    downbeats_s=beats[::BEATS_PER_BAR],
                )
            )
    return dances


def find_cameras(choreographies: Sequence[FloatArray]) -> ViewCameras:
    """Find the cameras that saw choreographies, each (V, F, 17, 3) with x, y (px) and score."""
    step = max(1, sum(views.shape[1] for views in choreographies) // CAMERA_FRAMES)
    some = np.concatenate([views[:, ::step] for views in choreographies], axis=1)
    images, weights = view_images(some[:, :, list(CAMERA_JOINTS)])
    start = start_cameras(images, weights)
    n_views = len(images)
    flat, flat_weights = images.reshape(n_views, -1, 2), weights.reshape(n_views, -1)
    best: tuple[float, ViewCameras] | None = None
    for guess in (start, mirrored_cameras(*start)):
        cameras, places = refine_cameras(*guess, flat, flat_weights)
        quality = float(robust_weights(cameras, places, flat, flat_weights).sum())
        if best is None or quality > best[0]:
            best = quality, cameras
    assert best is not None
    return best[1]


def _upright(joints: FloatArray, cameras: ViewCameras) -> FloatArray:
    """Turn joints (F, 17, 3) so that y is down and the frame is left-handed: z to the camera.

    Down is the mean of what is down in the views, which stand around the dancer.
    """
    down = cameras.rotations[:, 1].sum(axis=0)
    down /= np.linalg.norm(down)
    right = np.cross(down, cameras.rotations[0, 2])
    right /= np.linalg.norm(right)
    return np.asarray(joints @ np.stack([right, down, -np.cross(right, down)], axis=1))
