"""Clips at, below and above the limits, and with all kinds of audio."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.torture.case import NO_DANCER, Case, Refused, Works
from tests.torture.clip_factory import COUNT, FPS, H264, ClipFactory
from tests.torture.formats import encode
from tests.torture.not_videos import png

Maker = Callable[[ClipFactory], Path]
_NO_PICTURE = Refused(reason="has sound .*but no picture")
_SHORT = Refused(reason="send a clip of at least 2 s")
_LARGE = Refused(reason="too large .*: send the clip in 4K or smaller")


def grey(size: str, seconds: float, fps: float, *arguments: object, name: str = "a.mp4") -> Maker:
    """Return a maker of grey frames."""
    source = f"color=gray:s={size}:r={fps}:d={seconds}"
    codec = arguments or H264
    return lambda factory: factory.ffmpeg(name, "-f", "lavfi", "-i", source, *codec)


def _ten_hours(factory: ClipFactory) -> Path:
    slow = ("-vf", "fps=30,setpts=N*500/TB", "-fps_mode", "passthrough")
    return factory.encoded("clip.mp4", *slow, *H264)


def _wrong_header(factory: ClipFactory) -> Path:
    """Write frames of 15,000 x 15,000 px whose header gives 64 x 40 px."""
    small = ("-vf", "scale=64:40", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p")
    path = factory.encoded("clip.avi", *small)
    size = (40).to_bytes(2, "big") + (64).to_bytes(2, "big")
    frame = b"\xff\xc0\x00\x11\x08"
    data = path.read_bytes().replace(frame + size, frame + 2 * (15_000).to_bytes(2, "big"))
    path.write_bytes(data)
    return path


def _large_file(factory: ClipFactory) -> Path:
    path = factory.write("clip.mp4", factory.dance.read_bytes())
    with path.open("r+b") as file:
        file.truncate(600_000_000)
    return path


def _zeros_appended(factory: ClipFactory) -> Path:
    path = factory.write("clip.mp4", factory.streamable)
    with path.open("r+b") as file:
        file.truncate(400_000_000)
    return path


def _with_streams(name: str, *arguments: object) -> Maker:
    """Return a maker of the dance with another audio track or more streams."""
    return lambda factory: factory.ffmpeg(
        name, "-i", factory.silent, *arguments, "-map", "0:v", "-map", 1, "-c:v", "copy"
    )


def _tone(seconds: float, rate: int = 44_100) -> tuple[object, ...]:
    return "-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}:sample_rate={rate}"


def _cover_art(factory: ClipFactory) -> Path:
    cover = factory.write("cover.png", png())
    return factory.ffmpeg(
        *("clip.m4a", "-i", factory.dance, "-i", cover, "-map", "0:a", "-map", 1, "-c:a", "copy"),
        *("-c:v", "copy", "-disposition:v", "attached_pic"),
    )


def _cover_art_first(factory: ClipFactory) -> Path:
    cover = factory.write("cover.png", png())
    return factory.ffmpeg(
        *("clip.mp4", "-i", cover, "-i", factory.dance, "-map", 0, "-map", "1:v", "-map", "1:a"),
        *("-c", "copy", "-disposition:v:0", "attached_pic"),
    )


def _unknown_audio_codec(factory: ClipFactory) -> Path:
    made = factory.ffmpeg("sound.mka", *_tone(2.5, 8000), "-c:a", "real_144")
    return factory.ffmpeg("clip.mkv", "-i", factory.silent, "-i", made, "-c", "copy")


def _audio_only(name: str, *codec: object) -> Maker:
    return lambda factory: factory.ffmpeg(name, *_tone(3.0), *codec)


def _first_frames(count: int) -> Maker:
    return encode("clip.mp4", "-frames:v", count, *H264)


LENGTHS = [
    Case(
        name="one frame",
        make=_first_frames(1),
        expect=Refused(reason="holds only one picture that can be shown, not a video"),
    ),
    Case(name="two frames", make=_first_frames(2), expect=_SHORT),
    Case(name="1.5 s", make=_first_frames(45), expect=_SHORT),
    Case(
        name="a frame under 2 s",
        make=_first_frames(2 * FPS - 1),
        expect=Works(duration_s=59 / FPS, frames=59),
    ),
    Case(name="2 s", make=_first_frames(2 * FPS), expect=Works(duration_s=2.0, frames=60)),
    Case(
        name="121 s",
        make=grey("64x48", 121, 10),
        expect=Refused(reason="lasts 121 s, more than the 120 s allowed: choose a shorter part"),
    ),
    Case(name="10 hours in 300 KB", make=_ten_hours, expect=Refused(reason="120 s allowed")),
    Case(
        name="two minutes without a dancer",
        make=grey("64x48", 120, 2),
        expect=Works(duration_s=120.0, times=None, shape=None),
        job=NO_DANCER,
    ),
    Case(name="600 MB", make=_large_file, expect=Refused(reason="600 MB, more than the 500 MB")),
    Case(name="400 MB of zeros after the clip", make=_zeros_appended, expect=Works(has_audio=True)),
]
SIZES = [
    Case(
        name="4K",
        make=encode("clip.mp4", "-vf", "fps=5,scale=3840:2400", *H264),
        expect=Works(frames=12, times=lambda number: (number - 2) / FPS, within_s=0.2),
    ),
    Case(
        name="4K, portrait",
        make=encode("clip.mp4", "-vf", "fps=6,scale=2160:3840,setsar=1", *H264),
        expect=Works(
            frames=15, shape=9 / 16, times=lambda number: (number - 2) / FPS, within_s=0.2
        ),
    ),
    Case(name="8K", make=grey("7680x4320", 3, 1), expect=_LARGE),
    Case(
        name="15,000 x 15,000",
        make=grey("15000x15000", 2, 1, "-c:v", "mjpeg", "-q:v", 31, name="a.mkv"),
        expect=Refused(reason="larger than 4K"),
    ),
    Case(
        name="15,000 x 15,000 with a header of 64 x 40",
        make=_wrong_header,
        expect=Refused(reason="larger than 4K"),
    ),
]
AUDIO = [
    Case(name="audio only", make=_audio_only("clip.m4a"), expect=_NO_PICTURE),
    Case(
        name="audio only, WebM",
        make=_audio_only("clip.webm"),
        expect=_NO_PICTURE,
    ),
    Case(name="MP3 named .mp4", make=_audio_only("clip.mp4", "-f", "mp3"), expect=_NO_PICTURE),
    Case(name="song with cover art", make=_cover_art, expect=_NO_PICTURE),
    Case(
        name="cover art before the video track", make=_cover_art_first, expect=Works(has_audio=True)
    ),
    Case(
        name="audio that is longer than the video",
        make=_with_streams("clip.mp4", *_tone(60), "-c:a", "aac"),
        expect=Works(has_audio=True),
    ),
    Case(
        name="audio that is shorter than the video",
        make=_with_streams("clip.mp4", *_tone(0.4), "-c:a", "aac"),
        expect=Works(has_audio=True),
    ),
    Case(
        name="audio of 96 kHz in eight channels",
        make=_with_streams("clip.mkv", *_tone(2.5, 96_000), "-ac", 8, "-c:a", "flac"),
        expect=Works(has_audio=True),
    ),
    Case(
        name="audio of one sample per second",
        make=_with_streams("clip.mov", *_tone(2.5, 8000), "-c:a", "pcm_s16le", "-ar", 1),
        expect=Works(has_audio=False),
    ),
    Case(
        name="audio with an unknown codec", make=_unknown_audio_codec, expect=Works(has_audio=False)
    ),
    Case(
        name="audio with bit errors",
        make=_with_streams("clip.mp4", *_tone(2.5), "-c:a", "aac", "-bsf:a", "noise=amount=20"),
        expect=Works(),
    ),
    Case(
        name="two video tracks",
        make=lambda factory: factory.ffmpeg(
            *("clip.mp4", "-i", factory.dance, "-map", "0:v", "-map", "0:v", "-map", "0:a"),
            *("-c", "copy"),
        ),
        expect=Works(frames=COUNT, has_audio=True),
    ),
]
