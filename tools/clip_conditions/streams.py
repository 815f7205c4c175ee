"""Conditions of streams: which picture and which sound of a file are taken, and how they sound."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import SettingsError
from d2m.core.settings import Settings
from d2m.media.audio_file import read_audio
from d2m.media.clip import normalise, sample_frames
from d2m.media.clip_limits import ClipLimits
from d2m.media.probe import probe_file
from d2m.perception.beat_clock import check_clock
from tests.clips import ffmpeg
from tests.flash_and_click import events, flashing_clip, measure, steady
from tools.clip_conditions.condition import Condition, Seen

RIGHT_HZ, WRONG_HZ = 1000, 440
"""Frequencies (Hz) of the sound that players play, and of others."""
_RATE, _SECONDS = 48_000, 2.4
_MOST_LATE_S = 0.01
_RED = ("-f", "lavfi", "-i", f"color=red:s=128x72:r=30:d={_SECONDS}")
_BLUE = ("-f", "lavfi", "-i", f"color=blue:s=128x72:r=30:d={_SECONDS}")
_DEAD = ("-f", "lavfi", "-i", f"color=black:s=32x18:r=1:d={_SECONDS}")
_RIGHT, _WRONG = (
    ("-f", "lavfi", "-i", f"sine=frequency={hz}:sample_rate={_RATE}:duration={_SECONDS}")
    for hz in (RIGHT_HZ, WRONG_HZ)
)
_FAST = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")
_AAC_TAG, _AC4_TAG = b"mp4a", b"ac-4"


def _made(folder: Path, name: str, *arguments: object) -> Path:
    ffmpeg(*arguments, folder / name)
    return folder / name


def _colour(copy: Path) -> str:
    red, green, blue = sample_frames(copy, count=1)[0][1].mean(axis=(0, 1))
    names = {"red": red, "green": green, "blue": blue}
    return max(names, key=lambda name: names[name]) if max(names.values()) > 60 else "black"


def _pitch(sound: NDArray[np.float32]) -> float:
    """Return the strongest frequency (Hz) of a sound at 48 kHz."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(spectrum) * _RATE / len(sound))


def level_db(sound: NDArray[np.float32]) -> float:
    """Return the root mean square of a sound (dB of full scale)."""
    return float(20 * np.log10(max(1e-6, np.sqrt(np.mean(np.square(sound, dtype=np.float64))))))


def _taken(make: Callable[[Path], Path], folder: Path) -> Seen:
    """Copy a clip, and say which picture and which sound were taken."""
    copy = folder / "copy.mp4"
    info = normalise(make(folder), copy)
    pitch = _pitch(read_audio(copy, _RATE)) if info.has_audio else 0.0
    colour = _colour(copy)
    right = colour == "red" and abs(pitch - RIGHT_HZ) < 5
    return Seen(text=f"{colour} picture, {pitch:.0f} Hz", passed=right)


def _mapped(name: str, sources: tuple[tuple[str, ...], ...], *options: str, folder: Path) -> Path:
    """Make a file of several tracks in this order; pictures come first."""
    flat = [part for source in sources for part in source]
    maps = [part for place in range(len(sources)) for part in ("-map", str(place))]
    return _made(folder, name, *flat, *maps, *_FAST, *options)


def _cover_first(folder: Path) -> Path:
    cover = _made(folder, "cover.jpg", *_BLUE, "-frames:v", 1)
    # In Matroska, cover art of old programs is a track of one picture.
    return _made(
        folder,
        "cover.mkv",
        *("-i", cover, *_RED, *_RIGHT, "-map", "0", "-map", "1", "-map", "2", *_FAST),
        *("-c:v:0", "copy", "-disposition:v:0", "default", "-disposition:v:1", "default"),
    )


def _level(folder: Path, name: str, pan: str, *codec: str, expected_db: float) -> Seen:
    """Give the channels of a clip's sound these contents, and measure the copy's level."""
    panned = ("-af", f"volume=4,{pan}") if pan else ("-af", "volume=4")
    clip = _made(folder, name, *_RED, *_RIGHT, *_FAST, *panned, *codec)
    copy = folder / "copy.mp4"
    normalise(clip, copy)
    sound = read_audio(copy, _RATE)
    middle = sound[_RATE // 2 : -_RATE // 2]
    level, pitch = level_db(middle), _pitch(middle)
    passed = abs(level - expected_db) < 1 and abs(pitch - RIGHT_HZ) < 5
    return Seen(text=f"{level:.1f} dB, {pitch:.0f} Hz", passed=passed)


def _with_ac4(folder: Path) -> Seen:
    """Declare AAC as AC-4, which has no decoder; its description is declared as free space."""
    clip = _made(folder, "ac4.mp4", *_RED, *_RIGHT, *_FAST)
    data = clip.read_bytes().replace(_AAC_TAG, _AC4_TAG).replace(b"esds", b"free")
    clip.write_bytes(data)
    info = normalise(clip, folder / "copy.mp4")
    passed = not info.has_audio and "Dolby AC-4" in info.sound_problem
    return Seen(text=info.sound_problem or "nothing is said", passed=passed)


def _beats_of_ac4(folder: Path) -> Seen:
    """Ask for the beats of a sound that can't be decoded."""
    _with_ac4(folder)
    info = probe_file(folder / "ac4.mp4", ClipLimits()).info
    try:
        check_clock(Settings(beats="sound"), info)
    except SettingsError as error:
        return Seen(text=str(error), passed="Dolby AC-4" in str(error))
    return Seen(text="accepted", passed=False)


def _aligned(name: str, *codecs: object, folder: Path, rate: float) -> Seen:
    """Copy a clip of flashes and clicks, and measure where both come out."""
    clip, copy = flashing_clip(folder / name, *codecs, rate=rate), folder / "copy.mp4"
    normalise(clip, copy)
    found = measure(copy, events(steady(rate)))
    worst = max(found.worst_flash_s, found.worst_click_s)
    return Seen(text=f"picture/sound {found}", passed=worst <= _MOST_LATE_S)


_LEFT_AND_NOTHING = "pan=stereo|c0=c0|c1=0*c0"
_INVERSE = "pan=stereo|c0=c0|c1=-1*c0"
_CENTRE = "pan=5.1|FL=0*c0|FR=0*c0|FC=c0|LFE=0*c0|BL=0*c0|BR=0*c0"
_BOTH_FLAGS = ("-disposition:v:0", "0", "-disposition:v:1", "default")
_SECOND_SOUND = ("-disposition:a:0", "0", "-disposition:a:1", "default")
_TAKEN: dict[str, Callable[..., Path]] = {
    "MKV, second picture and second sound flagged default": partial(
        _mapped,
        "a.mkv",
        (_BLUE, _RED, _WRONG, _RIGHT),
        *(*_BOTH_FLAGS, *_SECOND_SOUND),
    ),
    "MP4, first picture and first sound disabled": partial(
        _mapped, "a.mp4", (_BLUE, _RED, _WRONG, _RIGHT), *_BOTH_FLAGS, *_SECOND_SOUND
    ),
    "MP4, a black thumbnail track at 1 Hz comes first": partial(
        _mapped,
        "a.mp4",
        (_DEAD, _RED, _RIGHT),
        *("-disposition:v:0", "default", "-disposition:v:1", "default"),
    ),
    "AVI, a black track at 1 Hz comes first": partial(
        _mapped, "a.avi", (_DEAD, _RED, _RIGHT), "-c:v", "mpeg4", "-q:v", "3"
    ),
    "MKV, cover art as a track of one picture comes first": _cover_first,
    "MKV, two angles: the first is shown": partial(_mapped, "a.mkv", (_RED, _BLUE, _RIGHT)),
    "MKV, a comment comes before the sound, none is default": partial(
        _mapped,
        "a.mkv",
        (_RED, _WRONG, _RIGHT),
        *("-disposition:a:0", "comment", "-disposition:a:1", "0"),
    ),
    "MKV, sound for the hard of hearing comes first": partial(
        _mapped,
        "a.mkv",
        (_RED, _WRONG, _RIGHT),
        *("-disposition:a:0", "hearing_impaired", "-disposition:a:1", "0"),
    ),
}
_LEVELS: dict[str, tuple[str, str, tuple[str, ...], float]] = {
    # A sine of amplitude 1/8, four times as loud, has -9 dB; two channels of it have -12 dB each.
    "left = -right": ("a.mp4", _INVERSE, (), -9.0),
    "sound only on the left": ("a.mp4", _LEFT_AND_NOTHING, (), -15.1),
    "AC-3 5.1, sound only in the centre": ("a.mkv", _CENTRE, ("-c:a", "ac3"), -12.0),
    "DTS in MKV": ("a.mkv", "", ("-c:a", "dca", "-strict", "-2", "-ac", "2"), -12.0),
    "TrueHD in MKV": ("a.mkv", "", ("-c:a", "truehd", "-strict", "-2", "-ac", "2"), -12.0),
    "WMA 2 in AVI": ("a.avi", "", ("-c:a", "wmav2", "-c:v", "mpeg4"), -9.0),
    "four channels without places in MOV": (
        "a.mov",
        "pan=4c|c0=c0|c1=c0|c2=0*c0|c3=0*c0",
        ("-c:a", "pcm_s16le"),
        -9.0,
    ),
}
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
_MPEG2 = ("-c:v", "mpeg2video", "-q:v", "3", "-pix_fmt", "yuv420p")
_CONTAINERS: dict[str, tuple[object, ...]] = {
    "MPEG-TS (H.264, AAC).ts": (*_H264, "-bf", 2, "-c:a", "aac", "-f", "mpegts"),
    "AVCHD (H.264, AC-3).m2ts": (
        *(*_H264, "-bf", 2, "-c:a", "ac3", "-f", "mpegts", "-mpegts_m2ts_mode", 1),
    ),
    # The clock of MPEG-TS has 33 bits at 90 kHz: it starts again after 95,443.7 s.
    "MPEG-TS whose clock starts again.ts": (
        *(*_H264, "-c:a", "aac", "-f", "mpegts", "-output_ts_offset", 95_440),
    ),
    "MPEG-PS (MPEG-2, MP2).mpg": (*_MPEG2, "-c:a", "mp2", "-f", "mpeg"),
    "DVD (MPEG-2, AC-3).vob": (*_MPEG2, "-c:a", "ac3", "-f", "vob"),
    "Flash (FLV1, MP3).flv": ("-c:v", "flv", "-q:v", 3, "-c:a", "libmp3lame", "-ar", 44_100),
    "Windows Media (WMV 8, WMA 2).wmv": ("-c:v", "wmv2", "-q:v", 3, "-c:a", "wmav2"),
    "Ogg (Theora, Vorbis).ogv": ("-c:v", "libtheora", "-q:v", 7, "-c:a", "libvorbis"),
    "DV.dv": (
        *("-vf", "scale=720:576", "-c:v", "dvvideo", "-pix_fmt", "yuv420p"),
        *("-c:a", "pcm_s16le", "-ac", 2, "-f", "dv"),
    ),
}
_QUICK = frozenset(
    (
        *list(_TAKEN)[:3],
        *("left = -right", "AC-3 5.1, sound only in the centre"),
        *("AVCHD (H.264, AC-3).m2ts", "Windows Media (WMV 8, WMA 2).wmv"),
    )
)
"""What `make test` tries; there are tests of the choice of streams, too."""


def _container_check(name: str, codecs: tuple[object, ...]) -> Callable[[Path], Seen]:
    rate = 25.0 if name == "DV.dv" else 30.0  # DV has only two rates

    def check(folder: Path) -> Seen:
        return _aligned(f"clip{Path(name).suffix}", *codecs, folder=folder, rate=rate)

    return check


def _level_check(
    name: str, pan: str, codec: tuple[str, ...], level: float
) -> Callable[[Path], Seen]:
    return lambda folder: _level(folder, name, pan, *codec, expected_db=level)


def _taken_check(make: Callable[..., Path]) -> Callable[[Path], Seen]:
    def check(folder: Path) -> Seen:
        if make is _cover_first:
            return _taken(make, folder)
        return _taken(lambda path: make(folder=path), folder)

    return check


STREAMS: tuple[Condition, ...] = (
    *(
        Condition(
            topic="Which stream",
            name=name,
            expected=f"red picture, {RIGHT_HZ} Hz",
            check=_taken_check(make),
            is_slow=name not in _QUICK,
        )
        for name, make in _TAKEN.items()
    ),
    Condition(
        topic="Which stream",
        name="sound in Dolby AC-4, which FFmpeg can't decode",
        expected="the reason, and no sound",
        check=_with_ac4,
    ),
    Condition(
        topic="Which stream",
        name="the beats of sound in Dolby AC-4 are asked for",
        expected="refused as soon as the clip was probed",
        check=_beats_of_ac4,
    ),
    *(
        Condition(
            topic="Sound",
            name=name,
            expected=f"{level:.1f} dB within 1 dB, {RIGHT_HZ} Hz",
            check=_level_check(file, pan, codec, level),
            is_slow=name not in _QUICK,
        )
        for name, (file, pan, codec, level) in _LEVELS.items()
    ),
    *(
        Condition(
            topic="Containers",
            name=Path(name).stem,
            expected="flashes and clicks within 10 ms",
            check=_container_check(name, codecs),
            is_slow=name not in _QUICK,
        )
        for name, codecs in _CONTAINERS.items()
    ),
)
"""The conditions of streams, of the channels of sound, and of containers."""
