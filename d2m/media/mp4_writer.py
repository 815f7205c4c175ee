"""Write MP4 files: the container, an AAC audio track, and copies of coded streams."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2m.media.file_tags import mp4_tags

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.packet import Packet
    from av.stream import Stream

# Sample entry of HEVC whose parameter sets are in the header, as Apple's players want it.
_APPLE_HEVC = "hvc1"
AAC_FRAME_LENGTH = 1024
"""Samples per AAC-LC frame (ISO/IEC 14496-3)."""
# Options of FFmpeg's encoder that leave out what saves bits by noise and by intensity in the place
# of a waveform.
_WAVEFORM = {"aac_pns": "0", "aac_is": "0"}
AAC_BIT_RATE = 96_000
"""AAC bit rate per channel (bit/s). Chosen by hand: stereo gets 192 kbit/s, at which FFmpeg's
encoder is close to transparent."""


def create_mp4(path: Path, title: str = "") -> OutputContainer:
    """Open an MP4 for writing, with its index in front of the media data for streaming.

    Parameters
    ----------
    path
        The file.
    title
        Title of a result, which gets the tags of `d2m.media.file_tags.mp4_tags`; a file that is
        only used on the way to one has none.
    """
    import av

    output = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
    if title:
        output.metadata.update(mp4_tags(title))
    return output


class AacEncoder:
    """Adds an AAC track to an MP4 and encodes a waveform into it piece by piece.

    The encoder's priming samples (1,024) have negative timestamps and are cut off by the
    track's edit list, so that the first sample of the waveform plays at 0 s.

    Parameters
    ----------
    container
        The MP4 to write to.
    audio
        Waveform ``(1, N)`` or ``(2, N)`` in [-1, 1].
    sample_rate
        Sample rate of the waveform and of the track (Hz).
    bit_rate
        Bit rate per channel (bit/s).
    coder
        How FFmpeg's encoder searches: ``"twoloop"``, or ``"fast"`` in half the time.
    is_waveform
        Whether it codes the waveform everywhere. Decoded music is up to 1 dB nearer then, and its
        peaks are those of the music; hiss may lose a tenth of a decibel.
    """

    def __init__(
        self,
        container: OutputContainer,
        audio: NDArray[np.float32],
        sample_rate: int,
        *,
        bit_rate: int = AAC_BIT_RATE,
        coder: str = "twoloop",
        is_waveform: bool = False,
    ) -> None:
        self._container, self._audio, self._rate = container, audio, sample_rate
        self._position = 0
        self._layout = "mono" if len(audio) == 1 else "stereo"
        self._stream: Any = container.add_stream("aac", rate=sample_rate, layout=self._layout)
        options: dict[str, object] = {"aac_coder": coder}
        if is_waveform:
            options |= _WAVEFORM
        self._stream.options = options
        self._stream.bit_rate = bit_rate * len(audio)

    def encode_until(self, time_s: Fraction) -> None:
        """Encode the whole AAC frames that end no later than ``time_s`` (s)."""
        end = self._sample_at(time_s)
        while end - self._position >= AAC_FRAME_LENGTH:
            self._encode(self._position + AAC_FRAME_LENGTH)

    def finish(self, time_s: Fraction) -> None:
        """Encode the rest of the waveform up to ``time_s`` (s) and flush the encoder."""
        self.encode_until(time_s)
        if self._position < (end := self._sample_at(time_s)):
            self._encode(end)
        self._container.mux(self._stream.encode(None))

    def _sample_at(self, time_s: Fraction) -> int:
        return min(self._audio.shape[1], round(time_s * self._rate))

    def _encode(self, end: int) -> None:
        import av

        part = np.ascontiguousarray(self._audio[:, self._position : end])
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=self._layout)
        frame.sample_rate = self._rate
        frame.pts, frame.time_base = self._position, Fraction(1, self._rate)
        self._container.mux(self._stream.encode(frame))
        self._position = end


def stream_copy(stream: Any, output: OutputContainer, sample_entry: str | None = None) -> Any:
    """Add a stream to an MP4 for copies of the packets of another stream.

    The display matrix and the colours stay.

    Parameters
    ----------
    stream
        The stream to copy.
    output
        The MP4.
    sample_entry
        Code of four letters for the codec, such as ``"hvc1"``; by default that of the source.
    """
    # `opaque`: nothing is encoded, so the codec needs no encoder.
    copy = output.add_stream_from_template(stream, opaque=True)
    if sample_entry is None and stream.codec_context.codec_tag == _APPLE_HEVC:
        sample_entry = _APPLE_HEVC  # FFmpeg's default is "hev1"
    if sample_entry is not None:
        copy.codec_context.codec_tag = sample_entry
    return copy


def copied_packets(
    source: Any, stream: Any, output: OutputContainer
) -> Iterator[tuple[Fraction, Packet[Stream]]]:
    """Add a copy of a coded stream to an MP4 and yield its packets, ready for muxing.

    The stream is added at once; the packets are read as they are consumed.

    Parameters
    ----------
    source, stream
        An open file and one of its streams.
    output
        The MP4 to write to.

    Returns
    -------
    iterator of tuple
        (decoding timestamp in s, packet) in the order of the file.
    """
    copy = stream_copy(stream, output)

    def packets() -> Iterator[tuple[Fraction, Packet[Stream]]]:
        for packet in source.demux(stream):
            if packet.dts is not None:  # the demuxer ends with an empty packet
                time_s = packet.dts * packet.time_base
                packet.stream = copy
                yield time_s, packet

    return packets()
