"""Find out what a clip is, and refuse what is not one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from d2m.errors import VideoError
from d2m.media.frames import decode, displayed_size, sample_aspect
from d2m.media.guard import (
    VIDEO_CODECS,
    VIDEO_FORMATS,
    ClipInfo,
    ClipLimits,
    audio_stream,
    codec_name,
    open_media,
    packets,
    video_stream,
)

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

DURATION_SLACK_S = 0.06
"""Clips cut to exactly two seconds come out a frame short in many programs (s)."""


@dataclass(frozen=True, kw_only=True)
class Examined:
    """A clip within the limits, and its first picture's time as its file tells it (s)."""

    info: ClipInfo
    start_s: float


@contextmanager
def opened(path: Path, limits: ClipLimits) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a clip and find its pictures, or refuse it by what its header says.

    Raises
    ------
    VideoError
        If it is not a video, too large, or of a codec that is not accepted.
    """
    with open_media(path, limits=limits, formats=VIDEO_FORMATS, error=VideoError) as container:
        stream = video_stream(container)
        if stream is None:
            raise VideoError(
                f"The file {path.name} has no moving picture: send a video of a person who dances."
            )
        if codec_name(stream) not in VIDEO_CODECS:
            raise VideoError(
                f"The pictures of {path.name} are in a format ({codec_name(stream)}) that is not"
                " supported: convert the clip to MP4 with H.264."
            )
        _refuse_large(path, stream.width * stream.height, limits)
        yield container, stream


def examine(path: Path, limits: ClipLimits) -> Examined:
    """Time the packets of a clip, then decode its first picture.

    Raises
    ------
    VideoError
        If it is not a video, or outside the limits.
    """
    with opened(path, limits) as (container, stream):
        stamps = _packet_times(path, container, stream, limits)
        sounding = audio_stream(container) is not None
    if len(stamps) < 2:
        raise VideoError(
            f"The file {path.name} holds no moving picture that can be read: save it anew as MP4."
        )
    span = max(stamps) - min(stamps)
    fps = (len(stamps) - 1) / span if span > 0 else 0.0
    duration = span * len(stamps) / (len(stamps) - 1)
    refuse_short(path, duration, limits)
    if duration > limits.max_duration_s + DURATION_SLACK_S:
        raise VideoError(
            f"The clip lasts {duration:.0f} s, more than the {limits.max_duration_s:g} s allowed:"
            " cut it and send a part."
        )
    with opened(path, limits) as (container, stream):
        first = next(decode(container, stream, limits), None)
        if first is None:
            raise VideoError(
                f"No picture of {path.name} can be decoded: the file is damaged, save it anew."
            )
        width, height = displayed_size(first, sample_aspect(stream))
        _refuse_large(path, first.width * first.height, limits)
    info = ClipInfo(
        duration_s=duration,
        fps=fps,
        width=round(width),
        height=round(height),
        has_audio=sounding,
    )
    return Examined(info=info, start_s=min(stamps))


def _packet_times(
    path: Path, container: InputContainer, stream: VideoStream, limits: ClipLimits
) -> list[float]:
    """Return the times of all pictures (s), in the order of the file."""
    times: list[float] = []
    for packet in packets(container, stream):
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is not None:
            times.append(float(stamp * packet.time_base))
        if len(times) > limits.max_frames:
            raise VideoError(
                f"The file {path.name} has more than {limits.max_frames} pictures:"
                " send a shorter clip."
            )
    return times


def refuse_short(path: Path, duration_s: float, limits: ClipLimits) -> None:
    """Raise a VideoError when less of a clip can be played than is needed."""
    if duration_s < limits.min_duration_s - DURATION_SLACK_S:
        raise VideoError(
            f"Only {duration_s:.1f} s of {path.name} can be played: send a clip of at least"
            f" {limits.min_duration_s:g} s."
        )


def _refuse_large(path: Path, pixels: int, limits: ClipLimits) -> None:
    if pixels > limits.max_pixels:
        raise VideoError(
            f"The picture of {path.name} is too large ({pixels / 1e6:.0f} megapixels, at most"
            f" {limits.max_pixels / 1e6:.0f}): send it in 4K or smaller."
        )
