"""Look at the pictures of a clip while its small copy is written, in two threads.

One thread follows the dancer and looks for several people; the other measures the optical flow
and samples frames. The thread that decodes and encodes passes the pictures on to both, so that
two processors are busy and the copy need not be decoded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice
from math import floor
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from d2m.core.progress import Progress
from d2m.media.clip_limits import ClipInfo
from d2m.media.upright import rgb_of
from d2m.perception.clip_warnings import FrameSampler
from d2m.perception.dancers import Glance
from d2m.perception.mediapipe_graph import STDERR_LOCK, Image
from d2m.perception.optical_flow import DirectogramMeter
from d2m.perception.person_search import open_person_search
from d2m.perception.pose import PoseTrack, TimedFrame
from d2m.perception.reader_thread import ReaderThread
from d2m.perception.solo_tracker import SoloTracker

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

POSE_FPS = 30.0
"""Rate of the pose and of the optical flow (Hz), or the clip's own rate where that is lower;
chosen by hand."""
READING, TRACKING = "Reading the clip", "Tracking the dancer"
"""Stages of the reading: before a person is found, and after."""
AHEAD = 24
"""Frames that wait for a thread at most. Chosen by hand: one of 640 x 360 px takes 0.7 MB, and the
networks are loaded while so many are decoded."""
_ROUNDING = 1e-6  # of a place among frames


@dataclass(frozen=True, kw_only=True, eq=False)
class ClipReading:
    """What has been seen in a clip.

    Parameters
    ----------
    people
        As in `d2m.perception.dancers.Glance.count`.
    track
        The dancer; None if there may be several people.
    directogram : (F, 8)
        Optical flow by direction.
    samples
        Evenly spaced frames.
    """

    people: int
    track: PoseTrack | None
    directogram: NDArray[np.float64]
    samples: list[TimedFrame]


class ClipReader:
    """Sees the pictures of a small copy; a `d2m.media.normalised_copy.CopyViewer`.

    The networks are loaded at its start, so before the first picture is there.

    Parameters
    ----------
    progress
        Called with the name of the stage and the share done, in the thread of the caller.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._stack = ExitStack()
        self._fps, self._expected = POSE_FPS, 1
        self._picker: RatePicker | None = None
        self._tracker: SoloTracker | None = None
        self._follower = ReaderThread(self._follow, ahead=AHEAD)
        self._watcher = ReaderThread(self._watch, ahead=AHEAD)

    def __enter__(self) -> ClipReader:
        """Start the threads."""
        self._stack.enter_context(self._follower)
        self._stack.enter_context(self._watcher)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the threads."""
        self._stack.close()

    def begin(self, info: ClipInfo) -> None:
        """Learn what the copy will be like."""
        self._fps = min(POSE_FPS, info.fps)
        self._expected = info.frame_count(self._fps)
        self._picker = RatePicker(info.fps, self._fps)

    def view(self, frame: VideoFrame) -> None:
        """Pass a picture on; an error of the threads is raised here."""
        if self._picker is not None:
            self._pass_on(self._picker.add(frame))

    def report(self, share: float) -> None:
        """Report progress; ``share`` is that of the pictures which are read."""
        tracker = self._tracker
        is_tracking = tracker is not None and tracker.has_found
        if tracker is not None and is_tracking:
            share = min(1.0, tracker.count / self._expected)
        with STDERR_LOCK:
            self._progress(TRACKING if is_tracking else READING, share)

    def finish(self) -> ClipReading:
        """Wait until all pictures have been seen, and return what is in them."""
        if self._picker is not None:
            self._pass_on(self._picker.finish())
        people, track = self._follower.finish(lambda: self.report(1.0))
        directogram, samples = self._watcher.finish(lambda: self.report(1.0))
        with STDERR_LOCK:
            self._progress(TRACKING, 0.0 if track is None or not people else 1.0)
        return ClipReading(people=people, track=track, directogram=directogram, samples=samples)

    def _pass_on(self, frames: list[VideoFrame]) -> None:
        for frame in frames:
            image = rgb_of(frame)
            self._follower.put(image)
            self._watcher.put(image)

    def _timed(self, images: Iterator[Image]) -> Iterator[TimedFrame]:
        """Add the time (s) of each picture."""
        return ((index / self._fps, image) for index, image in enumerate(images))

    def _follow(self, images: Iterator[Image]) -> tuple[int, PoseTrack | None]:
        """Return how many people there are, see `Glance.count`, and the track of a solo dancer."""
        with open_person_search() as search:
            first = list(islice(images, 1))  # only now the rate is known
            seen = Glance(search, self._fps, self._expected)
            with SoloTracker(self._fps) as tracker:
                self._tracker = tracker
                for index, image in enumerate(chain(first, images)):
                    pose = tracker.add(image)
                    # Another person is found faster in a frame whose dancer is known already.
                    if seen.is_due(index) and (pose is not None or not tracker.is_following):
                        seen.look(image, pose)
                        if seen.count > 1:
                            self._tracker = None
                            return seen.count, None
                return seen.count, tracker.result()

    def _watch(self, images: Iterator[Image]) -> tuple[NDArray[np.float64], list[TimedFrame]]:
        """Return the directogram of the pictures, and some of them."""
        first = list(islice(images, 1))
        meter, sampler = DirectogramMeter(self._fps), FrameSampler(self._expected)
        for _ in meter.pass_through(sampler.pass_through(self._timed(chain(first, images)))):
            pass
        return meter.result(), sampler.result()


class RatePicker:
    """Chooses those frames of a constant rate that are shown at a lower one.

    They are those that `d2m.media.frames.at_constant_rate` would choose.

    Parameters
    ----------
    rate, fps
        Rate of the frames that are added, and of those that are chosen (Hz).
    """

    def __init__(self, rate: float, fps: float) -> None:
        self._ratio = rate / fps
        self._added = self._chosen = self._returned = 0
        self._waiting: list[VideoFrame] = []

    def add(self, frame: VideoFrame) -> list[VideoFrame]:
        """Add a frame, and return those that are shown for certain, in order."""
        if floor(self._chosen * self._ratio + 0.5 + _ROUNDING) == self._added:
            self._chosen += 1
            self._waiting.append(frame)
        self._added += 1
        return self._up_to(round(self._added / self._ratio))

    def finish(self) -> list[VideoFrame]:
        """Return what is left at the end of the frames."""
        return self._up_to(max(1, round(self._added / self._ratio)))

    def _up_to(self, total: int) -> list[VideoFrame]:
        count = max(0, total - self._returned)
        ready, self._waiting = self._waiting[:count], self._waiting[count:]
        self._returned += len(ready)
        return ready
