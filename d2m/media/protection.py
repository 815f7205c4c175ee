"""Find out whether a file is copy-protected (encrypted) without decoding it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from d2m.media.boxes import FEW_BOXES, MANY_BOXES, Box, content, matroska_elements, mp4_boxes

PROTECTED_PICTURE, PROTECTED_SOUND = "picture", "sound"
"""What `protected_tracks` finds."""
_PROTECTED_ENTRIES = {
    **dict.fromkeys((b"encv", b"drmi", b"drmt"), PROTECTED_PICTURE),
    **dict.fromkeys((b"enca", b"drms", b"aavd"), PROTECTED_SOUND),
}
"""Sample entries of MP4 whose samples are encrypted (Common Encryption, FairPlay, Audible)."""
_TO_SAMPLE_ENTRIES = b"trak", b"mdia", b"minf", b"stbl", b"stsd"
_SEGMENT, _TRACKS, _TRACK = b"\x18\x53\x80\x67", b"\x16\x54\xae\x6b", b"\xae"
_TRACK_TYPE, _ENCODINGS, _ENCODING = b"\x83", b"\x6d\x80", b"\x62\x40"
_ENCODING_TYPE, _ENCRYPTION = b"\x50\x33", b"\x50\x35"
_TRACK_KINDS = {b"\x01": PROTECTED_PICTURE, b"\x02": PROTECTED_SOUND}
_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_PROTECTION = frozenset(
    bytes.fromhex(guid)
    for guid in (
        "fbb3112223bdd211b4b700a0c955fc6e",  # Content Encryption
        "14e68a292226174cb935dae07ee9289c",  # Extended Content Encryption
        "338505438169e6499b74ad12cb86d58c",  # Advanced Content Encryption
    )
)
"""GUIDs of the header objects of Windows Media that declare DRM, in the order of the file."""
# How much of a stream without a header is searched (bytes); chosen by hand: the first sectors of
# a protected DVD are clear, and those of a broadcast start in the middle.
_SEARCHED_BYTES = 4 * 2**20
# Share of scrambled packets (0 to 1) from which a stream counts as protected. Chosen by hand: in
# a damaged stream the flag is set at random in few, in a protected one in most that hold a picture.
_SCRAMBLED_SHARE = 0.3
_TS_SYNC, _TS_NULL_PID = 0x47, 0x1FFF
_TS_LAYOUTS = (0, 188), (4, 192), (0, 204)
"""First packet and distance of packets (bytes) in MPEG-TS: plain, with the time codes of AVCHD,
and with error correction."""


def protected_tracks(path: Path) -> frozenset[str]:
    """Return which of picture and sound are encrypted, as their container declares.

    Parameters
    ----------
    path
        A media file; of other files, nothing is found.

    Returns
    -------
    frozenset of str
        Of `PROTECTED_PICTURE` and `PROTECTED_SOUND`.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(16)
        for fits, find in _FINDERS:
            if fits(head):
                return frozenset(find(file, size))
    return frozenset()


def _in_mp4(file: BinaryIO, size: int) -> Iterator[str]:
    top = mp4_boxes(file, 0, size, MANY_BOXES)
    movie = next((box for box in top if box.kind == b"moov"), None)
    boxes = [movie] if movie is not None else []
    for kind in _TO_SAMPLE_ENTRIES:
        boxes = [
            box
            for parent in boxes
            for box in mp4_boxes(file, parent.start, min(parent.end, size))
            if box.kind == kind
        ]
    for box in boxes:
        # The table of sample entries starts with its version and its length.
        for entry in mp4_boxes(file, box.start + 8, min(box.end, size)):
            if entry.kind in _PROTECTED_ENTRIES:
                yield _PROTECTED_ENTRIES[entry.kind]


def _in_matroska(file: BinaryIO, size: int) -> Iterator[str]:
    def children(parents: list[Box], kind: bytes, most: int = FEW_BOXES) -> list[Box]:
        return [
            box
            for parent in parents
            for box in matroska_elements(file, parent.start, min(parent.end, size), most)
            if box.kind == kind
        ]

    segments = children([Box(kind=b"", start=0, end=size)], _SEGMENT)[:1]
    for track in children(children(segments, _TRACKS, MANY_BOXES)[:1], _TRACK):
        kind = [content(file, box)[-1:] for box in children([track], _TRACK_TYPE)[:1]]
        for encoding in children(children([track], _ENCODINGS), _ENCODING):
            types = [content(file, box)[-1:] for box in children([encoding], _ENCODING_TYPE)]
            if kind and (b"\x01" in types or children([encoding], _ENCRYPTION)):
                yield _TRACK_KINDS.get(kind[0], PROTECTED_SOUND)


def _in_asf(file: BinaryIO, size: int) -> Iterator[str]:
    file.seek(16)
    end = min(size, int.from_bytes(file.read(8), "little"))
    at = 30
    for _ in range(256):
        file.seek(at)
        head = file.read(24)
        length = int.from_bytes(head[16:], "little")
        if head[:16] in _ASF_PROTECTION:
            yield from (PROTECTED_PICTURE, PROTECTED_SOUND)
        at += length
        if length < 24 or at + 24 > end:
            return


def _in_transport_stream(file: BinaryIO, _: int) -> Iterator[str]:
    file.seek(0)
    data = file.read(_SEARCHED_BYTES)
    synced = bytes([_TS_SYNC]) * 5
    for first, length in _TS_LAYOUTS:
        if data[first::length][:5] == synced:
            break
    else:
        return
    packets = [data[at : at + 4] for at in range(first, len(data) - 4, length)]
    flags = [
        bool(packet[3] & 0xC0)
        for packet in packets
        if packet[0] == _TS_SYNC and int.from_bytes(packet[1:3], "big") & 0x1FFF != _TS_NULL_PID
    ]
    if sum(flags) > _SCRAMBLED_SHARE * len(flags):
        yield PROTECTED_PICTURE


def _in_programme_stream(file: BinaryIO, _: int) -> Iterator[str]:
    file.seek(0)
    data = file.read(_SEARCHED_BYTES)
    flags = []
    at = data.find(b"\0\0\1\xe0")
    while 0 <= at < len(data) - 7:
        if data[at + 6] & 0xC0 == 0x80:
            flags.append(bool(data[at + 6] & 0x30))
        at = data.find(b"\0\0\1\xe0", at + 4)
    if sum(flags) > _SCRAMBLED_SHARE * len(flags):
        yield PROTECTED_PICTURE


_Finder = tuple[Callable[[bytes], bool], Callable[[BinaryIO, int], Iterator[str]]]
_FINDERS: tuple[_Finder, ...] = (
    (lambda head: head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"), _in_mp4),
    (lambda head: head[:4] == b"\x1a\x45\xdf\xa3", _in_matroska),
    (lambda head: head == _ASF_HEADER, _in_asf),
    (lambda head: head[:4] == b"\0\0\1\xba", _in_programme_stream),
    (lambda head: _TS_SYNC in (head[:1] + head[4:5]), _in_transport_stream),
)
"""How a container is recognised by its first bytes, and what searches it for protection."""
