"""Find out what a clip is, and refuse what is not one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from d2m.core.errors import SettingsError, VideoError
from d2m.media.frames import decode, displayed_size, sample_aspect
from d2m.media.safe_open import (
    VIDEO_CODECS,
    VIDEO_FORMATS,
    ClipInfo,
    ClipLimits,
    audio_stream,
    codec_name,
    open_media,
    packets,
    shown,
    video_stream,
)

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

DURATION_SLACK_S = 0.06
"""Clips cut to exactly two seconds come out a frame short in many programs (s)."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Which part of a clip is taken; by default all of it.

    Parameters
    ----------
    start_s
        Where it starts, counted from the clip's first picture (s).
    length_s
        How long it is at most (s), or None for all that follows.

    Raises
    ------
    SettingsError
        If one of them is no time of a clip.
    """

    start_s: float = 0.0
    length_s: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no clip has."""
        if not isfinite(self.start_s) or self.start_s < 0:
            raise SettingsError(
                f"A part of a clip can't start at {self.start_s:g} s: choose 0 s or later."
            )
        if self.length_s is not None and not (isfinite(self.length_s) and self.length_s > 0):
            raise SettingsError(
                f"A part of a clip can't last {self.length_s:g} s: choose more than 0 s."
            )

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return self.start_s == 0 and self.length_s is None


@dataclass(frozen=True, kw_only=True)
class Examined:
    """A clip, or a part of one, that is within the limits.

    Parameters
    ----------
    info
        What the part is.
    start_s
        Where it starts on the file's own clock (s).
    skip
        Pictures at the file's beginning that need not be decoded for it.
    """

    info: ClipInfo
    start_s: float
    skip: int


_ALL = Part()
_Stamp = tuple[float | None, bool]
"""When a picture is seen (s), if the file says, and whether it stands without others."""


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
                f"The file {shown(path)} has no moving picture: send a video of a person who"
                " dances."
            )
        if codec_name(stream) not in VIDEO_CODECS:
            raise VideoError(
                f"The pictures of {shown(path)} are in a format ({codec_name(stream)}) that is not"
                " supported: convert the clip to MP4 with H.264."
            )
        _refuse_large(path, stream.width * stream.height, limits)
        yield container, stream


def examine(path: Path, limits: ClipLimits, part: Part = _ALL) -> Examined:
    """Time the packets of a clip, then decode the first picture that is needed.

    For a part too the packets are read from the beginning: indexes lie or are missing, and
    packets that are not decoded cost little.

    Raises
    ------
    VideoError
        If it is not a video, or what is taken of it is outside the limits.
    """
    with opened(path, limits) as (container, stream):
        stamps = _stamps(path, container, stream, limits, part)
        sounding = audio_stream(container) is not None
    times = [time for time, _ in stamps if time is not None]
    if len(times) < 2:
        raise VideoError(
            f"The file {shown(path)} holds no moving picture that can be read: save it anew as MP4."
        )
    span = max(times) - min(times)
    whole = span * len(times) / (len(times) - 1)
    start = min(times) + part.start_s
    duration = _taken(path, whole, part, limits)
    seen = times if part.is_all else [t for t in times if start <= t < start + duration]
    if len(seen) > limits.max_frames:
        raise _too_many(path, limits)
    rate = _rate(seen) or _rate(times)
    skip = 0 if part.is_all else _before_key(stamps, start)
    with opened(path, limits) as (container, stream):
        first = next(decode(container, stream, limits, skip=skip), None)
        if first is None:
            raise VideoError(
                f"No picture of {shown(path)} can be decoded, because the file is damaged or its"
                " pictures are larger than 4K: save it anew."
            )
        width, height = displayed_size(first, sample_aspect(stream))
        _refuse_large(path, first.width * first.height, limits)
    info = ClipInfo(
        duration_s=duration,
        fps=rate,
        width=round(width),
        height=round(height),
        has_audio=sounding,
    )
    return Examined(info=info, start_s=start, skip=skip)


def _stamps(
    path: Path, container: InputContainer, stream: VideoStream, limits: ClipLimits, part: Part
) -> list[_Stamp]:
    """Return the stamps of all pictures, in the order of the file."""
    most = limits.max_frames if part.is_all else max(limits.max_frames, limits.max_listed)
    stamps: list[_Stamp] = []
    for packet in packets(container, stream):
        stamp = packet.pts if packet.pts is not None else packet.dts
        is_unseen = packet.is_discard  # cut off by an edit list
        time = None if stamp is None or is_unseen else float(stamp * packet.time_base)
        stamps.append((time, packet.is_keyframe))
        if len(stamps) > most:
            raise _too_many(path, replace(limits, max_frames=most))
    return stamps


def _too_many(path: Path, limits: ClipLimits) -> VideoError:
    return VideoError(
        f"The file {shown(path)} has more than {limits.max_frames} pictures: send a shorter clip."
    )


def _taken(path: Path, whole_s: float, part: Part, limits: ClipLimits) -> float:
    """Return how long the part of a clip of ``whole_s`` is (s), or refuse it."""
    if part.is_all:
        refuse_short(path, whole_s, limits)
    if part.start_s and part.start_s >= whole_s:
        raise VideoError(
            f"The part would start at {part.start_s:.4g} s, but the clip lasts only"
            f" {whole_s:.1f} s: choose an earlier start."
        )
    left = whole_s - part.start_s
    duration = left if part.length_s is None else min(left, part.length_s)
    if duration < limits.min_duration_s - DURATION_SLACK_S:
        raise VideoError(
            f"The part from {part.start_s:.4g} s on lasts only {duration:.1f} s: choose one of at"
            f" least {limits.min_duration_s:g} s."
        )
    if duration > limits.max_duration_s + DURATION_SLACK_S:
        raise VideoError(
            f"The {'clip' if part.is_all else 'part'} lasts {duration:.0f} s, more than the"
            f" {limits.max_duration_s:g} s allowed: take a shorter part of it."
        )
    return duration


def _rate(times: list[float]) -> float:
    """Return the mean rate of pictures (Hz), or 0 where they have none."""
    span = max(times) - min(times) if times else 0.0
    return (len(times) - 1) / span if span > 0 else 0.0


def _before_key(stamps: list[_Stamp], start_s: float) -> int:
    """Return how many pictures precede the last key picture not later than ``start_s``.

    What is shown from that one on needs none of them, whatever the order in the file.
    """
    keys = (
        index
        for index, (time, is_key) in enumerate(stamps)
        if is_key and time is not None and time <= start_s
    )
    return max(keys, default=0)


def refuse_short(path: Path, duration_s: float, limits: ClipLimits) -> None:
    """Raise a VideoError when less of a clip can be played than is needed."""
    if duration_s < limits.min_duration_s - DURATION_SLACK_S:
        raise VideoError(
            f"Only {duration_s:.1f} s of {shown(path)} can be played: send a clip of at least"
            f" {limits.min_duration_s:g} s."
        )


def _refuse_large(path: Path, pixels: int, limits: ClipLimits) -> None:
    if pixels > limits.max_pixels:
        raise VideoError(
            f"The picture of {shown(path)} is too large ({pixels / 1e6:.0f} megapixels, at most"
            f" {limits.max_pixels / 1e6:.0f}): send it in 4K or smaller."
        )
