"""Choose the picture and the sound of a file, as players do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from d2m.media.accepted_formats import AUDIO_CODECS

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

# Range of sample rates (Hz). At 1 Hz, a packet of a few kilobytes would become an hour of
# audio. Chosen by hand, from below telephone speech to above studio recordings.
_SAMPLE_RATES = 4_000, 384_000


def video_stream(container: InputContainer) -> VideoStream | None:
    """Return the first video stream, or None; cover art and still images do not count."""
    from av.stream import Disposition

    for stream in container.streams.video:
        if not stream.disposition & (Disposition.attached_pic | Disposition.still_image):
            return stream
    return None


def audio_stream(container: InputContainer) -> AudioStream | None:
    """Return the first audio stream with an accepted codec and sample rate, or None."""
    for stream in container.streams.audio:
        rate = stream.codec_context.sample_rate if codec_name(stream) in AUDIO_CODECS else 0
        if _SAMPLE_RATES[0] <= rate <= _SAMPLE_RATES[1]:
            return stream
    return None


def codec_name(stream: Stream) -> str:
    """Return FFmpeg's name of the stream's decoder, or ``"unknown"`` if it has none."""
    # PyAV's annotations promise a codec context, but streams without a decoder have none.
    context = getattr(stream, "codec_context", None)
    return str(context.name) if context is not None else "unknown"
