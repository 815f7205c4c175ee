"""Put a song under the silent picture of a dance, as it is."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from fractions import Fraction
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from d2m.core.errors import AudioError
from d2m.media.atomic_write import atomic_write
from d2m.media.clip_part import ClipPart
from d2m.media.mp4_writer import AAC_FRAME_LENGTH, AacEncoder, copied_packets, create_mp4
from d2m.media.probe import open_clip
from d2m.media.song_file import SONG_RATES, SongInfo, SongLimits, open_song
from d2m.media.song_sandbox import DecodedSong, decode_song
from d2m.rendering.mux import check_picture, fit_length
from d2m.rendering.video_writer import RESULT_LIMITS, video_info

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream

SONG_BIT_RATE = 128_000
"""AAC bit rate of a song per channel (bit/s). Chosen by hand: stereo gets 256 kbit/s, the rate of
music shops, which listeners do not tell from the original."""
_COPIED = "aac", "LC"
"""Codec and profile of songs whose coded sound every player of MP4 plays as it is."""
# A copy is right if no decoded sample differs more than this from the song's. Chosen by hand: one
# step of 16 bits, where the same decoder gives the same samples.
_SAME = 1 / 2**15
_BLOCK = 2**20  # samples that are compared at once
_RESULT = SongLimits(min_duration_s=0.0, max_duration_s=SongLimits().max_duration_s + 1)
_Timed = tuple[Fraction, "Packet[Stream]"]


class SongPart(Protocol):
    """A song, or a part of it, such as `d2m.choreography.song_analysis.SongAnalysis`."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def start_s(self) -> float:
        """Where the part starts (s)."""

    @property
    def duration_s(self) -> float:
        """How long it lasts (s)."""


def mux_song(picture: Path, song: SongPart, target: Path) -> None:
    """Write an MP4 with the coded frames of a video, unchanged, and a song.

    Where the song is AAC and used from its start, its coded sound is copied. Otherwise it is
    encoded once as AAC, mono or stereo, at its own sample rate if that is one of
    `d2m.media.song_file.SONG_RATES`. Its level and its peaks stay as they are, and its first
    sample is heard at 0 s. It is cut, or padded with silence, to the duration of the picture.
    The result is decoded and checked before it appears under its name.

    Parameters
    ----------
    picture
        A video that `d2m.rendering.draw_dance` wrote, or another MP4.
    song
        The song and its part.
    target
        The MP4 to write, atomically.

    Raises
    ------
    VideoError
        If the picture can't be read.
    AudioError
        If the song can't be read, or the result can't be written.
    """
    info = video_info(picture)
    frame_s = 1.0 / info.fps
    sound = decode_song(song.path, ClipPart(start_s=song.start_s, length_s=song.duration_s))
    is_long_enough = sound.duration_s > info.duration_s - frame_s
    with atomic_write(target) as temporary:
        title = f"A dance to {song.path.stem}"
        is_copied = (
            song.start_s == 0
            and is_long_enough
            and _may_be_copied(sound.info)
            and _copy(picture, song.path, sound.info, temporary, info.duration_s, title)
            and _is_same(temporary, sound)
        )
        if not is_copied:
            _encode(picture, sound, temporary, info.duration_s, title)
        check_picture(temporary, info.duration_s, frame_s)
        _check_sound(temporary, sound, info.duration_s, frame_s)


def _may_be_copied(info: SongInfo) -> bool:
    return (
        (info.codec, info.profile) == _COPIED
        and info.channels <= 2
        and info.sample_rate <= max(SONG_RATES)
    )


def _copy(
    picture: Path, song: Path, info: SongInfo, target: Path, duration_s: float, title: str
) -> bool:
    """Copy the packets of a picture and of a song, and return whether that was possible."""
    import av

    with (
        open_clip(picture, RESULT_LIMITS) as (video, video_stream),
        open_song(song, SongLimits()) as (source, stream),
    ):
        try:
            with create_mp4(target, title) as output:
                pictures = copied_packets(video, video_stream, output)
                sound = copied_packets(source, stream, output)
                counted = _counted(sound, info.sample_rate, -info.priming)
                sounding = takewhile(lambda timed: timed[0] < duration_s, counted)
                for _, packet in heapq.merge(pictures, sounding, key=lambda timed: timed[0]):
                    output.mux(packet)
        except (av.FFmpegError, ValueError):
            return False
    return True


def _counted(packets: Iterator[_Timed], sample_rate: int, first: int) -> Iterator[_Timed]:
    """Give coded sound the timestamps that follow from its number of samples.

    Those of a file may be rounded to milliseconds.
    """
    for number, (_, packet) in enumerate(packets):
        packet.time_base = Fraction(1, sample_rate)
        packet.pts = packet.dts = first + number * AAC_FRAME_LENGTH
        packet.duration = AAC_FRAME_LENGTH
        yield Fraction(packet.pts, sample_rate), packet


def _check_sound(result: Path, sound: DecodedSong, duration_s: float, frame_s: float) -> None:
    """Decode the sound of a result, and check its duration.

    Raises
    ------
    AudioError
        If it is missing or has another duration.
    """
    decoded = decode_song(result, sample_rate=sound.sample_rate, limits=_RESULT)
    if abs(decoded.duration_s - duration_s) > frame_s:
        raise AudioError(
            "The finished video has lost its song: check the free disk space and try again."
        )


def _is_same(result: Path, sound: DecodedSong) -> bool:
    """Return whether a result sounds as a song does, sample by sample."""
    try:
        decoded = decode_song(result, sample_rate=sound.sample_rate, limits=_RESULT)
    except AudioError:
        return False
    one, other = decoded.samples, sound.samples
    if len(one) != len(other):
        return False
    count = min(one.shape[1], other.shape[1])
    return all(
        np.abs(one[:, at : min(count, at + _BLOCK)] - other[:, at : min(count, at + _BLOCK)]).max()
        < _SAME
        for at in range(0, count, _BLOCK)
    )


def _encode(picture: Path, sound: DecodedSong, target: Path, duration_s: float, title: str) -> None:
    """Copy the packets of a picture, interleaved with a song as AAC."""
    import av

    length = round(duration_s * sound.sample_rate)
    samples = fit_length(sound.samples, length)
    with open_clip(picture, RESULT_LIMITS) as (source, stream):
        try:
            with create_mp4(target, title) as output:
                packets = copied_packets(source, stream, output)
                encoder = AacEncoder(output, samples, sound.sample_rate, bit_rate=SONG_BIT_RATE)
                for time_s, packet in packets:
                    output.mux(packet)
                    encoder.encode_until(time_s)
                encoder.finish(Fraction(length, sound.sample_rate))
        except (av.FFmpegError, OSError) as cause:
            raise AudioError(
                "The song could not be added to the video: check the free disk space and try again."
            ) from cause
