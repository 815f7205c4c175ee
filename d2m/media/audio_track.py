"""The sound track of a file, decoded on the clock of its pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, dropwhile
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from d2m.media.safe_open import packets

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

# Stamps that stray by less are rounding or jitter, not silence.
_TOLERATED_GAP_S = 0.05
# Decoders need some sound before that which is to come out right.
_RUN_UP_S = 0.5
_MOST_DECODED = 3
"""Times as much sound as is wanted: stamps that stand still would make it endless."""


def decode_sound(
    container: InputContainer,
    stream: AudioStream,
    *,
    sample_rate: int,
    channels: int,
    start_s: float | None,
    max_s: float,
) -> NDArray[np.float32]:
    """Decode a sound track as far as it can be decoded.

    Parameters
    ----------
    container, stream
        Where the sound is.
    sample_rate
        Samples a second of the result (Hz).
    channels
        1 (mixed down) or 2.
    start_s
        Time in the file at which the result starts (s), as the first picture's; None for
        where the sound starts. Silence fills what the track lacks.
    max_s
        Where the result ends at the latest (s).

    Returns
    -------
    numpy.ndarray
        Shape ``(channels, N)``; N is 0 when nothing could be decoded.
    """
    limit = round(max_s * sample_rate)
    pieces: list[tuple[int, NDArray[np.float32]]] = []
    cursor, started, decoded = 0, False, 0
    for time, samples in _resampled(container, stream, sample_rate, channels, start_s):
        if start_s is None:
            start_s = time if time is not None else 0.0
        position = cursor if time is None else round((time - start_s) * sample_rate)
        if started and abs(position - cursor) < _TOLERATED_GAP_S * sample_rate:
            position = cursor
        decoded += samples.shape[1]
        if position >= limit or decoded > _MOST_DECODED * max(limit, sample_rate):
            break
        cursor, started = position + samples.shape[1], True
        if cursor > 0:
            pieces.append((position, samples))
    length = max(0, min(limit, max((at + part.shape[1] for at, part in pieces), default=0)))
    sound = np.zeros((channels, length), dtype=np.float32)
    for at, part in pieces:
        first, last = max(0, at), min(length, at + part.shape[1])
        if last > first:
            sound[:, first:last] = part[:, first - at : last - at]
    return np.clip(np.nan_to_num(sound, copy=False), -1.0, 1.0)


def _resampled(
    container: InputContainer,
    stream: AudioStream,
    sample_rate: int,
    channels: int,
    start_s: float | None,
) -> Iterator[tuple[float | None, NDArray[np.float32]]]:
    """Yield (time in the file in s, samples ``(channels, n)``) of each decodable frame."""
    import av

    layout = "mono" if channels == 1 else "stereo"
    # FFmpeg's own mix of two channels into one adds 3 dB, and then clips.
    even = {"rematrix_maxval": "1.0"}
    resampler, form = None, None
    for frame in chain(_decoded(container, stream, start_s), [None]):
        if frame is not None and form != (frame.format.name, frame.layout.name, frame.sample_rate):
            # The first one, or the track changed its form on the way; a resampler that had
            # nothing to do would let the other form pass as it is.
            form = frame.format.name, frame.layout.name, frame.sample_rate
            resampler = av.AudioResampler("fltp", layout, sample_rate, options=even)
        with suppress(av.FFmpegError, ValueError):
            for part in resampler.resample(frame) if resampler is not None else ():
                stamp = None
                if part.pts is not None and part.time_base is not None:
                    stamp = float(part.pts * part.time_base)
                yield stamp, part.to_ndarray().astype(np.float32, copy=False)


def _decoded(
    container: InputContainer, stream: AudioStream, start_s: float | None
) -> Iterator[AudioFrame]:
    """Yield the frames from a little before ``start_s`` on; what is before is not decoded."""
    import av

    def is_early(packet: Packet[Stream]) -> bool:
        if start_s is None or packet.pts is None:
            return False
        return float(packet.pts * packet.time_base) < start_s - _RUN_UP_S

    wanted = dropwhile(is_early, packets(container, stream))
    # The last, empty packet makes the decoder give what it still holds.
    for packet in chain(wanted, [None]):
        with suppress(av.FFmpegError):
            for frame in stream.decode(packet):
                frame.time_base = stream.time_base
                yield frame
