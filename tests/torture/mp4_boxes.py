"""Rewrite boxes of MP4 files (ISO/IEC 14496-12)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

TRACK = ("moov", "trak")
MEDIA = (*TRACK, "mdia")
TABLES = (*MEDIA, "minf", "stbl")


def chain_to(data: bytes, path: Sequence[str]) -> list[tuple[int, int]]:
    """Return the (position, size) of the first box at a path, preceded by the boxes around it."""
    begin, end, chain = 0, len(data), []
    for wanted in path:
        while begin + 8 <= end:
            size, name = struct.unpack(">I4s", data[begin : begin + 8])
            if name == wanted.encode():
                break
            begin += max(8, size)
        else:
            raise KeyError(wanted)
        chain.append((begin, size))
        begin, end = begin + 8, begin + size
    return chain


def with_box(data: bytes, path: Sequence[str], content: bytes) -> bytes:
    """Return a file with the content of a box replaced; the index must be at the end."""
    *outer, (place, size) = chain_to(data, path)
    box = struct.pack(">I", len(content) + 8) + path[-1].encode() + content
    result = bytearray(data[:place] + box + data[place + size :])
    for at, old in outer:
        result[at : at + 4] = struct.pack(">I", old + len(box) - size)
    return bytes(result)


def with_tracks(data: bytes, more: int) -> bytes:
    """Return a file with ``more`` copies of its first track; the index must be at the end."""
    (place, size), (track, length) = chain_to(data, TRACK)
    end = track + length
    result = bytearray(data[:end] + data[track:end] * more + data[end:])
    result[place : place + 4] = struct.pack(">I", size + more * length)
    return bytes(result)


def patched(data: bytes, path: Sequence[str], at: int, content: bytes) -> bytes:
    """Return a file with bytes of a box replaced, ``at`` bytes into its content."""
    place = chain_to(data, path)[-1][0] + 8 + at
    return data[:place] + content + data[place + len(content) :]


def huge_index(data: bytes, samples: int) -> bytes:
    """Return a file whose first track declares ``samples`` frames of one byte each."""
    for name, content in (
        ("stsz", struct.pack(">III", 0, 1, samples)),
        ("stsc", struct.pack(">IIIII", 0, 1, 1, samples, 1)),
        ("stts", struct.pack(">IIII", 0, 1, samples, 1)),
    ):
        data = with_box(data, (*TABLES, name), content)
    return data


def many_edits(data: bytes, edits: int) -> bytes:
    """Return a file whose edit list repeats the clip ``edits`` times."""
    entries = struct.pack(">IiI", 2000, 0, 0x10000) * edits
    return with_box(data, (*TRACK, "edts", "elst"), struct.pack(">II", 0, edits) + entries)


def with_alias(data: bytes, path: str) -> bytes:
    """Return a file whose first track refers to another file by a Macintosh alias."""
    record = bytes(10) + b"\x01M" + bytes(26 + 12) + b"\x01m" + bytes(62 + 16)
    record += struct.pack(">HH", 0, 0) + bytes(16)
    record += struct.pack(">HH", 2, len(path)) + path.encode() + bytes(len(path) % 2)
    record += struct.pack(">hh", -1, 0)
    entry = struct.pack(">I4sI", len(record) + 12, b"alis", 0) + record
    return with_box(data, (*MEDIA, "minf", "dinf", "dref"), struct.pack(">II", 0, 1) + entry)
