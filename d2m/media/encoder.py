"""Encode normalised clips: H.264 video at a constant frame rate and AAC audio in one MP4."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from d2m.media.colour import tag_bt709
from d2m.media.mp4_writer import AacEncoder, create_mp4

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

CLIP_SAMPLE_RATE = 44_100
"""Sample rate of a normalised clip's audio (Hz): the usual one of AAC in MP4 files."""


class ClipEncoder:
    """Encodes video frames at a constant rate, interleaved with their audio.

    Parameters
    ----------
    path
        The MP4 to write.
    rate
        Frame rate (Hz).
    size
        (width, height), both even (px).
    audio
        Waveform ``(1, N)`` or ``(2, N)`` at :data:`CLIP_SAMPLE_RATE`, or None. It is cut to
        the duration of the video.
    crf
        Constant rate factor of x264: lower is better.
    preset
        Preset of x264: slower ones give smaller files.
    """

    def __init__(
        self,
        path: Path,
        rate: Fraction,
        size: tuple[int, int],
        audio: NDArray[np.float32] | None,
        crf: int = 23,
        preset: str = "superfast",
    ) -> None:
        self._container = create_mp4(path)
        # Without B-frames the video starts at 0 s in every player, without an edit list.
        options = {"preset": preset, "crf": str(crf), "bf": "0", "g": str(round(2 * rate))}
        self._video = self._container.add_stream("libx264", rate=rate, options=options)
        self._video.width, self._video.height = size
        self._video.pix_fmt = "yuv420p"
        tag_bt709(self._video.codec_context)
        self._rate, self._n_frames = rate, 0
        self._audio = None
        if audio is not None:
            self._audio = AacEncoder(self._container, audio, CLIP_SAMPLE_RATE)

    def __enter__(self) -> ClipEncoder:
        """Return the encoder itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Flush the encoders and close the file; after an exception only close it."""
        try:
            if kind is None and self._n_frames:
                self._container.mux(self._video.encode(None))
                if self._audio is not None:
                    self._audio.finish(self._n_frames / self._rate)
        finally:
            self._container.close()

    def add(self, frame: VideoFrame) -> None:
        """Encode the next video frame and the audio up to its end."""
        frame.pts, frame.time_base = self._n_frames, 1 / self._rate
        frame.pict_type = 0  # let x264 choose the frame type instead of keeping the source's
        self._n_frames += 1
        self._container.mux(self._video.encode(frame))
        if self._audio is not None:
            self._audio.encode_until(self._n_frames / self._rate)
