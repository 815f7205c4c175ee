"""Encode the pictures of a clip at full size, each at its own time, visually lossless."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2m.media.colour import tag_bt709
from d2m.media.mp4_writer import create_mp4

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame

PICTURE_TIME_BASE = Fraction(1, 90_000)
"""Unit of the pictures' times (s): that of MPEG, which all common rates divide but for less
than a microsecond a frame."""
# Constant rate factor and preset of x264. Chosen by measurement (docs/clips-quality.md): the
# fastest preset with at least 42 dB or VMAF 95 on every test clip.
_CRF, _PRESET = 16, "veryfast"
# Threads of the encoder. Chosen by hand, so that other jobs of a server get their turn.
_THREADS = 2
# Time from a keyframe to the next (s), so that players jump quickly. Chosen by hand.
_KEYFRAME_S = 2.0


class PictureEncoder:
    """Writes upright pictures as H.264 into a silent MP4; their rate may vary.

    Parameters
    ----------
    path
        The MP4 to write.
    size
        (width, height), both even (px).
    fps
        Usual rate of the pictures (Hz).
    max_bit_rate
        Bit rate that the picture may reach over its whole length (bit/s).
    """

    def __init__(self, path: Path, *, size: tuple[int, int], fps: float, max_bit_rate: int) -> None:
        self._container = create_mp4(path)
        options = {
            "preset": _PRESET,
            "crf": str(_CRF),
            # Without B-frames the video starts at 0 s in every player, without an edit list.
            "bf": "0",
            "g": str(max(2, round(_KEYFRAME_S * fps))),
            "threads": str(_THREADS),
            "maxrate": str(max_bit_rate),
            "bufsize": str(2 * max_bit_rate),
        }
        rate = Fraction(fps).limit_denominator(1001)
        self._video: Any = self._container.add_stream("libx264", rate=rate, options=options)
        self._video.width, self._video.height = size
        self._video.pix_fmt = "yuv420p"
        self._video.codec_context.time_base = PICTURE_TIME_BASE
        tag_bt709(self._video.codec_context)
        self._waiting: Packet[Stream] | None = None
        self._last: int | None = None

    def add(self, frame: VideoFrame, time_s: float) -> None:
        """Encode a picture that is shown from a time on (s); times ascend from 0."""
        stamp = round(time_s / PICTURE_TIME_BASE)
        if self._last is not None and stamp <= self._last:
            return  # closer to the picture before than the time base can tell
        # The frame may be shared with the small copy, whose times have another unit.
        kept_stamp, kept_base, kept_type = frame.pts, frame.time_base, frame.pict_type
        frame.pts, frame.time_base = stamp, PICTURE_TIME_BASE
        frame.pict_type = 0  # let x264 choose the frame type instead of keeping the source's
        self._last = stamp
        self._mux(self._video.encode(frame))
        frame.pts, frame.pict_type = kept_stamp, kept_type
        if kept_base is not None:
            frame.time_base = kept_base

    def finish(self, end_s: float) -> None:
        """Flush the encoder and close the file; the last picture is shown until ``end_s`` (s)."""
        if self._last is None:
            self.close()
            return
        self._mux(self._video.encode(None))
        if self._waiting is not None:
            end = max(self._last + 1, round(end_s / PICTURE_TIME_BASE))
            self._waiting.duration = end - self._last
            self._container.mux(self._waiting)
        self.close()

    def close(self) -> None:
        """Close the file as it is."""
        self._container.close()

    def _mux(self, packets: list[Packet[Stream]]) -> None:
        """Write the packets but for the last one, whose duration is not known yet."""
        for packet in packets:
            if self._waiting is not None and packet.pts is not None:
                self._waiting.duration = packet.pts - (self._waiting.pts or 0)
                self._container.mux(self._waiting)
            self._waiting = packet
