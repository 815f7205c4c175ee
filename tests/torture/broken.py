"""Clips that are cut off, damaged, or made to tire out who reads them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from tests.torture.boxes import (
    MEDIA,
    TABLES,
    TRACK,
    endless_index,
    many_edits,
    patched,
    with_box,
    with_tracks,
)
from tests.torture.case import NOBODY, NOT_A_VIDEO, Case, Refused, Works
from tests.torture.studio import SECONDS, Studio

Maker = Callable[[Studio], Path]
_TOO_SHORT = Refused(reason="can be played: send a clip of at least 2 s|no moving picture")


def cut(share: float, name: str = "cut.mp4") -> Maker:
    """Return a maker of a clip that breaks off, its index at the beginning."""

    def make(studio: Studio) -> Path:
        data = studio.streamable
        if name.endswith("mkv"):
            data = studio.ffmpeg(name, "-i", studio.dance, "-c", "copy").read_bytes()
        return studio.write(name, data[: round(share * len(data))])

    return make


def noisy(name: str, amount: int, *codec: object) -> Maker:
    """Return a maker of a clip whose bits are wrong in about one place of ``amount`` bytes."""

    def make(studio: Studio) -> Path:
        source = studio.encoded(name, *codec) if codec else studio.dance
        noise = ("-c", "copy", "-an", "-bsf:v", f"noise=amount={amount}")
        return studio.ffmpeg(name, "-i", source, *noise)

    return make


def changed(change: Callable[[bytes], bytes], name: str = "clip.mp4") -> Maker:
    """Return a maker of the dance with its file changed; the index comes last."""
    return lambda studio: studio.write(name, change(studio.silent.read_bytes()))


def _header_lies(data: bytes) -> bytes:
    sized = (*TABLES, "stsd")
    return patched(data, sized, 8 + 32, struct.pack(">HH", 15_000, 15_000))


def _endless(data: bytes) -> bytes:
    return with_tracks(endless_index(data, 20_000_000), 5)


def _long_deltas(data: bytes) -> bytes:
    return with_box(data, (*TABLES, "stts"), struct.pack(">IIII", 0, 1, 75, 2**31 - 1))


def _no_times(data: bytes) -> bytes:
    return with_box(data, (*TABLES, "stts"), struct.pack(">IIII", 0, 1, 75, 0))


_READABLE = Works(
    duration_s=SECONDS, within_s=0.5, times=None, shape=None
)  # damaged in places, but all there
TRUNCATED = [
    *(Case(name=f"cut at {s:.0%}", make=cut(s), expect=_TOO_SHORT) for s in (0.1, 0.3, 0.5)),
    Case(
        name="cut at 90%",
        make=cut(0.9),
        expect=Works(duration_s=0.9 * SECONDS, within_s=0.2, pictures=62),
    ),
    Case(name="cut in the head", make=cut(0.001), expect=Refused(reason="not a video|no moving")),
    Case(name="Matroska cut at 50%", make=cut(0.5, "cut.mkv"), expect=_TOO_SHORT),
    Case(
        name="Matroska cut at 90%",
        make=cut(0.9, "cut.mkv"),
        expect=Works(duration_s=0.9 * SECONDS, within_s=0.2, pictures=62),
    ),
    Case(
        name="index lost",
        make=changed(lambda data: data[: data.rindex(b"moov") - 4]),
        expect=NOT_A_VIDEO,
    ),
    Case(name="beginning lost", make=changed(lambda data: data[3000:]), expect=NOT_A_VIDEO),
]
NOISE = [
    Case(name="H.264, some bits wrong", make=noisy("a.mp4", 5000), expect=_READABLE),
    Case(
        name="H.264, many bits wrong",
        make=noisy("a.mp4", 20),
        expect=_READABLE,
        job=NOBODY,
    ),
    Case(
        name="HEVC, some bits wrong",
        make=noisy("a.mp4", 5000, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
                   "log-level=none"),
        expect=_READABLE,
    ),
    Case(
        name="VP9, some bits wrong",
        make=noisy("a.webm", 5000, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", 8),
        expect=_READABLE,
    ),
    Case(
        name="MPEG-4 in AVI, many bits wrong",
        make=noisy("a.avi", 100, "-c:v", "mpeg4"),
        expect=_READABLE,
    ),
    Case(
        name="MJPEG in AVI, many bits wrong",
        make=noisy("a.avi", 100, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p"),
        expect=_READABLE,
        job=NOBODY,  # nearly all of its pictures are one green plane
    ),
]  # fmt: skip
_TIRING = Refused(reason="takes too (long|much memory)|can be played|more than 28800")
BOMBS = [
    Case(
        name="15,000 x 15,000 only in the header",
        make=changed(_header_lies),
        expect=Works(shape=None),
    ),
    Case(
        name="index of 20 million pictures",
        make=changed(lambda data: endless_index(data, 20_000_000)),
        expect=_TIRING,
    ),
    Case(
        name="index of 120 million pictures", make=changed(_endless), expect=_TIRING, is_slow=True
    ),
    Case(
        name="1,000 tracks",
        make=changed(lambda data: with_tracks(data, 1000)),
        expect=Refused(reason="not a video|no moving"),
    ),
    Case(
        name="shown 50,000 times",
        make=changed(lambda data: many_edits(data, 50_000)),
        expect=Refused(reason="more than 28800 pictures|takes too"),
    ),
    Case(
        name="every picture lasts a day",
        make=changed(_long_deltas),
        expect=Refused(reason="120 s allowed|no moving|can be played"),
    ),
    Case(name="all pictures at once", make=changed(_no_times), expect=_TOO_SHORT),
    *(
        Case(
            name=f"{ticks} ticks a second",
            make=changed(
                lambda data, ticks=ticks: patched(
                    data, (*MEDIA, "mdhd"), 12, struct.pack(">I", ticks)
                )
            ),
            expect=Refused(reason="no moving picture|can be played|120 s allowed"),
        )
        for ticks in (0, 1, 2**31 - 1)
    ),
    Case(
        name="display matrix of zeros",
        make=changed(lambda data: patched(data, (*TRACK, "tkhd"), 40, bytes(36))),
        expect=Works(),
    ),
    Case(
        name="display matrix of ones",
        make=changed(lambda data: patched(data, (*TRACK, "tkhd"), 40, b"\xff" * 36)),
        expect=Works(times=None, shape=None),
    ),
]
