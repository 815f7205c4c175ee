"""Sound: read and write it, see it, clean it, level it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from d2m.audio.waveform import Audio, checked
from d2m.core.errors import AudioError
from d2m.core.levels import SAMPLE_RATE
from d2m.media.atomic_write import replacing
from d2m.media.audio_track import decode_sound
from d2m.media.safe_open import AUDIO_FORMATS, ClipLimits, audio_stream, open_media, video_stream

_LONGEST_S = 600.0


def write_wav(path: Path, audio: Audio, sample_rate: int = SAMPLE_RATE) -> None:
    """Write a PCM16 WAV file; it appears only when it is complete.

    Parameters
    ----------
    path
        The file.
    audio
        Shape ``(N,)``, in [-1, 1]; what exceeds this is clipped.
    sample_rate
        Samples a second (Hz).

    Raises
    ------
    AudioError
        If the audio is empty, not one-dimensional or not finite.
    """
    import soundfile

    audio = checked(audio)
    with replacing(path) as temporary:
        soundfile.write(
            temporary, np.clip(audio, -1.0, 1.0), sample_rate, format="WAV", subtype="PCM_16"
        )


def read_audio(path: Path, sample_rate: int = SAMPLE_RATE) -> Audio:
    """Read a sound file, or the sound track of a video, mixed down to one channel.

    Parameters
    ----------
    path
        A WAV, MP3, FLAC or OGG file, or a video. The sound of a video starts at the time of its
        first picture.
    sample_rate
        Samples a second of the result (Hz).

    Returns
    -------
    numpy.ndarray
        Shape ``(N,)``, in [-1, 1].

    Raises
    ------
    AudioError
        If the file can't be read or has no sound.
    """
    import av

    with open_media(
        path, limits=ClipLimits(), formats=AUDIO_FORMATS, error=AudioError
    ) as container:
        stream = audio_stream(container)
        if stream is None:
            raise AudioError(f"The file {path.name} has no sound that can be read: send one with.")
        pictures = video_stream(container)
        start_s = None
        if pictures is not None and pictures.start_time is not None and pictures.time_base:
            start_s = float(pictures.start_time * pictures.time_base)
        try:
            sound = decode_sound(
                container,
                stream,
                sample_rate=sample_rate,
                channels=1,
                start_s=start_s,
                max_s=_LONGEST_S,
            )
        except av.FFmpegError as cause:
            raise AudioError(f"The sound of {path.name} is damaged: save it anew.") from cause
    if not sound.shape[1]:
        raise AudioError(f"No sound of {path.name} can be decoded: the file is damaged.")
    mono: Audio = sound[0]
    return mono
