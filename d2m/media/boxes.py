"""Walk the boxes of MP4 and MOV files and the elements of Matroska files without decoding them.

Files may lie in every length, so all reads are bounded, and a walk ends at the first nonsense.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

FEW_BOXES, MANY_BOXES = 64, 10_000
"""Most boxes or elements on one level that are looked at: inside others, and at the top, where a
fragmented hour has 3,600 fragments of two boxes each. Chosen by hand."""
# Longest text or number that is read from a box (bytes); chosen by hand.
_MOST_READ = 65_536
# Matroska: an element of unknown length has this length, 0x01FFFFFFFFFFFFFF without its marker.
_UNKNOWN_LENGTHS = frozenset(2 ** (7 * size) - 1 for size in range(1, 9))


@dataclass(frozen=True, kw_only=True)
class Box:
    """A box of MP4 or an element of Matroska.

    Parameters
    ----------
    kind
        The type of a box, such as ``b"moov"``, or the bytes of an element's ID.
    start, end
        Where its content starts and ends (bytes); the end is what the file declares, and may
        lie after the end of the file.
    """

    kind: bytes
    start: int
    end: int


def mp4_boxes(file: BinaryIO, start: int, end: int, most: int = FEW_BOXES) -> Iterator[Box]:
    """Yield the boxes of MP4 or MOV between two places of a file.

    Parameters
    ----------
    file
        The open file.
    start, end
        Where the first box starts, and where the last ends (bytes).
    most
        How many boxes are looked at.
    """
    for _ in range(most):
        if start + 8 > end:
            return
        file.seek(start)
        head = file.read(16)
        size, header = int.from_bytes(head[:4], "big"), 8
        if size == 1:
            size, header = int.from_bytes(head[8:16], "big"), 16
        elif size == 0:
            size = end - start
        if size < header or len(head) < 8:
            return
        yield Box(kind=head[4:8], start=start + header, end=start + size)
        start += size


def matroska_elements(file: BinaryIO, start: int, end: int, most: int = FEW_BOXES) -> Iterator[Box]:
    """Yield the elements of Matroska or WebM between two places of a file.

    Parameters
    ----------
    file
        The open file.
    start, end
        Where the first element starts, and where the last ends (bytes).
    most
        How many elements are looked at.
    """
    for _ in range(most):
        if start + 2 > end:
            return
        file.seek(start)
        head = file.read(12)
        id_size = 9 - head[0].bit_length() if head else 9
        if id_size > 4 or len(head) <= id_size:
            return
        size_size = 9 - head[id_size].bit_length()
        if size_size > 8:
            return
        coded = int.from_bytes(head[id_size : id_size + size_size], "big")
        size = coded - (1 << (7 * size_size))
        begin = start + id_size + size_size
        # An element of unknown length, as live recordings have, goes on to the end.
        stop = end if size in _UNKNOWN_LENGTHS else begin + size
        yield Box(kind=head[:id_size], start=begin, end=stop)
        start = stop


def content(file: BinaryIO, box: Box) -> bytes:
    """Return the content of a box, cut after 64 kB.

    Parameters
    ----------
    file, box
        The open file and one of its boxes.
    """
    file.seek(box.start)
    return file.read(max(0, min(_MOST_READ, box.end - box.start)))
