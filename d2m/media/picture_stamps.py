"""Read the timestamps of a clip's pictures, and when there is sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from d2m.media.safe_open import read_packets
from d2m.media.stream_choice import codec_name

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

# Last packets of the sound that may have wrong timestamps, and how far they may go beyond the
# others (s). Chosen by hand.
_SOUND_TAIL, _MOST_BEYOND_S = 4, 1.0
# Samples by which encoder and decoder together delay sound: those of LAME and of most encoders of
# AAC, and those of the filter bank of MPEG audio layer 2.
_ENCODER_DELAYS = {"mp3": 1105, "mp3float": 1105, "aac": 1024, "mp2": 481, "mp2float": 481}


@dataclass(frozen=True, kw_only=True)
class PictureStamp:
    """The timestamps of a picture's packet.

    Parameters
    ----------
    pts_s, dts_s
        When the picture is to be shown, and when to be decoded (s); None if missing.
    duration_s
        How long it is to be shown (s); 0 if not known.
    is_key
        Whether decoding can start here.
    is_shown
        Whether it is shown; pictures before the start of an edit list are not.
    """

    pts_s: float | None
    dts_s: float | None
    duration_s: float
    is_key: bool
    is_shown: bool


@dataclass(frozen=True, kw_only=True)
class SoundSpan:
    """From when to when there is sound on the file's timeline (s)."""

    start_s: float
    end_s: float


def read_stamps(
    container: InputContainer, stream: VideoStream, sound: AudioStream | None, most: int
) -> tuple[list[PictureStamp], SoundSpan | None]:
    """Read the timestamps of all packets of a file.

    Parameters
    ----------
    container, stream, sound
        The open file, its pictures, and its sound if it has some.
    most
        Pictures after which reading stops.

    Returns
    -------
    tuple of (list of PictureStamp, SoundSpan or None)
        The timestamps of all pictures in the order of the file, and when there is sound.
    """
    stamps: list[PictureStamp] = []
    heard: list[tuple[float, float]] = []
    for packet in read_packets(container, stream, *([] if sound is None else [sound])):
        if packet.stream.index == stream.index:
            stamps.append(_picture_stamp(packet))
            if len(stamps) >= most:
                break
        elif packet.pts is not None and not packet.is_discard:
            tick = packet.time_base
            heard.append((float(packet.pts * tick), float((packet.duration or 0) * tick)))
    return stamps, _sound_span(heard)


def encoder_delay_s(sound: AudioStream) -> float:
    """Return by how much sound is late where a file does not store the encoder's delay (s)."""
    rate = sound.codec_context.sample_rate
    return _ENCODER_DELAYS.get(codec_name(sound), 0) / rate if rate else 0.0


def is_reordering_hidden(stamps: Sequence[PictureStamp]) -> bool:
    """Return whether the timestamps leave no room for pictures that are decoded early.

    Either all packets are decoded at the time at which they are shown, and the file has no
    B-frames, or the timestamps belong to the order of decoding: only the decoder can tell.
    """
    pairs = [(s.pts_s, s.dts_s) for s in stamps if s.pts_s is not None and s.dts_s is not None]
    if len(pairs) < max(4, len(stamps) / 2):
        return False
    delays = np.diff(np.array(pairs), axis=1)
    return bool(np.ptp(delays) < 1e-6)


def _picture_stamp(packet: Packet[Stream]) -> PictureStamp:
    """Return the timestamps of a picture's packet."""
    tick = packet.time_base
    return PictureStamp(
        pts_s=None if packet.pts is None else float(packet.pts * tick),
        dts_s=None if packet.dts is None else float(packet.dts * tick),
        duration_s=float((packet.duration or 0) * tick),
        is_key=packet.is_keyframe,
        is_shown=not packet.is_discard,
    )


def _sound_span(packets_s: Sequence[tuple[float, float]]) -> SoundSpan | None:
    """Return from when to when there is sound, or None if there is none.

    Parameters
    ----------
    packets_s
        Time and duration of each packet (s). A few wrong timestamps at the end do not count.
    """
    if not packets_s:
        return None
    stamps, lengths = np.array(sorted(packets_s)).T
    body = max(0, len(stamps) - 1 - _SOUND_TAIL)
    likely = stamps[body] + lengths[body:].sum()
    last = float(stamps[-1] + lengths[-1])
    return SoundSpan(start_s=float(stamps[0]), end_s=float(min(last, likely + _MOST_BEYOND_S)))
