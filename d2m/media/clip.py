"""Clips: probe them, make a normalised copy, read its pictures at a constant rate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import inf
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import SettingsError
from d2m.media.atomic_write import replacing
from d2m.media.audio_track import decode_sound
from d2m.media.encoder import SOUND_RATE, ClipEncoder
from d2m.media.frames import at_constant_rate, common_rate, decode, frame_time, upright_for
from d2m.media.probe import DURATION_SLACK_S, Examined, Part, examine, opened, refuse_short
from d2m.media.probe_sandbox import examine_apart
from d2m.media.safe_open import ClipInfo, ClipLimits, audio_stream

__all__ = ["ClipInfo", "ClipLimits", "normalise", "probe", "read_frames", "sample_frames"]

_DEFAULT_LIMITS = ClipLimits()


def probe(path: Path, limits: ClipLimits = _DEFAULT_LIMITS) -> ClipInfo:
    """Say what a clip is, or refuse it.

    Headers lie or are silent (WebM from a browser has no duration), so the packets are
    counted and timed, and the first picture is decoded.

    Parameters
    ----------
    path
        The clip as it was sent.
    limits
        What is accepted.

    Raises
    ------
    VideoError
        If it is not a video, or outside the limits.
    """
    return examine_apart(path, limits, Part()).info


def normalise(
    source: Path,
    target: Path,
    *,
    limits: ClipLimits = _DEFAULT_LIMITS,
    start_s: float = 0.0,
    length_s: float | None = None,
    fps: float | None = None,
    longest_side: int = 1280,
    progress: Callable[[float], None] | None = None,
) -> ClipInfo:
    """Write an upright H.264 copy at a constant rate, with the clip's own sound as AAC.

    Pictures and sound keep their times against the first picture, which is at 0 s. A file
    that is damaged or breaks off is used as far as it can be decoded; sound that can't be
    decoded is left out.

    Of a long clip a part may be taken: then the part's start is at 0 s, and the limits on
    duration and on the number of pictures hold for the part.

    Parameters
    ----------
    source
        The clip as it was sent.
    target
        The copy (MP4); it appears only when it is complete.
    limits
        What is accepted; enforced on what is decoded, not on what the header says.
    start_s
        Where the part that is taken starts, counted from the clip's first picture (s).
    length_s
        How long it is at most (s); by default all that follows is taken.
    fps
        Frame rate of the copy (Hz); by default the common rate nearest to the clip's own,
        24 to 60 Hz.
    longest_side
        Larger pictures are reduced to this (px).
    progress
        Called now and then with the share done, 0 to 1.

    Returns
    -------
    ClipInfo
        What the copy is.

    Raises
    ------
    VideoError
        If the clip can't be decoded, or the part is outside it or the limits.
    SettingsError
        If the part is none of any clip, or ``fps`` or ``longest_side`` make no sense.
    """
    if (fps is not None and not 1 <= fps <= 120) or longest_side < 16:
        raise SettingsError("A copy needs 1 to 120 frames a second and a side of 16 px or more.")
    part = Part(start_s=start_s, length_s=length_s)
    seen = examine_apart(source, limits, part)
    sound = _own_sound(source, seen, limits)
    rate = Fraction(fps or common_rate(seen.info.fps)).limit_denominator(1001)
    with replacing(target) as temporary, opened(source, limits) as (container, stream):
        upright = upright_for(seen.info, stream, longest_side, "yuv420p")
        pictures = at_constant_rate(
            decode(container, stream, limits, skip=seen.skip),
            fps=float(rate),
            source_fps=seen.info.fps,
            start_s=seen.start_s,
            max_s=limits.max_duration_s + DURATION_SLACK_S,
            length_s=inf if part.is_all else seen.info.duration_s,
        )
        ticks = max(1.0, seen.info.duration_s * float(rate))
        count = 0
        with ClipEncoder(temporary, rate, upright.size, sound) as writer:
            for picture in pictures:
                writer.add(upright(picture))
                count += 1
                if progress is not None and count % 15 == 0:
                    progress(min(1.0, count / ticks))
        refuse_short(source, count / float(rate), limits)
    if progress is not None:
        progress(1.0)
    return ClipInfo(
        duration_s=count / float(rate),
        fps=float(rate),
        width=upright.size[0],
        height=upright.size[1],
        has_audio=sound is not None,
    )


def read_frames(
    path: Path, *, fps: float = 30.0, longest_side: int = 640
) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Yield the pictures of a normalised copy at a constant rate.

    Parameters
    ----------
    path
        A copy as :func:`normalise` writes it.
    fps
        Pictures a second (Hz). ``ClipInfo.frame_count(fps)`` says how many will come.
        Above the copy's own rate pictures repeat.
    longest_side
        Larger pictures are reduced to this (px).

    Yields
    ------
    tuple of (float, numpy.ndarray)
        Time (s) and an RGB picture of shape ``(H, W, 3)``.

    Raises
    ------
    VideoError
        If the file can't be decoded.
    """
    limits = _DEFAULT_LIMITS
    seen = examine(path, limits)
    with opened(path, limits) as (container, stream):
        upright = upright_for(seen.info, stream, longest_side, "rgb24")
        pictures = at_constant_rate(
            decode(container, stream, limits),
            fps=fps,
            source_fps=seen.info.fps,
            start_s=seen.start_s,
            max_s=limits.max_duration_s + DURATION_SLACK_S,
        )
        for tick, picture in enumerate(pictures):
            yield tick / fps, cast("NDArray[np.uint8]", upright(picture).to_ndarray())


def sample_frames(
    path: Path, *, count: int, longest_side: int = 640
) -> list[tuple[float, NDArray[np.uint8]]]:
    """Return pictures of a normalised copy from all along it, without decoding all of it.

    Parameters
    ----------
    path
        A copy as :func:`normalise` writes it.
    count
        How many; the copy is cut in so many equal parts, and each gives the picture in its
        middle. A copy of fewer pictures gives fewer.
    longest_side
        Larger pictures are reduced to this (px).

    Returns
    -------
    list of tuple of (float, numpy.ndarray)
        Time (s) and an RGB picture of shape ``(H, W, 3)``.

    Raises
    ------
    VideoError
        If the file can't be decoded.
    """
    limits = _DEFAULT_LIMITS
    seen = examine(path, limits)
    half = 0.5 / seen.info.fps
    samples: list[tuple[float, NDArray[np.uint8]]] = []
    with opened(path, limits) as (container, stream):
        upright = upright_for(seen.info, stream, longest_side, "rgb24")
        for wanted in (np.arange(count) + 0.5) / count * seen.info.duration_s - half:
            container.seek(round((wanted + seen.start_s) / stream.time_base), stream=stream)
            for frame in decode(container, stream, limits):
                time = (frame_time(frame) or 0.0) - seen.start_s
                if time >= wanted - half:
                    break
            else:
                continue
            if not samples or time > samples[-1][0]:
                samples.append((time, cast("NDArray[np.uint8]", upright(frame).to_ndarray())))
    return samples


def _own_sound(path: Path, seen: Examined, limits: ClipLimits) -> NDArray[np.float32] | None:
    """Return the clip's sound on the clock of its pictures, ``(C, N)``, if it has any."""
    if not seen.info.has_audio:
        return None
    with opened(path, limits) as (container, _):
        stream = audio_stream(container)
        if stream is None:
            return None
        sound = decode_sound(
            container,
            stream,
            sample_rate=SOUND_RATE,
            channels=1 if stream.channels == 1 else 2,
            start_s=seen.start_s,
            max_s=seen.info.duration_s,
        )
    return sound if sound.shape[1] else None
