"""Make whole pictures of interlaced frames, whose two fields were filmed one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from d2m.media.frame_filters import build_filters

if TYPE_CHECKING:
    from av.filter import Graph
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# FFmpeg's numbers of the field orders of interlaced streams: top or bottom field first in
# coding order and in display order.
_INTERLACED_ORDERS = frozenset((2, 3, 4, 5))
# Its own threshold of 1.5 does not find progressive pictures where there is noise or little
# motion; interlaced ones stay below 1.04, from which on idet tells the order of their fields.
_JUDGE = (("idet", "prog_thres=1.1"),)
_BWDIF = (("bwdif", "mode=send_frame:parity=auto:deint=interlaced"),)


def is_interlaced(tagged: VideoFrame | VideoStream) -> bool:
    """Return whether a frame or a stream is tagged as interlaced."""
    context = getattr(tagged, "codec_context", None)
    if context is not None:
        return context.field_order in _INTERLACED_ORDERS
    return bool(getattr(tagged, "interlaced_frame", False))


def deinterlaced(frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    """Deinterlace those frames that are tagged as interlaced; the rest passes untouched.

    The rate and the timestamps stay: every frame gives one frame. Up to the first interlaced
    frame nothing is filtered, so that progressive clips cost nothing.

    Parameters
    ----------
    frames
        Decoded frames of one stream in the order in which they are shown.

    Yields
    ------
    av.VideoFrame
        Frame with all lines of one time, and the timestamps, tags and side data of the source.
    """
    import av

    filtered: _Deinterlacer | None = None
    for frame in frames:
        if filtered is not None and not filtered.accepts(frame):
            yield from filtered.finish()
            filtered = None
        if filtered is None and frame.interlaced_frame:
            try:
                filtered = _Deinterlacer(frame)
            except av.FFmpegError:  # a format that the filters don't know
                filtered = None
        if filtered is None:
            yield frame
        else:
            yield from filtered.add(frame)
    if filtered is not None:
        yield from filtered.finish()


class _Deinterlacer:
    """Filters frames of one size and format; the result comes some frames later.

    Many cameras tag as interlaced what they filmed progressively, and bwdif would only blur it.
    So idet looks at the pictures, and frames whose two fields show one moment stay as they are.
    Where it can't tell, as in a still, the tag counts. The order of the fields is always that
    of the tag: idet takes it for the other one where something swings back and forth.
    """

    def __init__(self, frame: VideoFrame) -> None:
        self._shape = _shape(frame)
        self._judge, self._bwdif = build_filters(frame, _JUDGE), build_filters(frame, _BWDIF)
        self._waiting: deque[VideoFrame] = deque()
        self._judged: deque[VideoFrame] = deque()
        self._whole: deque[VideoFrame] = deque()

    def accepts(self, frame: VideoFrame) -> bool:
        """Return whether a frame has the size and format that the filters were built for."""
        return _shape(frame) == self._shape

    def add(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        """Filter a frame and yield the frames that are ready."""
        self._waiting.append(frame)
        self._push(frame)
        yield from self._ready()

    def finish(self) -> Iterator[VideoFrame]:
        """Yield the frames that are still in the filters."""
        self._push(None)
        yield from self._ready()

    def _push(self, frame: VideoFrame | None) -> None:
        for graph, results in ((self._judge, self._judged), (self._bwdif, self._whole)):
            graph.vpush(frame)
            results.extend(_pulled(graph))

    def _ready(self) -> Iterator[VideoFrame]:
        while self._judged and self._whole:
            source, whole = self._waiting.popleft(), self._whole.popleft()
            if not self._judged.popleft().interlaced_frame:
                yield source
                continue
            # bwdif halves the time base and guesses times that are missing.
            whole.pts, whole.dts, whole.duration = source.pts, source.dts, source.duration
            if source.time_base is not None:
                whole.time_base = source.time_base
            yield whole


def _pulled(graph: Graph) -> Iterator[VideoFrame]:
    """Yield the frames that are ready at the end of a graph."""
    import av

    with suppress(av.BlockingIOError, av.EOFError):
        while True:
            yield graph.vpull()


def _shape(frame: VideoFrame) -> tuple[int, int, str, int, int]:
    """Return what may not change while filters run."""
    return frame.width, frame.height, frame.format.name, frame.colorspace, frame.color_range
