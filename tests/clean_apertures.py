"""Give MP4 and QuickTime files a clean aperture."""

from __future__ import annotations

import struct
from pathlib import Path

from tests.torture.mp4_boxes import TABLES, chain_to, with_box


def add_clean_aperture(path: Path, *values: int) -> None:
    """Add a ``clap`` box to the first track of a file whose index is at the end.

    Parameters
    ----------
    path
        The file, which is changed.
    values
        Width, height, and the offsets of the centre to the right and down; each as numerator
        and denominator.
    """
    data = path.read_bytes()
    place, size = chain_to(data, (*TABLES, "stsd"))[-1]
    content = data[place + 8 : place + size]
    (length,) = struct.unpack(">I", content[8:12])
    box = struct.pack(">I4s", 40, b"clap") + struct.pack(">IIIIiIiI", *values)
    content = content[:8] + struct.pack(">I", length + 40) + content[12:] + box
    path.write_bytes(with_box(data, (*TABLES, "stsd"), content))


def add_crop(path: Path, *, left: int = 0, top: int = 0, right: int = 0, bottom: int = 0) -> None:
    """Crop the picture of a Matroska file with one track in its description (px).

    Parameters
    ----------
    path
        The file, which is changed; FFmpeg has written it.
    left, top, right, bottom
        What is cut off; each less than 256.
    """
    data = bytearray(path.read_bytes())
    values = {b"\x54\xcc": left, b"\x54\xbb": top, b"\x54\xdd": right, b"\x54\xaa": bottom}
    more = b"".join(name + bytes([0x81, value]) for name, value in values.items())
    segment = data.index(b"\x18\x53\x80\x67")
    mentioned = data.index(b"\x16\x54\xae\x6b", segment)  # in the list of what is where
    tracks = data.index(b"\x16\x54\xae\x6b", mentioned + 4)
    track = data.index(b"\xae\x01\0\0", tracks + 4)
    video = data.index(b"\xb0\x82", track) - 2  # its width is the first thing in it
    # FFmpeg writes lengths with so many bytes that they can be raised in place.
    places = [segment + 4, tracks + 4, track + 1, video + 1]
    for place in places:
        size = 9 - data[place].bit_length()
        old = int.from_bytes(data[place : place + size], "big")
        data[place : place + size] = (old + len(more)).to_bytes(size, "big")
    size = 9 - data[places[-1]].bit_length()
    at = places[-1] + size
    path.write_bytes(bytes(data[:at]) + more + bytes(data[at:]))
