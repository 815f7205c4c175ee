"""Mux a normalised clip with its new music."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import resample_channels, validate_channels
from d2m.core.errors import AudioError, VideoError
from d2m.core.levels import SAMPLE_RATE, STUDIO_SAMPLE_RATE
from d2m.media.atomic_write import atomic_write
from d2m.media.audio_file import read_audio
from d2m.media.mp4_writer import AAC_BIT_RATE, AacEncoder, copied_packets, create_mp4
from d2m.media.probe import open_clip
from d2m.media.safe_open import read_packets
from d2m.media.stream_choice import audio_stream
from d2m.rendering.video_writer import RESULT_LIMITS, video_info

VIDEO_SAMPLE_RATE = 48_000
"""Sample rate of the AAC track of the studio version (Hz): that of video production."""
STUDIO_BIT_RATE = 128_000
"""AAC bit rate per channel of the studio version (bit/s). Chosen by hand: stereo gets
256 kbit/s, at which FFmpeg's encoder is close to transparent."""


def mux(
    video: Path,
    audio: NDArray[np.float32],
    target: Path,
    *,
    original_gain: float = 0.0,
    sample_rate: int = SAMPLE_RATE,
) -> None:
    """Write an MP4 with the coded frames of a clip, unchanged, and new music as AAC.

    The music is cut or padded with silence to the duration of the video. The result is
    decoded and checked before it appears under its name.

    Parameters
    ----------
    video
        A clip written by :func:`d2m.media.clip.normalise`.
    audio
        The music, ``(N,)`` or ``(2, N)``; samples outside [-1, 1] are clipped.
    target
        The MP4 to write, atomically.
    original_gain
        Gain of the clip's own audio under the music, 0 (off) to 1.
    sample_rate
        Sample rate of the music (Hz), and of the AAC track; music at 44,100 Hz becomes a
        track of `VIDEO_SAMPLE_RATE`.

    Raises
    ------
    VideoError
        If the clip can't be read.
    AudioError
        If the audio is empty, has another shape or is not finite, or the result can't be
        written.
    """
    info = video_info(video)
    channels = validate_channels(audio)
    track_rate, bit_rate = sample_rate, AAC_BIT_RATE
    if sample_rate == STUDIO_SAMPLE_RATE:
        track_rate, bit_rate = VIDEO_SAMPLE_RATE, STUDIO_BIT_RATE
        channels = resample_channels(channels, sample_rate, track_rate)
    music = _fit_length(channels, round(info.duration_s * track_rate))
    if original_gain > 0.0 and info.has_audio:
        music = _mix(music, read_audio(video, track_rate), original_gain)
    with atomic_write(target) as temporary:
        _write(video, music, track_rate, bit_rate, temporary)
        _verify(temporary, info.duration_s, 1.0 / info.fps)


def _fit_length(audio: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Cut audio ``(C, N)``, or pad it with silence, to ``length`` samples."""
    return np.pad(audio[:, :length], ((0, 0), (0, max(0, length - audio.shape[1]))))


def _mix(
    music: NDArray[np.float32], original: NDArray[np.float32], gain: float
) -> NDArray[np.float32]:
    """Add the clip's own audio to the music, and scale the sum down if it exceeds 1."""
    mixed = music + np.float32(gain) * _fit_length(original[None], music.shape[1])
    return (mixed / max(1.0, float(np.abs(mixed).max()))).astype(np.float32)


def _write(
    video: Path, music: NDArray[np.float32], sample_rate: int, bit_rate: int, target: Path
) -> None:
    """Copy the video stream packet by packet, interleaved with the music as AAC."""
    import av

    with open_clip(video, RESULT_LIMITS) as (source, stream):
        try:
            with create_mp4(target) as output:
                packets = copied_packets(source, stream, output)
                encoder = AacEncoder(
                    output, np.clip(music, -1.0, 1.0), sample_rate, bit_rate=bit_rate
                )
                for time_s, packet in packets:
                    output.mux(packet)
                    encoder.encode_until(time_s)
                encoder.finish(Fraction(music.shape[1], sample_rate))
        except (av.FFmpegError, OSError) as cause:
            raise AudioError(
                "The music could not be added to the video: check the free disk space and try"
                " again."
            ) from cause


def _verify(path: Path, duration_s: float, frame_s: float) -> None:
    """Decode all audio and the keyframes of a result, and check both durations.

    Raises
    ------
    VideoError
        If frames are missing or can't be decoded.
    AudioError
        If the audio is missing or has another duration.
    """
    if abs(video_info(path).duration_s - duration_s) > frame_s:
        raise VideoError(
            "The finished video has lost frames: check the free disk space and try again."
        )
    with open_clip(path, RESULT_LIMITS) as (container, stream):
        stream.codec_context.skip_frame = "NONKEY"
        decoded = sum(len(stream.decode(packet)) for packet in read_packets(container, stream))
        decoded += len(stream.decode(None))
    if decoded == 0:
        raise VideoError("The finished video can't be played: try again.")
    with open_clip(path, RESULT_LIMITS) as (container, _):
        track = audio_stream(container)
        length_s = float((track.duration or 0) * (track.time_base or Fraction(0))) if track else 0.0
    if abs(length_s - duration_s) > frame_s or len(read_audio(path)) == 0:
        raise AudioError(
            "The finished video has lost its music: check the free disk space and try again."
        )
