"""Why a file can't be used as a clip: the true reason, in one sentence."""

from __future__ import annotations

from pathlib import Path

from d2m.media.boxes import MANY_BOXES, matroska_elements, mp4_boxes
from d2m.media.file_kinds import SEND_DANCE, kind_of_file

BROKE_OFF = "broke off before its end, so {}: send it again, or copy it again from the camera"
"""What is said of a file whose end is missing."""
_NO_INDEX = BROKE_OFF.format("its index is missing and nothing in it can be played")
UNFILLED = (
    "is empty in large parts, because its download or copy was not finished: download or copy it"
    " again"
)
"""What is said of a file that holds zeros where it has to hold a film."""
_DAMAGED = "is a damaged {} file: copy it again, or save it again as MP4"
_MP4_STARTS = b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"moof", b"styp"
_CONTAINERS = (
    (b"\x1a\x45\xdf\xa3", "MKV or WebM"),
    (b"RIFF", "AVI"),
    (b"GIF8", "GIF"),
    (b"FLV\x01", "Flash video"),
    (b"OggS", "Ogg"),
    (bytes.fromhex("3026b2758e66cf11"), "Windows Media"),
    (b"\0\0\1\xba", "MPEG"),
)
"""First bytes of the containers that are accepted, and their names."""
# Blocks of zeros are looked for at this many places, each of this many bytes; a film has none so
# long. Chosen by hand.
_GLANCES, _BLOCK_BYTES = 64, 4_096
# A file without a length in its header that is shorter than this (bytes) has hardly begun. Chosen
# by hand.
_SHORT_BYTES = 4_096
# Share of empty blocks (0 to 1) from which a file counts as not filled; chosen by hand.
_EMPTY_SHARE = 0.25


def why_not_opened(path: Path, expected: str, *, is_sound_enough: bool = False) -> str:
    """Return why a file can't be opened: the rest of a sentence that begins with its name.

    Parameters
    ----------
    path
        The file, which is not empty.
    expected
        What to send instead, such as ``"send an MP4 file"``.
    is_sound_enough
        Whether a file without picture would do.

    Returns
    -------
    str
        Such as ``"is an archive (ZIP): unpack it and send the video that is in it"``, without
        a full stop.
    """
    said = kind_of_file(path)
    if said and is_sound_enough and "no picture" in said:
        return "is a damaged sound file: save it again"
    if said:
        return said
    if _is_mp4(path):
        if not _has_whole_index(path):
            return UNFILLED if is_unfilled(path) else _NO_INDEX
        return _DAMAGED.format("MP4 or MOV")
    if is_unfilled(path):
        return UNFILLED
    with path.open("rb") as file:
        head = file.read(16)
    for start, name in _CONTAINERS:
        if head.startswith(start):
            return _DAMAGED.format(name) if _goes_on(path, head) else _NO_INDEX
    return f"is not a video or audio file: {expected}"


def why_no_picture(path: Path, has_sound: bool) -> str:
    """Return why a file that can be opened has no picture that moves.

    Parameters
    ----------
    path
        The file.
    has_sound
        Whether it has a sound track.

    Returns
    -------
    str
        The rest of a sentence that begins with the file's name, without a full stop.
    """
    if has_sound:
        return f"has sound but no picture: {SEND_DANCE}"
    return kind_of_file(path) or f"has no video track: {SEND_DANCE}"


def why_too_few_pictures(path: Path, count: int) -> str:
    """Return why a file has fewer than two pictures.

    Parameters
    ----------
    path
        The file.
    count
        How many coded pictures it holds.

    Returns
    -------
    str
        The rest of a sentence that begins with the file's name, without a full stop.
    """
    if breaks_off(path):
        return BROKE_OFF.format("less than two pictures are left")
    if said := kind_of_file(path):
        return said
    if count == 1:
        return f"holds only one picture that can be shown, not a video: {SEND_DANCE}"
    return "has no readable video of two or more frames: save it again as MP4"


def is_unfilled(path: Path, *, to_the_end: bool = False) -> bool:
    """Return whether large parts of a file hold only zeros, as in downloads that broke off.

    Parameters
    ----------
    path
        The file.
    to_the_end
        Whether its end has to be among them: plain pictures of some codecs are zeros, too.
    """
    size = path.stat().st_size
    step = max(_BLOCK_BYTES, size // _GLANCES)
    empty = count = 0
    with path.open("rb") as file:
        for at in range(0, max(1, size - _BLOCK_BYTES), step):
            file.seek(at)
            empty += not file.read(_BLOCK_BYTES).strip(b"\0")
            count += 1
        file.seek(max(0, size - _BLOCK_BYTES))
        is_end_empty = not file.read().strip(b"\0")
    return empty >= _EMPTY_SHARE * count and (is_end_empty or not to_the_end)


def _is_mp4(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8)[4:] in _MP4_STARTS


def _has_whole_index(path: Path) -> bool:
    size = path.stat().st_size
    with path.open("rb") as file:
        return any(
            box.kind == b"moov" and box.end <= size for box in mp4_boxes(file, 0, size, MANY_BOXES)
        )


def breaks_off(path: Path) -> bool:
    """Return whether a file is shorter than its header says, as far as that is known.

    Parameters
    ----------
    path
        The file.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(16)
        if head[4:8] in _MP4_STARTS:
            return any(box.end > size for box in mp4_boxes(file, 0, size, MANY_BOXES))
    return not _goes_on(path, head)


def _goes_on(path: Path, head: bytes) -> bool:
    """Return whether a file is as long as its header says, as far as that is known."""
    size = path.stat().st_size
    if head.startswith(b"RIFF"):
        return size >= int.from_bytes(head[4:8], "little")
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        with path.open("rb") as file:
            boxes = [*matroska_elements(file, 0, size)]
        return len(boxes) > 1 and boxes[-1].end <= size
    if head.startswith(b"GIF8"):
        with path.open("rb") as file:
            file.seek(size - 1)
            return file.read() == b";"
    return size > _SHORT_BYTES
