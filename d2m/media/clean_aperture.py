"""The part of a picture that is shown: MP4 and QuickTime call it clean aperture, Matroska crop.

FFmpeg's demuxers know it, but hand it over with the stream's side data, which PyAV doesn't
show, and its decoders don't crop. So the few boxes around it are read here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from struct import Struct, error
from typing import TYPE_CHECKING, BinaryIO

from d2m.media.boxes import MANY_BOXES, Box, content, matroska_elements, mp4_boxes

if TYPE_CHECKING:
    from av.video.stream import VideoStream

_TO_TABLE = b"mdia", b"minf", b"stbl", b"stsd"
# Width and height in the sample entry of a video track, and where its boxes begin (bytes).
_SIZE, _SIZE_AT, _BOXES_AT = Struct(">HH"), 24, 78
# Width, height, and the offsets of the centre to the right and down: fractions.
_APERTURE = Struct(">IIIIiIiI")
_SEGMENT, _TRACKS, _TRACK = b"\x18\x53\x80\x67", b"\x16\x54\xae\x6b", b"\xae"
_TRACK_TYPE, _VIDEO = b"\x83", b"\xe0"
_WIDTH, _HEIGHT = b"\xb0", b"\xba"
_LEFT, _TOP, _RIGHT, _BOTTOM = b"\x54\xcc", b"\x54\xbb", b"\x54\xdd", b"\x54\xaa"

_Walk = Callable[[BinaryIO, int, int, int], Iterator[Box]]


@dataclass(frozen=True, kw_only=True)
class CleanAperture:
    """A rectangle of the stored picture (px), before it is rotated.

    Parameters
    ----------
    stored
        (width, height) of the whole picture.
    left, top, width, height
        The rectangle.
    """

    stored: tuple[int, int]
    left: int
    top: int
    width: int
    height: int


def clean_aperture(stream: VideoStream) -> CleanAperture | None:
    """Return the clean aperture of a video stream, or None if it shows the whole picture.

    An aperture that is not inside of the picture is ignored, as players do.
    """
    name, path = stream.container.format.name, Path(stream.container.name)
    with suppress(OSError, error), path.open("rb") as file:
        whole = Box(kind=b"", start=0, end=path.stat().st_size)
        if name.startswith("mov"):
            return _in_mp4(file, whole, stream.id)
        if name.startswith("matroska"):
            return _in_matroska(file, whole, stream.container.streams.video.index(stream))
    return None


def _in_mp4(file: BinaryIO, whole: Box, track_id: int) -> CleanAperture | None:
    """Return the clean aperture of the track with an id."""
    movie = _inside(file, whole, mp4_boxes, b"moov")
    tracks = mp4_boxes(file, movie.start, min(movie.end, whole.end)) if movie else ()
    for track in tracks:
        header = _inside(file, track, mp4_boxes, b"tkhd")
        if track.kind != b"trak" or header is None:
            continue
        values = content(file, header)
        at = 20 if values[:1] == b"\1" else 12  # with version 1, times have eight bytes
        if int.from_bytes(values[at : at + 4], "big") == track_id:
            table = _inside(file, track, mp4_boxes, *_TO_TABLE)
            return _of_table(file, table) if table is not None else None
    return None


def _of_table(file: BinaryIO, table: Box) -> CleanAperture | None:
    """Return the aperture in the first entry of a table of sample entries."""
    # The table starts with its version and the number of entries.
    entry = next(mp4_boxes(file, table.start + 8, table.end), None)
    if entry is None:
        return None
    boxes = Box(kind=b"", start=entry.start + _BOXES_AT, end=min(entry.end, table.end))
    box = _inside(file, boxes, mp4_boxes, b"clap")
    if box is None:
        return None
    wide, high = _SIZE.unpack(content(file, entry)[_SIZE_AT : _SIZE_AT + _SIZE.size])
    values = _APERTURE.unpack(content(file, box)[: _APERTURE.size])
    if 0 in values[1::2]:
        return None
    width, height, right, down = (a / b for a, b in zip(values[::2], values[1::2], strict=True))
    return _plausible(
        stored=(wide, high),
        left=round((wide - width) / 2 + right),
        top=round((high - height) / 2 + down),
        width=round(width),
        height=round(height),
    )


def _in_matroska(file: BinaryIO, whole: Box, number: int) -> CleanAperture | None:
    """Return the crop of the video track with a number, counted from 0."""
    tracks = _inside(file, whole, matroska_elements, _SEGMENT, _TRACKS)
    entries = matroska_elements(file, tracks.start, tracks.end) if tracks else ()
    for track in entries:
        kind = _inside(file, track, matroska_elements, _TRACK_TYPE)
        if track.kind != _TRACK or kind is None or content(file, kind) != b"\1":
            continue
        if number == 0:
            video = _inside(file, track, matroska_elements, _VIDEO)
            return _of_video(file, video) if video is not None else None
        number -= 1
    return None


def _of_video(file: BinaryIO, video: Box) -> CleanAperture | None:
    """Return the crop in the description of a video track."""
    values = {
        box.kind: int.from_bytes(content(file, box)[:8], "big")
        for box in matroska_elements(file, video.start, video.end)
    }
    stored = values.get(_WIDTH, 0), values.get(_HEIGHT, 0)
    left, top = values.get(_LEFT, 0), values.get(_TOP, 0)
    return _plausible(
        stored=stored,
        left=left,
        top=top,
        width=stored[0] - left - values.get(_RIGHT, 0),
        height=stored[1] - top - values.get(_BOTTOM, 0),
    )


def _plausible(
    *, stored: tuple[int, int], left: int, top: int, width: int, height: int
) -> CleanAperture | None:
    """Return an aperture if it is a part of the picture, and not all of it."""
    is_inside = left + width <= stored[0] and top + height <= stored[1]
    if min(left, top) < 0 or min(width, height) < 2 or not is_inside or (width, height) == stored:
        return None
    return CleanAperture(stored=stored, left=left, top=top, width=width, height=height)


def _inside(file: BinaryIO, box: Box, walk: _Walk, *path: bytes) -> Box | None:
    """Return the first box at a path inside of another box, or None."""
    for wanted in path:
        inner = walk(file, box.start, box.end, MANY_BOXES)
        found = next((part for part in inner if part.kind == wanted), None)
        if found is None:
            return None
        box = Box(kind=found.kind, start=found.start, end=min(found.end, box.end))
    return box
