"""Build graphs of FFmpeg's filters for frames of one size and format."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.filter import Graph
    from av.video.frame import VideoFrame


def build_filters(frame: VideoFrame, filters: Iterable[tuple[str, str | None]]) -> Graph:
    """Build a chain of filters that takes frames like ``frame`` and returns filtered frames.

    Parameters
    ----------
    frame
        A frame with the size, pixel format and colour tags of all frames to come.
    filters
        FFmpeg's name of each filter, and its options.

    Raises
    ------
    av.FFmpegError
        If the filters can't process such frames.
    """
    from av.filter import Graph

    graph = Graph()
    source = graph.add(
        "buffer",
        f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}"
        f":time_base={frame.time_base or Fraction(1, 1000)}:pixel_aspect=1/1"
        f":colorspace={frame.colorspace}:range={frame.color_range}",
    )
    chain = [graph.add(name, options) for name, options in filters]
    graph.link_nodes(source, *chain, graph.add("buffersink")).configure()
    return graph
