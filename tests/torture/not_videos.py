"""Files that are not videos, and playlists that make a player open other files or URLs."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.torture.case import Case, Refused
from tests.torture.clip_factory import ClipFactory
from tests.torture.mp4_boxes import with_alias

CANARY = "canary.mp4"


def png(width: int = 64, height: int = 64) -> bytes:
    """Return a grey image (PNG)."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(height * (width + 1)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def zipped(content: bytes) -> bytes:
    """Return a ZIP archive of one file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dance.mp4", content)
    return packed.getvalue()


def named(content: bytes | str, name: str = "clip.mp4") -> Callable[[ClipFactory], Path]:
    """Return a maker of a file with this content."""
    return lambda factory: factory.write(name, content)


def playlist(text: str, name: str = "clip.mp4") -> Callable[[ClipFactory], Path]:
    """Return a maker of a text that refers to a valid clip next to it, or to a local port."""

    def make(factory: ClipFactory) -> Path:
        path = factory.new(name)
        canary = path.with_name(CANARY)
        canary.write_bytes(factory.dance.read_bytes())
        url = f"http://127.0.0.1:{factory.port}/{CANARY}"
        path.write_text(text.format(name=CANARY, path=canary, url=url, port=factory.port))
        return path

    return make


def _alias(factory: ClipFactory) -> Path:
    path = factory.new("clip.mov")
    canary = path.with_name(CANARY)
    canary.write_bytes(factory.dance.read_bytes())
    source = factory.ffmpeg("a.mov", "-i", factory.dance, "-c", "copy", "-an")
    path.write_bytes(with_alias(source.read_bytes(), str(canary)))
    return path


def _missing(factory: ClipFactory) -> Path:
    return factory.new("missing.mp4")


def _folder(factory: ClipFactory) -> Path:
    path = factory.new("folder.mp4")
    path.mkdir()
    return path


_HLS = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:3\n#EXTINF:2.5,\n{}\n#EXT-X-ENDLIST\n"
_DASH = """<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2.5S"
 profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="video/mp4">
<Representation id="1" bandwidth="1"><BaseURL>%s</BaseURL></Representation>
</AdaptationSet></Period></MPD>"""
_SDP = """v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0
m=video {port} TCP/RTP/AVP 96\na=rtpmap:96 H264/90000\n"""
_HTML = "<!DOCTYPE html><title>x</title><video src='{url}'></video>"
_ASX = "<asx version='3.0'><entry><ref href='{url}'/></entry></asx>"
_SVG = "<svg xmlns='http://www.w3.org/2000/svg'><image href='{path}'/></svg>"
_REFERENCES = {
    "HLS, a file beside it": _HLS.format("{name}"),
    "HLS, an absolute path": _HLS.format("file://{path}"),
    "HLS, a server": _HLS.format("{url}"),
    "HLS, a key on a server": _HLS.format("{name}").replace(
        "#EXTINF", '#EXT-X-KEY:METHOD=AES-128,URI="{url}"\n#EXTINF'
    ),
    "HLS after a GIF header": "GIF89a" + _HLS.format("{name}"),
    "DASH, a file beside it": _DASH % "{name}",
    "DASH, a server": _DASH % "{url}",
    "concat script": "ffconcat version 1.0\nfile {name}\n",
    "concat script, absolute": "ffconcat version 1.0\nfile '{path}'\n",
    "SDP": _SDP,
    "ASX": _ASX,
    "HTML": _HTML,
    "SVG": _SVG,
    "FFmetadata": ";FFMETADATA1\ntitle={path}\n",
    "playlist of paths": "{path}\n{url}\n",
}
_UNREADABLE = Refused(
    reason="is not a video or audio file|no (video track|readable video)|is a (playlist|web page"
    "|picture|program|document|damaged)|is an archive|broke off|was not finished"
)
REFERENCES = [
    Case(name=name, make=playlist(text), expect=_UNREADABLE) for name, text in _REFERENCES.items()
]
REFERENCES += [
    Case(
        name=f"HLS named {ending}",
        make=playlist(_HLS.format("{name}"), f"clip.{ending}"),
        expect=Refused(reason="is a playlist"),
    )
    for ending in ("m3u8", "mov", "webm", "avi")
]
REFERENCES += [
    Case(
        name="QuickTime alias to another file",
        make=_alias,
        expect=Refused(reason="no (video track|readable video)|No frame"),
    ),
]
_NOT_VIDEOS: dict[str, Callable[[ClipFactory], Path]] = {
    "text": named("Dear dancer, " * 500),
    "PNG": named(png()),
    "ZIP of a valid clip": lambda factory: factory.write(
        "a.mp4", zipped(factory.dance.read_bytes())
    ),
    "ZIP named .zip": lambda factory: factory.write("a.zip", zipped(factory.dance.read_bytes())),
    "noise": named(random.Random(1).randbytes(50_000)),
    "zeros": named(bytes(50_000)),
    "one byte": named(b"\x00"),
    "only a file type": named(b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"),
    "only a Matroska header": named(b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01"),
    "only a GIF header": named(b"GIF89a\x10\x00\x10\x00\x00\x00\x00"),
    "program": named(b"\x7fELF\x02\x01\x01" + bytes(2000)),
    "PDF": named(b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n"),
    "pickle": named(b"\x80\x04\x95\x1d\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94."),
}
NOT_VIDEOS = [Case(name=name, make=make, expect=_UNREADABLE) for name, make in _NOT_VIDEOS.items()]
NOT_VIDEOS += [
    Case(name="empty", make=named(b""), expect=Refused(reason="is empty")),
    Case(name="missing", make=_missing, expect=Refused(reason="no file named missing.mp4")),
    Case(name="folder", make=_folder, expect=Refused(reason="no file named folder.mp4")),
]
