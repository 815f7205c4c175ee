"""Conditions of time: timestamps that are late, wrong or uneven; flash and click stay together."""

from __future__ import annotations

from functools import partial

import numpy as np

from tests.flash_and_click import events, steady
from tools.clip_conditions.condition import Condition
from tools.clip_conditions.timing_clips import (
    B_FRAMES,
    H264,
    MPEG4,
    PLAIN,
    VP8,
    Maker,
    apart,
    check,
    copied,
    flashing,
    held,
    joined,
    phone_times,
    screen_times,
    slow_sound,
    uneven,
)

_EVEN = steady()
_PAUSED = np.concatenate([_EVEN[:45], _EVEN[80:]])
_HALF = steady(15.0)
_JITTER = "setts=pts=PTS+round((random(1)-0.5)*0.02/TB):dts=DTS+round((random(1)-0.5)*0.02/TB)"


def _one(
    name: str, expected: str, make: Maker, *, is_slow: bool = False, **wanted: object
) -> Condition:
    shown = {"shown": _EVEN} | wanted
    return Condition(
        topic="Time",
        name=name,
        expected=expected,
        check=partial(check, make=make, **shown),
        is_slow=is_slow,
    )


_MPEG2 = ("-c:v", "mpeg2video", "-q:v", 3, "-bf", 2)
_FRAGMENTED = ("-b:a", "192k", "-movflags", "+frag_keyframe+empty_moov+default_base_moof")
_MJPEG = ("-c:v", "mjpeg", "-q:v", 3, "-pix_fmt", "yuvj420p")
_THEORA = ("-c:v", "libtheora", "-q:v", 8, "-c:a", "libvorbis")
_CONTAINERS: dict[str, tuple[str, tuple[object, ...]]] = {
    "H.264 with B-frames, AVI, MP3": ("a.avi", (*H264, "-bf", 2, "-c:a", "libmp3lame")),
    "H.264 with B-frames, AVI, PCM": ("a.avi", (*B_FRAMES, "-c:a", "pcm_s16le")),
    "MPEG-4 with B-frames, AVI, MP3": ("a.avi", (*MPEG4, "-bf", 2, "-c:a", "libmp3lame")),
    "MPEG-4, AVI, MP3, place left out for the sound": ("a.avi", (*MPEG4, "-c:a", "libmp3lame")),
    "Motion JPEG, AVI, PCM, as cameras write": ("a.avi", (*_MJPEG, "-c:a", "pcm_s16le")),
    "MP4, B-frames, AAC": ("a.mp4", (*B_FRAMES, "-c:a", "aac")),
    "fragmented MP4, gap after first sound": ("a.mp4", (*B_FRAMES, "-c:a", "aac", *_FRAGMENTED)),
    "MOV, B-frames, PCM": ("a.mov", (*B_FRAMES, "-c:a", "pcm_s16le")),
    "Matroska, B-frames, AAC": ("a.mkv", (*B_FRAMES, "-c:a", "aac")),
    "Matroska, MP3": ("a.mkv", (*B_FRAMES, "-c:a", "libmp3lame")),
    "WebM without duration": ("a.webm", (*VP8, "-c:a", "libopus", "-f", "webm", "-live", 1)),
    "transport stream, AAC": ("a.ts", (*B_FRAMES, "-c:a", "aac")),
    "DVD, timestamps doubled": ("a.vob", (*_MPEG2, "-c:a", "ac3", "-f", "vob")),
    "Flash video, AAC": ("a.flv", (*B_FRAMES, "-c:a", "aac")),
    "Windows Media": ("a.wmv", ("-c:v", "wmv2", "-q:v", 3, "-c:a", "wmav2")),
    "Ogg, Theora, Vorbis": ("a.ogv", _THEORA),
}
_QUICK = (
    "H.264 with B-frames, AVI, MP3",
    "MPEG-4, AVI, MP3, place left out for the sound",
    "fragmented MP4, gap after first sound",
    "WebM without duration",
    "DVD, timestamps doubled",
)
_TOGETHER = "flash and click at 0 ms, within 10 ms or half a picture"
TIMING: tuple[Condition, ...] = (
    *(
        _one(
            name,
            f"{_TOGETHER}; 30 Hz, all 180 pictures",
            flashing(file_name, *codecs),
            fps=30,
            seconds=6.0,
            pictures=180,
            is_slow=name not in _QUICK,
        )
        for name, (file_name, codecs) in _CONTAINERS.items()
    ),
    *(
        _one(
            f"{rate:.4g} Hz",
            f"{_TOGETHER}; copy at {copy} Hz",
            flashing("a.mp4", *PLAIN, rate=rate),
            shown=steady(rate),
            fps=copy,
            is_slow=copy != 24,
        )
        for rate, copy in (
            (24_000 / 1001, 24),
            (30_000 / 1001, 30),
            (60_000 / 1001, 60),
            (20.0, 20),
        )
    ),
    _one(
        "15 Hz",
        f"{_TOGETHER}; copy at 30 Hz, each picture twice",
        flashing("a.mp4", *PLAIN, rate=15.0),
        shown=_HALF,
        fps=30,
        is_slow=True,
    ),
    _one(
        "GIF of 20 Hz",
        "flash within half a picture; copy at 20 Hz, all pictures",
        uneven("a.gif", steady(20.0), "gif"),
        shown=steady(20.0),
        fps=20,
        pictures=120,
        is_silent=True,
    ),
    _one(
        "GIF of 33.3 Hz",
        "flash within half a picture; all pictures",
        uneven("a.gif", np.arange(200) * 0.03, "gif"),
        shown=np.arange(200) * 0.03,
        fps=34,
        pictures=200,
        is_silent=True,
        is_slow=True,
    ),
    _one(
        "30 Hz with a pause of 1.2 s",
        f"{_TOGETHER}; copy at 30 Hz",
        uneven("a.mp4", _PAUSED),
        shown=_PAUSED,
        fps=30,
        seconds=6.0,
    ),
    _one(
        "phone: jitter of 4 ms, lost pictures",
        f"{_TOGETHER}; copy at 30 Hz",
        uneven("a.mp4", phone_times()),
        shown=phone_times(),
        fps=30,
        seconds=6.0,
        pictures=165,
    ),
    _one(
        "screen recording: pictures only where something moves",
        f"{_TOGETHER}; copy at 60 Hz",
        uneven("a.mkv", screen_times()),
        shown=screen_times(),
        fps=60,
        pictures=170,
    ),
    _one(
        "last picture held for 2 s, sound goes on",
        f"{_TOGETHER}; 6 s",
        partial(held, keep_s=4.0, hold_s=2.0),
        shown=_EVEN[_EVEN < 4.0],
        seconds=6.0,
    ),
    _one(
        "last picture 300 s late",
        f"{_TOGETHER}; 5 s",
        partial(held, keep_s=5.0, late_s=300.0),
        shown=_EVEN[_EVEN < 5.0],
        seconds=5.0,
    ),
    _one(
        "last picture held for 300 s, sound ends at 6 s",
        f"{_TOGETHER}; 6 to 10 s",
        partial(held, keep_s=5.0, hold_s=300.0),
        shown=_EVEN[_EVEN < 5.0],
        is_slow=True,
    ),
    _one(
        "sound runs 1 % slow against its timestamps",
        _TOGETHER,
        partial(slow_sound, clock=1.01),
    ),
    _one(
        "sound runs 0.1 % fast against its timestamps for a minute",
        _TOGETHER,
        partial(slow_sound, clock=0.999, rate=10.0, seconds=60.0),
        shown=steady(10.0, 60.0),
        is_slow=True,
    ),
    _one(
        "sound of 44.1 kHz called 48 kHz",
        _TOGETHER,
        partial(slow_sound, clock=48 / 44.1),
        is_slow=True,
    ),
    _one(
        "0.4 s of the sound's packets lost",
        _TOGETHER,
        copied("a.mkv", "-bsf:a", "noise=drop='between(pts*tb,2.45,2.85)'"),
    ),
    _one(
        "timestamps of the sound jitter by 10 ms",
        _TOGETHER,
        copied("a.mkv", "-bsf:a", _JITTER),
    ),
    _one(
        "cut by an edit list between keyframes",
        _TOGETHER,
        copied("a.mp4", before=("-ss", 0.8), source=(*PLAIN, "-g", 250)),
        event_s=events(_EVEN)[1:] - 0.8,
        pictures=154,
        seconds=5.2,
    ),
    _one(
        "sound starts 0.4 s after the picture, edit list",
        f"{_TOGETHER}, click 0.4 s later",
        apart(0.4, "a.mp4"),
        click_late_s=0.4,
    ),
    _one(
        "picture starts 0.4 s after the sound, edit list",
        f"{_TOGETHER}, click 0.4 s earlier",
        apart(-0.4, "a.mp4"),
        click_late_s=-0.4,
        is_slow=True,
    ),
    _one(
        "sound starts 0.4 s after the picture, Matroska",
        f"{_TOGETHER}, click 0.4 s later",
        apart(0.4, "a.mkv"),
        click_late_s=0.4,
        is_slow=True,
    ),
    _one(
        "first 0.4 s of the pictures without timestamps",
        f"{_TOGETHER}, click 0.4 s later",
        apart(0.4, "a.mkv", "-avoid_negative_ts", "disabled", picture_early_s=0.4),
        click_late_s=0.4,
        pictures=180,
    ),
    _one(
        "MP4 with negative composition offsets",
        _TOGETHER,
        flashing("a.mp4", *B_FRAMES, "-c:a", "aac", "-movflags", "+negative_cts_offsets"),
        is_slow=True,
    ),
    _one(
        "timestamps start after an hour",
        _TOGETHER,
        copied("a.ts", "-output_ts_offset", 3600),
        is_slow=True,
    ),
    _one(
        "one picture's timestamp 40 s late",
        _TOGETHER,
        copied("a.mkv", "-bsf:v", "setts=pts=PTS+eq(N\\,70)*40/TB"),
        seconds=6.0,
    ),
    _one(
        "two transport streams joined, timestamps start again",
        _TOGETHER,
        joined,
        seconds=6.0,
    ),
    _one(
        "240 Hz",
        f"{_TOGETHER}; copy at 60 Hz",
        flashing("a.mp4", *PLAIN, rate=240.0),
        shown=steady(240.0),
        fps=60,
        pictures=355,
        is_slow=True,
    ),
)
"""Conditions of timestamps."""
