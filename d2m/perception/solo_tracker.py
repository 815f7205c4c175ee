"""Track one dancer through a clip with MediaPipe's pose networks.

The pose is read in every second frame at 30 Hz, and interpolated in between. MediaPipe's filter,
which delays movements by about a frame, is left out: a pose of every second frame without it is as
near to the truth as one of every frame with it (docs/speed.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import TracebackType

from d2m.perception.mediapipe_graph import Image
from d2m.perception.person_detector import PersonDetector, Region
from d2m.perception.pose import FloatArray, PoseTrack, TimedFrame, track_of_samples
from d2m.perception.region_tracker import RegionTracker

READ_HZ = 15.0
"""Rate (Hz) at which the pose is read. Chosen by measurement (docs/speed.md)."""


class SoloTracker:
    """Follow the dancer through frames that are added one by one.

    A person is detected once, and then searched where the person was in the frame before.
    Who loses the person detects again, and may find another one. Poses whose hips jump by more
    than a torso length are therefore rejected, until they have stayed away for half a second:
    then the clip was cut, or the dancer moved there unseen.

    Parameters
    ----------
    fps
        Rate (Hz) of the frames.
    read_hz
        Rate (Hz) at which the pose is read; the frames that are left out are interpolated.
    """

    def __init__(self, fps: float, *, read_hz: float = READ_HZ) -> None:
        self._fps, self._share = fps, min(1.0, read_hz / fps)
        self._detector, self._reader = PersonDetector(), RegionTracker()
        self._region: Region | None = None
        self._left_out: Image | None = None
        self._indices: list[int] = []
        self._poses: list[FloatArray | None] = []
        self.count, self.has_found = 0, False

    def __enter__(self) -> SoloTracker:
        """Return the tracker itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Free the networks."""
        self._detector.close()
        self._reader.close()

    def add(self, frame: Image) -> FloatArray | None:
        """Follow the dancer to the next frame, (H, W, 3) RGB.

        Returns
        -------
        (33, 7) or None
            The pose, if it was read in this frame and a person was found.

        Raises
        ------
        ValueError
            If the frame is empty or not RGB.
        """
        if frame.ndim != 3 or frame.shape[2] != 3 or frame.size == 0:
            # An empty frame would break all later calls of the same network.
            raise ValueError(f"a frame must be (H, W, 3), not {frame.shape}")
        # The share of the frames that are read, in whole frames; rounding must not move it.
        done = int(self.count * self._share + 1e-6)
        index, self.count = self.count, self.count + 1
        if index and done == int((index - 1) * self._share + 1e-6):
            self._left_out = frame
            return None
        return self._read(frame, index)

    @property
    def is_following(self) -> bool:
        """Whether a person was found in the last frame that was read."""
        return self._region is not None

    def result(self) -> PoseTrack:
        """Return the dancer's track through the frames so far; the last one is always read."""
        if self._left_out is not None:
            self._read(self._left_out, self.count - 1)
        return track_of_samples(self._indices, self._poses, self.count, self._fps)

    def _read(self, frame: Image, index: int) -> FloatArray | None:
        self._left_out = None
        if self._region is None:
            detections = self._detector.detect(frame)
            self._region = detections[0].region if detections else None
        pose = None if self._region is None else self._reader.read(frame, self._region)
        self._region = None if pose is None else pose.following
        self.has_found = self.has_found or pose is not None
        self._indices.append(index)
        self._poses.append(None if pose is None else pose.values)
        return self._poses[-1]


def track_pose(
    frames: Iterable[TimedFrame], fps: float, *, progress: Callable[[int], None] | None = None
) -> PoseTrack:
    """Track the dancer through the frames of a clip; see `SoloTracker`.

    Parameters
    ----------
    frames
        ``(time_s, frame)`` in order, each frame (H, W, 3) RGB, all of one size.
    fps
        Frames per second (Hz).
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
    with SoloTracker(fps) as tracker:
        for _, frame in frames:
            tracker.add(frame)
            if progress is not None:
                progress(tracker.count)
        return tracker.result()
