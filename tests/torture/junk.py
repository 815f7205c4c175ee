"""Files that are no videos, and playlists that would make a player open other files."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.torture.boxes import elsewhere
from tests.torture.case import NOT_A_VIDEO, Case, Refused
from tests.torture.studio import Studio

CANARY = "canary.mp4"


def png(width: int = 64, height: int = 64) -> bytes:
    """Return a grey picture."""

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


def named(content: bytes | str, name: str = "clip.mp4") -> Callable[[Studio], Path]:
    """Return a maker of a file with this content."""
    return lambda studio: studio.write(name, content)


def luring(text: str, name: str = "clip.mp4") -> Callable[[Studio], Path]:
    """Return a maker of a text that names a good clip beside it, and a port of this machine."""

    def make(studio: Studio) -> Path:
        path = studio.new(name)
        canary = path.with_name(CANARY)
        canary.write_bytes(studio.dance.read_bytes())
        url = f"http://127.0.0.1:{studio.port}/{CANARY}"
        path.write_text(text.format(name=CANARY, path=canary, url=url, port=studio.port))
        return path

    return make


def _alias(studio: Studio) -> Path:
    path = studio.new("clip.mov")
    canary = path.with_name(CANARY)
    canary.write_bytes(studio.dance.read_bytes())
    source = studio.ffmpeg("a.mov", "-i", studio.dance, "-c", "copy", "-an")
    path.write_bytes(elsewhere(source.read_bytes(), str(canary)))
    return path


def _gone(studio: Studio) -> Path:
    return studio.new("gone.mp4")


def _folder(studio: Studio) -> Path:
    path = studio.new("folder.mp4")
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
_LURES = {
    "HLS, a file beside it": _HLS.format("{name}"),
    "HLS, an absolute path": _HLS.format("file://{path}"),
    "HLS, a server": _HLS.format("{url}"),
    "HLS, a key on a server": _HLS.format("{name}").replace(
        "#EXTINF", '#EXT-X-KEY:METHOD=AES-128,URI="{url}"\n#EXTINF'
    ),
    "HLS behind a GIF's first letters": "GIF89a" + _HLS.format("{name}"),
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
_UNREAD = Refused(reason="is not a video or sound|no moving picture")
LURES = [Case(name=name, make=luring(text), expect=_UNREAD) for name, text in _LURES.items()]
LURES += [
    Case(
        name=f"HLS named {ending}",
        make=luring(_HLS.format("{name}"), f"clip.{ending}"),
        expect=NOT_A_VIDEO,
    )
    for ending in ("m3u8", "mov", "webm", "avi")
]
LURES += [
    Case(
        name="QuickTime alias to another file",
        make=_alias,
        expect=Refused(reason="no moving picture|No picture"),
    ),
]
_JUNK: dict[str, Callable[[Studio], Path]] = {
    "text": named("Dear dancer, " * 500),
    "PNG": named(png()),
    "ZIP of a good clip": lambda studio: studio.write("a.mp4", zipped(studio.dance.read_bytes())),
    "ZIP named .zip": lambda studio: studio.write("a.zip", zipped(studio.dance.read_bytes())),
    "noise": named(random.Random(1).randbytes(50_000)),
    "zeros": named(bytes(50_000)),
    "one byte": named(b"\x00"),
    "only a file type": named(b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"),
    "only a Matroska head": named(b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01"),
    "only a GIF head": named(b"GIF89a\x10\x00\x10\x00\x00\x00\x00"),
    "program": named(b"\x7fELF\x02\x01\x01" + bytes(2000)),
    "PDF": named(b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n"),
    "pickle": named(b"\x80\x04\x95\x1d\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94."),
}
JUNK = [Case(name=name, make=make, expect=_UNREAD) for name, make in _JUNK.items()]
JUNK += [
    Case(name="empty", make=named(b""), expect=Refused(reason="is empty")),
    Case(name="gone", make=_gone, expect=Refused(reason="no file named gone.mp4")),
    Case(name="folder", make=_folder, expect=Refused(reason="no file named folder.mp4")),
]
