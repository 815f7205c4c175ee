"""Read the timestamps of a clip's pictures, and when there is sound."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from d2m.media.safe_open import read_packets
from d2m.media.stream_choice import codec_name

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

# Last packets of the sound that may have wrong timestamps, and how far they may go beyond the
# others (s). Chosen by hand.
_SOUND_TAIL, _MOST_BEYOND_S = 4, 1.0
# Samples by which encoder and decoder together delay sound: those of LAME and of most encoders of
# AAC, and those of the filter bank of MPEG audio layer 2.
_ENCODER_DELAYS = {"mp3": 1105, "mp3float": 1105, "aac": 1024, "mp2": 481, "mp2float": 481}

_Ticks = tuple[int | None, int | None, int | None, bool, bool]
"""Times of showing and decoding and duration of a packet in the unit of its stream, and whether it
is a keyframe and left out."""


@dataclass(frozen=True, kw_only=True)
class PictureStamps:
    """The timestamps of all packets of pictures in the order of the file.

    Parameters
    ----------
    pts_s, dts_s : (P,)
        When each picture is to be shown, and when to be decoded (s); NaN if missing.
    duration_s : (P,)
        How long it is to be shown (s); 0 if not known.
    is_key : (P,)
        Whether decoding can start there.
    is_shown : (P,)
        Whether it is shown; pictures before the start of an edit list are not.
    """

    pts_s: NDArray[np.float64]
    dts_s: NDArray[np.float64]
    duration_s: NDArray[np.float64]
    is_key: NDArray[np.bool_]
    is_shown: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.pts_s)


@dataclass(frozen=True, kw_only=True)
class SoundSpan:
    """From when to when there is sound on the file's timeline (s)."""

    start_s: float
    end_s: float


def read_stamps(
    container: InputContainer, stream: VideoStream, sound: AudioStream | None, most: int
) -> tuple[PictureStamps, SoundSpan | None]:
    """Read the timestamps of all packets of a file.

    Parameters
    ----------
    container, stream, sound
        The open file, its pictures, and its sound if it has some.
    most
        Pictures after which reading stops.

    Returns
    -------
    tuple of (PictureStamps, SoundSpan or None)
        The timestamps of all pictures, and when there is sound.
    """
    pictures: list[_Ticks] = []
    heard: list[_Ticks] = []
    index = stream.index
    # An hour has half a million packets, so nothing is computed for each of them.
    for packet in read_packets(container, stream, *([] if sound is None else [sound])):
        ticks = packet.pts, packet.dts, packet.duration, packet.is_keyframe, packet.is_discard
        if packet.stream_index != index:
            heard.append(ticks)
            continue
        pictures.append(ticks)
        if len(pictures) >= most:
            break
    stamps = _in_seconds(pictures, stream)
    return stamps, None if sound is None else _sound_span(_in_seconds(heard, sound))


def encoder_delay_s(sound: AudioStream) -> float:
    """Return by how much sound is late where a file does not store the encoder's delay (s)."""
    rate = sound.codec_context.sample_rate
    return _ENCODER_DELAYS.get(codec_name(sound), 0) / rate if rate else 0.0


def is_reordering_hidden(stamps: PictureStamps) -> bool:
    """Return whether the timestamps leave no room for pictures that are decoded early.

    Either all packets are decoded at the time at which they are shown, and the file has no
    B-frames, or the timestamps belong to the order of decoding: only the decoder can tell.
    """
    delays = stamps.pts_s - stamps.dts_s
    delays = delays[np.isfinite(delays)]
    return len(delays) >= max(4, len(stamps) / 2) and bool(np.ptp(delays) < 1e-6)


def _in_seconds(ticks: list[_Ticks], stream: Stream) -> PictureStamps:
    base = stream.time_base or Fraction(1)
    columns = np.array(ticks, np.float64).reshape(-1, 5).T
    pts_s, dts_s, duration_s = columns[:3] * base.numerator / base.denominator
    return PictureStamps(
        pts_s=pts_s,
        dts_s=dts_s,
        duration_s=np.nan_to_num(duration_s),
        is_key=columns[3] > 0,
        is_shown=columns[4] == 0,
    )


def _sound_span(stamps: PictureStamps) -> SoundSpan | None:
    """Return when there is sound; a few wrong timestamps at the end do not count."""
    known = np.isfinite(stamps.pts_s) & stamps.is_shown
    if not known.any():
        return None
    order = np.argsort(stamps.pts_s[known])
    times_s, lengths_s = stamps.pts_s[known][order], stamps.duration_s[known][order]
    body = max(0, len(times_s) - 1 - _SOUND_TAIL)
    likely = times_s[body] + lengths_s[body:].sum() + _MOST_BEYOND_S
    last = times_s[-1] + lengths_s[-1]
    return SoundSpan(start_s=float(times_s[0]), end_s=float(min(last, likely)))
