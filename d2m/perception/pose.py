"""Following one dancer through a clip with MediaPipe's pose network.

The frames are read once. What else wants to see them taps the same pass::

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

from d2m.perception.skeleton import HIPS, coco17_from_mediapipe, fill_gaps, torso_length

FloatArray = NDArray[np.float64]
TimedFrame = tuple[float, NDArray[np.uint8]]

N_LANDMARKS = 33
MAX_JUMP_TORSOS = 1.0
"""Hips that move further than this between frames (torso lengths) are someone else's."""
JUMP_HOLD_S = 0.5
"""So long a new place is not believed; after that the dancer is taken to be there."""


@dataclass(frozen=True, kw_only=True)
class PoseTrack:
    """One dancer's pose in ``F`` frames, gaps filled.

    Parameters
    ----------
    landmarks : (F, 33, 3)
        MediaPipe's landmarks; x and y in frame heights from the upper left corner, y
        down; z as MediaPipe gives it (frame widths, from the hips, away from the camera).
    world : (F, 33, 3)
        The same landmarks in m, from the middle of the hips, y down.
    visibility : (F, 33)
        0 to 1; 0 in frames that were filled.
    found : (F,)
        Frames in which the dancer was seen; the others are interpolated, or NaN
        where the dancer was seen in none.
    fps
        Frames a second (Hz).
    """

    landmarks: FloatArray
    world: FloatArray
    visibility: FloatArray
    found: NDArray[np.bool_]
    fps: float

    @property
    def coverage(self) -> float:
        """Share of the frames in which the dancer was seen, 0 to 1."""
        return float(self.found.mean()) if len(self.found) else 0.0


def track_pose(
    frames: Iterable[TimedFrame], fps: float, *, progress: Callable[[int], None] | None = None
) -> PoseTrack:
    """Follow the dancer through a clip.

    MediaPipe follows one person. When it loses that person it may go on with another:
    hips that jump by more than a torso length from where they last were count as not
    found, until they have been elsewhere for half a second (then it is a cut, or the
    dancer did come back there). The landmarks carry MediaPipe's own smoothing.

    Parameters
    ----------
    frames
        ``(time_s, frame)`` in order, each frame (H, W, 3) RGB, all of one size.
    fps
        Frames a second (Hz); MediaPipe's smoothing is made for about 30.
    progress
        Called with the number of frames done, after each.

    Returns
    -------
    PoseTrack
        Whether the dancer was seen often enough is for the caller to judge, by its
        ``coverage``; a clip without frames gives a track without frames.

    Raises
    ------
    ValueError
        If a frame is empty or not RGB.
    """
    results: list[FloatArray | None] = []
    seen = False
    with open_pose_network() as network:
        for _, frame in frames:
            with nullcontext() if seen else silence_stderr():
                results.append(detect_pose(network, frame))
            seen = seen or results[-1] is not None
            if progress is not None:
                progress(len(results))
    return _assemble(results, fps)


def person_visible(frames: Iterable[TimedFrame]) -> bool:
    """Tell whether a person is in one of some frames, each ``(time_s, (H, W, 3) RGB)``."""
    with open_pose_network(still=True) as network:
        return any(detect_pose(network, frame) is not None for _, frame in frames)


@contextmanager
def open_pose_network(*, still: bool = False) -> Iterator[Any]:
    """Open MediaPipe's pose network; an unclosed one would keep about 100 MB.

    Parameters
    ----------
    still
        Whether it searches each picture anew, instead of following somebody.
    """
    from mediapipe.python.solutions.pose import Pose

    with silence_stderr():
        network = Pose(static_image_mode=still, model_complexity=1)
        # A picture of nobody makes it load all that it would load, and say so, right now.
        network.process(np.zeros((64, 64, 3), dtype=np.uint8))
    try:
        yield network
    finally:
        network.close()


@contextmanager
def silence_stderr() -> Iterator[None]:
    """Keep what MediaPipe's C++ side logs at its start and with the first person off stderr.

    It writes to the file descriptor before its logging is set up, so no level holds it.
    """
    try:
        kept = os.dup(2)
    except OSError:  # a process without stderr has nothing to keep quiet
        yield
        return
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def detect_pose(network: Any, frame: NDArray[np.uint8]) -> FloatArray | None:
    """Return x, y, z, world x, y, z and visibility, (33, 7), or None if nobody is there."""
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.size == 0:
        # One empty frame would break every later call of the same network.
        raise ValueError(f"a frame must be (H, W, 3), not {frame.shape}")
    answer = network.process(np.ascontiguousarray(frame))
    if answer.pose_landmarks is None or answer.pose_world_landmarks is None:
        return None
    aspect = frame.shape[1] / frame.shape[0]
    image = answer.pose_landmarks.landmark
    world = answer.pose_world_landmarks.landmark
    return np.array(
        [
            (p.x * aspect, p.y, p.z, w.x, w.y, w.z, p.visibility)
            for p, w in zip(image, world, strict=True)
        ]
    )


def _assemble(results: list[FloatArray | None], fps: float) -> PoseTrack:
    """Take out strangers and fill the gaps."""
    values = np.full((len(results), N_LANDMARKS, 7), np.nan)
    for index, result in enumerate(results):
        if result is not None:
            values[index] = result
    seen = np.array([result is not None for result in results], dtype=bool)
    found = seen & ~_strangers(values[..., :2], seen, fps)
    landmarks, _ = fill_gaps(values[..., :3], found)
    world, _ = fill_gaps(values[..., 3:6], found)
    visibility = np.where(found[:, None], values[..., 6], 0.0)
    return PoseTrack(landmarks=landmarks, world=world, visibility=visibility, found=found, fps=fps)


def _strangers(points: FloatArray, seen: NDArray[np.bool_], fps: float) -> NDArray[np.bool_]:
    """Mark frames (F,) whose hips are too far from where the dancer's last were.

    ``points`` are (F, 33, 2); only frames that are ``seen`` can be marked.
    """
    strange = np.zeros(len(points), dtype=bool)
    if not seen.any():
        return strange
    joints = coco17_from_mediapipe(points)
    hips = joints[:, list(HIPS)].mean(axis=1)
    limit = MAX_JUMP_TORSOS * float(np.median(torso_length(joints[seen])))
    last = int(np.argmax(seen))
    for frame in np.flatnonzero(seen):
        jumped = np.linalg.norm(hips[frame] - hips[last]) > limit
        strange[frame] = jumped and frame - last <= JUMP_HOLD_S * fps
        if not strange[frame]:
            last = int(frame)
    return strange
