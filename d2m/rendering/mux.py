"""Join a normalised copy with its new music."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import checked
from d2m.core.errors import AudioError, VideoError
from d2m.core.levels import SAMPLE_RATE
from d2m.media.atomic_write import replacing
from d2m.media.audio_file import read_audio, write_wav
from d2m.media.probe import examine, opened
from d2m.media.safe_open import ClipLimits, audio_stream, packets

_LIMITS = ClipLimits(min_duration_s=0.0)


def mux(
    video: Path,
    audio: NDArray[np.float32],
    target: Path,
    *,
    original_gain: float = 0.0,
    sample_rate: int = SAMPLE_RATE,
) -> None:
    """Write an MP4 with the pictures of a copy, untouched, and new music as AAC.

    The music is cut or filled with silence to the length of the pictures. The result is
    checked by decoding before it appears.

    Parameters
    ----------
    video
        A copy as :func:`d2m.media.clip.normalise` writes it.
    audio
        The music, shape ``(N,)`` in [-1, 1].
    target
        The MP4 to write.
    original_gain
        How loud the clip's own sound stays under the music, 0 (not at all) to 1.
    sample_rate
        Samples a second of the music (Hz).

    Raises
    ------
    VideoError
        If the copy can't be read.
    AudioError
        If the audio is not one channel of numbers, or the two can't be joined.
    """
    from moviepy.video.io.ffmpeg_tools import ffmpeg_merge_video_audio

    seen = examine(video, _LIMITS).info
    music = _fitted(checked(audio), round(seen.duration_s * sample_rate))
    if original_gain > 0.0 and seen.has_audio:
        music = _mixed(music, read_audio(video, sample_rate), original_gain)
    with replacing(target) as temporary, tempfile.TemporaryDirectory() as folder:
        pictures, sound, joined = (Path(folder) / name for name in ("v.mp4", "a.wav", "j.mp4"))
        # FFmpeg would take the clip's own sound over ours, so it gets the pictures alone.
        _copy_streams(video, pictures, with_sound=False)
        write_wav(sound, music, sample_rate)
        try:
            ffmpeg_merge_video_audio(
                str(pictures), str(sound), str(joined), "copy", "aac", logger=None
            )
        except OSError as cause:
            raise AudioError(
                "The music could not be joined with the clip: check the free disk space, try again."
            ) from cause
        _copy_streams(joined, temporary, with_sound=True)
        _verify(temporary, seen.duration_s, 1.0 / seen.fps)


def _fitted(audio: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Cut audio or fill it with silence to ``length`` samples."""
    return np.pad(audio[:length], (0, max(0, length - len(audio))))


def _mixed(
    music: NDArray[np.float32], own: NDArray[np.float32], gain: float
) -> NDArray[np.float32]:
    """Add the clip's own sound to the music, and reduce both where they exceed 1 together."""
    mixed = music + np.float32(gain) * _fitted(own, len(music))
    return (mixed / max(1.0, float(np.abs(mixed).max()))).astype(np.float32)


def _copy_streams(source: Path, target: Path, *, with_sound: bool) -> None:
    """Copy the coded streams of an MP4 into another whose index comes first."""
    import av

    with (
        opened(source, _LIMITS) as (container, pictures),
        av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as output,
    ):
        sound = audio_stream(container) if with_sound else None
        chosen = [stream for stream in (pictures, sound) if stream is not None]
        copies = {stream.index: output.add_stream_from_template(stream) for stream in chosen}
        for packet in container.demux(chosen):
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                output.mux(packet)


def _verify(path: Path, duration_s: float, frame_s: float) -> None:
    """Decode a result: all its sound, its key pictures; both must last as long as the clip.

    Raises
    ------
    VideoError
        If the pictures are not all there.
    AudioError
        If the sound is missing or of another length.
    """
    result = examine(path, _LIMITS).info
    if abs(result.duration_s - duration_s) > frame_s:
        raise VideoError("The finished video lost pictures: check the free disk space, try again.")
    with opened(path, _LIMITS) as (container, stream):
        stream.codec_context.skip_frame = "NONKEY"
        decoded = sum(len(stream.decode(packet)) for packet in packets(container, stream))
        decoded += len(stream.decode(None))
    if decoded == 0:
        raise VideoError("The finished video can't be played: try again.")
    with opened(path, _LIMITS) as (container, _):
        track = audio_stream(container)
        length_s = float((track.duration or 0) * (track.time_base or Fraction(0))) if track else 0.0
    if abs(length_s - duration_s) > frame_s or len(read_audio(path)) == 0:
        raise AudioError("The finished video lost its music: check the free disk space, try again.")
