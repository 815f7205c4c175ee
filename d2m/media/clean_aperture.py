"""The part of a picture that is shown: the clean aperture of MP4 and QuickTime files.

FFmpeg's demuxer knows it, but hands it over with the stream's side data, which PyAV doesn't
show, and its decoders don't crop. So the few boxes around it are read here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from struct import Struct, error
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from av.video.stream import VideoStream

_BOX = Struct(">I4s")
_LARGE_SIZE = Struct(">Q")
# Width and height in the description of a video track, and where they are and its boxes begin.
_SIZE, _SIZE_AT, _BOXES_AT = Struct(">HH"), 32, 86
# Width, height, and the offsets of the centre to the right and down: fractions.
_APERTURE = Struct(">IIIIiIiI")
# Most boxes that are looked at; files have a few hundred at most.
_MAX_BOXES = 10_000


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


class _Reader:
    """Reads the boxes of a file, and stops at an implausible number of them."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = _MAX_BOXES

    def boxes(self, begin: int, end: int) -> Iterator[tuple[bytes, int, int]]:
        """Yield name, begin and end of the content of each box in a part of the file."""
        while begin + _BOX.size <= end and self._left > 0:
            self._left -= 1
            size, name = _BOX.unpack(self.read(begin, _BOX.size))
            content = begin + _BOX.size
            if size == 1:
                (size,) = _LARGE_SIZE.unpack(self.read(content, _LARGE_SIZE.size))
                content += _LARGE_SIZE.size
            stop = end if size == 0 else begin + size
            if stop < content or stop > end:
                return
            yield name, content, stop
            begin = stop

    def inside(self, begin: int, end: int, *path: bytes) -> tuple[int, int] | None:
        """Return begin and end of the content of the first box at a path, or None."""
        for wanted in path:
            found = next((box[1:] for box in self.boxes(begin, end) if box[0] == wanted), None)
            if found is None:
                return None
            begin, end = found
        return begin, end

    def read(self, at: int, size: int) -> bytes:
        """Return bytes of the file; fewer at its end."""
        self._file.seek(at)
        return self._file.read(size)


def clean_aperture(stream: VideoStream) -> CleanAperture | None:
    """Return the clean aperture of a video stream, or None if it shows the whole picture.

    An aperture that is not inside of the picture is ignored, as players do.
    """
    if not stream.container.format.name.startswith("mov"):
        return None
    path = Path(stream.container.name)
    with suppress(OSError, error), path.open("rb") as file:
        return _of_track(_Reader(file), path.stat().st_size, stream.id)
    return None


def _of_track(reader: _Reader, size: int, track_id: int) -> CleanAperture | None:
    """Return the clean aperture of the track with an id."""
    movie = reader.inside(0, size, b"moov")
    for name, begin, end in reader.boxes(*movie) if movie else ():
        if name == b"trak" and _track_id(reader, begin, end) == track_id:
            table = reader.inside(begin, end, b"mdia", b"minf", b"stbl", b"stsd")
            if table is None:
                return None
            # After the version and the number of descriptions; the first one counts.
            for _, content, stop in reader.boxes(table[0] + 8, table[1]):
                return _of_description(reader, content - _BOX.size, stop)
    return None


def _track_id(reader: _Reader, begin: int, end: int) -> int | None:
    header = reader.inside(begin, end, b"tkhd")
    if header is None:
        return None
    is_long = reader.read(header[0], 1) == b"\1"  # times of eight bytes
    return int.from_bytes(reader.read(header[0] + (20 if is_long else 12), 4), "big")


def _of_description(reader: _Reader, begin: int, end: int) -> CleanAperture | None:
    box = reader.inside(begin + _BOXES_AT, end, b"clap")
    if box is None:
        return None
    stored: tuple[int, int] = _SIZE.unpack(reader.read(begin + _SIZE_AT, _SIZE.size))
    values = _APERTURE.unpack(reader.read(box[0], _APERTURE.size))
    if 0 in values[1::2]:
        return None
    width, height, right, down = (a / b for a, b in zip(values[::2], values[1::2], strict=True))
    sides = round(width), round(height)
    left, top = (
        round((whole - side) / 2 + offset)
        for whole, side, offset in zip(stored, (width, height), (right, down), strict=True)
    )
    if min(left, top) < 0 or min(sides) < 2 or sides == stored:
        return None
    if left + sides[0] > stored[0] or top + sides[1] > stored[1]:
        return None
    return CleanAperture(stored=stored, left=left, top=top, width=sides[0], height=sides[1])
