"""The encoder of normalised copies: H.264 and AAC, interleaved, in one MP4."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

SOUND_RATE = 44_100
"""Samples a second of a copy's sound (Hz)."""

_AAC_FRAME = 1024


class ClipEncoder:
    """Encodes pictures at a constant rate and, keeping step with them, their sound.

    Parameters
    ----------
    path
        The file to write.
    rate
        Pictures a second (Hz).
    size
        (width, height), both even (px).
    sound
        Shape ``(1, N)`` or ``(2, N)`` at :data:`SOUND_RATE`, or None. It is cut where the
        pictures end.
    """

    def __init__(
        self,
        path: Path,
        rate: Fraction,
        size: tuple[int, int],
        sound: NDArray[np.float32] | None,
    ) -> None:
        import av

        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        # Without B-frames a copy starts at 0 s in every player, with no edit list.
        options = {"preset": "superfast", "crf": "23", "bf": "0", "g": str(round(2 * rate))}
        self._video = self._container.add_stream("libx264", rate=rate, options=options)
        self._video.width, self._video.height = size
        self._video.pix_fmt = "yuv420p"
        self._rate, self._tick = rate, 0
        self._sound, self._sample = sound, 0
        if sound is not None:
            self._layout = "mono" if len(sound) == 1 else "stereo"
            self._audio = self._container.add_stream("aac", rate=SOUND_RATE, layout=self._layout)
            self._audio.bit_rate = 96_000 * len(sound)

    def __enter__(self) -> ClipEncoder:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file; after an error just close it."""
        try:
            if kind is None and self._tick:
                self._add_sound(final=True)
                self._container.mux(self._video.encode(None))
                if self._sound is not None:
                    self._container.mux(self._audio.encode(None))
        finally:
            self._container.close()

    def add(self, frame: VideoFrame) -> None:
        """Encode the next picture and the sound up to its end."""
        frame.pts, frame.time_base = self._tick, 1 / self._rate
        frame.pict_type = 0  # else x264 repeats the source's choice
        self._tick += 1
        self._container.mux(self._video.encode(frame))
        self._add_sound()

    def _add_sound(self, *, final: bool = False) -> None:
        import av

        if self._sound is None:
            return
        end = min(self._sound.shape[1], round(self._tick / self._rate * SOUND_RATE))
        while self._sample < end and (final or end - self._sample >= _AAC_FRAME):
            part = self._sound[:, self._sample : min(end, self._sample + _AAC_FRAME)]
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(part), format="fltp", layout=self._layout
            )
            frame.sample_rate = SOUND_RATE
            frame.pts, frame.time_base = self._sample, Fraction(1, SOUND_RATE)
            self._container.mux(self._audio.encode(frame))
            self._sample += part.shape[1]
