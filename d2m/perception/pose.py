"""Track one dancer through a clip with MediaPipe's pose network.

Frames are read once. Other consumers read the same frames by passing them through::

    meter = DirectogramMeter(fps)
    track = track_pose(meter.pass_through(frames), fps)
    directogram = meter.result()
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


def track_pose(
    frames: Iterable[TimedFrame], fps: float, *, progress: Callable[[int], None] | None = None
) -> PoseTrack:
    """Track the dancer through the frames of a clip.

    MediaPipe tracks one person, and may switch to another when it loses the first. Detections
    whose hips jump by more than a torso length are therefore rejected, until they have stayed
    away for half a second: then the clip was cut, or the dancer moved there unseen. The
    landmarks are smoothed by MediaPipe.

    Parameters
    ----------
    frames
        ``(time_s, frame)`` in order, each frame (H, W, 3) RGB, all of one size.
    fps
        Frames per second (Hz). MediaPipe's smoothing is designed for about 30.
    progress
        Called after each frame with the number of frames done.

    Returns
    -------
    PoseTrack
        Check its ``coverage``: it may be 0. Without frames, the track is empty.

    Raises
    ------
    ValueError
        If a frame is empty or not RGB.
    """
    results: list[FloatArray | None] = []
    detected = False
    with open_pose_network() as network:
        for _, frame in frames:
            with nullcontext() if detected else silence_stderr():
                results.append(detect_pose(network, frame))
            detected = detected or results[-1] is not None
            if progress is not None:
                progress(len(results))
    return _assemble(results, fps)


@contextmanager
def open_pose_network(*, static_images: bool = False) -> Iterator[Any]:
    """Open MediaPipe's pose network, and close it at the end, which frees about 100 MB.

    Parameters
    ----------
    static_images
        Whether to search each image independently, instead of tracking a person from frame
        to frame.
    """
    from mediapipe.python.solutions.pose import Pose

    with silence_stderr():
        network = Pose(static_image_mode=static_images, model_complexity=1)
        # An empty image makes it load, and log, everything now instead of at the first frame.
        network.process(np.zeros((64, 64, 3), dtype=np.uint8))
    try:
        yield network
    finally:
        network.close()


@contextmanager
def silence_stderr() -> Iterator[None]:
    """Discard output to file descriptor 2.

    MediaPipe's C++ code logs to it before any log level applies, at its start and at the
    first detection.
    """
    try:
        kept = os.dup(2)
    except OSError:  # the process has no stderr
        yield
        return
    with Path(os.devnull).open("wb") as devnull:
        os.dup2(devnull.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def detect_pose(network: Any, frame: NDArray[np.uint8]) -> FloatArray | None:
    """Detect the pose of one person in a frame.

    Parameters
    ----------
    network
        From `open_pose_network`.
    frame : (H, W, 3)
        RGB.

    Returns
    -------
    (33, 7) or None
        For each landmark x, y, z and world x, y, z, in the units of `PoseTrack`, and
        visibility. None if no person is found.

    Raises
    ------
    ValueError
        If the frame is empty or not RGB.
    """
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.size == 0:
        # An empty frame would break all later calls of the same network.
        raise ValueError(f"a frame must be (H, W, 3), not {frame.shape}")
    result = network.process(np.ascontiguousarray(frame))
    if result.pose_landmarks is None or result.pose_world_landmarks is None:
        return None
    aspect = frame.shape[1] / frame.shape[0]
    image = result.pose_landmarks.landmark
    world = result.pose_world_landmarks.landmark
    return np.array(
        [
            (p.x * aspect, p.y, p.z, w.x, w.y, w.z, p.visibility)
            for p, w in zip(image, world, strict=True)
        ]
    )


def _assemble(results: list[FloatArray | None], fps: float) -> PoseTrack:
    """Build a track from detections, without other people and with gaps filled."""
    values = np.full((len(results), N_LANDMARKS, 7), np.nan)
    for index, result in enumerate(results):
        if result is not None:
            values[index] = result
    detected = np.array([result is not None for result in results], dtype=bool)
    found = detected & ~_jumps(values[..., :2], detected, fps)
    landmarks, _ = fill_gaps(values[..., :3], found)
    world, _ = fill_gaps(values[..., 3:6], found)
    visibility = np.where(found[:, None], values[..., 6], 0.0)
    return PoseTrack(landmarks=landmarks, world=world, visibility=visibility, found=found, fps=fps)


def _jumps(points: FloatArray, detected: NDArray[np.bool_], fps: float) -> NDArray[np.bool_]:
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
        jumped[frame] = is_far and frame - last <= JUMP_HOLD_S * fps
        if not jumped[frame]:
            last = int(frame)
    return jumped
