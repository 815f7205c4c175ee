"""Files that are refused are called what they are, whatever their name and their lengths say."""

from __future__ import annotations

import gzip
import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from d2m.core.errors import AudioError, VideoError
from d2m.media.audio_file import read_audio
from d2m.media.boxes import Box, content, matroska_elements, mp4_boxes
from d2m.media.clip_limits import ClipLimits
from d2m.media.file_kinds import kind_of_file
from d2m.media.probe import probe_file
from d2m.media.protection import PROTECTED_PICTURE, PROTECTED_SOUND, protected_tracks
from d2m.media.refusals import is_unfilled, why_not_opened
from tests.clips import ClipMaker, ffmpeg
from tools.clip_conditions import refusals

SONY_RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")  # Sony's RIFF with long lengths
BYTES_OF_KINDS = {
    b"\xff\xd8\xff\xe1Exif": r"picture \(JPEG\)",
    b"II*\0\x08\0\0\0": r"picture \(TIFF or raw\)",
    b"\xff\x0a\xfa\x7f": r"picture \(JPEG XL\)",
    b"\xff\xd8\xff" + b"\xff\xd9\xff\xd8\xff" * 12: "bare Motion JPEG",
    b"\x7f\xfe\x80\x01\xfc": r"sound \(DTS\)",
    SONY_RIFF + bytes(8) + b"wave\xf3": r"sound \(W64\)",
    SONY_RIFF + bytes(8) + b"\x10\0": "project of Vegas",
    b"BM\x36\0\0\0\0\0\0\0\x36": r"picture \(BMP\)",
    b"\0\0\0\x1cftypavif\0\0\0\0": r"picture \(AVIF\)",
    b"\0\0\0\x18ftypcrx \0\0\0\1": r"picture \(Canon raw\)",
    b"\0\0\0\x1cftypM4A \0\0\0\0": r"sound \(M4A\) but no picture",
    b"RIFF\0\1\0\0WEBPVP8 ": r"is a picture \(WebP\)",
    b"RIFF\0\1\0\0WAVEfmt ": r"sound \(WAV\)",
    b"FORM\0\1\0\0AIFFCOMM": r"sound \(AIFF\)",
    b"7z\xbc\xaf\x27\x1c\0\4": r"archive \(7z\): unpack",
    b"PK\3\4" + bytes(22) + b"\x0d\0\0\0word/media.xm": "document",
    b"PK\3\4" + bytes(22) + b"\x09\0\0\0dance.mp4": r"archive \(ZIP\)",
    gzip.compress(b"an ordinary text", mtime=0): r"archive \(gzip\)",
    b"%PDF-1.7": r"document \(PDF\)",
    b"\x7fELF\2\1\1": "program",
    b".RMF\0\0\0\x12": "in the format RealMedia.*convert",
    b"DHAV\xfd\0": "Dahua recorder",
    b"L\0\0\0\x01\x14\x02\0\0": "shortcut",
    b"bplist00\xd1\1\2SURL_": "shortcut",
    b"bplist00\xd1\1\2NSURLFileSizeKey": "iCloud",
    b"[InternetShortcut]\r\nURL=https://example.org": "shortcut",
    b"\xef\xbb\xbf<!doctype HTML><html>": "web page",
    '<?xml version="1.0"?><Error><Code>AccessDenied</Code>'.encode("utf-16"): "web page",
    b'{"error": "login required"}': "web page",
    b"WEBVTT\n\n00:01.000": "subtitles",
    b"[Script Info]\nTitle: x": "subtitles",
    b"[playlist]\nFile1=a.mp4": "playlist",
    b"<asx version='3.0'>": "playlist",
    b'<?xml version="1.0"?>\n<MPD xmlns=': "playlist",
    b'<?xml version="1.0"?>\n<!DOCTYPE fcpxml>\n<fcpxml version="1.9">': "Final Cut",
    b'<?xml version="1.0"?><mlt LC_NUMERIC="C">': "Kdenlive or Shotcut",
    b'<?xml version="1.0"?><svg xmlns=': r"picture \(SVG\)",
}
ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
VIDEOS = (
    *(b"\0\0\0\x18ftypisom", b"\0\0\0\x14ftypqt  ", b"\x1a\x45\xdf\xa3\x9f", b"RIFF\0\0\0\0AVI "),
    *(b"GIF89a\x10\0", b"FLV\1\5", b"OggS\0\2", b"\0\0\1\xba\x44", b"G\x40\0\x10"),
)


@pytest.mark.parametrize("start", BYTES_OF_KINDS, ids=lambda start: repr(start[:24]))
def test_kinds_are_known_by_their_first_bytes(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(start)
    assert re.search(BYTES_OF_KINDS[start], kind_of_file(path))
    path.write_bytes(start + b"\n" * 3000)
    with pytest.raises(VideoError, match=BYTES_OF_KINDS[start]):
        probe_file(path, ClipLimits())


@pytest.mark.parametrize("start", VIDEOS, ids=repr)
def test_videos_are_not_taken_for_other_files(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(start + bytes(3000))
    assert not kind_of_file(path)


def test_texts_of_people_are_not_taken_for_projects_or_pages(tmp_path: Path) -> None:
    path = tmp_path / "letter.mp4"
    for text in ("Dear dancer", "", "1. Warm up\n2. Dance", "{ not JSON", "<3 dancing"):
        path.write_text(text)
        assert not kind_of_file(path), text


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (refusals.encrypted_mp4, {PROTECTED_PICTURE, PROTECTED_SOUND}),
        (refusals.renamed(b"mp4a", b"drms"), {PROTECTED_SOUND}),
        (refusals.encrypted_mkv, {PROTECTED_PICTURE}),
        (refusals.protected_wmv, {PROTECTED_PICTURE, PROTECTED_SOUND}),
        (refusals.scrambled_ts, {PROTECTED_PICTURE}),
        (refusals.scrambled_vob, {PROTECTED_PICTURE}),
    ],
    ids=["mp4", "only sound", "mkv", "wmv", "ts", "vob"],
)
def test_protected_tracks_are_found(
    tmp_path: Path, make: Callable[[Path], bytes], found: set[str]
) -> None:
    path = tmp_path / "protected"
    path.write_bytes(make(tmp_path))
    assert protected_tracks(path) == found


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "wmv", "ts", "m2ts", "vob", "flv", "ogv"])
def test_ordinary_files_are_not_protected(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"clip.{ending}"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=1", "-f", "lavfi", "-i", "sine=d=1", path)
    assert not protected_tracks(path)
    assert not is_unfilled(path)


def test_a_fragmented_file_that_breaks_off_is_played_as_far_as_it_goes(
    make_clip: ClipMaker, tmp_path: Path
) -> None:
    whole = make_clip(options={"movflags": "frag_keyframe+empty_moov"})
    part = tmp_path / "part.mp4"
    part.write_bytes(whole.read_bytes()[: whole.stat().st_size * 8 // 10])
    assert 2.0 <= probe_file(part, ClipLimits()).info.duration_s < 3.0


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_without_its_index_a_file_broke_off(
    make_clip: ClipMaker, tmp_path: Path, share: float
) -> None:
    data = make_clip().read_bytes()
    part = tmp_path / "part.mp4"
    part.write_bytes(data[: round(share * len(data))])
    with pytest.raises(VideoError, match=r"part\.mp4 broke off before its end.*: send it again"):
        probe_file(part, ClipLimits())


def test_sound_that_is_a_picture_is_called_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(300))
    with pytest.raises(AudioError, match=r"is a picture \(PNG\)"):
        read_audio(path)


def test_walks_end_at_nonsense(tmp_path: Path) -> None:
    path = tmp_path / "noise"
    rng = random.Random(3)
    starts = (
        b"\0\0\0\x18ftypisom",
        b"\x1a\x45\xdf\xa3\x88",
        ASF,
        b"G",
        b"\0\0\1\xba",
    )
    for number in range(300):
        start = rng.choice(starts)
        path.write_bytes(start + rng.choice((rng.randbytes(2000), bytes(2000), b"\xff" * 2000)))
        assert protected_tracks(path) <= {PROTECTED_PICTURE, PROTECTED_SOUND}, number
        assert why_not_opened(path, "send a video").isprintable()
        with path.open("rb") as file:
            for walk in (mp4_boxes, matroska_elements):
                boxes = [*walk(file, 0, 2000)]
                assert len(boxes) <= 64
                assert all(len(content(file, box)) <= 65_536 for box in boxes)


def test_lengths_up_to_2_to_64_are_read_without_filling_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"\0\0\0\1mdat" + b"\x7f" + b"\xff" * 7 + bytes(64))
    with path.open("rb") as file:
        (box,) = mp4_boxes(file, 0, path.stat().st_size)
        assert box.end > 2**62
        assert content(file, box) == bytes(64)
        assert content(file, Box(kind=b"", start=90, end=10)) == b""


def test_a_large_sparse_file_is_looked_at_in_places(tmp_path: Path) -> None:
    path = tmp_path / "sparse.mp4"
    path.write_bytes(b"\0\0\0\x18ftypisom" + bytes(16))
    os.truncate(path, 400_000_000)
    assert "download or copy it again" in why_not_opened(path, "send a video")
