"""Decode the audio track of a file, aligned with its video frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain, dropwhile
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from d2m.media.downmix import StereoResampler, mono_mix, within_full_scale
from d2m.media.safe_open import read_packets
from d2m.media.sound_timing import Piece, place_sound

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

# Decoding stops after so many frames whose timestamps are this much (s) after the end. Chosen by
# hand: a few may be wrong.
_FRAMES_AFTER_END, _AFTER_END_S = 20, 1.0
# Decoding starts this much earlier (s), because the first frames after a seek may be wrong.
# Chosen by hand; an AAC or MP3 frame lasts about 25 ms.
_PREROLL_S = 0.5
# Decoding stops at this multiple of the wanted duration. Without a bound, a file whose
# timestamps do not advance would never reach its end. Chosen by hand.
_MAX_DECODED_RATIO = 3


def decode_audio_track(
    container: InputContainer,
    stream: AudioStream,
    *,
    sample_rate: int,
    channels: int,
    start_s: float | None,
    max_s: float,
    resets: Sequence[float] = (),
    is_cut: bool = True,
) -> NDArray[np.float32]:
    """Decode an audio track and place it on the file's timeline.

    Packets that can't be decoded are skipped. Gaps become silence; see
    `d2m.media.sound_timing`.

    Parameters
    ----------
    container, stream
        The open file and its audio stream.
    sample_rate
        Sample rate of the result (Hz).
    channels
        1 (mixed down, see `d2m.media.downmix.mono_mix`) or 2; of a track with one channel, both
        are equal.
    start_s
        Timestamp in the file at which the result starts (s), such as that of the first video
        frame; by default the first audio timestamp.
    max_s
        Maximum duration of the result (s).
    resets
        As for `d2m.media.sound_timing.place_sound`.
    is_cut
        Whether peaks beyond full scale are cut, as players do when they play them.

    Returns
    -------
    numpy.ndarray
        Samples ``(channels, N)``, in [-1, 1] if they are cut; N is 0 if nothing could be decoded.
    """
    limit = round(max_s * sample_rate)
    resampler = StereoResampler(sample_rate)
    pieces: list[Piece] = []
    decoded = late = 0
    for time, samples in _resample(container, stream, resampler, start_s):
        pieces.append((time, samples))
        decoded += samples.shape[1]
        first_s = start_s if start_s is not None else pieces[0][0]
        if not resets and time is not None and first_s is not None:
            late = late + 1 if time > first_s + max_s + _AFTER_END_S else 0
        if late > _FRAMES_AFTER_END or decoded > _MAX_DECODED_RATIO * max(limit, sample_rate):
            break
    audio = place_sound(
        pieces, sample_rate=sample_rate, start_s=start_s, length=limit, resets=resets
    )
    audio = within_full_scale(audio, is_surround=resampler.is_surround, is_cut=is_cut)
    return audio if channels == 2 else mono_mix(audio)[None]


def _resample(
    container: InputContainer,
    stream: AudioStream,
    resampler: StereoResampler,
    start_s: float | None,
) -> Iterator[tuple[float | None, NDArray[np.float32]]]:
    """Yield (timestamp in s, samples ``(2, n)``) of each decodable frame."""
    import av

    for frame in chain(_decode_from(container, stream, start_s), [None]):
        with suppress(av.FFmpegError, ValueError):
            yield from resampler.convert(frame)


def _decode_from(
    container: InputContainer, stream: AudioStream, start_s: float | None
) -> Iterator[AudioFrame]:
    """Yield the frames from shortly before ``start_s`` on; earlier packets are not decoded."""
    import av

    def is_early(packet: Packet[Stream]) -> bool:
        if start_s is None or packet.pts is None:
            return False
        return float(packet.pts * packet.time_base) < start_s - _PREROLL_S

    wanted = dropwhile(is_early, read_packets(container, stream))
    # None flushes the decoder.
    for packet in chain(wanted, [None]):
        with suppress(av.FFmpegError):
            for frame in stream.decode(packet):
                frame.time_base = stream.time_base
                yield frame
