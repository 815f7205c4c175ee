"""Clips with all kinds of codecs, frame shapes and timestamps."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.torture.case import NO_DANCER, Case, Refused, Works
from tests.torture.clip_factory import COUNT, FPS, H264, SECONDS, ClipFactory

Maker = Callable[[ClipFactory], Path]
_FAST_VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", 8, "-crf", 20, "-b:v", 0)
_FAST_HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params")
_UNSUPPORTED = Refused(reason="not supported: convert the clip to MP4")
_ACCEPTED_CODECS: dict[str, tuple[object, ...]] = {
    "H.264 with B-frames.mp4": ("-c:v", "libx264", "-bf", 3, "-preset", "fast"),
    "H.264 4:4:4.mp4": (*H264, "-pix_fmt", "yuv444p"),
    "H.264 10-bit.mkv": (*H264, "-pix_fmt", "yuv422p10le"),
    "H.264 grey.mov": (*H264, "-pix_fmt", "gray"),
    "H.264 fragmented.mp4": (*H264, "-movflags", "frag_keyframe+empty_moov", "-g", 10),
    "HEVC.mp4": (*_FAST_HEVC, "log-level=none", "-tag:v", "hvc1"),
    "AV1.mp4": ("-c:v", "libsvtav1", "-preset", 12, "-svtav1-params", "lp=1", "-crf", 25),
    "VP8.webm": ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", 8, "-b:v", "2M"),
    "VP9.webm": _FAST_VP9,
    "VP9 without duration.webm": (*_FAST_VP9, "-f", "webm", "-live", 1),
    "VP9 with alpha.webm": ("-vf", "format=yuva420p", *_FAST_VP9, "-auto-alt-ref", 0),
    "ProRes 4444 with alpha.mov": ("-c:v", "prores_ks", "-pix_fmt", "yuva444p10le"),
    "ProRes.mov": ("-c:v", "prores"),
    "MJPEG.avi": ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", 4),
    "MPEG-4.avi": ("-c:v", "mpeg4", "-q:v", 4),
    "MPEG-2 interlaced.mkv": ("-c:v", "mpeg2video", "-q:v", 4, "-flags", "+ildct+ilme"),
    "MPEG-4 version 3 in AVI.avi": ("-c:v", "msmpeg4", "-q:v", 4),
    "Windows Media in AVI.avi": ("-c:v", "wmv2", "-q:v", 4),
    "FFV1.mkv": ("-c:v", "ffv1"),
    "raw video.avi": ("-c:v", "rawvideo", "-pix_fmt", "yuv420p"),
    "HuffYUV.avi": ("-c:v", "huffyuv"),
    "DNxHR.mov": ("-c:v", "dnxhd", "-profile:v", "dnxhr_sq", "-pix_fmt", "yuv422p"),
    "QuickTime Animation.mov": ("-c:v", "qtrle"),
    "transport stream.ts": (*H264, "-bf", 2),
    "AVCHD.m2ts": (*H264, "-bf", 2, "-f", "mpegts", "-mpegts_m2ts_mode", 1),
    "MPEG programme stream.mpg": ("-c:v", "mpeg2video", "-q:v", 4, "-f", "mpeg"),
    "DVD.vob": ("-c:v", "mpeg2video", "-q:v", 4, "-f", "vob"),
    "Flash.flv": ("-c:v", "flv", "-q:v", 4),
    "H.264 in Flash.flv": H264,
    "Theora.ogv": ("-c:v", "libtheora", "-q:v", 7),
    "Windows Media.wmv": ("-c:v", "wmv2", "-q:v", 4),
    "HDR, 10-bit HEVC.mp4": (
        *("-vf", "format=yuv420p10le", *_FAST_HEVC),
        "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
    ),
}
_RARE = frozenset(
    (
        *("MPEG-4 version 3 in AVI.avi", "FFV1.mkv", "raw video.avi", "HuffYUV.avi", "DVD.vob"),
        *("QuickTime Animation.mov", "H.264 in Flash.flv", "MPEG programme stream.mpg"),
    )
)
"""Of these, the ones that only `make torture` tries."""
_REFUSED_CODECS: dict[str, tuple[object, ...]] = {
    "Snow.avi": ("-c:v", "snow", "-vf", "fps=4", "-strict", -2),
    "ZMBV.avi": ("-c:v", "zmbv", "-vf", "fps=4"),
    "JPEG 2000.mov": ("-c:v", "jpeg2000", "-vf", "fps=4"),
}
_OTHER_FORMATS: dict[str, tuple[object, ...]] = {
    "MXF": ("-c:v", "mpeg2video", "-r", 25, "-f", "mxf"),
    "NUT": (*H264, "-f", "nut"),
    "RealMedia": ("-c:v", "rv20", "-f", "rm"),
    "H.264 without container": (*H264, "-f", "h264"),
    "animated PNG": ("-c:v", "apng", "-f", "apng", "-vf", "fps=4,scale=64:40"),
    "animated WebP": ("-c:v", "libwebp_anim", "-f", "webp", "-vf", "fps=4,scale=64:40"),
}


def encode(name: str, *arguments: object) -> Maker:
    """Return a maker of the dance without audio, encoded with these arguments."""
    return lambda factory: factory.encoded(name, *arguments)


def _file_of(name: str) -> str:
    return f"clip{Path(name).suffix}"


CODECS = [
    Case(
        name=name,
        make=encode(_file_of(name), *arguments),
        expect=Works(has_audio=False),
        is_slow=name in _RARE,
    )
    for name, arguments in _ACCEPTED_CODECS.items()
]
CODECS += [
    Case(name=name, make=encode(_file_of(name), *arguments), expect=_UNSUPPORTED)
    for name, arguments in _REFUSED_CODECS.items()
]
CODECS += [
    Case(
        name=f"{name} named .mp4",
        make=encode("clip.mp4", *arguments),
        expect=Refused(reason=r"is in the format|holds bare|is an animated picture"),
    )
    for name, arguments in _OTHER_FORMATS.items()
]


def _gif(factory: ClipFactory, *, no_delay: bool = False, canvas: int | None = None) -> Path:
    path = factory.encoded("clip.gif", "-vf", "fps=25,scale=192:120")
    data = path.read_bytes()
    if no_delay:
        data = re.sub(
            rb"\x21\xf9\x04(.)..", lambda found: found[0][:4] + b"\0\0", data, flags=re.DOTALL
        )
    if canvas:
        data = data[:6] + struct.pack("<HH", canvas, canvas) + data[10:]
    path.write_bytes(data)
    return path


def _rotated(factory: ClipFactory, filters: str, angle: int = 0, flip: str = "") -> Path:
    rotated = factory.encoded("rotated.mp4", "-vf", filters, *H264)
    flips = (f"-display_{flip}",) if flip else ()
    return factory.ffmpeg(
        "clip.mp4", "-display_rotation", angle, *flips, "-i", rotated, "-c", "copy", "-map", "0:v"
    )


def _size_changes(factory: ClipFactory) -> Path:
    halves = [
        factory.encoded("half.h264", *H264, "-vf", f"{filters}", "-frames:v", COUNT // 2 + 1)
        for filters in ("null", "transpose=1,scale=320:480")
    ]
    path = factory.write("both.h264", b"".join(half.read_bytes() for half in halves))
    return factory.ffmpeg("clip.mkv", "-r", FPS, "-i", path, "-c", "copy")


def _variable_time(number: int) -> float:
    return (number * number / COUNT + number) / FPS / 2 + (0.2 if number > 30 else 0.0)


_VARIABLE = f"(N*N/{COUNT}+N)/{FPS}/2/TB+gt(N\\,30)*0.2/TB"
_KEEP_TIMES = ("-fps_mode", "passthrough", "-video_track_timescale", 90_000)
SHAPES = [
    Case(name="animated GIF", make=_gif, expect=Works(frames=60, within_s=0.1)),
    Case(
        name="GIF without delays",
        make=partial(_gif, no_delay=True),
        expect=Works(times=None, duration_s=6.3, within_s=0.3),
    ),
    Case(
        name="rotated by 90",
        make=partial(_rotated, filters="transpose=1", angle=90),
        expect=Works(),
    ),
    Case(
        name="rotated by 180",
        make=partial(_rotated, filters="hflip,vflip", angle=180),
        expect=Works(),
    ),
    Case(
        name="rotated by 270",
        make=partial(_rotated, filters="transpose=2", angle=270),
        expect=Works(),
    ),
    Case(name="mirrored", make=partial(_rotated, filters="hflip", flip="hflip"), expect=Works()),
    Case(name="upside down", make=partial(_rotated, filters="vflip", flip="vflip"), expect=Works()),
    Case(
        name="mirrored and rotated",
        make=partial(_rotated, filters="hflip,transpose=1", angle=90, flip="hflip"),
        expect=Works(),
    ),
    Case(
        name="odd size",
        make=encode("clip.mp4", "-vf", "scale=383:239", *H264, "-pix_fmt", "yuv444p"),
        expect=Works(),
    ),
    Case(
        name="non-square pixels",
        make=encode("clip.mp4", "-vf", "scale=192:240,setsar=2", *H264),
        expect=Works(),
    ),
    Case(
        name="portrait",
        make=encode("clip.mp4", "-vf", "scale=270:480,setsar=1", *H264),
        expect=Works(shape=270 / 480),
        job=Works(shape=270 / 480),
    ),
    Case(
        name="2 x 2000 pixels",
        make=encode("clip.mp4", "-vf", "scale=2:2000,setsar=1", *H264),
        expect=Works(times=None, shape=None),
        job=NO_DANCER,
    ),
    Case(
        name="one pixel",
        make=encode("clip.gif", "-vf", "fps=20,scale=1:1"),
        expect=Works(times=None, shape=None, within_s=0.1),
        job=NO_DANCER,
    ),
    Case(
        name="frame size changes",
        make=_size_changes,
        expect=Works(times=None, within_s=0.1),
    ),
]
TIMESTAMPS = [
    Case(
        name="variable frame rate",
        make=encode("clip.mp4", "-vf", f"setpts={_VARIABLE}", *_KEEP_TIMES, *H264),
        expect=Works(times=_variable_time, duration_s=2.65, within_s=0.1, frames=66),
    ),
    Case(
        name="1,000 frames per second",
        make=encode("clip.mp4", "-vf", "fps=1000", *_KEEP_TIMES, *H264),
        expect=Works(),
    ),
    Case(
        name="1,000 frames per second for 30 s",
        make=lambda factory: factory.ffmpeg(
            *("clip.mkv", "-stream_loop", 399, "-i", factory.silent, "-c", "copy"),
            *("-bsf:v", "setts=ts=N:time_base=1/1000"),
        ),
        expect=Refused(reason="more than 28800 frames"),
    ),
    Case(
        name="5 frames per second",
        make=encode("clip.mp4", "-vf", "fps=5", *H264),
        expect=Works(frames=12, within_s=0.25, times=lambda number: (number - 2) / FPS),
    ),
    Case(
        name="starts after an hour.mkv",
        make=lambda factory: factory.ffmpeg(
            *("clip.mkv", "-i", factory.dance, "-c", "copy", "-output_ts_offset", 3600)
        ),
        expect=Works(has_audio=True),
    ),
    Case(
        name="starts after an hour.mp4",
        make=lambda factory: factory.ffmpeg(
            *("clip.mp4", "-i", factory.dance, "-c", "copy", "-output_ts_offset", 3600)
        ),
        expect=Works(has_audio=True),
    ),
    Case(
        name="cut by an edit list, as phones do",
        make=lambda factory: factory.ffmpeg(
            "clip.mp4", "-ss", 0.4, "-i", factory.dance, "-c", "copy"
        ),
        expect=Works(duration_s=2.1, frames=63, times=lambda number: number / FPS - 0.4),
    ),
    Case(
        name="a part",
        make=lambda factory: factory.dance,
        expect=Works(duration_s=2.1, frames=62, times=lambda number: number / FPS - 0.3),
        start_s=0.3,
        length_s=2.1,
    ),
    Case(
        name="a part beyond the end",
        make=lambda factory: factory.dance,
        expect=Refused(reason="choose an earlier start"),
        start_s=SECONDS + 1,
    ),
]
