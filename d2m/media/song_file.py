"""Read a song, or a part of it: any audio file, or the sound of a video."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import AudioError
from d2m.media.accepted_formats import AUDIO_FORMATS
from d2m.media.audio_track import decode_audio_track
from d2m.media.clip_limits import ClipLimits, display_name
from d2m.media.clip_part import ClipPart
from d2m.media.refusals import breaks_off
from d2m.media.safe_open import open_media, read_packets
from d2m.media.song_refusals import (
    SAVE_AGAIN,
    check_protection,
    check_song_track,
    refusal_of_song,
)
from d2m.media.stream_choice import audio_stream, codec_name, video_stream

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

SONG_RATES = 44_100, 48_000
"""Sample rates that a song keeps in a video (Hz): those of discs and of video."""
# Tolerance of the limits on duration (s). Chosen by hand: encoders add up to two frames of AAC.
_SLACK_S = 0.1


@dataclass(frozen=True, kw_only=True)
class SongLimits:
    """Limits on the songs that are accepted; the defaults were chosen by hand.

    Parameters
    ----------
    min_duration_s, max_duration_s
        Shortest and longest duration of the part that is used (s).
    max_file_s
        Longest duration of a file of which a part is used (s): its packets before the part are
        read, but not decoded.
    max_bytes
        Largest file size (bytes).
    """

    min_duration_s: float = 3.0
    max_duration_s: float = 600.0
    max_file_s: float = 4 * 3600.0
    max_bytes: int = 500_000_000


@dataclass(frozen=True, kw_only=True)
class SongInfo:
    """Properties of a song.

    Parameters
    ----------
    codec, profile
        FFmpeg's names of the codec and of its profile, which may be empty.
    sample_rate
        Sample rate of the song (Hz).
    channels
        Its number of channels.
    file_s
        Duration of the file (s) by its header, or guessed from its size; 0 if unknown.
    is_length_known
        Whether it is from the header.
    priming
        Samples at the start that the coder added, and players skip.
    """

    codec: str
    profile: str
    sample_rate: int
    channels: int
    file_s: float
    is_length_known: bool
    priming: int


@contextmanager
def open_song(path: Path, limits: SongLimits) -> Iterator[tuple[InputContainer, AudioStream]]:
    """Open a song and its sound track.

    Raises
    ------
    AudioError
        If the file holds no sound that can be decoded, is too large or is protected.
    """
    check_protection(path)
    clip_limits = ClipLimits(max_bytes=limits.max_bytes)
    try:
        opened = open_media(path, limits=clip_limits, formats=AUDIO_FORMATS, error=AudioError)
        container = opened.__enter__()
    except AudioError as error:
        raise refusal_of_song(path, error) from error
    with container:
        stream = audio_stream(container)
        if stream is None:
            check_song_track(path, container)
            raise AudioError(f"The sound of {display_name(path)} can't be decoded: {SAVE_AGAIN}.")
        yield container, stream


def read_song(
    path: Path,
    limits: SongLimits,
    part: ClipPart,
    *,
    sample_rate: int | None = None,
    is_mono: bool = False,
) -> tuple[SongInfo, int, NDArray[np.float32]]:
    """Decode a song, or a part of it.

    Parameters
    ----------
    path
        The file. The sound of a video starts at the time of its first frame.
    limits
        Limits on it.
    part
        The part to decode, counted from the first sample that players play.
    sample_rate
        Sample rate of the result (Hz); by default that of the song, if it is one of `SONG_RATES`,
        else the last of those.
    is_mono
        Whether the channels are mixed to one. Otherwise the song keeps one or two channels, and
        more are mixed to two.

    Returns
    -------
    info : SongInfo
        Properties of the song.
    sample_rate : int
        Sample rate of the result (Hz).
    samples : (C, N)
        The part. Peaks beyond full scale are kept.

    Raises
    ------
    AudioError
        If the file is no song, or the part is outside of it or of the limits.
    """
    with open_song(path, limits) as (container, _):
        check_song_track(path, container)
    start_s, info = _start(path, limits)
    _check_length(path, start_s, info, part, limits)
    rate = sample_rate or (info.sample_rate if info.sample_rate in SONG_RATES else SONG_RATES[-1])
    most_s = limits.max_duration_s + 2 * _SLACK_S
    if part.length_s is not None:
        most_s = min(most_s, part.length_s)
    with open_song(path, limits) as (container, stream):
        samples = decode_audio_track(
            container,
            stream,
            sample_rate=rate,
            channels=1 if is_mono else 2,
            start_s=start_s + part.start_s,
            max_s=most_s,
            is_cut=False,
        )
    _check_duration(path, samples.shape[1] / rate, part, limits)
    return info, rate, samples[:1] if info.channels == 1 else samples


def _start(path: Path, limits: SongLimits) -> tuple[float, SongInfo]:
    """Return when a song starts in its file (s), and its properties, from the first frame."""
    import av

    with open_song(path, limits) as (container, stream):
        video = video_stream(container)
        start_s = None
        if video is not None and video.start_time is not None and video.time_base:
            start_s = float(video.start_time * video.time_base)
        # Where the header tells no length, FFmpeg guesses one from the size of the file.
        is_guess = container.format.name == "aac"
        is_guess |= container.format.name == "mp3" and not stream.start_time
        declared = float((stream.duration or 0) * (stream.time_base or 0))
        first_s = None
        for packet in read_packets(container, stream):
            if first_s is None and packet.pts is not None:
                first_s = float(packet.pts * packet.time_base)
            with suppress(av.FFmpegError):
                for frame in stream.decode(packet):
                    heard_s = first_s
                    if frame.pts is not None and stream.time_base:
                        heard_s = float(frame.pts * stream.time_base)
                    if start_s is None:
                        start_s = heard_s
                    before_s = (heard_s or 0.0) - (first_s or 0.0)
                    info = SongInfo(
                        codec=codec_name(stream),
                        profile=stream.profile or "",
                        sample_rate=frame.sample_rate,
                        channels=frame.layout.nb_channels,
                        file_s=declared,
                        is_length_known=declared > 0 and not is_guess,
                        priming=max(0, round(before_s * frame.sample_rate)),
                    )
                    return start_s or 0.0, info
    raise AudioError(f"The sound of {display_name(path)} can't be decoded: {SAVE_AGAIN}.")


def _check_length(
    path: Path, start_s: float, info: SongInfo, part: ClipPart, limits: SongLimits
) -> None:
    """Refuse a song that is too long before it is decoded, and a part that starts too late."""
    if part.start_s > limits.max_file_s:
        raise AudioError(
            f"The part starts after {_time(part.start_s)}, but only the first"
            f" {_time(limits.max_file_s)} of a file can be used: choose an earlier start."
        )
    most_s = limits.max_duration_s + _SLACK_S
    wanted_s = part.length_s or inf
    if wanted_s <= most_s or 0 < info.file_s - part.start_s <= most_s:
        return
    if _goes_on_after(path, start_s + part.start_s + most_s, limits):
        name = display_name(path)
        length = f"more than {_time(limits.max_duration_s)}, which is the most"
        if info.file_s - part.start_s > most_s:
            length = f"{_time(info.file_s)}, more than the {_time(limits.max_duration_s)}"
        raise AudioError(f"The song {name} lasts {length} allowed: choose a shorter part of it.")


def _goes_on_after(path: Path, time_s: float, limits: SongLimits) -> bool:
    """Return whether any packet of a song starts after a time (s) on the file's timeline."""
    with open_song(path, limits) as (container, stream):
        return any(
            packet.pts is not None and packet.pts * packet.time_base > time_s
            for packet in read_packets(container, stream)
        )


def _check_duration(path: Path, duration_s: float, part: ClipPart, limits: SongLimits) -> None:
    name = display_name(path)
    if duration_s > limits.max_duration_s + _SLACK_S:
        raise AudioError(
            f"The song {name} lasts more than the {_time(limits.max_duration_s)} allowed: choose a"
            " shorter part of it."
        )
    if duration_s >= limits.min_duration_s - _SLACK_S:
        return
    if part.start_s:
        whole_s = _length_s(path, limits)
        if part.start_s >= whole_s:
            raise AudioError(
                f"The part starts at {part.start_s:.4g} s, but the song lasts only"
                f" {whole_s:.1f} s: choose an earlier start."
            )
    if not part.is_whole:
        raise AudioError(
            f"The part that starts at {part.start_s:.4g} s lasts only {duration_s:.1f} s: choose"
            f" at least {limits.min_duration_s:g} s."
        )
    raise AudioError(
        f"Only {duration_s:.1f} s of {name} can be played"
        f"{', because the file broke off: send it again, or' if breaks_off(path) else ': send'}"
        f" a song of at least {limits.min_duration_s:g} s."
    )


def _length_s(path: Path, limits: SongLimits) -> float:
    """Return how long a song lasts (s) by the timestamps of its packets, without decoding them."""
    first = last = None
    with open_song(path, limits) as (container, stream):
        for packet in read_packets(container, stream):
            if packet.pts is not None:
                begin_s = float(packet.pts * packet.time_base)
                first = begin_s if first is None else min(first, begin_s)
                end_s = begin_s + float((packet.duration or 0) * packet.time_base)
                last = end_s if last is None else max(last, end_s)
    return 0.0 if first is None or last is None else last - first


def _time(duration_s: float) -> str:
    """Return a duration as people say it, such as ``"10 min"`` or ``"3 h 5 min"``."""
    hours, minutes = divmod(round(duration_s / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
