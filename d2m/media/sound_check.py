"""Find out whether a clip's sound can be used and, if not, say why."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from d2m.media.codec_names import codec_for_people
from d2m.media.protection import PROTECTED_SOUND, protected_tracks
from d2m.media.safe_open import read_packets
from d2m.media.stream_choice import audio_stream, can_decode_sound, main_audio_stream

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

# A track counts as decodable if one of so many packets is. Chosen by hand: the first seconds of
# a track, of which the first packets are often cut.
_TRIED_PACKETS = 200
_CONVERT = "convert the clip to MP4 with AAC sound"


def check_sound(path: Path, container: InputContainer) -> tuple[bool, str]:
    """Decode the beginning of a clip's sound.

    Parameters
    ----------
    path, container
        The clip, and the same file just opened; its packets are used up.

    Returns
    -------
    tuple of (bool, str)
        Whether the clip has sound that can be decoded, and an empty text or one sentence why
        not, if it has some.
    """
    track = main_audio_stream(container)
    if track is None:
        return False, ""
    if PROTECTED_SOUND in protected_tracks(path):
        return False, (
            "The clip's sound is copy-protected, so it can't be used: send one without"
            " protection if you need the sound."
        )
    used = audio_stream(container)
    if used is None:
        return False, _why_not(container, track)
    if _any_frame(container, used):
        return True, ""
    return False, (
        f"The clip's sound ({codec_for_people(container, used)}) is damaged or of an unusual kind,"
        f" so it can't be decoded: {_CONVERT}."
    )


def _why_not(container: InputContainer, track: AudioStream) -> str:
    name = codec_for_people(container, track)
    if can_decode_sound(track) or not name:
        return f"The clip's sound is of an unknown kind, which can't be decoded: {_CONVERT}."
    return f"The clip's sound is {name}, which can't be decoded: {_CONVERT}."


def _any_frame(container: InputContainer, track: AudioStream) -> bool:
    import av

    # None flushes the decoder.
    for packet in chain(islice(read_packets(container, track), _TRIED_PACKETS), [None]):
        with suppress(av.FFmpegError):
            if track.decode(packet):
                return True
    return False
