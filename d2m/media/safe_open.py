"""Open untrusted media files: only known containers, codecs and sizes, and no other files."""

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
"""Containers accepted for video, by FFmpeg's names of their demuxers."""
AUDIO_FORMATS = f"{VIDEO_FORMATS},wav,flac,ogg,mp3,aac"
"""Containers accepted for audio, by FFmpeg's names of their demuxers."""
VIDEO_CODECS = frozenset(
    (
        *("h264", "hevc", "vp8", "libvpx", "vp9", "libvpx-vp9", "av1", "libdav1d"),
        *("mpeg4", "mpeg2video", "mpeg1video", "h263", "mjpeg", "prores", "gif"),
    )
)
"""Video codecs accepted, by FFmpeg's names of their decoders."""
AUDIO_CODECS = frozenset(
    (
        *("aac", "mp3float", "mp3", "mp2float", "mp2", "opus", "libopus", "vorbis", "libvorbis"),
        *("flac", "alac", "ac3", "eac3", "amrnb", "amrwb", "pcm_u8", "pcm_alaw", "pcm_mulaw"),
        *("pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
        *("pcm_f32le", "pcm_f32be", "pcm_f64le", "adpcm_ms", "adpcm_ima_wav"),
    )
)
"""Audio codecs accepted, by FFmpeg's names of their decoders."""
# Range of sample rates (Hz). At 1 Hz, a packet of a few kilobytes would become an hour of
# audio. Chosen by hand, from below telephone speech to above studio recordings.
_SAMPLE_RATES = 4_000, 384_000
# Longest file name in a message (characters); chosen by hand so that a message stays readable.
_MAX_NAME_LENGTH = 60
# Most streams in a file. Phones write up to seven; each one may need an index of its own.
_MAX_STREAMS = 64


@dataclass(frozen=True, kw_only=True)
class ClipLimits:
    """Limits on the clips that are accepted; the defaults were chosen by hand.

    Parameters
    ----------
    min_duration_s, max_duration_s
        Shortest and longest duration (s).
    max_bytes
        Largest file size (bytes).
    max_pixels
        Largest frame area (px); the default admits 4K in both orientations.
    max_frames
        Most frames in the clip, or most frames to decode for a part of it, whatever their
        timestamps are. The default is two minutes at 240 Hz.
    max_listed
        Most frames in a file of which only a part is used; they are counted, not decoded. The
        default is one hour at 60 Hz.
    """

    min_duration_s: float = 2.0
    max_duration_s: float = 120.0
    max_bytes: int = 500_000_000
    max_pixels: int = 4096 * 2304
    max_frames: int = 120 * 240
    max_listed: int = 3600 * 60


@dataclass(frozen=True, kw_only=True)
class ClipInfo:
    """Properties of a clip.

    Parameters
    ----------
    duration_s
        Time from the start of the first frame to the end of the last (s).
    fps
        Mean frame rate (Hz).
    width, height
        Size of a frame when it is shown upright with square pixels (px).
    has_audio
        Whether the clip has an audio track that can be decoded.
    sound_problem
        Empty, or one sentence why the sound that the clip has can't be used.
    """

    duration_s: float
    fps: float
    width: int
    height: int
    has_audio: bool
    sound_problem: str = ""

    def frame_count(self, fps: float | None = None) -> int:
        """Return the number of frames at ``fps`` (Hz), by default the clip's own rate."""
        return max(1, round(self.duration_s * (fps or self.fps)))


def display_name(path: Path) -> str:
    """Return a file name for use in a message: printable, on one line, shortened if long."""
    name = "".join(letter if letter.isprintable() else "?" for letter in path.name)
    half = _MAX_NAME_LENGTH // 2
    return name if len(name) <= _MAX_NAME_LENGTH else f"{name[:half]}…{name[-half:]}"


@contextmanager
def open_media(
    path: Path, *, limits: ClipLimits, formats: str, error: type[D2MError]
) -> Iterator[InputContainer]:
    """Open a media file without access to other files and with known decoders only.

    The lists of allowed formats and codecs apply from the start: FFmpeg runs decoders while
    it opens a file, and a playlist renamed to ``.mp4`` would make it open the files and URLs
    that the playlist names.

    Parameters
    ----------
    path
        The file.
    limits
        Limits on the file size and, for the decoders, on the frame size.
    formats
        FFmpeg's names of the accepted containers, separated by commas.
    error
        Class of the error to raise.

    Yields
    ------
    av.container.InputContainer
        The open file.

    Raises
    ------
    D2MError
        Of the class ``error``, if the file is missing, empty, too large or can't be opened.
    """
    import av

    expected = "send an MP4, MOV, WebM, MKV, AVI or GIF file"
    if formats == AUDIO_FORMATS:
        expected = "expected a WAV, MP3, FLAC or OGG file, or a video with sound"
    is_there = False
    with suppress(OSError):  # the name may be longer than the file system allows
        is_there = path.is_file()
    if not is_there:
        raise error(f"There is no file named {display_name(path)}: check the name and try again.")
    size = path.stat().st_size
    if size == 0:
        raise error(f"The file {display_name(path)} is empty: {expected}.")
    if size > limits.max_bytes:
        raise error(
            f"The file {display_name(path)} has {size / 1e6:.0f} MB, more than the"
            f" {limits.max_bytes / 1e6:.0f} MB allowed: send a shorter or smaller clip."
        )
    options = {
        "format_whitelist": formats,
        "protocol_whitelist": "file",
        "codec_whitelist": ",".join(sorted(VIDEO_CODECS | AUDIO_CODECS)),
        "max_pixels": str(limits.max_pixels),
        "max_streams": str(_MAX_STREAMS),
    }
    try:
        container = av.open(str(path.resolve()), options=options, metadata_errors="ignore")
    except (av.FFmpegError, ValueError) as cause:
        raise error(
            f"The file {display_name(path)} is not a video or audio file: {expected}."
        ) from cause
    with container:
        yield container


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


def read_packets(container: InputContainer, stream: Stream) -> Iterator[Packet[Stream]]:
    """Yield the packets of a stream up to the end of the file or the point where it is cut off.

    Packets before the start of an edit list are included: later frames may refer to them, and
    the decoders drop their output.
    """
    import av

    source = container.demux(stream)
    while True:
        packet = None
        with suppress(av.FFmpegError):
            packet = next(source, None)
        if packet is None:
            return
        # The demuxer ends with an empty packet. It is left out, because a file that is cut
        # off has none; callers always flush their decoders themselves.
        if packet.size:
            yield packet
