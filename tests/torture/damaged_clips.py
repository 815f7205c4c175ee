"""Clips that are truncated, damaged, or made to consume time and memory."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from tests.torture.case import NO_DANCER, NOT_A_VIDEO, Case, Refused, Works
from tests.torture.clip_factory import SECONDS, ClipFactory
from tests.torture.mp4_boxes import (
    MEDIA,
    TABLES,
    TRACK,
    huge_index,
    many_edits,
    patched,
    with_box,
    with_tracks,
)

Maker = Callable[[ClipFactory], Path]
_TOO_SHORT = Refused(
    reason="can be played.* send .*a clip of at least 2 s|no (video track|readable video)|broke off"
)


def cut(share: float, name: str = "cut.mp4") -> Maker:
    """Return a maker of a truncated clip with its index at the beginning."""

    def make(factory: ClipFactory) -> Path:
        data = factory.streamable
        if name.endswith("mkv"):
            data = factory.ffmpeg(name, "-i", factory.dance, "-c", "copy").read_bytes()
        return factory.write(name, data[: round(share * len(data))])

    return make


def noisy(name: str, amount: int, *codec: object) -> Maker:
    """Return a maker of a clip with about one bit error in ``amount`` bytes."""

    def make(factory: ClipFactory) -> Path:
        source = factory.encoded(name, *codec) if codec else factory.dance
        noise = ("-c", "copy", "-an", "-bsf:v", f"noise=amount={amount}")
        return factory.ffmpeg(name, "-i", source, *noise)

    return make


def changed(change: Callable[[bytes], bytes], name: str = "clip.mp4") -> Maker:
    """Return a maker of the dance with its bytes changed; the index is at the end."""
    return lambda factory: factory.write(name, change(factory.silent.read_bytes()))


def _wrong_header(data: bytes) -> bytes:
    sized = (*TABLES, "stsd")
    return patched(data, sized, 8 + 32, struct.pack(">HH", 15_000, 15_000))


def _huge_indexes(data: bytes) -> bytes:
    return with_tracks(huge_index(data, 20_000_000), 5)


def _long_frames(data: bytes) -> bytes:
    return with_box(data, (*TABLES, "stts"), struct.pack(">IIII", 0, 1, 75, 2**31 - 1))


def _equal_times(data: bytes) -> bytes:
    return with_box(data, (*TABLES, "stts"), struct.pack(">IIII", 0, 1, 75, 0))


# Damaged in places, but with its whole duration.
_READABLE = Works(duration_s=SECONDS, within_s=0.5, times=None, shape=None)
TRUNCATED = [
    *(Case(name=f"truncated at {s:.0%}", make=cut(s), expect=_TOO_SHORT) for s in (0.1, 0.3, 0.5)),
    Case(
        name="truncated at 90%",
        make=cut(0.9),
        expect=Works(duration_s=0.9 * SECONDS, within_s=0.2, frames=62),
    ),
    Case(
        name="truncated in the header",
        make=cut(0.001),
        expect=Refused(reason="broke off|is a damaged|no (video track|readable video)"),
    ),
    Case(name="Matroska truncated at 50%", make=cut(0.5, "cut.mkv"), expect=_TOO_SHORT),
    Case(
        name="Matroska truncated at 90%",
        make=cut(0.9, "cut.mkv"),
        expect=Works(duration_s=0.9 * SECONDS, within_s=0.2, frames=62),
    ),
    Case(
        name="without index",
        make=changed(lambda data: data[: data.rindex(b"moov") - 4]),
        expect=Refused(reason="broke off .* send it again"),
    ),
    Case(name="without beginning", make=changed(lambda data: data[3000:]), expect=NOT_A_VIDEO),
]
NOISE = [
    Case(name="H.264, few bit errors", make=noisy("a.mp4", 5000), expect=_READABLE),
    Case(
        name="H.264, many bit errors",
        make=noisy("a.mp4", 20),
        expect=_READABLE,
        job=NO_DANCER,
    ),
    Case(
        name="HEVC, few bit errors",
        make=noisy("a.mp4", 5000, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
                   "log-level=none"),
        expect=_READABLE,
    ),
    Case(
        name="VP9, few bit errors",
        make=noisy("a.webm", 5000, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", 8),
        expect=_READABLE,
    ),
    Case(
        name="MPEG-4 in AVI, many bit errors",
        make=noisy("a.avi", 100, "-c:v", "mpeg4"),
        expect=_READABLE,
    ),
    Case(
        name="MJPEG in AVI, many bit errors",
        make=noisy("a.avi", 30, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p"),
        expect=_READABLE,
        job=NO_DANCER,  # nearly all frames are decoded as plain green
    ),
]  # fmt: skip
_EXPENSIVE = Refused(reason="takes too (long|much memory)|can be played|more than 28800")
BOMBS = [
    Case(
        name="15,000 x 15,000 only in the header",
        make=changed(_wrong_header),
        expect=Works(shape=None),
    ),
    Case(
        name="index of 20 million frames",
        make=changed(lambda data: huge_index(data, 20_000_000)),
        expect=_EXPENSIVE,
    ),
    Case(
        name="index of 120 million frames",
        make=changed(_huge_indexes),
        expect=_EXPENSIVE,
        is_slow=True,
    ),
    Case(
        name="1,000 tracks",
        make=changed(lambda data: with_tracks(data, 1000)),
        expect=Refused(reason="broke off|is a damaged|no (video track|readable video)"),
    ),
    Case(
        name="shown 50,000 times",
        make=changed(lambda data: many_edits(data, 50_000)),
        expect=Refused(reason="more than 28800 frames|takes too"),
    ),
    Case(
        name="frames that last a day",
        make=changed(_long_frames),
        expect=Refused(reason="120 s allowed|no readable video|only one picture|can be played"),
    ),
    Case(name="frames with equal timestamps", make=changed(_equal_times), expect=_TOO_SHORT),
    *(
        Case(
            name=f"{ticks} ticks per second",
            make=changed(
                lambda data, ticks=ticks: patched(
                    data, (*MEDIA, "mdhd"), 12, struct.pack(">I", ticks)
                )
            ),
            expect=Refused(reason="no readable video|only one picture|can be played|120 s allowed"),
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
