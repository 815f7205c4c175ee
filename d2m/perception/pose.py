"""The pose of one dancer through a clip, put together from the poses in some of its frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m.perception.skeleton import (
    HIPS,
    N_LANDMARKS,
    coco17_from_mediapipe,
    fill_gaps,
    torso_length,
)

FloatArray = NDArray[np.float64]
TimedFrame = tuple[float, NDArray[np.uint8]]
"""Time (s) and picture (H, W, 3) RGB of a video frame."""

MAX_JUMP_TORSOS = 1.0
"""Largest movement of the hips since they were last found (torso lengths); after a larger one
the detection belongs to another person. Chosen by hand."""
JUMP_HOLD_S = 0.5
"""Time (s) for which a jump is rejected; after it, the dancer is tracked at the new place.
Chosen by hand."""

JITTER_TORSOS = 0.02
"""Deviation (torso lengths) of which half is taken as jitter. Chosen by hand: of a drawn person
who stands still it is about 0.01."""
JITTER_READINGS = 2.0
"""Standard deviation (readings of the pose) of the Gaussian filter that shows it. Chosen by hand:
0.13 s at 15 Hz."""


@dataclass(frozen=True, kw_only=True)
class PoseTrack:
    """The pose of one dancer in ``F`` frames, with gaps filled.

    Parameters
    ----------
    landmarks : (F, 33, 3)
        MediaPipe's image landmarks. x and y in frame heights from the upper left corner, y
        down; z as MediaPipe returns it (frame widths, from the hips, away from the camera).
    world : (F, 33, 3)
        MediaPipe's world landmarks (m), from the midpoint of the hips, y down.
    visibility : (F, 33)
        Visibility of each landmark, 0 to 1; 0 in filled frames.
    found : (F,)
        Whether the dancer was found in each frame. The other frames are interpolated, or
        NaN where the dancer was found in no frame.
    fps
        Frames per second (Hz).
    """

    landmarks: FloatArray
    world: FloatArray
    visibility: FloatArray
    found: NDArray[np.bool_]
    fps: float

    @property
    def coverage(self) -> float:
        """Share of the frames in which the dancer was found, 0 to 1."""
        return float(self.found.mean()) if len(self.found) else 0.0


def track_of_samples(
    indices: Sequence[int], poses: Sequence[FloatArray | None], count: int, fps: float
) -> PoseTrack:
    """Build a track from the poses in some frames of a clip, without other people.

    Landmarks that hardly move are smoothed, since those of a person who stands still tremble.
    Between two neighbours the pose follows a cubic spline; over gaps it is linear.

    Parameters
    ----------
    indices
        Indices of the frames that were read, in order.
    poses
        Pose (33, 7) in each of them, as in `d2m.perception.region_tracker.RegionPose`; None
        where nobody was found.
    count
        Number of frames of the clip, ``F``.
    fps
        Frames per second (Hz).

    Returns
    -------
    PoseTrack
        A frame that was not read is found where both its neighbours that were read are.
    """
    read = np.array(indices, dtype=np.int64)
    values = np.full((len(read), N_LANDMARKS, 7), np.nan)
    for place, pose in enumerate(poses):
        if pose is not None:
            values[place] = pose
    detected = np.array([pose is not None for pose in poses], dtype=bool)
    kept = detected & ~_jumps(values[..., :2], detected, read / fps)
    values = _without_jitter(values, kept)
    found, dense = _in_all_frames(read, values, kept, count)
    landmarks, _ = fill_gaps(dense[..., :3], found)
    world, _ = fill_gaps(dense[..., 3:6], found)
    visibility = np.where(found[:, None], np.clip(dense[..., 6], 0.0, 1.0), 0.0)
    return PoseTrack(landmarks=landmarks, world=world, visibility=visibility, found=found, fps=fps)


def _without_jitter(values: FloatArray, kept: NDArray[np.bool_]) -> FloatArray:
    """Return poses (N, 33, 7) in which landmarks that hardly move are smoothed, without delay.

    A landmark keeps the more of its deviation from the smoothed one, the larger that is beside
    `JITTER_TORSOS`, so movements stay as they are.
    """
    from scipy.ndimage import gaussian_filter1d

    if not kept.any():
        return values
    size = float(np.median(torso_length(coco17_from_mediapipe(values[kept][..., :2]))))
    steady = values.copy()
    for first, end in _runs(kept):
        part = values[first:end, :, :6]
        moved = part - gaussian_filter1d(part, JITTER_READINGS, axis=0, mode="nearest")
        square = np.square(moved[..., :2]).sum(axis=-1, keepdims=True)
        steady[first:end, :, :6] -= moved / (1.0 + square / (JITTER_TORSOS * size) ** 2)
    return steady


def _runs(marked: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return where runs of marked items begin and end, (R, 2)."""
    edges = np.diff(np.concatenate([[0], marked.astype(np.int8), [0]]))
    return np.flatnonzero(edges).reshape(-1, 2)


def _in_all_frames(
    read: NDArray[np.int64], values: FloatArray, kept: NDArray[np.bool_], count: int
) -> tuple[NDArray[np.bool_], FloatArray]:
    """Return in which frames (F,) there is a pose, and poses (F, 33, 7), interpolated."""
    from scipy.interpolate import CubicSpline

    found = np.zeros(count, dtype=bool)
    dense = np.full((count, *values.shape[1:]), np.nan)
    for first, end in _runs(kept):
        places = read[first:end]
        inside = np.arange(places[0], places[-1] + 1)
        found[inside] = True
        dense[inside] = values[first]
        if len(inside) > 1:
            dense[inside] = CubicSpline(places, values[first:end], axis=0)(inside)
        dense[places] = values[first:end]
    return found, dense


def _jumps(
    points: FloatArray, detected: NDArray[np.bool_], times_s: FloatArray
) -> NDArray[np.bool_]:
    """Mark detected frames (F,) whose hips are too far from where they were last found.

    ``points`` are (F, 33, 2), in frame heights.
    """
    jumped = np.zeros(len(points), dtype=bool)
    if not detected.any():
        return jumped
    joints = coco17_from_mediapipe(points)
    hips = joints[:, list(HIPS)].mean(axis=1)
    limit = MAX_JUMP_TORSOS * float(np.median(torso_length(joints[detected])))
    last = int(np.argmax(detected))
    for frame in np.flatnonzero(detected):
        is_far = np.linalg.norm(hips[frame] - hips[last]) > limit
        jumped[frame] = is_far and times_s[frame] - times_s[last] <= JUMP_HOLD_S + 1e-6
        if not jumped[frame]:
            last = int(frame)
    return jumped
