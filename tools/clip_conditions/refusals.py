"""Conditions of files that are no clips, or no longer: the true reason is said in one sentence."""

from __future__ import annotations

import gzip
import io
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

from d2m.core.errors import VideoError
from d2m.media.clip_limits import ClipLimits
from d2m.media.probe import probe_file
from tests.clips import ffmpeg
from tools.clip_conditions.condition import Condition, Seen

_PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=96x64:r=15:d=2.4")
_TONE = ("-f", "lavfi", "-i", "sine=duration=2.4")
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")
_KEY = "76a6c65c5ea762046bd749a2e632ccbb"
_ENCRYPT = (
    *("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", _KEY),
    *("-encryption_kid", "a7e61c373e219033c21091fa607bf3b8"),
)
# ContentEncodings > ContentEncoding > ContentEncodingType = 1 (encryption), filled with Void.
_MATROSKA_ENCRYPTION = b"\x62\x40\x84\x50\x33\x81\x01"
_CODEC_LIST = bytes.fromhex("4052d1861d31d011a3a400a0c90348f6")
_CONTENT_ENCRYPTION = bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e")
_HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(600)
_SRT = "1\r\n00:00:01,000 --> 00:00:03,000\r\nDance!\r\n"
_HTML = "\n<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body></body></html>"
_WEBLOC = """<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0">
<plist version="1.0"><dict><key>URL</key><string>https://example.org/clip</string></dict></plist>"""
_HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3.0,\nclip0.ts\n#EXT-X-ENDLIST\n"
_PREMIERE = b'<?xml version="1.0" encoding="UTF-8" ?>\n<PremiereData Version="3">\n'
Maker = Callable[[Path], bytes]


def clip(folder: Path, name: str = "clip.mp4", *codecs: object) -> bytes:
    """Return the content of a clip of 2.4 s with sound, H.264 and AAC by default."""
    ffmpeg(*_PICTURE, *_TONE, *(codecs or _H264), "-y", folder / name)
    return (folder / name).read_bytes()


def without_index(folder: Path) -> bytes:
    """Return an MP4 whose index, at its end, never arrived."""
    data = clip(folder)
    return data[: data.rindex(b"moov") - 4]


def mostly_missing(folder: Path) -> bytes:
    """Return the first part of an MP4 whose index is at its start."""
    data = clip(folder, "clip.mp4", *_H264, "-movflags", "+faststart")
    return data[: len(data) // 2]


def half_filled(folder: Path) -> bytes:
    """Return an MP4 of its full size of which only the first half arrived."""
    data = clip(folder, "clip.mp4", *_H264, "-b:v", "900k", "-minrate", "900k")
    return data[: len(data) // 2] + bytes(len(data) - len(data) // 2)


def encrypted_mp4(folder: Path) -> bytes:
    """Return an MP4 with Common Encryption."""
    return clip(folder, "clip.mp4", *_H264, *_ENCRYPT)


def encrypted_mkv(folder: Path) -> bytes:
    """Return a Matroska file whose picture track is declared encrypted, in place of its name."""
    name = "n" * 20
    data = clip(folder, "clip.mkv", *_H264, "-metadata:s:v", f"title={name}")
    void = b"\xec" + bytes([0x80 | (len(name) - len(_MATROSKA_ENCRYPTION) - 2)])
    fill = bytes(len(name) - len(_MATROSKA_ENCRYPTION) - 2)
    element = b"\x6d\x80" + bytes([0x80 | len(name)]) + _MATROSKA_ENCRYPTION + void + fill
    return data.replace(b"\x53\x6e" + bytes([0x80 | len(name)]) + name.encode(), element)


def protected_wmv(folder: Path) -> bytes:
    """Return a WMV file whose list of codecs is declared as its DRM header."""
    data = clip(folder, "clip.wmv", "-c:v", "wmv2", "-c:a", "wmav2")
    return data.replace(_CODEC_LIST, _CONTENT_ENCRYPTION)


def scrambled_ts(folder: Path) -> bytes:
    """Return an MPEG-TS recording whose packets of picture and sound are marked as scrambled."""
    data = bytearray(clip(folder, "clip.ts", *_H264, "-f", "mpegts"))
    for at in range(0, len(data), 188):
        if 0x100 <= (int.from_bytes(data[at + 1 : at + 3], "big") & 0x1FFF) < 0x200:
            data[at + 3] |= 0x80
    return bytes(data)


def scrambled_vob(folder: Path) -> bytes:
    """Return a DVD file whose picture packets are marked as scrambled."""
    data = bytearray(clip(folder, "clip.vob", "-c:v", "mpeg2video", "-c:a", "ac3", "-f", "vob"))
    for found in re.finditer(b"\0\0\1\xe0..[\x80-\x8f]", bytes(data), re.DOTALL):
        data[found.start() + 6] |= 0x10
    return bytes(data)


def renamed(old: bytes, new: bytes) -> Maker:
    """Return a maker of an MP4 with another sample entry, such as an unknown codec's."""
    return lambda folder: clip(folder).replace(old, new)


def motion_photo(folder: Path) -> bytes:
    """Return a JPEG that is followed by an MP4, as phones take them."""
    return _made(folder, "photo.jpg", *_PICTURE, "-frames:v", 1) + clip(folder)


def zipped(name: str) -> Maker:
    """Return a maker of a ZIP archive of two clips, the first of this name."""

    def make(folder: Path) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for inner in (name, "second.mp4"):
                archive.writestr(inner, clip(folder))
        return packed.getvalue()

    return make


def _made(folder: Path, name: str, *arguments: object) -> bytes:
    ffmpeg(*arguments, "-y", folder / name)
    return (folder / name).read_bytes()


def _given(content: bytes | str) -> Maker:
    data = content.encode() if isinstance(content, str) else content
    return lambda _: data


def _output(name: str, *arguments: object) -> Maker:
    return lambda folder: _made(folder, name, *arguments)


_REFUSED: dict[str, tuple[Maker, str]] = {
    "MP4 whose index never arrived": (without_index, "broke off before its end.*send it again"),
    "MP4, second half of the download is empty": (half_filled, "download .* was not finished"),
    "MP4 with its index first, most of it missing": (
        mostly_missing,
        "because the file broke off: send it again",
    ),
    "GIF of one picture": (
        _output("a.gif", *_PICTURE, "-frames:v", 1),
        "holds only one picture",
    ),
    "download of zeros": (_given(bytes(300_000)), "download .* was not finished"),
    "MP4, Common Encryption": (encrypted_mp4, "is copy-protected"),
    "MP4, FairPlay": (renamed(b"avc1", b"drmi"), "is copy-protected"),
    "MKV, encrypted": (encrypted_mkv, "is copy-protected"),
    "WMV with DRM": (protected_wmv, "is copy-protected"),
    "scrambled broadcast (TS)": (scrambled_ts, "is copy-protected"),
    "copied from a protected DVD (VOB)": (scrambled_vob, "is copy-protected"),
    "Blackmagic RAW": (renamed(b"avc1", b"braw"), "is braw, which is not supported: convert"),
    "H.266": (renamed(b"avc1", b"vvc1"), r"is H.266 \(VVC\), which is not supported: convert"),
    "JPEG": (_output("a.jpg", *_PICTURE, "-frames:v", 1), r"is a picture \(JPEG\)"),
    "PNG": (_output("a.png", *_PICTURE, "-frames:v", 1), r"is a picture \(PNG\)"),
    "HEIC": (_given(_HEIC), r"is a picture \(HEIC\)"),
    "animated WebP": (
        _output("a.webp", *_PICTURE, "-c:v", "libwebp_anim"),
        r"is an animated picture \(WebP\)",
    ),
    "motion photo": (motion_photo, r"motion photo.*save the film"),
    "MP3": (_output("a.mp3", *_TONE), r"has sound \(MP3\) but no picture"),
    "M4A": (_output("a.m4a", *_TONE), "has sound but no picture"),
    "MP4 of sound only": (_output("a.mp4", *_TONE), "has sound but no picture"),
    "voice message (OGG, Opus)": (
        _output("a.ogg", *_TONE, "-c:a", "libopus"),
        "has sound but no picture",
    ),
    "ZIP of two videos": (zipped("first.mp4"), r"is an archive \(ZIP\): unpack it"),
    "RAR": (_given(b"Rar!\x1a\x07\x01\0" + bytes(range(256)) * 9), r"is an archive \(RAR\)"),
    "playlist (HLS)": (_given(_HLS), "is a playlist, which only names other files"),
    "subtitles (SRT)": (_given(_SRT * 40), "holds subtitles"),
    "web page saved as video": (_given(_HTML), "is a web page, so the download .* failed"),
    "shortcut (webloc)": (_given(_WEBLOC), "is a shortcut"),
    "placeholder of iCloud": (
        _given(b"bplist00\xd3\x01\x02\x03\x04\x05\x06_\x10\x12NSURLNameKey" + bytes(90)),
        "placeholder of a file in iCloud",
    ),
    "After Effects project": (
        _given(b"RIFX" + struct.pack(">I", 4000) + b"Egg!svap" + bytes(3992)),
        "is a project of After Effects",
    ),
    "Premiere project": (_given(gzip.compress(_PREMIERE)), "is a project of Premiere"),
    "H.264 without container": (
        _output("a.h264", *_PICTURE, *_H264, "-f", "h264"),
        r"holds bare H\.264",
    ),
    "MXF": (
        _output("a.mxf", *_PICTURE, "-c:v", "mpeg2video", "-r", 25),
        "is in the format MXF.*convert",
    ),
    "letter": (_given("Dear dancer, " * 500), "is not a video or audio file"),
}


def _refusal_check(make: Maker, reason: str) -> Callable[[Path], Seen]:
    def check(folder: Path) -> Seen:
        path = folder / "upload.mp4"
        content = make(folder)
        path.write_bytes(content)
        try:
            info = probe_file(path, ClipLimits()).info
        except VideoError as error:
            said = str(error)
            return Seen(text=said, passed=re.search(reason, said) is not None)
        return Seen(text=f"accepted, {info.duration_s:.2f} s", passed=False)

    return check


def _protected_sound(folder: Path) -> Seen:
    """Declare only the sound as encrypted: the picture can be used."""
    path = folder / "clip.mp4"
    path.write_bytes(renamed(b"mp4a", b"enca")(folder))
    info = probe_file(path, ClipLimits()).info
    said = info.sound_problem or "nothing is said"
    return Seen(text=said, passed=not info.has_audio and "copy-protected" in said)


REFUSALS: tuple[Condition, ...] = (
    *(
        Condition(
            topic="True reasons",
            name=name,
            expected=f"refused: {re.sub(r'[.][*]', ' ... ', reason).replace(chr(92), '')}",
            check=_refusal_check(make, reason),
        )
        for name, (make, reason) in _REFUSED.items()
    ),
    Condition(
        topic="True reasons",
        name="MP4, only the sound is protected",
        expected="accepted without sound, the reason is said",
        check=_protected_sound,
    ),
)
"""The conditions of files that have to be refused with their true reason."""
