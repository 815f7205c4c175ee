"""Recognise files that are not videos by their first bytes, so that a refusal can say the truth.

Nothing is decoded: every look is at a few kilobytes, whatever lengths the file declares.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

HEAD_BYTES = 65_536
"""How much of a file's start is looked at (bytes): the largest segment of a JPEG, in which phones
say that a film follows, fits. Chosen by hand."""
# How much of a motion photo is searched for its film (bytes). Chosen by hand: such photos have
# up to 12 megapixels, that is 8 MB, and the film follows them.
_PHOTO_BYTES = 32 * 2**20
# From this many further pictures on (count), JPEG files in one are a film; a stereo photo has one
# more, and some phones add a depth map and a preview. Chosen by hand.
_MOST_PHOTOS = 8
# How much of a compressed project is unpacked (bytes); its first element stands in the first
# kilobyte. Chosen by hand.
_UNPACKED_BYTES = 4_096

SEND_DANCE = "send a video of a dancing person"
"""What to do with a file that is no video."""
_PICTURE = f"is a picture ({{}}), not a video: {SEND_DANCE}"
_ANIMATION = "is an animated picture ({}), which can't be read: save it as MP4 or GIF"
_SOUND = f"has sound ({{}}) but no picture: {SEND_DANCE}"
_ARCHIVE = "is an archive ({}): unpack it and send the video that is in it"
_DOCUMENT = f"is a document ({{}}), not a video: {SEND_DANCE}"
_PROGRAM = f"is a program, not a video: {SEND_DANCE}"
_PROJECT = "is a project of {}, not a video: export it as MP4 and send that"
_OTHER = "is in the format {}, which can't be read: convert it to MP4 with H.264"
_BARE = "holds bare {} without times or sound: save it as MP4"
_PLAYLIST = "is a playlist, which only names other files: send the video itself"
_SHORTCUT = "is a shortcut, which only points to a file or page: send the video itself"
_WEB_PAGE = "is a web page, so the download of the video failed: download it again"
_SUBTITLES = f"holds subtitles, not a video: {SEND_DANCE}"
_MOTION_PHOTO = (
    "is a photo with a short film inside it (motion photo): save the film as a video on the phone"
    " and send that"
)
_IN_ICLOUD = "is only the placeholder of a file in iCloud: download the file first, then send it"


@dataclass(frozen=True, kw_only=True)
class _Magic:
    """A kind of file: the bytes at a place that show it, and what is said of it."""

    start: bytes
    at: int = 0
    also: bytes = b""
    also_at: int = 0
    said: str


def _table(said: str, *names: tuple[str, bytes]) -> tuple[_Magic, ...]:
    return tuple(_Magic(start=start, said=said.format(name)) for name, start in names)


_RIFF_KINDS = {
    b"WEBP": _PICTURE.format("WebP"),
    b"WAVE": _SOUND.format("WAV"),
    b"RMID": _SOUND.format("MIDI"),
    b"CDDA": _SHORTCUT,
}
"""What a RIFF file of a kind (bytes 8 to 11) is."""
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"mif1", b"msf1"), _PICTURE.format("HEIC")),
    **dict.fromkeys((b"hevc", b"hevx"), _ANIMATION.format("HEIC sequence")),
    b"avif": _PICTURE.format("AVIF"),
    b"avis": _ANIMATION.format("AVIF sequence"),
    b"crx ": _PICTURE.format("Canon raw"),
    **dict.fromkeys((b"M4A ", b"M4B "), _SOUND.format("M4A")),
}
"""What an ISO file of a major brand (bytes 8 to 11) is, where that is no video."""
_MAGICS: tuple[_Magic, ...] = (
    *_table(
        _PICTURE,
        ("JPEG", b"\xff\xd8\xff"),
        ("PNG", b"\x89PNG\r\n\x1a\n"),
        ("TIFF or raw", b"II*\0"),
        ("TIFF or raw", b"MM\0*"),
        ("Photoshop", b"8BPS"),
        ("JPEG XL", b"\0\0\0\x0cJXL \r\n"),
        ("JPEG XL", b"\xff\x0a"),
        ("JPEG 2000", b"\0\0\0\x0cjP  \r\n"),
        ("icon", b"\0\0\1\0"),
    ),
    _Magic(start=b"BM", also=b"\0\0\0\0", also_at=6, said=_PICTURE.format("BMP")),
    *_table(
        _SOUND,
        *(("MP3", b"ID3"), ("FLAC", b"fLaC"), ("AMR", b"#!AMR"), ("CAF", b"caff\0\1")),
        *(("MIDI", b"MThd"), ("APE", b"MAC "), ("WavPack", b"wvpk"), ("DSD", b"DSD ")),
        *(("MP3", b"\xff\xfb"), ("MP3", b"\xff\xf3"), ("MP3", b"\xff\xf2")),
        *(("AAC", b"\xff\xf1"), ("AAC", b"\xff\xf9"), ("AU", b".snd"), ("AC-3", b"\x0b\x77")),
        ("DTS", b"\x7f\xfe\x80\x01"),
    ),
    _Magic(start=b"riff\x2e\x91\xcf\x11", also=b"wave", also_at=24, said=_SOUND.format("W64")),
    _Magic(start=b"FORM", also=b"AIF", also_at=8, said=_SOUND.format("AIFF")),
    *_table(
        _ARCHIVE,
        *(("RAR", b"Rar!\x1a\x07"), ("7z", b"7z\xbc\xaf\x27\x1c"), ("gzip", b"\x1f\x8b")),
        *(("XZ", b"\xfd7zXZ\0"), ("bzip2", b"BZh"), ("Zstandard", b"\x28\xb5\x2f\xfd")),
        *(("CAB", b"MSCF"), ("LZ4", b"\x04\x22\x4d\x18"), ("ZIP", b"PK\x05\x06")),
    ),
    _Magic(start=b"ustar", at=257, said=_ARCHIVE.format("TAR")),
    _Magic(start=b"CD001", at=32_769, said=_ARCHIVE.format("disc image")),
    *_table(
        _DOCUMENT,
        *(("PDF", b"%PDF"), ("Office", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), ("RTF", b"{\\rtf")),
        *(("database", b"SQLite format 3\0"), ("PostScript", b"%!PS")),
    ),
    *_table(
        _PROGRAM,
        *(("", b"\x7fELF"), ("", b"\xcf\xfa\xed\xfe"), ("", b"\xca\xfe\xba\xbe"), ("", b"#!/")),
    ),
    _Magic(start=b"MZ", also=b"This program", also_at=78, said=_PROGRAM),
    _Magic(start=b"RIFX", also=b"Egg!", also_at=8, said=_PROJECT.format("After Effects")),
    *_table(
        _PROJECT,
        ("Vegas", b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0"),
        ("Blender", b"BLENDER"),
    ),
    *_table(
        _OTHER,
        *(("RealMedia", b".RMF"), ("MXF", b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02")),
        *(("Flash animation", b"FWS"), ("Flash animation", b"CWS"), ("Flash animation", b"ZWS")),
        *(("Bink", b"BIK"), ("Bink", b"KB2"), ("Dahua recorder", b"DHAV"), ("NUT", b"nut/multi")),
        *(("Hikvision recorder", b"IMKH"), ("IVF", b"DKIF"), ("Y4M", b"YUV4MPEG2 ")),
        *(("Windows Recorded TV", b"\xb7\xd8\x00\x20\x37\x49\xda\x11"), ("R3D", b"\0\0\1\x9aRED")),
    ),
    *_table(
        _BARE,
        *(("H.264", b"\0\0\0\1\x67"), ("H.264", b"\0\0\0\1\x27"), ("H.264", b"\0\0\0\1\x09")),
        *(("H.264", b"\0\0\1\x67"), ("H.264", b"\0\0\1\x27"), ("H.264", b"\0\0\1\x09")),
        *(("HEVC", b"\0\0\0\1\x40\1"), ("HEVC", b"\0\0\0\1\x46\1"), ("HEVC", b"\0\0\1\x40\1")),
        *(("MPEG video", b"\0\0\1\xb3"), ("MPEG-4 video", b"\0\0\1\xb0")),
    ),
    *_table(_SHORTCUT, ("", b"L\0\0\0\x01\x14\x02\0"), ("", b"book\0\0\0\0mark")),
)
"""What a file is by its first bytes, unless a closer look says more."""
_TEXTS: tuple[tuple[str, str], ...] = (
    (r"#EXTM3U|ffconcat |\[playlist\]|v=0\r?\no=|\[Reference\]", _PLAYLIST),
    (r"<(\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<?(asx|smil|MPD|playlist)\b", _PLAYLIST),
    (r"\[InternetShortcut|\[Desktop Entry|.{0,300}<plist\b.{0,200}<key>URL</key>", _SHORTCUT),
    (r"<!doctype html|<html|<\?xml[^>]*>\s*<!doctype html|<head\b|<script\b", _WEB_PAGE),
    (r"<\?xml[^>]*>\s*<Error>|\{\s*\"(error|message|code|status)", _WEB_PAGE),
    (r"WEBVTT|\[Script Info\]|\d+\r?\n\d\d:\d\d:\d\d[,.]\d|.{0,200}<tt\b", _SUBTITLES),
    (r".{0,300}<(fcpxml|xmeml)\b", _PROJECT.format("Final Cut")),
    (r".{0,300}<mlt\b", _PROJECT.format("Kdenlive or Shotcut")),
    (r".{0,300}<PremiereData\b", _PROJECT.format("Premiere")),
    (r".{0,300}<Project_Data\b", _PROJECT.format("Camtasia")),
    (r".{0,2000}\"(draft_id|canvas_config|draft_content)\"", _PROJECT.format("CapCut")),
    (r".{0,500}<svg\b", _PICTURE.format("SVG")),
)
"""What a text is, by a pattern of its start."""


def kind_of_file(path: Path) -> str:
    """Return what a file is that is no video: the rest of a sentence that begins with its name.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    str
        Such as ``"is a picture (PNG), not a video: send a video of a dancing person"``, or an
        empty text if the file is none of the known kinds.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "")
    if head[:4] == b"RIFF":
        said = _RIFF_KINDS.get(head[8:12], "")
        return _ANIMATION.format("WebP") if said and b"ANIM" in head[:64] else said
    if head[:4] in (b"PK\3\4", b"PK\7\x08"):
        return _zip_kind(head)
    if head[:8] == b"bplist00":
        return _IN_ICLOUD if b"NSURL" in head else _SHORTCUT if b"URL" in head else ""
    for magic in _MAGICS:
        if _matches(head, magic.at, magic.start) and _matches(head, magic.also_at, magic.also):
            return _closer(path, head, magic.said)
    return _text_kind(head)


def _matches(head: bytes, at: int, part: bytes) -> bool:
    return head[at : at + len(part)] == part


def _closer(path: Path, head: bytes, said: str) -> str:
    """Return what is said of a file after a closer look at photos, PNG and compressed files."""
    if head.startswith(b"\xff\xd8"):
        return _photo_kind(path, head, said)
    if head.startswith(b"\x89PNG") and b"acTL" in head[:1024]:
        return _ANIMATION.format("PNG")
    if head.startswith(b"\x1f\x8b"):
        try:
            unpacked = zlib.decompressobj(wbits=31).decompress(head, _UNPACKED_BYTES)
        except zlib.error:
            return said
        inner = _text_kind(unpacked)
        return inner if "project" in inner else said
    return said


def _photo_kind(path: Path, head: bytes, said: str) -> str:
    """Return what a JPEG is: a photo, one that is followed by a film, or one of many pictures."""
    with path.open("rb") as file:
        photo = file.read(_PHOTO_BYTES)
    film = re.search(rb"\0\0\0[\x10-\x40]ftyp(mp4|isom|qt  |3gp|avc1|MSNV)", photo)
    if film is not None or b"MotionPhoto" in head or b"MicroVideo" in head:
        return _MOTION_PHOTO
    if photo.count(b"\xff\xd9\xff\xd8\xff") >= _MOST_PHOTOS:
        return _BARE.format("Motion JPEG")
    return said


def _zip_kind(head: bytes) -> str:
    """Return what a ZIP file is, by the name of the first file in it."""
    length = int.from_bytes(head[26:28], "little")
    name = head[30 : 30 + min(length, 200)]
    if name in (b"[Content_Types].xml", b"mimetype") or name.startswith((b"word/", b"ppt/")):
        return _DOCUMENT.format("Office")
    if name.startswith((b"META-INF/", b"AndroidManifest")):
        return _PROGRAM
    return _ARCHIVE.format("ZIP")


def _text_kind(head: bytes) -> str:
    """Return what a text is, or an empty text for others and for what is not text."""
    coding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = head[:8192].decode(coding, "ignore").lstrip()
    if "\0" in text[:512]:
        return ""
    for pattern, said in _TEXTS:
        if re.match(pattern, text, re.IGNORECASE | re.DOTALL):
            return said
    return ""
