"""Open untrusted media files: only known containers, codecs and sizes, and no other files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from d2m.core.errors import D2MError
from d2m.media.accepted_formats import AUDIO_CODECS, AUDIO_FORMATS, VIDEO_CODECS
from d2m.media.clip_limits import ClipLimits, display_name
from d2m.media.protection import PROTECTED_PICTURE, protected_tracks
from d2m.media.refusals import why_not_opened

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

# Most streams in a file. Phones write up to seven; each one may need an index of its own.
_MAX_STREAMS = 64
# How much of a file is searched for streams (bytes and s), where its header does not list them or
# their properties (MPEG-TS, MPEG-PS). Chosen by hand: the sound of a recording may begin later
# than the 5 s that are FFmpeg's default, and 20 MB are read in a moment.
_PROBED_BYTES, _PROBED_S = 20_000_000, 30.0


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

    expected = "send a video file, such as MP4, MOV, WebM, MKV, AVI, MTS, WMV or GIF"
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
        "probesize": str(_PROBED_BYTES),
        "analyzeduration": str(round(1e6 * _PROBED_S)),
    }
    if PROTECTED_PICTURE in protected_tracks(path):
        raise error(
            f"The file {display_name(path)} is copy-protected, so it can't be played here: send a"
            " clip that you filmed, or one without protection."
        )
    try:
        container = av.open(str(path.resolve()), options=options, metadata_errors="ignore")
    except (av.FFmpegError, ValueError) as cause:
        reason = why_not_opened(path, expected, is_sound_enough=formats == AUDIO_FORMATS)
        raise error(f"The file {display_name(path)} {reason}.") from cause
    with container:
        yield container


def reopen(container: InputContainer) -> InputContainer:
    """Open a file of `open_media` once more, under the same limits, from its start."""
    import av

    return av.open(container.name, options=dict(container.options), metadata_errors="ignore")


def read_packets(container: InputContainer, *streams: Stream) -> Iterator[Packet[Stream]]:
    """Yield the packets of streams up to the end of the file or the point where it is cut off.

    Packets before the start of an edit list are included: later frames may refer to them, and
    the decoders drop their output.
    """
    import av

    source = container.demux(*streams)
    while True:
        packet = None
        try:
            packet = next(source, None)
        except IndexError:
            # A stream that begins later than what was read while opening, as in MPEG-PS; PyAV
            # does not know it and ends, but the file goes on.
            source = container.demux(*streams)
            continue
        except av.FFmpegError:
            return
        if packet is None:
            return
        # The demuxer ends with an empty packet. It is left out, because a file that is cut
        # off has none; callers always flush their decoders themselves.
        if packet.size:
            yield packet
