"""Probe a clip: find its duration, frame rate and size, and check them against the limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import VideoError
from d2m.media.accepted_formats import VIDEO_CODECS, VIDEO_FORMATS
from d2m.media.clean_aperture import clean_aperture
from d2m.media.clip_limits import ClipInfo, ClipLimits, display_name
from d2m.media.clip_part import ClipPart
from d2m.media.codec_names import codec_for_people
from d2m.media.frames import decode_frames
from d2m.media.picture_stamps import (
    PictureStamps,
    encoder_delay_s,
    is_reordering_hidden,
    read_stamps,
)
from d2m.media.picture_times import PictureTimes
from d2m.media.refusals import (
    UNFILLED,
    breaks_off,
    is_unfilled,
    why_no_picture,
    why_too_few_pictures,
)
from d2m.media.safe_open import open_media
from d2m.media.sound_check import check_sound
from d2m.media.stamp_repair import Showing, usual_interval, weigh_stamps
from d2m.media.stream_choice import audio_stream, codec_name, video_stream
from d2m.media.upright import display_size, sample_aspect

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

__all__ = [
    "DURATION_SLACK_S",
    "ClipPart",
    "ProbeResult",
    "check_min_duration",
    "open_clip",
    "probe_file",
]

DURATION_SLACK_S = 0.06
"""Tolerance of the limits on duration (s): many programs cut clips a frame too short, and a
frame lasts up to 0.042 s at 24 Hz."""


@dataclass(frozen=True, kw_only=True)
class ProbeResult:
    """A clip, or a part of one, that is within the limits.

    Parameters
    ----------
    info
        Properties of the part.
    start_s
        Start of the part on the file's timeline (s).
    skip
        Number of packets at the beginning of the file that the part does not need.
    sound_start_s
        Timestamp of the sound at the start of the part (s): ``start_s``, unless all timestamps of
        the sound are late.
    times_intact
        Whether the picture packets' timestamps can be shown as they are in the file: each
        packet has one, all differ, and none had to be repaired.
    times
        When the pictures are shown.
    """

    info: ClipInfo
    start_s: float
    skip: int
    sound_start_s: float
    times_intact: bool
    times: PictureTimes


_WHOLE = ClipPart()
# Frames that are decoded to find out in which order they come. Chosen by hand: the first
# B-frames come within half a second.
_ORDER_FRAMES = 40


@contextmanager
def open_clip(path: Path, limits: ClipLimits) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a clip and its video stream, and check what its header says against the limits.

    Yields
    ------
    tuple
        The open file and its video stream.

    Raises
    ------
    VideoError
        If the file is not a video, is too large or has an unsupported codec.
    """
    with open_media(path, limits=limits, formats=VIDEO_FORMATS, error=VideoError) as container:
        stream = video_stream(container)
        if stream is None:
            reason = why_no_picture(path, has_sound=bool(container.streams.audio))
            raise VideoError(f"The file {display_name(path)} {reason}.")
        if codec_name(stream) not in VIDEO_CODECS:
            codec = codec_for_people(container, stream) or "of an unknown kind"
            raise VideoError(
                f"The picture of {display_name(path)} is {codec}, which is not supported: convert"
                " the clip to MP4 with H.264."
            )
        _check_frame_size(path, stream.width * stream.height, limits)
        yield container, stream


def probe_file(path: Path, limits: ClipLimits, part: ClipPart = _WHOLE) -> ProbeResult:
    """Read the timestamps of a clip's packets, then decode the first frame that is needed.

    Headers can be wrong or incomplete (WebM recorded by a browser has no duration), so every
    packet is counted. The packets before a part are read too, because indexes can be wrong or
    missing; reading a packet without decoding it costs little.

    Parameters
    ----------
    path
        The clip.
    limits
        Limits on the part.
    part
        The part to probe; by default the whole clip.

    Returns
    -------
    ProbeResult
        Properties of the part and where it starts.

    Raises
    ------
    VideoError
        If the file is not a video, or the part is outside the clip or the limits.
    """
    showing, stamps, late_s = _show(path, limits, part)
    times = showing.times
    start = times.first_s + part.start_s
    duration = _part_duration(path, times.end_s - times.first_s, part, limits)
    known = showing.time_s[np.isfinite(showing.time_s)]
    used = known if part.is_whole else known[(known >= start) & (known < start + duration)]
    if len(used) > limits.max_frames:
        raise _too_many_frames(path, limits.max_frames)
    rate = 1.0 / (usual_interval(used) or times.interval_s)
    skip = 0 if part.is_whole else _frames_before_key(showing.time_s, stamps, start)
    if np.isfinite(showing.time_s[skip]) and skip:
        times = replace(times, first_s=float(showing.time_s[skip]))
    with open_clip(path, limits) as (container, _):
        has_audio, sound_problem = check_sound(path, container)
    width, height = _first_size(path, limits, skip)
    info = ClipInfo(
        duration_s=duration,
        fps=rate,
        width=width,
        height=height,
        has_audio=has_audio,
        sound_problem=sound_problem,
    )
    return ProbeResult(
        info=info,
        start_s=start,
        skip=skip,
        sound_start_s=start + late_s,
        times_intact=showing.are_intact,
        times=times,
    )


def _show(path: Path, limits: ClipLimits, part: ClipPart) -> tuple[Showing, PictureStamps, float]:
    """Return when the pictures are shown, their timestamps, and how late the sound's are (s)."""
    most = limits.max_frames if part.is_whole else max(limits.max_frames, limits.max_listed)
    with open_clip(path, limits) as (container, stream):
        track = audio_stream(container)
        stamps, sound = read_stamps(container, stream, track, most + 1)
        late_s = 0.0 if track is None else encoder_delay_s(track)
        has_true_pts = container.format.name != "avi"
        may_reorder = bool(stream.codec_context.has_b_frames)
    if len(stamps) > most:
        raise _too_many_frames(path, most)
    is_decode_order = (
        may_reorder and is_reordering_hidden(stamps) and _comes_out_of_order(path, limits)
    )
    showing = weigh_stamps(
        stamps, sound, is_decode_order=is_decode_order, has_true_pts=has_true_pts
    )
    if showing is None:
        reason = why_too_few_pictures(path, len(stamps))
        raise VideoError(f"The file {display_name(path)} {reason}.")
    if has_true_pts or not late_s:
        return showing, stamps, 0.0
    # A muxer that has delayed the pictures by a whole place has done more than needed.
    return showing, stamps, late_s - showing.times.interval_s * showing.are_delayed


def _comes_out_of_order(path: Path, limits: ClipLimits) -> bool:
    """Return whether the timestamps of the first decoded frames go back."""
    with open_clip(path, limits) as (container, stream):
        frames = islice(decode_frames(container, stream, limits), _ORDER_FRAMES)
        stamps = [frame.pts for frame in frames if frame.pts is not None]
    return any(later < earlier for earlier, later in pairwise(stamps))


def _first_size(path: Path, limits: ClipLimits, skip: int) -> tuple[int, int]:
    """Return the size at which the first frame that can be decoded is shown (px)."""
    with open_clip(path, limits) as (container, stream):
        first = next(decode_frames(container, stream, limits, skip=skip), None)
        if first is None and is_unfilled(path, to_the_end=True):
            raise VideoError(f"The file {display_name(path)} {UNFILLED}.")
        if first is None:
            raise VideoError(
                f"No frame of {display_name(path)} can be decoded, because the file is damaged or"
                " its frames are larger than 4K: save it again in 4K or smaller."
            )
        width, height = display_size(first, sample_aspect(stream), clean_aperture(stream))
        _check_frame_size(path, first.width * first.height, limits)
    return round(width), round(height)


def _too_many_frames(path: Path, most: int) -> VideoError:
    return VideoError(
        f"The file {display_name(path)} has more than {most} frames: send a shorter clip."
    )


def _part_duration(path: Path, whole_s: float, part: ClipPart, limits: ClipLimits) -> float:
    """Return the duration of a part (s) of a clip that lasts ``whole_s``, after checking it."""
    if part.is_whole:
        check_min_duration(path, whole_s, limits)
    if part.start_s and part.start_s >= whole_s:
        raise VideoError(
            f"The part starts at {part.start_s:.4g} s, but the clip lasts only {whole_s:.1f} s:"
            " choose an earlier start."
        )
    left = whole_s - part.start_s
    duration = left if part.length_s is None else min(left, part.length_s)
    if duration < limits.min_duration_s - DURATION_SLACK_S:
        raise VideoError(
            f"The part that starts at {part.start_s:.4g} s lasts only {duration:.1f} s: choose at"
            f" least {limits.min_duration_s:g} s."
        )
    if duration > limits.max_duration_s + DURATION_SLACK_S:
        raise VideoError(
            f"The {'clip' if part.is_whole else 'part'} lasts {duration:.0f} s, more than the"
            f" {limits.max_duration_s:g} s allowed: choose a shorter part of it."
        )
    return duration


def _frames_before_key(time_s: NDArray[np.float64], stamps: PictureStamps, start_s: float) -> int:
    """Return how many frames precede the last keyframe at or before ``start_s``.

    Frames shown after that keyframe do not refer to frames before it, in whatever order the
    file stores them.
    """
    with np.errstate(invalid="ignore"):
        places = np.flatnonzero(stamps.is_key & (time_s <= start_s))
    return int(places[-1]) if len(places) else 0


def check_min_duration(path: Path, duration_s: float, limits: ClipLimits) -> None:
    """Raise a `VideoError` if less of a clip can be decoded than the limits require."""
    if duration_s < limits.min_duration_s - DURATION_SLACK_S:
        raise VideoError(
            f"Only {duration_s:.1f} s of {display_name(path)} can be played"
            f"{', because the file broke off: send it again, or' if breaks_off(path) else ': send'}"
            f" a clip of at least {limits.min_duration_s:g} s."
        )


def _check_frame_size(path: Path, pixels: int, limits: ClipLimits) -> None:
    if pixels > limits.max_pixels:
        raise VideoError(
            f"The frames of {display_name(path)} are too large ({pixels / 1e6:.0f} megapixels, at"
            f" most {limits.max_pixels / 1e6:.0f}): send the clip in 4K or smaller."
        )
