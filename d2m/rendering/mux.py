"""Mux the picture of a clip with its new music."""

from __future__ import annotations

import heapq
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2m.audio.ducking import ducking_curve
from d2m.audio.dynamics import apply_gain_curve
from d2m.audio.waveform import resample_channels, validate_channels
from d2m.core.errors import AudioError, VideoError
from d2m.core.levels import SAMPLE_RATE
from d2m.media.aac_sound import write_aac
from d2m.media.atomic_write import atomic_write
from d2m.media.clip_limits import ClipInfo
from d2m.media.full_quality import SOUND_RATE
from d2m.media.mp4_writer import copied_packets, create_mp4
from d2m.media.probe import open_clip
from d2m.media.safe_open import read_packets
from d2m.media.stream_choice import audio_stream
from d2m.rendering.video_writer import RESULT_LIMITS, stream_length_s, video_info

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Gain of mono music on each of two speakers, which together would sound 3 dB louder than it.
_MONO_GAIN = np.float32(0.5**0.5)


def mux(
    video: Path,
    audio: NDArray[np.float32],
    target: Path,
    *,
    own_sound: Path | None = None,
    original_gain: float = 0.0,
    ducking: bool = False,
    sample_rate: int = SAMPLE_RATE,
    info: ClipInfo | None = None,
    title: str = "",
) -> None:
    """Write an MP4 with the coded frames of a clip, unchanged, and new music as stereo AAC.

    The music is cut or padded with silence to the duration of the video, whose rate may vary. It
    is as loud as before, on one speaker or on two; only true peaks above
    `d2m.media.aac_sound.DECODED_PEAK_DBTP` are limited, and remain so when the AAC is decoded.
    The result is checked before it appears under its name.

    Parameters
    ----------
    video
        A picture that `d2m.media.full_quality.split_clip` wrote, or another MP4.
    audio
        The music, ``(N,)`` or ``(2, N)``.
    target
        The MP4 to write, atomically.
    own_sound
        The clip's own sound, stereo at `SOUND_RATE` from the first picture on, if it has any.
    original_gain
        Gain of the clip's own sound under the music, 0 (off) to 1.
    ducking
        Whether the music makes way for what stands out in the clip's own sound, if that is heard.
    sample_rate
        Sample rate of the music (Hz); the AAC track has `SOUND_RATE`.
    info
        Duration and rate of the video, if they are known; else it is read once more.
    title
        As for `d2m.media.mp4_writer.create_mp4`.

    Raises
    ------
    VideoError
        If the clip can't be read.
    AudioError
        If the audio is empty, has another shape or is not finite, or the result can't be
        written.
    """
    info = info or video_info(video)
    channels = resample_channels(validate_channels(audio), sample_rate, SOUND_RATE)
    music = fit_length(channels, round(info.duration_s * SOUND_RATE))
    if len(music) == 1:
        music = np.repeat(_MONO_GAIN * music, 2, axis=0)
    is_mixed = original_gain > 0.0 and own_sound is not None
    if is_mixed and own_sound is not None:
        music = _mixed(music, _read(own_sound), original_gain, ducking)
    # One of FFmpeg's two ways to encode takes half the time, and is as good for mono.
    coder = "fast" if len(channels) == 1 and not is_mixed else "twoloop"
    with tempfile.TemporaryDirectory() as folder, atomic_write(target) as temporary:
        sound = Path(folder) / "sound.m4a"
        _write(video, sound, music, coder, temporary, title)
        check_picture(temporary, info.duration_s, 1.0 / info.fps)
        _check_sound(temporary, info.duration_s, 1.0 / info.fps)


def _mixed(
    music: NDArray[np.float32], own_sound: NDArray[np.float32], gain: float, ducking: bool
) -> NDArray[np.float32]:
    """Add a clip's own sound to music, both ``(2, N)`` at `SOUND_RATE`."""
    own = fit_length(own_sound, music.shape[1])
    music = music.copy()
    if ducking:
        apply_gain_curve(music, ducking_curve(own, SOUND_RATE))
    return music + np.float32(gain) * own


def _read(own_sound: Path) -> NDArray[np.float32]:
    """Return a clip's own sound ``(2, N)`` at `SOUND_RATE`."""
    import soundfile

    samples, _ = soundfile.read(own_sound, dtype="float32", always_2d=True)
    return np.asarray(samples.T, dtype=np.float32)


def fit_length(audio: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Cut audio ``(C, N)``, or pad it with silence, to ``length`` samples."""
    if audio.shape[1] >= length:
        return audio[:, :length]
    return np.pad(audio, ((0, 0), (0, length - audio.shape[1])))


def _write(
    video: Path, sound: Path, music: NDArray[np.float32], coder: str, target: Path, title: str
) -> None:
    """Encode music ``(2, N)`` as AAC, and interleave it with a copy of the video stream."""
    import av

    try:
        write_aac(sound, music, SOUND_RATE, coder=coder)
        with (
            open_clip(video, RESULT_LIMITS) as (source, stream),
            av.open(str(sound)) as coded,
            create_mp4(target, title) as output,
        ):
            copies = [
                copied_packets(source, stream, output),
                copied_packets(coded, coded.streams.audio[0], output),
            ]
            for _, packet in heapq.merge(*copies, key=lambda timed: timed[0]):
                output.mux(packet)
    except (av.FFmpegError, OSError) as cause:
        raise AudioError(
            "The music could not be added to the video: check the free disk space and try again."
        ) from cause


def check_picture(path: Path, duration_s: float, frame_s: float) -> None:
    """Decode the first and the last keyframe of a result, and check the duration of its picture.

    Parameters
    ----------
    path
        A video that was just written.
    duration_s
        How long its picture has to last (s).
    frame_s
        How much that may differ: a frame (s).

    Raises
    ------
    VideoError
        If frames are missing or can't be decoded.
    """
    with open_clip(path, RESULT_LIMITS) as (container, stream):
        if abs(stream_length_s(stream) - duration_s) > frame_s:
            raise VideoError(
                "The finished video has lost frames: check the free disk space and try again."
            )
        for time_s in (0.0, duration_s):
            if not _can_be_decoded(container, stream, time_s):
                raise VideoError("The finished video can't be played: try again.")


def _check_sound(path: Path, duration_s: float, frame_s: float) -> None:
    """Decode the end of a result's audio, and check its duration.

    Raises
    ------
    AudioError
        If the audio is missing or has another duration.
    """
    with open_clip(path, RESULT_LIMITS) as (container, _):
        track = audio_stream(container)
        if (
            track is None
            or abs(stream_length_s(track) - duration_s) > frame_s
            or not _can_be_decoded(container, track, duration_s - frame_s)
        ):
            raise AudioError(
                "The finished video has lost its music: check the free disk space and try again."
            )


def _can_be_decoded(
    container: InputContainer, stream: AudioStream | VideoStream, time_s: float
) -> bool:
    """Return whether the keyframe of a stream before a time (s) gives a picture, or sound."""
    container.seek(round(time_s / (stream.time_base or 1)), stream=stream)
    decoder: Any = stream.codec_context
    decoder.flush_buffers()
    packet = next((one for one in read_packets(container, stream) if one.is_keyframe), None)
    return packet is not None and bool([*decoder.decode(packet), *decoder.decode(None)])
