"""Read the frames of result videos, encode new frames, and copy audio between videos."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2m.core.errors import VideoError
from d2m.media.atomic_write import atomic_write
from d2m.media.clip import PROGRESS_FRAMES, ShareProgress
from d2m.media.clip_limits import ClipInfo, ClipLimits
from d2m.media.deinterlace import deinterlaced
from d2m.media.frames import at_constant_rate, decode_frames
from d2m.media.mp4_writer import copied_packets, create_mp4
from d2m.media.picture_times import timed_frames
from d2m.media.probe import DURATION_SLACK_S, open_clip, probe_file
from d2m.media.safe_open import read_packets
from d2m.media.stream_choice import audio_stream
from d2m.media.upright import fitted_size, scaler_for

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

RESULT_LIMITS = ClipLimits(
    min_duration_s=0.0, max_duration_s=3600.0, max_bytes=4 * 10**9, max_frames=3600 * 60
)
"""Limits on videos that the program itself has written: none that matter."""

FULL_HD = 1920, 1080
"""Longest and shortest side of the largest picture that is drawn again (px)."""

# Least and highest rate of videos that are drawn (Hz). Chosen by hand: a flash takes 0.17 s, and
# no screen needs more.
_DRAWING_RATES = 23.0, 60.0
# Constant rate factor and preset of x264. Chosen by measurement (docs/speed.md): half the time of
# "veryfast" at 22, as near to the source, in larger files.
_CRF, _PRESET = 21, "ultrafast"


def video_info(video: Path) -> ClipInfo:
    """Return the properties of a result video.

    Raises
    ------
    VideoError
        If it can't be read.
    """
    return probe_file(video, RESULT_LIMITS).info


def same_frames(one: Path, other: Path) -> bool:
    """Return whether two result videos hold the same coded frames.

    Raises
    ------
    VideoError
        If one of them can't be read.
    """
    with (
        open_clip(one, RESULT_LIMITS) as (first, first_stream),
        open_clip(other, RESULT_LIMITS) as (second, second_stream),
    ):
        pairs = zip_longest(read_packets(first, first_stream), read_packets(second, second_stream))
        return all(a and b and bytes(a) == bytes(b) for a, b in pairs)


def shown_side(width: int, height: int) -> int:
    """Return the longest side (px) to which a picture is reduced where it is drawn again.

    It keeps its size up to that of Full HD, lying or standing.
    """
    short, long = sorted((width, height))
    return int(long * min(1.0, FULL_HD[0] / long, FULL_HD[1] / short))


@contextmanager
def open_frames(
    video: Path, longest_side: int
) -> Iterator[tuple[ClipInfo, Callable[[int], VideoFrame]]]:
    """Open a result video and give access to its frames, upright and at a constant rate.

    Parameters
    ----------
    video
        A video written by :func:`d2m.rendering.mux.mux`: its rate may vary, and a display
        matrix may turn it.
    longest_side
        Larger frames are reduced to this length of the longest side (px).

    Yields
    ------
    tuple
        Properties of the reduced frames, and a function from an index to a frame in SDR
        BT.709 (``yuv420p``, limited range); the indices have to ascend.

    Raises
    ------
    VideoError
        If the video can't be read.
    """
    probed = probe_file(video, RESULT_LIMITS)
    width, height = fitted_size(probed.info.width, probed.info.height, longest_side)
    info = replace(probed.info, fps=_drawing_rate(probed.info.fps), width=width, height=height)
    with open_clip(video, RESULT_LIMITS) as (container, stream):
        upright = scaler_for(probed.info, stream, longest_side, "yuv420p")
        decoded = decode_frames(container, stream, RESULT_LIMITS)
        timed = timed_frames(deinterlaced(decoded), probed.times, start_s=probed.start_s)
        frames = at_constant_rate(
            timed,
            probed.times,
            fps=info.fps,
            start_s=probed.start_s,
            max_s=RESULT_LIMITS.max_duration_s + DURATION_SLACK_S,
        )
        shown: list[Any] = [-1, None]

        def read(index: int) -> VideoFrame:
            for frame in islice(frames, index - shown[0]):
                shown[1] = frame
            shown[0] = index
            if shown[1] is None:
                raise VideoError(
                    f"The frames of {video.name} can't be read: try to generate the music again."
                )
            return upright(shown[1])

        yield info, read


def _drawing_rate(fps: float) -> float:
    """Return the rate of a drawn video (Hz) for a clip's rate: enough for lamps that flash."""
    while fps < _DRAWING_RATES[0]:
        fps *= 2
    return min(fps, _DRAWING_RATES[1])


def write_frames(
    path: Path,
    frame: Callable[[int], VideoFrame],
    *,
    fps: float,
    n_frames: int,
    progress: ShareProgress | None = None,
) -> None:
    """Encode frames as H.264 without audio.

    Parameters
    ----------
    path
        The MP4 to write.
    frame
        Function from an index to a frame as `d2m.rendering.yuv_canvas.YuvCanvas.frame` returns
        it; all are of one size. It is called with ascending indices.
    fps, n_frames
        Frame rate (Hz) and number of frames.
    progress
        Called regularly with the share done, 0 to 1.

    Raises
    ------
    VideoError
        If the file can't be written.
    """
    import av

    from d2m.media.encoder import ClipEncoder

    first = frame(0)
    rate, size = Fraction(fps).limit_denominator(1001), (first.width, first.height)
    try:
        with ClipEncoder(path, rate, size, None, crf=_CRF, preset=_PRESET) as encoder:
            encoder.add(first)
            for index in range(1, n_frames):
                if progress is not None and index % PROGRESS_FRAMES == 0:
                    progress(index / n_frames)
                encoder.add(frame(index))
    except (av.FFmpegError, OSError) as cause:
        raise VideoError(
            "The new video could not be written: check the free disk space and try again."
        ) from cause


def stream_length_s(stream: AudioStream | VideoStream) -> float:
    """Return the duration of a stream of a result video by the file's header (s)."""
    return float((stream.duration or 0) * (stream.time_base or Fraction(0)))


def combine_streams(video: Path, audio: Path, target: Path) -> None:
    """Write an MP4 with the frames of one video and the audio of another, without re-encoding.

    It has the title of the second one. It is checked before it appears under its name.

    Parameters
    ----------
    video, audio
        Videos of equal duration that give the frames and the audio; the second one may have
        no audio.
    target
        The MP4 to write, atomically.

    Raises
    ------
    VideoError
        If a video can't be read, or the new one can't be written.
    """
    import av

    with (
        atomic_write(target) as temporary,
        open_clip(video, RESULT_LIMITS) as (video_file, video_track),
        open_clip(audio, RESULT_LIMITS) as (audio_file, _),
    ):
        expected_s, frame_s = stream_length_s(video_track), 1 / (video_track.average_rate or 1)
        try:
            title = audio_file.metadata.get("title", "")
            with create_mp4(temporary, title) as output:
                copies = [copied_packets(video_file, video_track, output)]
                if (audio_track := audio_stream(audio_file)) is not None:
                    copies.append(copied_packets(audio_file, audio_track, output))
                for _, packet in heapq.merge(*copies, key=lambda timed: timed[0]):
                    output.mux(packet)
        except (av.FFmpegError, OSError) as cause:
            raise VideoError(
                "The new video could not be written: check the free disk space and try again."
            ) from cause
        with open_clip(temporary, RESULT_LIMITS) as (made, made_track):
            is_complete = abs(stream_length_s(made_track) - expected_s) <= frame_s
            is_complete &= (audio_stream(made) is None) == (audio_track is None)
        if not is_complete:
            raise VideoError(
                "The new video is not complete: check the free disk space and try again."
            )
