"""Choose the picture and the sound of a file, as players do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from d2m.media.accepted_formats import AUDIO_CODECS, SAMPLE_RATES
from d2m.media.safe_open import read_packets, reopen

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

# Tracks of one kind are compared over this many packets of the busiest (10 s at 30 Hz), or over
# this many packets of all kinds where they are stored one after the other. Chosen by hand.
_COMPARED_PACKETS, _MOST_COMPARED = 300, 5_000
# A picture track with less than this share of the packets of the busiest, or of the pixels of
# the largest, is a thumbnail or a placeholder. Chosen by hand: cameras write thumbnails at 1 Hz
# of 160 x 90 or 320 x 240, and no camera writes two angles that differ so much.
_LEAST_SHARE = 1 / 8


def video_stream(container: InputContainer) -> VideoStream | None:
    """Return the picture track that players show, or None if there is none.

    Cover art, still images and thumbnails do not count. Tracks without a decoder, with at most
    one picture or with no picture at all come last, then those that the file does not flag as
    default (in MP4: that it disables), then placeholders and thumbnails that nothing flags.

    Parameters
    ----------
    container
        The open file.
    """
    from av.stream import Disposition

    never = Disposition.attached_pic | Disposition.still_image | Disposition.timed_thumbnails
    tracks = [stream for stream in container.streams.video if not stream.disposition & never]
    if len(tracks) < 2:
        return tracks[0] if tracks else None
    counts = _packet_counts(container, tracks)
    areas = [_area(track) for track in tracks]
    busiest, largest = max(counts), max(areas)

    def rank(place: int) -> tuple[bool, bool, bool, bool]:
        track = tracks[place]
        return (
            codec_name(track) != "unknown",
            counts[place] > 1,
            bool(track.disposition & Disposition.default),
            counts[place] >= _LEAST_SHARE * busiest and areas[place] >= _LEAST_SHARE * largest,
        )

    return tracks[max(range(len(tracks)), key=rank)]


def audio_stream(container: InputContainer) -> AudioStream | None:
    """Return the sound track that players play, of those that can be decoded, or None.

    A comment or a description for the blind is no substitute for a track that can't be decoded.

    Parameters
    ----------
    container
        The open file.
    """
    tracks = [track for track in container.streams.audio if can_decode_sound(track)]
    chosen = _preferred(container, tracks)
    if chosen is None or not _is_aside(chosen) or len(tracks) == len(container.streams.audio):
        return chosen
    main = main_audio_stream(container)
    return None if main is not None and not _is_aside(main) else chosen


def main_audio_stream(container: InputContainer) -> AudioStream | None:
    """Return the sound track that players would play if they could decode all of them, or None.

    Parameters
    ----------
    container
        The open file.
    """
    return _preferred(container, container.streams.audio)


def can_decode_sound(track: AudioStream) -> bool:
    """Return whether a sound track has an accepted codec and sample rate, or one not yet known."""
    if codec_name(track) not in AUDIO_CODECS:
        return False
    rate = track.codec_context.sample_rate
    return not rate or SAMPLE_RATES[0] <= rate <= SAMPLE_RATES[1]


def codec_name(stream: Stream) -> str:
    """Return FFmpeg's name of the stream's decoder, or ``"unknown"`` if it has none."""
    # PyAV's annotations promise a codec context, but streams without a decoder have none.
    context = getattr(stream, "codec_context", None)
    return str(context.name) if context is not None else "unknown"


def _preferred(container: InputContainer, tracks: Sequence[AudioStream]) -> AudioStream | None:
    """Return the track that players play: default first, comments and aids last."""
    from av.stream import Disposition

    if len(tracks) < 2:
        return tracks[0] if tracks else None
    counts = _packet_counts(container, tracks)

    def rank(place: int) -> tuple[bool, bool, bool]:
        return (
            counts[place] > 0,
            bool(tracks[place].disposition & Disposition.default),
            not _is_aside(tracks[place]),
        )

    return tracks[max(range(len(tracks)), key=rank)]


def _is_aside(track: AudioStream) -> bool:
    """Return whether a track is a comment, an aid for some, or only a part of the sound."""
    from av.stream import Disposition

    aside = (
        Disposition.comment
        | Disposition.hearing_impaired
        | Disposition.visual_impaired
        | Disposition.descriptions
        | Disposition.karaoke
        | Disposition.clean_effects
        | Disposition.dependent
    )
    return bool(track.disposition & aside)


def _area(track: VideoStream) -> int:
    """Return the pixels of a picture; 0 without a decoder, which knows them."""
    return track.width * track.height if codec_name(track) != "unknown" else 0


def _packet_counts(container: InputContainer, tracks: Sequence[Stream]) -> list[int]:
    """Return how many packets each track has in the first part of a file.

    The file is opened a second time, because not every container can go back to its start.
    """
    import av

    found: Counter[int] = Counter()
    places = [track.index for track in tracks]
    with suppress(av.FFmpegError), reopen(container) as other:
        tracks_again = [other.streams[place] for place in places]
        for count, packet in enumerate(read_packets(other, *tracks_again)):
            found[packet.stream.index] += 1
            if max(found.values()) >= _COMPARED_PACKETS or count >= _MOST_COMPARED:
                break
    # Where the index tells the number, as in MP4, it holds for the whole file.
    return [found[track.index] or track.frames for track in tracks]
