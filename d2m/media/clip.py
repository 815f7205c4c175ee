"""Normalise a clip, and read the frames of the normalised clip at a constant rate."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import SettingsError
from d2m.media.clip_limits import ClipInfo, ClipLimits
from d2m.media.frames import at_constant_rate, decode_frames
from d2m.media.normalised_copy import PROGRESS_FRAMES, CopyStyle, ShareProgress, write_copy
from d2m.media.picture_times import frame_time, timed_frames
from d2m.media.probe import DURATION_SLACK_S, ClipPart, open_clip, probe_file
from d2m.media.probe_sandbox import probe_in_sandbox
from d2m.media.upright import scaler_for

__all__ = [
    "PROGRESS_FRAMES",
    "ClipInfo",
    "ClipLimits",
    "ShareProgress",
    "normalise",
    "read_frames",
    "sample_frames",
]

_DEFAULT_LIMITS = ClipLimits()


def normalise(
    source: Path,
    target: Path,
    *,
    limits: ClipLimits = _DEFAULT_LIMITS,
    start_s: float = 0.0,
    length_s: float | None = None,
    fps: float | None = None,
    longest_side: int = 1280,
    progress: ShareProgress | None = None,
) -> ClipInfo:
    """Write an upright H.264 copy at a constant frame rate, with the clip's audio as AAC.

    Frames and audio keep their timing relative to the first frame, which moves to 0 s. A file
    that is damaged or cut off is used as far as it can be decoded. Audio that can't be decoded
    is left out.

    If only a part of a long clip is used, the start of the part moves to 0 s, and the limits
    on duration and number of frames apply to the part.

    Parameters
    ----------
    source
        The clip as it was uploaded.
    target
        The normalised clip (MP4), written atomically.
    limits
        Limits on the clip; they apply to what is decoded, not to what the header says.
    start_s
        Start of the part, counted from the clip's first frame (s).
    length_s
        Maximum duration of the part (s); by default everything after the start.
    fps
        Frame rate of the result (Hz); by default one at which each picture of the clip is shown,
        20 to 60 Hz, see `d2m.media.frames.common_rate`.
    longest_side
        Larger frames are reduced to this length of the longest side (px).
    progress
        Called regularly with the share done, 0 to 1.

    Returns
    -------
    ClipInfo
        Properties of the normalised clip.

    Raises
    ------
    VideoError
        If the clip can't be decoded, or the part is outside the clip or the limits.
    SettingsError
        If the part, ``fps`` or ``longest_side`` is out of range.
    """
    if (fps is not None and not 1 <= fps <= 120) or longest_side < 16:
        raise SettingsError(
            "A normalised clip needs 1 to 120 frames per second and a longest side of at least"
            " 16 px."
        )
    part = ClipPart(start_s=start_s, length_s=length_s)
    probed = probe_in_sandbox(source, limits, part)
    return write_copy(
        source,
        target,
        probed,
        limits=limits,
        length_s=inf if part.is_whole else probed.info.duration_s,
        style=CopyStyle(fps=fps, longest_side=longest_side),
        progress=progress,
    )


def read_frames(
    path: Path, *, fps: float = 30.0, longest_side: int = 640
) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Yield the frames of a normalised clip at a constant rate.

    Parameters
    ----------
    path
        A clip written by :func:`normalise`.
    fps
        Frame rate (Hz). ``ClipInfo.frame_count(fps)`` gives the number of frames. Above the
        clip's own rate, frames are repeated.
    longest_side
        Larger frames are reduced to this length of the longest side (px).

    Yields
    ------
    tuple of (float, numpy.ndarray)
        Time (s) and RGB frame ``(H, W, 3)``.

    Raises
    ------
    VideoError
        If the file can't be decoded.
    """
    limits = _DEFAULT_LIMITS
    probed = probe_file(path, limits)
    with open_clip(path, limits) as (container, stream):
        upright = scaler_for(probed.info, stream, longest_side, "rgb24")
        frames = at_constant_rate(
            timed_frames(
                decode_frames(container, stream, limits), probed.times, start_s=probed.start_s
            ),
            probed.times,
            fps=fps,
            start_s=probed.start_s,
            max_s=limits.max_duration_s + DURATION_SLACK_S,
        )
        for tick, frame in enumerate(frames):
            yield tick / fps, cast("NDArray[np.uint8]", upright(frame).to_ndarray())


def sample_frames(
    path: Path, *, count: int, longest_side: int = 640
) -> list[tuple[float, NDArray[np.uint8]]]:
    """Return evenly spaced frames of a normalised clip without decoding the whole clip.

    Parameters
    ----------
    path
        A clip written by :func:`normalise`.
    count
        Number of frames. The clip is divided into this many equal parts, and the frame in
        the middle of each part is returned. A clip with fewer frames gives fewer.
    longest_side
        Larger frames are reduced to this length of the longest side (px).

    Returns
    -------
    list of tuple of (float, numpy.ndarray)
        Time (s) and RGB frame ``(H, W, 3)``.

    Raises
    ------
    VideoError
        If the file can't be decoded.
    """
    limits = _DEFAULT_LIMITS
    probed = probe_file(path, limits)
    half = 0.5 / probed.info.fps
    samples: list[tuple[float, NDArray[np.uint8]]] = []
    with open_clip(path, limits) as (container, stream):
        upright = scaler_for(probed.info, stream, longest_side, "rgb24")
        for wanted in (np.arange(count) + 0.5) / count * probed.info.duration_s - half:
            container.seek(round((wanted + probed.start_s) / stream.time_base), stream=stream)
            for frame in decode_frames(container, stream, limits):
                time = (frame_time(frame) or 0.0) - probed.start_s
                if time >= wanted - half:
                    break
            else:
                continue
            if not samples or time > samples[-1][0]:
                samples.append((time, cast("NDArray[np.uint8]", upright(frame).to_ndarray())))
    return samples
