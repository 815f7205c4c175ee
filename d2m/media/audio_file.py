"""Read audio files as mono waveforms, and write mono and stereo ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from d2m.audio.waveform import Audio, validate_channels
from d2m.core.errors import AudioError
from d2m.core.levels import SAMPLE_RATE
from d2m.media.accepted_formats import AUDIO_FORMATS
from d2m.media.atomic_write import atomic_write
from d2m.media.audio_track import decode_audio_track
from d2m.media.clip_limits import ClipLimits, display_name
from d2m.media.file_tags import AI_GENERATED, TOOL
from d2m.media.safe_open import open_media
from d2m.media.stream_choice import audio_stream, video_stream

# Longest audio that is read (s); chosen by hand, five times the longest clip.
_MAX_DURATION_S = 600.0


def write_wav(
    path: Path,
    audio: Audio,
    sample_rate: int = SAMPLE_RATE,
    *,
    bits: int = 16,
    title: str = "",
) -> None:
    """Write audio as a PCM WAV file, atomically.

    Parameters
    ----------
    path
        Path of the WAV file.
    audio : (N,), (1, N) or (2, N)
        Mono, or left and right; samples outside [-1, 1] are clipped.
    sample_rate
        Sample rate (Hz).
    bits
        Bits per sample: 16 or 24.
    title
        Title of a result, which then also names the tool and says that it is AI-generated.

    Raises
    ------
    AudioError
        If the audio is empty, has another shape or is not finite.
    """
    _write_pcm(path, audio, sample_rate, "WAV", bits, title)


def write_flac(path: Path, audio: Audio, sample_rate: int, title: str = "") -> None:
    """Write audio as a FLAC file with 24 bits per sample, atomically.

    Parameters
    ----------
    path, audio, sample_rate, title
        As for `write_wav`.

    Raises
    ------
    AudioError
        If the audio is empty, has another shape or is not finite.
    """
    _write_pcm(path, audio, sample_rate, "FLAC", 24, title)


def _write_pcm(
    path: Path, audio: Audio, sample_rate: int, container: str, bits: int, title: str
) -> None:
    import soundfile

    channels = np.clip(validate_channels(audio), -1.0, 1.0)
    form = {"format": container, "subtype": f"PCM_{bits}", "channels": len(channels)}
    with (
        atomic_write(path) as temporary,
        soundfile.SoundFile(temporary, "w", sample_rate, **form) as file,
    ):
        if title:
            file.title, file.software, file.comment = title, TOOL, AI_GENERATED
        file.write(channels.T)


def read_audio(path: Path, sample_rate: int = SAMPLE_RATE) -> Audio:
    """Read an audio file, or the audio track of a video, as a mono waveform.

    Parameters
    ----------
    path
        A WAV, MP3, FLAC or OGG file, or a video. The audio of a video starts at the time of
        its first frame.
    sample_rate
        Sample rate of the result (Hz).

    Returns
    -------
    numpy.ndarray
        Waveform ``(N,)`` in [-1, 1].

    Raises
    ------
    AudioError
        If the file can't be read or has no audio.
    """
    import av

    with open_media(
        path, limits=ClipLimits(), formats=AUDIO_FORMATS, error=AudioError
    ) as container:
        stream = audio_stream(container)
        if stream is None:
            raise AudioError(
                f"The file {display_name(path)} has no sound that can be read: send a file with"
                " sound."
            )
        video = video_stream(container)
        start_s = None
        if video is not None and video.start_time is not None and video.time_base:
            start_s = float(video.start_time * video.time_base)
        try:
            audio = decode_audio_track(
                container,
                stream,
                sample_rate=sample_rate,
                channels=1,
                start_s=start_s,
                max_s=_MAX_DURATION_S,
            )
        except av.FFmpegError as cause:
            raise AudioError(
                f"The sound of {display_name(path)} is damaged: save the file again."
            ) from cause
    if not audio.shape[1]:
        raise AudioError(
            f"The sound of {display_name(path)} can't be decoded, because the file is damaged: save"
            " it again."
        )
    mono: Audio = audio[0]
    return mono
