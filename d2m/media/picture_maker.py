"""Encode the picture of a clip, or of a part of it, upright and at full size."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from d2m.media.picture_encoder import PictureEncoder
from d2m.media.probe import ProbeResult
from d2m.media.upright import UprightScaler, scaler_for

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MAX_PICTURE_BYTES = 256 * 10**6
"""Largest file with a clip's picture (bytes): a larger one is encoded so that it stays below.
Chosen by hand: two minutes at 17 Mbit/s, which is what phones write for Full HD."""
# Longest side of an encoded picture (px): that of 4K cinema.
_LONGEST_SIDE = 4096
# A picture that a part shows for less than this share of its interval is left out: players and
# probes do not believe so short a last picture. Chosen by hand.
_LEAST_SHOWN = 0.5


class PictureMaker:
    """Turns the pictures of a clip upright and encodes those of a part at full size.

    Parameters
    ----------
    path
        The MP4 to write.
    probed
        What probing the clip, or the part of it, returned.
    length_s
        Duration of the part (s), or infinity for the whole clip.
    """

    def __init__(self, path: Path, probed: ProbeResult, length_s: float) -> None:
        self._path, self._probed, self._length_s = path, probed, length_s
        self._early: VideoFrame | None = None
        self._scaler: UprightScaler | None = None
        self._encoder: PictureEncoder | None = None
        self._is_begun = False

    def begin(self, stream: VideoStream) -> None:
        """Prepare for the pictures of a stream."""
        info = self._probed.info
        self._scaler = scaler_for(info, stream, _LONGEST_SIDE, "yuv420p")
        self._encoder = PictureEncoder(
            self._path,
            size=self._scaler.size,
            fps=info.fps,
            max_bit_rate=int(8 * MAX_PICTURE_BYTES / max(1.0, info.duration_s)),
        )

    def add(self, time_s: float, frame: VideoFrame) -> None:
        """Encode a picture that is shown from a time (s) on, unless it is outside the part."""
        if time_s <= 0.0:
            self._early = frame  # shown at the start, unless another one follows
        elif time_s < self._length_s - _LEAST_SHOWN * self._probed.times.interval_s:
            self._start(frame)
            self._encode(frame, time_s)

    def finish(self, end_s: float) -> None:
        """Complete the file; the last picture is shown until ``end_s`` (s)."""
        if self._early is not None:
            self._start(self._early)
        if self._encoder is not None:
            self._encoder.finish(end_s)

    def close(self) -> None:
        """Close the file as it is."""
        if self._encoder is not None:
            self._encoder.close()

    def _start(self, frame: VideoFrame) -> None:
        """Encode what is shown at 0 s: the last picture until then, or the first one there is."""
        if not self._is_begun:
            self._is_begun = True
            self._encode(self._early or frame, 0.0)
            self._early = None

    def _encode(self, frame: VideoFrame, time_s: float) -> None:
        if self._scaler is not None and self._encoder is not None:
            self._encoder.add(self._scaler(frame), time_s)
