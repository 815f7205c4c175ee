"""Clips at, under and over the limits, and with all kinds of sound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.torture.case import NOBODY, NOT_A_VIDEO, Case, Refused, Works
from tests.torture.formats import encode
from tests.torture.junk import png
from tests.torture.studio import COUNT, FINE, FPS, Studio

Maker = Callable[[Studio], Path]
_SHORT = Refused(reason="send a clip of at least 2 s")
_LARGE = Refused(reason="too large .*: send it in 4K or smaller")


def plain(size: str, seconds: float, fps: float, *arguments: object, name: str = "a.mp4") -> Maker:
    """Return a maker of grey pictures."""
    source = f"color=gray:s={size}:r={fps}:d={seconds}"
    codec = arguments or FINE
    return lambda studio: studio.ffmpeg(name, "-f", "lavfi", "-i", source, *codec)


def _ten_hours(studio: Studio) -> Path:
    slow = ("-vf", "fps=30,setpts=N*500/TB", "-fps_mode", "passthrough")
    return studio.encoded("clip.mp4", *slow, *FINE)


def _lying_jpeg(studio: Studio) -> Path:
    """Write pictures of 15,000 x 15,000 that the header says are 64 x 40."""
    small = ("-vf", "scale=64:40", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p")
    path = studio.encoded("clip.avi", *small)
    size = (40).to_bytes(2, "big") + (64).to_bytes(2, "big")
    frame = b"\xff\xc0\x00\x11\x08"
    data = path.read_bytes().replace(frame + size, frame + 2 * (15_000).to_bytes(2, "big"))
    path.write_bytes(data)
    return path


def _many_bytes(studio: Studio) -> Path:
    path = studio.write("clip.mp4", studio.dance.read_bytes())
    with path.open("r+b") as file:
        file.truncate(600_000_000)
    return path


def _long_tail(studio: Studio) -> Path:
    path = studio.write("clip.mp4", studio.streamable)
    with path.open("r+b") as file:
        file.truncate(400_000_000)
    return path


def _with(name: str, *arguments: object) -> Maker:
    """Return a maker of the dance's pictures with another sound, or more streams."""
    return lambda studio: studio.ffmpeg(
        name, "-i", studio.silent, *arguments, "-map", "0:v", "-map", 1, "-c:v", "copy"
    )


def _tone(seconds: float, rate: int = 44_100) -> tuple[object, ...]:
    return "-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}:sample_rate={rate}"


def _cover(studio: Studio) -> Path:
    cover = studio.write("cover.png", png())
    return studio.ffmpeg(
        *("clip.m4a", "-i", studio.dance, "-i", cover, "-map", "0:a", "-map", 1, "-c:a", "copy"),
        *("-c:v", "copy", "-disposition:v", "attached_pic"),
    )


def _cover_first(studio: Studio) -> Path:
    cover = studio.write("cover.png", png())
    return studio.ffmpeg(
        *("clip.mp4", "-i", cover, "-i", studio.dance, "-map", 0, "-map", "1:v", "-map", "1:a"),
        *("-c", "copy", "-disposition:v:0", "attached_pic"),
    )


def _in_matroska(studio: Studio) -> Path:
    made = studio.ffmpeg("sound.mka", *_tone(2.5), "-c:a", "wmav2")
    return studio.ffmpeg("clip.mkv", "-i", studio.silent, "-i", made, "-c", "copy")


def _sound_only(name: str, *codec: object) -> Maker:
    return lambda studio: studio.ffmpeg(name, *_tone(3.0), *codec)


def _first_pictures(count: int) -> Maker:
    return encode("clip.mp4", "-frames:v", count, *FINE)


LENGTHS = [
    Case(
        name="one picture",
        make=_first_pictures(1),
        expect=Refused(reason="no moving picture that can be read: save it anew"),
    ),
    Case(name="two pictures", make=_first_pictures(2), expect=_SHORT),
    Case(name="1.5 s", make=_first_pictures(45), expect=_SHORT),
    Case(
        name="a picture under 2 s",
        make=_first_pictures(2 * FPS - 1),
        expect=Works(duration_s=59 / FPS, pictures=59),
    ),
    Case(name="2 s", make=_first_pictures(2 * FPS), expect=Works(duration_s=2.0, pictures=60)),
    Case(
        name="121 s",
        make=plain("64x48", 121, 10),
        expect=Refused(reason="lasts 121 s, more than the 120 s allowed: take a shorter part"),
    ),
    Case(name="10 hours in 300 KB", make=_ten_hours, expect=Refused(reason="120 s allowed")),
    Case(
        name="two minutes of nobody",
        make=plain("64x48", 120, 2),
        expect=Works(duration_s=120.0, times=None, shape=None),
        job=NOBODY,
    ),
    Case(name="600 MB", make=_many_bytes, expect=Refused(reason="600 MB, more than the 500 MB")),
    Case(name="400 MB of nothing after the clip", make=_long_tail, expect=Works(has_audio=True)),
]
SIZES = [
    Case(
        name="4K",
        make=encode("clip.mp4", "-vf", "fps=5,scale=3840:2400", *FINE),
        expect=Works(pictures=12, times=lambda number: (number - 2) / FPS, within_s=0.2),
    ),
    Case(
        name="4K, upright",
        make=encode("clip.mp4", "-vf", "fps=6,scale=2160:3840,setsar=1", *FINE),
        expect=Works(
            pictures=15, shape=9 / 16, times=lambda number: (number - 2) / FPS, within_s=0.2
        ),
    ),
    Case(name="8K", make=plain("7680x4320", 3, 1), expect=_LARGE),
    Case(
        name="15,000 x 15,000",
        make=plain("15000x15000", 2, 1, "-c:v", "mjpeg", "-q:v", 31, name="a.mkv"),
        expect=Refused(reason="larger than 4K"),
    ),
    Case(
        name="15,000 x 15,000 behind a small header",
        make=_lying_jpeg,
        expect=Refused(reason="larger than 4K"),
    ),
]
SOUNDS = [
    Case(name="sound only", make=_sound_only("clip.m4a"), expect=Refused(reason="no moving")),
    Case(name="sound only, WebM", make=_sound_only("clip.webm"), expect=Refused(reason="no mov")),
    Case(name="MP3 named .mp4", make=_sound_only("clip.mp4", "-f", "mp3"), expect=NOT_A_VIDEO),
    Case(name="song with a cover", make=_cover, expect=Refused(reason="no moving picture")),
    Case(name="cover before the clip", make=_cover_first, expect=Works(has_audio=True)),
    Case(
        name="sound that goes on for a minute",
        make=_with("clip.mp4", *_tone(60), "-c:a", "aac"),
        expect=Works(has_audio=True),
    ),
    Case(
        name="sound that is cut short",
        make=_with("clip.mp4", *_tone(0.4), "-c:a", "aac"),
        expect=Works(has_audio=True),
    ),
    Case(
        name="sound of 96 kHz in eight channels",
        make=_with("clip.mkv", *_tone(2.5, 96_000), "-ac", 8, "-c:a", "flac"),
        expect=Works(has_audio=True),
    ),
    Case(
        name="sound at one sample a second",
        make=_with("clip.mov", *_tone(2.5, 8000), "-c:a", "pcm_s16le", "-ar", 1),
        expect=Works(has_audio=False),
    ),
    Case(name="sound of a kind not known", make=_in_matroska, expect=Works(has_audio=False)),
    Case(
        name="sound whose bits are wrong",
        make=_with("clip.mp4", *_tone(2.5), "-c:a", "aac", "-bsf:a", "noise=amount=20"),
        expect=Works(),
    ),
    Case(
        name="two tracks of pictures",
        make=lambda studio: studio.ffmpeg(
            *("clip.mp4", "-i", studio.dance, "-map", "0:v", "-map", "0:v", "-map", "0:a"),
            *("-c", "copy"),
        ),
        expect=Works(pictures=COUNT, has_audio=True),
    ),
]
