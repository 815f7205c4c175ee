from __future__ import annotations

import random
import re
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from d2m.core.errors import AudioError, SettingsError
from d2m.core.levels import SAMPLE_RATE
from d2m.media.clip_part import ClipPart
from d2m.media.song_file import SongInfo, SongLimits, read_song
from tests.click_songs import click_errors_s, clicks, write_song
from tests.clips import ClipMaker, click_track, ffmpeg
from tests.torture.not_videos import png, zipped

LIMITS, WHOLE = SongLimits(), ClipPart()
FORMATS: dict[str, tuple[int, tuple[str, ...]]] = {
    "float.wav": (44_100, ("-c:a", "pcm_f32le")),
    "old.wav": (11_025, ("-ac", "1")),
    "studio.flac": (96_000, ()),
    "surround.flac": (48_000, ("-ac", "6")),
    "disc.aiff": (44_100, ()),
    "constant.mp3": (44_100, ("-b:a", "192k")),
    "variable.mp3": (22_050, ("-q:a", "4")),
    "aac.m4a": (44_100, ("-c:a", "aac")),
    "lossless.m4a": (44_100, ("-c:a", "alac")),
    "vorbis.ogg": (44_100, ("-c:a", "libvorbis")),
    "opus.opus": (48_000, ("-c:a", "libopus")),
    "opus.webm": (48_000, ("-c:a", "libopus")),
    "apple.caf": (44_100, ("-c:a", "alac")),
    "pack.wv": (44_100, ("-c:a", "wavpack")),
    "film.mka": (48_000, ("-c:a", "ac3")),
}
"""Sample rate of a song (Hz) and how it is encoded, by the name of its file."""
DELAYED: dict[str, tuple[str, ...]] = {
    "bare.mp3": ("-write_xing", "0"),
    "bare.aac": ("-c:a", "aac"),
    "windows.wma": ("-c:a", "wmav2"),
}
"""Formats that do not tell how much the encoder delays the sound: it stays as players play it."""


def read(path: Path, part: ClipPart = WHOLE) -> tuple[SongInfo, np.ndarray]:
    """Return a song's properties and its sound, mono at 22,050 Hz."""
    info, _, samples = read_song(path, LIMITS, part, sample_rate=SAMPLE_RATE, is_mono=True)
    return info, samples[0]


def reason(path: Path, part: ClipPart = WHOLE) -> str:
    """Return why a file is refused."""
    with pytest.raises(AudioError) as caught:
        read(path, part)
    message = str(caught.value)
    assert str(path.parent) not in message
    assert re.fullmatch(r"[A-Z][^\n]+\.", message)
    assert not re.search("clip|dancing", message)
    return message


@pytest.mark.parametrize("name", FORMATS)
def test_songs_of_all_formats_are_in_time(name: str, tmp_path: Path) -> None:
    rate, arguments = FORMATS[name]
    path = write_song(tmp_path / name, clicks(rate), rate, *arguments)
    info, audio = read(path)
    assert np.abs(click_errors_s(audio, SAMPLE_RATE)).max() < 0.001
    assert len(audio) / SAMPLE_RATE == pytest.approx(4.0, abs=0.03)
    assert info.sample_rate == rate
    assert info.channels == {"old.wav": 1, "surround.flac": 6}.get(name, 2)


@pytest.mark.parametrize("name", DELAYED)
def test_a_delay_that_a_file_does_not_tell_is_constant(name: str, tmp_path: Path) -> None:
    path = write_song(tmp_path / name, clicks(44_100), 44_100, *DELAYED[name])
    errors = click_errors_s(read(path)[1], SAMPLE_RATE)
    assert np.ptp(errors) < 0.001
    assert np.abs(errors).max() < 0.05


def test_a_part_of_a_song_starts_where_it_is_asked_to(tmp_path: Path) -> None:
    for name in ("constant.mp3", "aac.m4a", "vorbis.ogg"):
        path = write_song(tmp_path / name, clicks(44_100), 44_100, *FORMATS[name][1])
        _, audio = read(path, ClipPart(start_s=0.9, length_s=3.0))
        assert len(audio) == 3 * SAMPLE_RATE
        times = np.array([0.35, 0.85, 1.35, 1.85, 2.35])
        assert np.abs(click_errors_s(audio, SAMPLE_RATE, times)).max() < 0.001


def test_the_sound_of_a_video_is_a_song_and_a_cover_is_no_video(
    make_clip: ClipMaker, tmp_path: Path
) -> None:
    video = make_clip(audio=click_track([0.25, 0.75, 1.25], 3.0))
    _, audio = read(video)
    assert np.abs(click_errors_s(audio, SAMPLE_RATE, np.array([0.25, 0.75, 1.25]))).max() < 0.02
    assert "The video silent.mp4 has no sound" in reason(make_clip("silent.mp4"))
    cover = write_song(tmp_path / "bare.mp3", clicks(44_100), 44_100)
    (tmp_path / "cover.png").write_bytes(png())
    covered = tmp_path / "covered.mp3"
    ffmpeg("-i", cover, "-i", tmp_path / "cover.png", "-c", "copy", "-map", 0, "-map", 1, covered)
    assert np.abs(click_errors_s(read(covered)[1], SAMPLE_RATE)).max() < 0.001


def _wav(rate: int, channels: int) -> bytes:
    data = bytes(352_800)
    head = struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * channels * 2, channels * 2, 16)
    size = struct.pack("<I", len(data))
    return b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + head + b"data" + size + data


NO_SONGS: dict[str, tuple[bytes, str]] = {
    "text.mp3": (b"Dear dancer, " * 500, "holds no sound: send a song as MP3, M4A"),
    "noise.mp3": (random.Random(1).randbytes(50_000), "holds no sound: send a song"),
    "picture.mp3": (png(), r"is a picture \(PNG\), not a song: send a song as MP3"),
    "archive.zip": (zipped(b"x" * 100), "is an archive .* send the song that is in it"),
    "page.mp3": (b"<!DOCTYPE html><html>no</html>", "a web page, so the download of the song"),
    "list.mp3": (b"#EXTM3U\nx.mp3\n", "is a playlist, .* send the song itself"),
    "notes.mid": (b"MThd\0\0\0\6\0\1\0\1\0\x60MTrk" + bytes(50), "holds notes .MIDI., but no so"),
    "empty.mp3": (b"", "is empty: send a song"),
    "zeros.mp3": (bytes(50_000), "is empty in large parts"),
    "tag.mp3": (b"ID3\3\0\0\0\0\0\0" + random.Random(2).randbytes(5000), "or unusual MP3 file"),
    "book.aa": (b"\0\0\1\0\x57\x90\x75\x36" + bytes(3000), r"is copy-protected \(DRM\)"),
    "none.wav": (_wav(44_100, 0), "has no channels"),
    "one.wav": (_wav(1, 2), "a sample rate of 1 Hz, but 4000 to 384000 Hz are expected"),
    "many.wav": (_wav(2_000_000, 2), "a sample rate of 2000000 Hz"),
    "short.wav": (_wav(44_100, 2)[:200_000], "Only 1.1 s of short.wav can be played, .* broke off"),
}
"""What files that are no songs hold, and why they are refused."""


@pytest.mark.parametrize("name", NO_SONGS)
def test_what_is_no_song_is_refused_with_the_true_reason(name: str, tmp_path: Path) -> None:
    content, expected = NO_SONGS[name]
    (tmp_path / name).write_bytes(content)
    assert re.search(expected, reason(tmp_path / name))


def test_names_in_messages_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "the video is not a video.mp3"
    path.write_bytes(png())
    assert "The file the video is not a video.mp3 is a picture (PNG), not a song" in reason(path)
    assert "no file named none.mp3" in reason(tmp_path / "none.mp3")


def test_protected_songs_are_refused(tmp_path: Path) -> None:
    path = write_song(tmp_path / "song.m4a", clicks(44_100), 44_100)
    data = path.read_bytes()
    for entry in (b"drms", b"enca", b"aavd"):
        path.write_bytes(data.replace(b"mp4a", entry, 1))
        assert "is copy-protected (DRM)" in reason(path)


def test_songs_that_are_cut_off_are_used_as_far_as_they_go(tmp_path: Path) -> None:
    song = clicks(44_100, 0.25 + 0.5 * np.arange(15), 8.0)
    for name in ("song.mp3", "song.flac"):
        path = write_song(tmp_path / name, song, 44_100)
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
        info, audio = read(path)
        assert info.is_length_known
        assert info.file_s == pytest.approx(8.0, abs=0.05)
        assert 3.5 < len(audio) / SAMPLE_RATE < 7.0
        assert np.abs(click_errors_s(audio, SAMPLE_RATE)).max() < 0.001
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 20])
        assert re.search(r"Only \d.\d s of song.* a song of at least 3 s|broke off", reason(path))
    path = write_song(tmp_path / "song.m4a", song, 44_100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "broke off before its end, so nothing in it can be played" in reason(path)


def test_long_and_short_songs_and_parts_are_refused(tmp_path: Path) -> None:
    short, long = tmp_path / "short.wav", tmp_path / "long.flac"
    soundfile.write(short, np.zeros(44_100), 44_100)
    assert "Only 1.0 s of short.wav can be played: send a song of at least 3 s" in reason(short)
    soundfile.write(long, np.zeros(4000 * 660, np.int16), 4000)
    assert "lasts 11 min, more than the 10 min allowed: choose a shorter part" in reason(long)
    assert "lasts 11 min" in reason(long, ClipPart(start_s=10.0, length_s=640.0))
    assert "starts at 700 s, but the song lasts only 660.0 s" in reason(
        long, ClipPart(start_s=700.0)
    )
    assert "starts at 658 s lasts only 2.0 s: choose at least 3 s" in reason(
        long, ClipPart(start_s=658.0, length_s=5.0)
    )
    assert "only the first 4 h 0 min of a file can be used" in reason(
        long, ClipPart(start_s=20_000.0)
    )
    assert len(read(long, ClipPart(start_s=600.0, length_s=4.0))[1]) == 4 * SAMPLE_RATE
    with pytest.raises(SettingsError, match="A part can't start at -1 s"):
        ClipPart(start_s=-1.0)
    with pytest.raises(
        AudioError, match="more than the 0 MB allowed: send a shorter or smaller song"
    ):
        read_song(long, SongLimits(max_bytes=1000), WHOLE)


def test_a_song_keeps_its_channels_its_rate_and_its_peaks(tmp_path: Path) -> None:
    loud = 2.0 * clicks(48_000)
    for arguments, channels in (((), 2), (("-ac", "1"), 1)):
        path = write_song(tmp_path / "s.wav", loud, 48_000, "-c:a", "pcm_f32le", *arguments)
        _, rate, samples = read_song(path, LIMITS, WHOLE)
        assert (rate, len(samples)) == (48_000, channels)
        if channels == 2:
            np.testing.assert_allclose(samples, loud, atol=1e-6)
    path = write_song(tmp_path / "s.wav", clicks(32_000), 32_000)
    assert read_song(path, LIMITS, WHOLE)[1] == 48_000
