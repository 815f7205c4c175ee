"""Write the normalised copy of a clip: upright H.264 at a constant frame rate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from d2m.media.atomic_write import atomic_write
from d2m.media.audio_track import decode_audio_track
from d2m.media.clip_limits import ClipInfo, ClipLimits
from d2m.media.deinterlace import deinterlaced
from d2m.media.encoder import CLIP_SAMPLE_RATE, ClipEncoder
from d2m.media.frames import at_constant_rate, common_rate, decode_frames
from d2m.media.picture_times import timed_frames
from d2m.media.probe import DURATION_SLACK_S, ProbeResult, check_min_duration, open_clip
from d2m.media.stream_choice import audio_stream
from d2m.media.upright import scaler_for

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

ShareProgress = Callable[[float], None]
"""Called with the share of a task that is done, 0 to 1."""
PROGRESS_FRAMES = 15
"""Frames between two progress reports: half a second of video at 30 Hz. Chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class CopyStyle:
    """How a normalised copy is encoded.

    Parameters
    ----------
    fps
        Frame rate (Hz); by default that of `d2m.media.frames.common_rate`, 20 to 60 Hz.
    longest_side
        Larger frames are reduced to this length of the longest side (px).
    crf
        Constant rate factor of x264: lower is better.
    preset
        Preset of x264: faster ones give larger files.
    is_silent
        Whether the clip's sound is left out.
    """

    fps: float | None = None
    longest_side: int = 1280
    crf: int = 23
    preset: str = "superfast"
    is_silent: bool = False


class FrameWatcher(Protocol):
    """Sees the frames of a clip while its normalised copy is written."""

    def decoded(self, frames: Iterator[VideoFrame], stream: VideoStream) -> Iterator[VideoFrame]:
        """Pass the frames of a stream through as the decoder returns them."""

    def timed(
        self, frames: Iterator[tuple[float, VideoFrame]]
    ) -> Iterator[tuple[float, VideoFrame]]:
        """Pass the progressive frames through, each with its time from the start (s)."""


class CopyViewer(Protocol):
    """Sees the pictures of a normalised copy while it is written."""

    def begin(self, info: ClipInfo) -> None:
        """Learn what the copy will be like; its duration is what the source's probe says."""

    def view(self, frame: VideoFrame) -> None:
        """See the next picture, which is not to be changed: upright, in the copy's size."""


def write_copy(
    source: Path,
    target: Path,
    probed: ProbeResult,
    *,
    limits: ClipLimits,
    length_s: float,
    style: CopyStyle,
    progress: ShareProgress | None = None,
    watcher: FrameWatcher | None = None,
    viewer: CopyViewer | None = None,
) -> ClipInfo:
    """Write the normalised copy of a clip that has been probed.

    Parameters
    ----------
    source, target, limits, progress
        As for `normalise`.
    probed
        What probing the clip, or a part of it, returned.
    length_s
        Duration of the part (s), or infinity for the whole clip.
    style
        How the copy is encoded.
    watcher
        Sees each decoded frame on its way to the copy.
    viewer
        Sees each picture of the copy before it is encoded.

    Returns
    -------
    ClipInfo
        Properties of the copy.

    Raises
    ------
    VideoError
        If the clip can't be decoded, or is outside the limits.
    """
    rate = Fraction(style.fps or common_rate(probed.info.fps)).limit_denominator(1001)
    audio = None if style.is_silent else decode_clip_audio(source, probed, limits)
    expected, count = max(1.0, probed.info.duration_s * float(rate)), 0
    with atomic_write(target) as temporary, open_clip(source, limits) as (container, stream):
        upright = scaler_for(probed.info, stream, style.longest_side, "yuv420p")
        decoded = decode_frames(container, stream, limits, skip=probed.skip)
        if watcher is not None:
            decoded = watcher.decoded(decoded, stream)
        timed = timed_frames(deinterlaced(decoded), probed.times, start_s=probed.start_s)
        if watcher is not None:
            timed = watcher.timed(timed)
        frames = at_constant_rate(
            timed,
            probed.times,
            fps=float(rate),
            start_s=probed.start_s,
            max_s=limits.max_duration_s + DURATION_SLACK_S,
            length_s=length_s,
        )
        width, height = upright.size
        copied = replace(
            probed.info, fps=float(rate), width=width, height=height, has_audio=audio is not None
        )
        with ClipEncoder(
            temporary, rate, upright.size, audio, crf=style.crf, preset=style.preset
        ) as encoder:
            for frame in _viewed(map(upright, frames), copied, viewer):
                encoder.add(frame)
                count += 1
                if progress is not None and count % PROGRESS_FRAMES == 0:
                    progress(min(1.0, count / expected))
        check_min_duration(source, count / float(rate), limits)
    if progress is not None:
        progress(1.0)
    return replace(copied, duration_s=count / float(rate))


def _viewed(
    frames: Iterator[VideoFrame], info: ClipInfo, viewer: CopyViewer | None
) -> Iterator[VideoFrame]:
    """Show the frames of a copy to who wants to see them, and pass them through."""
    if viewer is not None:
        viewer.begin(info)
    for frame in frames:
        if viewer is not None:
            viewer.view(frame)
        yield frame


def decode_clip_audio(
    path: Path, probed: ProbeResult, limits: ClipLimits, sample_rate: int = CLIP_SAMPLE_RATE
) -> NDArray[np.float32] | None:
    """Return the clip's audio ``(C, N)`` from its first frame on, or None if it has none."""
    if not probed.info.has_audio:
        return None
    with open_clip(path, limits) as (container, _):
        stream = audio_stream(container)
        if stream is None:
            return None
        audio = decode_audio_track(
            container,
            stream,
            sample_rate=sample_rate,
            channels=1 if stream.channels == 1 else 2,
            start_s=probed.sound_start_s,
            max_s=probed.info.duration_s,
            resets=probed.times.resets,
        )
    return audio if audio.shape[1] else None
