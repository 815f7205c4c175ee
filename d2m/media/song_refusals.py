"""Why a file can't be used as a song: the true reason, in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from d2m.core.errors import AudioError
from d2m.media.accepted_formats import SAMPLE_RATES
from d2m.media.clip_limits import display_name
from d2m.media.file_kinds import SEND_DANCE, kind_of_file
from d2m.media.protection import protected_tracks
from d2m.media.refusals import breaks_off
from d2m.media.sound_check import check_sound
from d2m.media.stream_choice import main_audio_stream

if TYPE_CHECKING:
    from av.container import InputContainer

SEND_SONG = "send a song as MP3, M4A, FLAC, OGG or WAV, or a video with sound"
"""What to do with a file that is no song."""
SAVE_AGAIN = "save it again as MP3, M4A, FLAC or WAV"
"""What to do with a song that can't be read."""
_WORDS = (
    (SEND_DANCE, SEND_SONG),
    ("send a video file, such as MP4, MOV, WebM, MKV, AVI, MTS, WMV or GIF", SEND_SONG),
    ("expected a WAV, MP3, FLAC or OGG file, or a video with sound", SEND_SONG),
    ("convert the clip to MP4 with AAC sound", SAVE_AGAIN),
    ("convert it to MP4 with H.264", SAVE_AGAIN),
    ("is a damaged Ogg file: copy it again, or", "is a damaged or unusual Ogg file:"),
    ("save it again as MP4", SAVE_AGAIN),
    ("save it as MP4 or GIF", SEND_SONG),
    ("save it as MP4", SEND_SONG),
    ("export it as MP4 and send that", "export its sound as MP3 or WAV and send that"),
    ("copy it again from the camera", "copy it again"),
    ("The clip's sound", "Its sound"),
    ("send one without protection if you need the sound", SEND_SONG + " that is not protected"),
    ("is not a video or audio file", "holds no sound"),
    ("not a video", "not a song"),
    ("the video", "the song"),
    ("smaller clip", "smaller song"),
)
"""Words of refusals of clips, and those of songs in their place, the longer ones first."""
_PROTECTED = (
    "is copy-protected (DRM), so it can't be decoded: send a song without protection, such as an"
    " MP3 that you bought or made"
)
_BROKE_OFF = "broke off before its end, so nothing in it can be played: download or copy it again"
_AUDIBLE = b"\x57\x90\x75\x36"  # bytes 4 to 7 of Audible's own format, which is always encrypted


def in_words_of_songs(said: str) -> str:
    """Return the rest of a refusal of a clip, which begins with the file's name, for a song."""
    for clip, song in _WORDS:
        said = said.replace(clip, song)
    return said


def refusal_of_song(path: Path, error: AudioError) -> AudioError:
    """Return what a person is told when a file can't be opened as a song.

    Parameters
    ----------
    path
        The file.
    error
        What `d2m.media.safe_open.open_media` has raised.
    """
    # The name stays as it is, whatever words are in it.
    begin, name, rest = str(error).partition(display_name(path))
    kind = kind_of_file(path) if path.is_file() else ""
    if "is a damaged sound file" in rest and "(" in kind:
        sort = kind.partition("(")[2].partition(")")[0]
        if sort == "MIDI":
            return AudioError(f"{begin}{name} holds notes (MIDI), but no sound: {SEND_SONG}.")
        if breaks_off(path):
            return AudioError(f"{begin}{name} {_BROKE_OFF}.")
        return AudioError(f"{begin}{name} is a damaged or unusual {sort} file: {SAVE_AGAIN}.")
    return AudioError(begin + name + in_words_of_songs(rest))


def check_protection(path: Path) -> None:
    """Raise an `AudioError` if a file's sound is encrypted, as far as its container says so."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        is_audible = file.read(8)[4:] == _AUDIBLE
    if is_audible or protected_tracks(path):
        raise AudioError(f"The file {display_name(path)} {_PROTECTED}.")


def check_song_track(path: Path, container: InputContainer) -> None:
    """Raise an `AudioError` if a file has no sound that can be decoded.

    Parameters
    ----------
    path, container
        The file, and the same file just opened; its packets are used up.
    """
    name = display_name(path)
    track = main_audio_stream(container)
    if track is None:
        what = "video" if container.streams.video else "file"
        raise AudioError(f"The {what} {name} has no sound: {SEND_SONG}.")
    rate = track.codec_context.sample_rate if track.codec_context is not None else 0
    if rate and not SAMPLE_RATES[0] <= rate <= SAMPLE_RATES[1]:
        raise AudioError(
            f"The sound of {name} has a sample rate of {rate} Hz, but {SAMPLE_RATES[0]} to"
            f" {SAMPLE_RATES[1]} Hz are expected: {SAVE_AGAIN}."
        )
    has_sound, problem = check_sound(path, container)
    if not has_sound and track.codec_context is not None and not track.channels:
        raise AudioError(
            f"The sound of {name} has no channels, or more than can be decoded: {SAVE_AGAIN}."
        )
    if not has_sound:
        said = in_words_of_songs(problem).removeprefix("Its sound ")
        raise AudioError(f"The sound of {name} {said}")
