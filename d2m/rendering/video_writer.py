"""Make new videos out of finished ones: draw pictures from theirs, keep their sound."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import VideoError
from d2m.media.atomic_write import replacing
from d2m.media.frames import fitted_size
from d2m.media.probe import examine, opened
from d2m.media.safe_open import ClipInfo, ClipLimits, audio_stream, packets

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream

Image = NDArray[np.uint8]
Progress = Callable[[float], None]

_LIMITS = ClipLimits(min_duration_s=0.0)


def look_at(video: Path) -> ClipInfo:
    """Say what a finished clip is.

    Raises
    ------
    VideoError
        If it can't be read.
    """
    return examine(video, _LIMITS).info


def same_pictures(one: Path, other: Path) -> bool:
    """Say whether two finished clips hold the same coded pictures.

    Raises
    ------
    VideoError
        If one can't be read.
    """
    with (
        opened(one, _LIMITS) as (first, first_stream),
        opened(other, _LIMITS) as (second, second_stream),
    ):
        pairs = zip_longest(packets(first, first_stream), packets(second, second_stream))
        return all(a and b and bytes(a) == bytes(b) for a, b in pairs)


@contextmanager
def pictures_of(
    video: Path, longest_side: int
) -> Iterator[tuple[ClipInfo, Callable[[int], Image]]]:
    """Open a finished clip, and give its pictures by their numbers.

    Parameters
    ----------
    video
        A clip as :func:`d2m.rendering.mux.mux` writes it: moviepy can hang at others.
    longest_side
        Larger pictures are reduced to this (px).

    Yields
    ------
    tuple
        What the pictures are (with their size here), and a function from a number to a
        picture (H, W, 3), RGB. It is quick when the numbers ascend.

    Raises
    ------
    VideoError
        If the clip can't be read.
    """
    info = look_at(video)
    width, height = fitted_size(info.width, info.height, longest_side)
    fps = round(info.fps, 2)
    from moviepy import VideoFileClip

    try:
        clip = VideoFileClip(str(video.resolve()), audio=False, target_resolution=(width, height))
    except OSError as cause:
        raise VideoError(
            f"The pictures of {video.name} can't be read: make the music anew."
        ) from cause
    with clip:
        yield (
            ClipInfo(
                duration_s=info.duration_s,
                fps=fps,
                width=width,
                height=height,
                has_audio=info.has_audio,
            ),
            lambda index: clip.get_frame(index / clip.fps),
        )


def write_pictures(
    path: Path,
    picture: Callable[[int], Image],
    *,
    fps: float,
    n_pictures: int,
    progress: Progress | None = None,
) -> None:
    """Encode pictures as H.264 without sound.

    Parameters
    ----------
    path
        The MP4 to write.
    picture
        Gives the picture (H, W, 3) of a number, RGB, with even sides; called in order.
    fps, n_pictures
        Rate (Hz) and number of the pictures.
    progress
        Called now and then with the share done, 0 to 1.

    Raises
    ------
    VideoError
        If they can't be written.
    """
    from moviepy import VideoClip

    def frame(time_s: float) -> Image:
        index = min(n_pictures - 1, round(time_s * fps))
        if progress is not None and index % 15 == 0:
            progress(index / n_pictures)
        return picture(index)

    # moviepy counts the pictures by rounding the length down.
    clip: Any = VideoClip(frame, duration=(n_pictures + 0.5) / fps)
    # Without B-frames a video starts at 0 s in every player, with no edit list.
    options = ["-crf", "22", "-bf", "0", "-g", str(round(2 * fps))]
    try:
        clip.write_videofile(
            str(path),
            fps=fps,
            codec="libx264",
            preset="veryfast",
            audio=False,
            ffmpeg_params=options,
            logger=None,
        )
    except OSError as cause:
        raise VideoError(
            "The new video could not be written: check the free disk space, try again."
        ) from cause


def add_sound(pictures: Path, sounding: Path, target: Path) -> None:
    """Write an MP4 with the pictures of one video and the sound of another, both untouched.

    It is checked before it appears.

    Parameters
    ----------
    pictures, sounding
        Videos of one length; the second one may be without sound.
    target
        The MP4 to write.

    Raises
    ------
    VideoError
        If a video can't be read, or the new one can't be written.
    """
    import av

    seen, heard = look_at(pictures), look_at(sounding)
    with (
        replacing(target) as temporary,
        opened(pictures, _LIMITS) as (source, stream),
        opened(sounding, _LIMITS) as (other, _),
    ):
        try:
            with av.open(
                str(temporary), "w", format="mp4", options={"movflags": "+faststart"}
            ) as output:
                sound = audio_stream(other)
                parts = [(source, stream)] + ([(other, sound)] if sound is not None else [])
                copies = [output.add_stream_from_template(part) for _, part in parts]
                queues = [
                    _packets(container, part, copy)
                    for (container, part), copy in zip(parts, copies, strict=True)
                ]
                for _, packet in heapq.merge(*queues, key=lambda timed: timed[0]):
                    output.mux(packet)
        except (av.FFmpegError, OSError) as cause:
            raise VideoError(
                "The new video could not be written: check the free disk space, try again."
            ) from cause
        made = look_at(temporary)
        if (
            made.has_audio != heard.has_audio
            or abs(made.duration_s - seen.duration_s) > 1 / made.fps
        ):
            raise VideoError("The new video is not whole: check the free disk space, try again.")


def _packets(container: Any, stream: Any, copy: Stream) -> Iterator[tuple[Fraction, Packet[Any]]]:
    """Yield (time in s, packet) of a stream, for its copy."""
    for packet in container.demux(stream):
        if packet.dts is not None:
            time_s = packet.dts * packet.time_base
            packet.stream = copy
            yield time_s, packet
