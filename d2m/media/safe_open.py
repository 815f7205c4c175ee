"""Open files that strangers sent: only known formats, codecs and sizes, never other files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from d2m.core.errors import D2MError

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

VIDEO_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif"
AUDIO_FORMATS = f"{VIDEO_FORMATS},wav,flac,ogg,mp3,aac"
# Names of decoders, as FFmpeg's own whitelist takes them.
VIDEO_CODECS = frozenset(
    (
        *("h264", "hevc", "vp8", "libvpx", "vp9", "libvpx-vp9", "av1", "libdav1d"),
        *("mpeg4", "mpeg2video", "mpeg1video", "h263", "mjpeg", "prores", "gif"),
    )
)
AUDIO_CODECS = frozenset(
    (
        *("aac", "mp3float", "mp3", "mp2float", "mp2", "opus", "libopus", "vorbis", "libvorbis"),
        *("flac", "alac", "ac3", "eac3", "amrnb", "amrwb", "pcm_u8", "pcm_alaw", "pcm_mulaw"),
        *("pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
        *("pcm_f32le", "pcm_f32be", "pcm_f64le", "adpcm_ms", "adpcm_ima_wav"),
    )
)
_SOUND_RATES = 4_000, 384_000
"""Samples a second (Hz); at one a second, a packet would swell to an hour of sound."""
_LONGEST_NAME = 60
_MOST_STREAMS = 64
"""Phones write up to seven; each may cost an index of its own."""


@dataclass(frozen=True, kw_only=True)
class ClipLimits:
    """What a clip may be.

    Parameters
    ----------
    min_duration_s, max_duration_s
        Shortest and longest clip (s).
    max_bytes
        Largest file.
    max_pixels
        Largest picture (px); the default admits 4K, either way up.
    max_frames
        Most pictures in the clip, or that must be decoded for a part of it, whatever their
        times say.
    max_listed
        Most pictures in a file of which only a part is taken; they are counted, not decoded.
    """

    min_duration_s: float = 2.0
    max_duration_s: float = 120.0
    max_bytes: int = 500_000_000
    max_pixels: int = 4096 * 2304
    max_frames: int = 120 * 240
    max_listed: int = 3600 * 60


@dataclass(frozen=True, kw_only=True)
class ClipInfo:
    """What a clip is.

    Parameters
    ----------
    duration_s
        From the first picture to the end of the last (s).
    fps
        Mean pictures a second (Hz).
    width, height
        Size of the picture as it is meant to be seen: upright, square pixels (px).
    has_audio
        Whether it has a sound track that can be decoded.
    """

    duration_s: float
    fps: float
    width: int
    height: int
    has_audio: bool

    def frame_count(self, fps: float | None = None) -> int:
        """Return how many pictures the clip has at ``fps`` (default: its own rate)."""
        return max(1, round(self.duration_s * (fps or self.fps)))


def shown(path: Path) -> str:
    """Return a file's name as a sentence can hold it: printable, on one line, not too long."""
    name = "".join(letter if letter.isprintable() else "?" for letter in path.name)
    half = _LONGEST_NAME // 2
    return name if len(name) <= _LONGEST_NAME else f"{name[:half]}…{name[-half:]}"


@contextmanager
def open_media(
    path: Path, *, limits: ClipLimits, formats: str, error: type[D2MError]
) -> Iterator[InputContainer]:
    """Open a media file so that it can neither reach other files nor start odd decoders.

    The whitelists matter already while opening: FFmpeg runs decoders to learn about the
    streams, and playlists renamed to ``.mp4`` would make it open whatever they name.

    Parameters
    ----------
    path
        The file.
    limits
        Bounds on bytes and pixels; the decoders get the bound on pixels too.
    formats
        Names of the containers that are accepted, separated by commas.
    error
        What is raised when the file can't be opened or breaks off while it is read.

    Raises
    ------
    D2MError
        Of the class ``error``.
    """
    import av

    expected = "send an MP4, MOV, WebM, MKV, AVI or GIF file"
    if formats == AUDIO_FORMATS:
        expected = "expected a WAV, MP3, FLAC or OGG file, or a video with sound"
    is_there = False
    with suppress(OSError):  # a name longer than the file system knows
        is_there = path.is_file()
    if not is_there:
        raise error(f"There is no file named {shown(path)}: check the name and try again.")
    size = path.stat().st_size
    if size == 0:
        raise error(f"The file {shown(path)} is empty: {expected}.")
    if size > limits.max_bytes:
        raise error(
            f"The file {shown(path)} has {size / 1e6:.0f} MB, more than the"
            f" {limits.max_bytes / 1e6:.0f} MB allowed: send a shorter or smaller clip."
        )
    options = {
        "format_whitelist": formats,
        "protocol_whitelist": "file",
        "codec_whitelist": ",".join(sorted(VIDEO_CODECS | AUDIO_CODECS)),
        "max_pixels": str(limits.max_pixels),
        "max_streams": str(_MOST_STREAMS),
    }
    try:
        container = av.open(str(path.resolve()), options=options, metadata_errors="ignore")
    except (av.FFmpegError, ValueError) as cause:
        raise error(f"The file {shown(path)} is not a video or sound: {expected}.") from cause
    with container:
        yield container


def video_stream(container: InputContainer) -> VideoStream | None:
    """Return the stream of moving pictures, or None; a cover picture is not one."""
    from av.stream import Disposition

    for stream in container.streams.video:
        if not stream.disposition & (Disposition.attached_pic | Disposition.still_image):
            return stream
    return None


def audio_stream(container: InputContainer) -> AudioStream | None:
    """Return the first sound track whose codec is accepted, or None."""
    for stream in container.streams.audio:
        rate = stream.codec_context.sample_rate if codec_name(stream) in AUDIO_CODECS else 0
        if _SOUND_RATES[0] <= rate <= _SOUND_RATES[1]:
            return stream
    return None


def codec_name(stream: Stream) -> str:
    """Return the name of the stream's decoder, or ``"unknown"`` when there is none."""
    # The annotation of PyAV says that there always is a context; codecs without decoder have none.
    context = getattr(stream, "codec_context", None)
    return str(context.name) if context is not None else "unknown"


def packets(container: InputContainer, stream: Stream) -> Iterator[Packet[Stream]]:
    """Yield the packets of a stream up to where the file ends or breaks off.

    Among them are those that an edit list cuts off: what is seen may need them, and the
    decoders drop what comes out of them.
    """
    import av

    source = container.demux(stream)
    while True:
        packet = None
        with suppress(av.FFmpegError):
            packet = next(source, None)
        if packet is None:
            return
        # The demuxer ends with an empty packet; decoders are flushed by their user, always.
        if packet.size:
            yield packet
